"""Tool calls and the plausible answers that AWS gives to them, as JSON on the wire.

Each item of a list has words of its own, `mark1` say, that the tool shows: they must stay when another item is bad.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.conftest import NOW

JSON = dict[str, Any]
ACCOUNT = "us-east-1:123456789012"
AT = NOW.timestamp()
GROUP = f"arn:aws:logs:{ACCOUNT}:log-group:/app/api"


@dataclass(frozen=True)
class Told:
    """AWS's answer to the requests for `operation` whose JSON has the text `holds` in it."""

    operation: str
    body: JSON
    holds: str = ""


@dataclass(frozen=True)
class Scene:
    """One tool call; of the answers that fit a request the first is given."""

    name: str
    tool: str
    arguments: Mapping[str, Any]
    told: tuple[Told, ...]


def _alarm(name: str, minutes: float, **more: Any) -> JSON:
    return {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:{ACCOUNT}:alarm:{name}",
        "AlarmConfigurationUpdatedTimestamp": AT - 86_400,
        "AlarmDescription": f"What {name} is for.",
        "ActionsEnabled": True,
        "OKActions": [],
        "AlarmActions": [f"arn:aws:sns:{ACCOUNT}:on-call"],
        "InsufficientDataActions": [],
        "StateValue": "ALARM",
        "StateReason": f"Unchecked: {name} has missing datapoints.",
        "StateUpdatedTimestamp": AT - 60 * minutes,
        "StateTransitionedTimestamp": AT - 60 * minutes,
        **more,
    }


def _compared(minutes: float, **more: Any) -> JSON:
    data = {
        "version": "1.0",
        "queryDate": "2026-11-20T11:55:00.000+0000",
        "startDate": "2026-11-20T11:54:00.000+0000",
        "period": 60,
        "recentDatapoints": [6.1, None, 9.0],
        "threshold": 5.0,
        "evaluatedDatapoints": [{"timestamp": "2026-11-20T11:54:00.000+0000", "sampleCount": 9.0, "value": minutes}],
        **more,
    }
    return {
        "StateReasonData": json.dumps(data),
        "EvaluationPeriods": 3,
        "DatapointsToAlarm": 3,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "missing",
    }


def _stat(name: str, stat: str) -> JSON:
    metric = {"Namespace": "App", "MetricName": name, "Dimensions": [{"Name": "Service", "Value": "api"}]}
    return {"Metric": metric, "Period": 60, "Stat": stat}


def _metric_alarm(name: str, minutes: float) -> JSON:
    dimensions = [{"Name": "Service", "Value": "api"}, {"Name": "Zone", "Value": "a"}]
    watched = {"MetricName": "Errors", "Namespace": "App", "Statistic": "Sum", "Dimensions": dimensions, "Period": 60}
    return _alarm(name, minutes, **_compared(minutes), **watched)


def _math_alarm(name: str, minutes: float) -> JSON:
    metrics = [
        {"Id": "rate", "Expression": "100 * errors / requests", "Label": "error rate", "ReturnData": True},
        {"Id": "errors", "MetricStat": _stat("Errors", "Sum"), "ReturnData": False},
    ]
    return _alarm(name, minutes, **_compared(minutes), Metrics=metrics)


def _band_alarm(name: str, minutes: float) -> JSON:
    metrics = [
        {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)", "Label": "expected", "ReturnData": True},
        {"Id": "m1", "MetricStat": _stat("Latency", "p90"), "ReturnData": True},
    ]
    ends = {"recentLowerThresholds": [102.5, 103.5], "recentUpperThresholds": [430.25, 431.5]}
    return _alarm(name, minutes, **_compared(minutes, **ends), Metrics=metrics, ThresholdMetricId="ad1")


def _promql_alarm(name: str, minutes: float) -> JSON:
    criteria = {"PromQLCriteria": {"Query": "max(up) > 1", "PendingPeriod": 300, "RecoveryPeriod": 300}}
    return _alarm(name, minutes, EvaluationCriteria=criteria, EvaluationInterval=60)


def _log_alarm(name: str, minutes: float) -> JSON:
    scheduled = {
        "QueryString": 'filter outcome = "declined"',
        "LogGroupIdentifiers": [GROUP],
        "QueryARN": f"arn:aws:logs:{ACCOUNT}:scheduled-query:a1",
        "ScheduledQueryRoleARN": "arn:aws:iam::123456789012:role/log-alarms",
        "ScheduleConfiguration": {"ScheduleExpression": "rate(5 minutes)", "StartTimeOffset": 300},
        "AggregationExpression": "count(*)",
    }
    counted = {"QueryResultsToEvaluate": 3, "QueryResultsToAlarm": 2}
    compared = {"Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching"}
    return _alarm(name, minutes, ScheduledQueryConfiguration=scheduled, **counted, **compared)


def _composite_alarm(name: str, minutes: float, *children: str) -> JSON:
    triggering = [
        {"arn": f"arn:aws:cloudwatch:{ACCOUNT}:alarm:child", "state": {"value": "ALARM", "timestamp": "2026-11-20"}}
    ]
    return _alarm(
        name,
        minutes,
        AlarmRule=" OR ".join(f'ALARM("{child}")' for child in children),
        StateReasonData=json.dumps({"triggeringAlarms": triggering}),
        ActionsSuppressedBy="Alarm",
        ActionsSuppressedReason="Actions are suppressed by alarm planned-work.",
        ActionsSuppressor=f"arn:aws:cloudwatch:{ACCOUNT}:alarm:planned-work",
        ActionsSuppressorWaitPeriod=120,
        ActionsSuppressorExtensionPeriod=180,
    )


_ALARMING: JSON = {
    "CompositeAlarms": [_composite_alarm("mark1", 1, "child"), _composite_alarm("mark2", 2, "child", "other")],
    "MetricAlarms": [
        _metric_alarm("mark3", 3),
        _math_alarm("mark4", 4),
        _band_alarm("mark5", 5),
        _promql_alarm("mark6", 6),
    ],
    "LogAlarms": [_log_alarm("mark7", 7), _log_alarm("mark8", 8)],
    "NextToken": "page-2",
}
_MORE_ALARMING: JSON = {"MetricAlarms": [_metric_alarm("mark9", 9), _math_alarm("mark10", 10)]}


def _history(kind: str, minutes: float, data: Any, mark: str, **more: Any) -> JSON:
    return {
        "AlarmName": "latency",
        "AlarmType": "MetricAlarm",
        "Timestamp": AT - 60 * minutes,
        "HistoryItemType": kind,
        "HistorySummary": f"{mark}: alarm updated",
        "HistoryData": json.dumps(data),
        **more,
    }


def _moved(minutes: float, before: str, after: str, mark: str) -> JSON:
    lately = {"version": "1.0", "period": 60, "recentDatapoints": [6.1, 6.9, minutes], "threshold": 5.0}
    reason = f"Unchecked: {mark} has missing datapoints"
    data = {
        "version": "1.0",
        "oldState": {"stateValue": before, "stateReason": "Before.", "stateReasonData": lately},
        "newState": {"stateValue": after, "stateReason": reason, "stateReasonData": lately},
    }
    return _history("StateUpdate", minutes, data, mark)


def _edited(minutes: float, mark: str) -> JSON:
    was = {"threshold": 3000.0, "alarmDescription": mark, "alarmConfigurationUpdatedTimestamp": "2026-10-31"}
    alarm = {"alarmName": "latency", "threshold": 2000.0, "period": 60, "dimensions": [{"name": "a", "value": "b"}]}
    data = {"version": "1.0", "type": "Update", "updatedAlarm": alarm, "originalUpdatedFields": was}
    return _history("ConfigurationUpdate", minutes, data, mark)


def _acted(minutes: float, mark: str) -> JSON:
    data = {"actionState": "Succeeded", "notificationResource": f"arn:aws:sns:{ACCOUNT}:on-call"}
    return _history("Action", minutes, data, mark)


def _contributed(minutes: float, mark: str) -> JSON:
    data = {"version": "1.0", "oldState": {"stateValue": "OK"}, "newState": {"stateValue": "ALARM"}}
    of = {"AlarmContributorId": "0001", "AlarmContributorAttributes": {"InstanceId": mark, "Zone": "a"}}
    return _history("AlarmContributorStateUpdate", minutes, data, mark, **of)


def _history_of(name: str, alarm: JSON, items: list[JSON], **arguments: Any) -> Scene:
    told = (Told("DescribeAlarmHistory", {"AlarmHistoryItems": items}), Told("DescribeAlarms", alarm))
    return Scene(name, "get_alarm_history", {"alarm_name": "latency", **arguments}, told)


_TRANSITIONS = [
    _moved(5, "OK", "ALARM", "mark1"),
    _moved(9, "ALARM", "OK", "mark2"),
    _moved(20, "INSUFFICIENT_DATA", "ALARM", "mark3"),
    _moved(90, "OK", "ALARM", "mark4"),
]
_PARENT: JSON = {"CompositeAlarms": [_composite_alarm("latency", 5, "mark5", "mark6", "mark7")]}
_CHILDREN: JSON = {"MetricAlarms": [_metric_alarm("mark5", 5), _band_alarm("mark6", 6)]}
_GRANDCHILD: JSON = {"CompositeAlarms": [_composite_alarm("mark7", 7, "child")], "NextToken": "children-2"}
_COMPONENTS = Scene(
    "components",
    "get_alarm_history",
    {"alarm_name": "latency", "include_component_alarms": True},
    (
        Told("DescribeAlarmHistory", {"AlarmHistoryItems": _TRANSITIONS}),
        Told("DescribeAlarms", _CHILDREN, "children-2"),
        Told("DescribeAlarms", _GRANDCHILD, '"mark5"'),
        Told("DescribeAlarms", _PARENT),
    ),
)
_NO_SUCH_ALARM = Scene(
    "no such alarm",
    "get_alarm_history",
    {"alarm_name": "mark0"},
    (
        Told("DescribeAlarmHistory", {"AlarmHistoryItems": []}),
        Told("DescribeAlarms", {"MetricAlarms": []}, "AlarmNames"),
        Told("DescribeAlarms", {"MetricAlarms": [_metric_alarm("mark1", 1), _metric_alarm("mark2", 2)]}),
    ),
)


def _group(name: str, account: str = ACCOUNT, **more: Any) -> JSON:
    arn = f"arn:aws:logs:{account}:log-group:{name}"
    return {
        "logGroupName": name,
        "creationTime": 1_758_888_000_000,
        "retentionInDays": 14,
        "metricFilterCount": 0,
        "arn": f"{arn}:*",
        "storedBytes": 2_540_115,
        "kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/a1",
        "dataProtectionStatus": "ACTIVATED",
        "inheritedProperties": ["ACCOUNT_DATA_PROTECTION"],
        "logGroupClass": "STANDARD",
        "logGroupArn": arn,
        "deletionProtectionEnabled": False,
        **more,
    }


def _saved(name: str, query: str, *groups: str) -> JSON:
    return {
        "queryLanguage": "CWLI",
        "queryDefinitionId": "3d8c42fe-5b1a-4c07-9e66-a0f2b7d91c54",
        "name": name,
        "queryString": query,
        "lastModified": 1_758_888_000_000,
        "logGroupNames": list(groups),
    }


_GROUPS: JSON = {
    "logGroups": [
        _group("/app/mark1"),
        _group("/app/mark2", "us-east-1:111122223333"),
        _group("/app/mark3", logGroupClass="INFREQUENT_ACCESS"),
    ],
    "nextToken": "page-2",
}
_MORE_GROUPS: JSON = {"logGroups": [_group("/app/mark4"), _group("/app/mark5")]}
_SAVED: JSON = {
    "queryDefinitions": [
        _saved("mark11", "fields @message", "/app/mark1", "/app/mark2"),
        _saved("mark12", "SOURCE logGroups(namePrefix: ['/app']) | fields @message"),
        _saved("mark13", "stats count(*)", GROUP.replace("api", "mark3"), GROUP.replace("api", "mark4")),
    ]
}


def _groups_scene(name: str, **arguments: Any) -> Scene:
    told = (
        Told("DescribeLogGroups", _MORE_GROUPS, "page-2"),
        Told("DescribeLogGroups", _GROUPS),
        Told("DescribeQueryDefinitions", _SAVED),
    )
    return Scene(name, "describe_log_groups", arguments, told)


def _row(**values: str) -> list[JSON]:
    return [{"field": name, "value": value} for name, value in values.items()]


def _pattern(mark: str, event: str) -> list[JSON]:
    tokens = [
        {"dynamicTokenPosition": 0, "isDynamic": False, "tokenString": "ERROR", "enumerations": {}},
        {"dynamicTokenPosition": 1, "isDynamic": True, "tokenString": "<ID-1>", "enumerations": {"a1": 2, "b2": 1}},
    ]
    samples = [{"timestamp": int(AT * 1000) - 60_000, "logEvent": event}, {"timestamp": 1, "logEvent": "other"}]
    return [
        {"field": "@pattern", "value": f"ERROR {mark} <ID-1>"},
        {"field": "@ratio", "value": "0.9295"},
        {"field": "@sampleCount", "value": "224"},
        {"field": "@severityLabel", "value": "Error"},
        {"field": "@PatternId", "value": "f1"},
        {"field": "@regexString", "value": f"\\QERROR {mark} \\E.*"},
        {"field": "@tokens", "value": json.dumps(tokens)},
        {"field": "@logSamples", "value": json.dumps(samples)},
        {"field": "@visualization", "value": '{"1795174260000": 8, "1795174320000": 8}'},
    ]


def _results(*rows: list[JSON], status: str = "Complete", **more: Any) -> JSON:
    statistics = {
        "recordsMatched": 241.0,
        "recordsScanned": 832.0,
        "estimatedRecordsSkipped": 0.0,
        "bytesScanned": 334_161.0,
        "estimatedBytesSkipped": 0.0,
        "logGroupsScanned": 1.0,
    }
    return {"queryLanguage": "CWLI", "results": list(rows), "statistics": statistics, "status": status, **more}


_EVENTS = [
    _row(**{"@timestamp": "2026-11-20 11:59:59.059", "@message": "mark1 began", "level": "INFO", "@ptr": "p1"}),
    _row(**{"@timestamp": "2026-11-20 11:59:58.000", "@message": '{"said":"mark2","n":{"a":[1,2]}}', "@ptr": "p2"}),
    _row(**{"@timestamp": "2026-11-20 11:59:57.000", "@message": "mark3 ended", "level": "INFO", "@ptr": "p3"}),
]
_COUNTS = [
    _row(**{"bin(5m)": "2026-11-20 11:50:00.000", "status": "mark1", "count(*)": "12", "avg(duration)": "10.25"}),
    _row(**{"bin(5m)": "2026-11-20 11:55:00.000", "status": "mark2", "count(*)": "007", "avg(duration)": "1e-7"}),
    _row(**{"bin(5m)": "2026-11-20 12:00:00.000", "status": "mark3", "count(*)": "3", "avg(duration)": "0.5"}),
]
_STARTED: JSON = {"queryId": "37e9da18-f1d4-5534-99a9-46ce56febcd0"}
_ERRORS_STARTED: JSON = {"queryId": "41c5193b-ca34-5f7c-92d1-7f4bf6eacd3a"}
_STOPPED: JSON = {"success": True}


def _query_scene(name: str, query: str, *told: Told) -> Scene:
    arguments = {"query_string": query, "start_time": "1h", "log_group_names": ["/app/api"]}
    return Scene(
        name,
        "execute_log_insights_query",
        arguments,
        (Told("StartQuery", _STARTED), *told, Told("StopQuery", _STOPPED)),
    )


def _detector(mark: str) -> JSON:
    return {
        "anomalyDetectorArn": f"arn:aws:logs:{ACCOUNT}:anomaly-detector:{mark}",
        "detectorName": mark,
        "logGroupArnList": [GROUP],
        "evaluationFrequency": "FIVE_MIN",
        "filterPattern": "",
        "anomalyDetectorStatus": "ANALYZING",
        "kmsKeyId": "a1",
        "creationTimeStamp": 1_758_888_000_000,
        "lastModifiedTimeStamp": 1_758_888_000_000,
        "anomalyVisibilityTime": 21,
    }


def _anomaly(mark: str, priority: str, minutes: int) -> JSON:
    at = int(AT * 1000) - 60_000 * minutes
    return {
        "anomalyId": f"a-{mark}",
        "patternId": f"p-{mark}",
        "anomalyDetectorArn": f"arn:aws:logs:{ACCOUNT}:anomaly-detector:mark1",
        "patternString": f"WARN {mark} <*> of <*>",
        "patternRegex": f"WARN {mark} .*",
        "priority": priority,
        "firstSeen": at - 600_000,
        "lastSeen": at,
        "description": f"Twice as many of {mark}.",
        "active": True,
        "state": "Active",
        "histogram": {str(at - 300_000): 5, str(at): 7},
        "logSamples": [{"timestamp": at, "message": f"WARN {mark} 1 of 2"}, {"timestamp": at, "message": "other"}],
        "patternTokens": [
            {"dynamicTokenPosition": 1, "isDynamic": True, "tokenString": "<*>", "enumerations": {"1": 3}}
        ],
        "logGroupArnList": [GROUP, f"{GROUP}2"],
        "suppressed": False,
        "isPatternLevelSuppression": False,
    }


_ANOMALIES: JSON = {
    "anomalies": [_anomaly("mark3", "HIGH", 5), _anomaly("mark4", "LOW", 10), _anomaly("mark5", "MEDIUM", 50)],
    "nextToken": "page-2",
}
_MORE_ANOMALIES: JSON = {"anomalies": [_anomaly("mark6", "HIGH", 20)]}
_TOP = [_pattern("mark7", '{"level":"ERROR","said":"mark7"}'), _pattern("mark8", "ERROR mark8 a1")]
_WRONG = [_pattern("mark9", "ERROR mark9 b2"), _pattern("mark10", "ERROR mark10 c3")]
_ANALYSIS = Scene(
    "analysis",
    "analyze_log_group",
    {"log_group_arn": "/app/api"},
    (
        Told("DescribeLogGroups", {"logGroups": [_group("/app/api"), _group("/app/api2")]}),
        Told("ListLogAnomalyDetectors", {"anomalyDetectors": [_detector("mark1"), _detector("mark2")]}),
        Told("ListAnomalies", {"anomalies": []}, "detector:mark2"),
        Told("ListAnomalies", _MORE_ANOMALIES, "page-2"),
        Told("ListAnomalies", _ANOMALIES),
        Told("StartQuery", _ERRORS_STARTED, "(?i)"),
        Told("StartQuery", _STARTED),
        Told("GetQueryResults", _results(*_WRONG), _ERRORS_STARTED["queryId"]),
        Told("GetQueryResults", _results(*_TOP)),
        Told("StopQuery", _STOPPED),
    ),
)
_NO_SUCH_GROUP = Scene(
    "no such group",
    "analyze_log_group",
    {"log_group_arn": "/app/mark0"},
    (Told("DescribeLogGroups", {"logGroups": [_group("/app/mark1"), _group("/app/mark2")]}),),
)


def _points(query_id: str, mark: str, count: int = 5, **more: Any) -> JSON:
    times = [AT - 180 * (step + 1) for step in range(count)]
    values = [float(step % 7) + 0.25 for step in range(count)]
    said = {"Id": query_id, "Label": mark, "Timestamps": times, "Values": values, "StatusCode": "Complete"}
    return {**said, **more}


_METRIC = {"namespace": "App", "metric_name": "Latency", "dimensions": [{"name": "Service", "value": "api"}]}
_SEVERAL = [
    {"id": "m1", "metric_stat": {"namespace": "App", "metric_name": "Latency"}},
    {"id": "m2", "metric_stat": {"namespace": "App", "metric_name": "Errors", "statistic": "Sum"}},
    {"id": "e1", "expression": "m1 / m2"},
]
_SAID = [{"Code": "MaxMetricsExceeded", "Value": "The query exceeded 10,000 metrics."}]
_SERIES: JSON = {
    "MetricDataResults": [
        _points("m1", "mark1"),
        _points("m2", "mark2", StatusCode="PartialData", Messages=[{"Code": "Partial", "Value": "Some are missing."}]),
        _points("e1", "mark3", 40),
    ],
    "Messages": _SAID,
    "NextToken": "page-2",
}
_MORE_SERIES: JSON = {"MetricDataResults": [_points("e1", "mark4", 3), _points("e1", "mark5", 3)]}
_LISTED: JSON = {
    "Metrics": [
        {"Namespace": "App", "MetricName": "Latency", "Dimensions": [{"Name": "Service", "Value": "mark1"}]},
        {
            "Namespace": "App",
            "MetricName": "Latency",
            "Dimensions": [{"Name": "Service", "Value": "mark2"}, {"Name": "Zone", "Value": "a"}],
        },
        {"Namespace": "App", "MetricName": "Latency", "Dimensions": []},
    ],
    "OwningAccounts": ["123456789012", "123456789012", "123456789012"],
}
_NAMES: JSON = {
    "Metrics": [
        {"Namespace": "App", "MetricName": "mark1", "Dimensions": []},
        {"Namespace": "App", "MetricName": "mark2", "Dimensions": []},
    ]
}


def _data_scene(name: str, arguments: Mapping[str, Any], *told: Told) -> Scene:
    return Scene(name, "get_metric_data", arguments, told)


_NO_POINTS = Told("GetMetricData", {"MetricDataResults": [_points("m1", "Latency", 0)]})

SCENES = (
    Scene(
        "all kinds of alarms",
        "get_active_alarms",
        {},
        (Told("DescribeAlarms", _MORE_ALARMING, "page-2"), Told("DescribeAlarms", _ALARMING)),
    ),
    _history_of("transitions", {"MetricAlarms": [_metric_alarm("latency", 5)]}, _TRANSITIONS),
    _history_of("a band's transitions", {"MetricAlarms": [_band_alarm("latency", 5)]}, _TRANSITIONS[:2]),
    _history_of("a log alarm's transitions", {"LogAlarms": [_log_alarm("latency", 5)]}, _TRANSITIONS[:2]),
    _history_of(
        "edits",
        {"MetricAlarms": [_math_alarm("latency", 5)]},
        [_edited(5, "mark1"), _edited(50, "mark2")],
        history_item_type="ConfigurationUpdate",
    ),
    _history_of(
        "actions",
        {"MetricAlarms": [_promql_alarm("latency", 5)]},
        [_acted(5, "mark1"), _acted(50, "mark2")],
        history_item_type="Action",
    ),
    _history_of(
        "contributors",
        {"MetricAlarms": [_metric_alarm("latency", 5)]},
        [_contributed(5, "mark1"), _contributed(50, "mark2")],
        history_item_type="AlarmContributorStateUpdate",
    ),
    _COMPONENTS,
    _NO_SUCH_ALARM,
    _groups_scene("groups"),
    _groups_scene("groups of linked accounts", include_linked_accounts=True),
    _ANALYSIS,
    _NO_SUCH_GROUP,
    _query_scene(
        "events",
        "fields @timestamp, @message",
        Told("GetQueryResults", _results(*_EVENTS[2:]), "page-2"),
        Told("GetQueryResults", _results(*_EVENTS[:2], nextToken="page-2")),
    ),
    _query_scene("counts", "stats count(*), avg(duration) by bin(5m)", Told("GetQueryResults", _results(*_COUNTS))),
    _query_scene("patterns", "pattern @message", Told("GetQueryResults", _results(*_TOP, *_WRONG))),
    _query_scene("a running query", "fields @message", Told("GetQueryResults", _results(*_EVENTS, status="Running"))),
    Scene(
        "results",
        "get_logs_insight_query_results",
        {"query_id": _STARTED["queryId"]},
        (Told("GetQueryResults", _results(*_EVENTS)),),
    ),
    Scene("a cancel", "cancel_logs_insight_query", {"query_id": _STARTED["queryId"]}, (Told("StopQuery", _STOPPED),)),
    _data_scene("one metric", _METRIC, Told("GetMetricData", {"MetricDataResults": [_points("m1", "Latency", 60)]})),
    _data_scene(
        "several metrics",
        {"queries": _SEVERAL},
        Told("GetMetricData", _MORE_SERIES, "page-2"),
        Told("GetMetricData", _SERIES),
    ),
    _data_scene(
        "grouped",
        {"namespace": "App", "metric_name": "Latency", "group_by_dimension": "Service"},
        Told("GetMetricData", {"MetricDataResults": [_points("q1", "mark1"), _points("q1", "mark2", 9)]}),
    ),
    _data_scene("no data with the dimensions", _METRIC, _NO_POINTS, Told("ListMetrics", _LISTED)),
    _data_scene(
        "no such metric",
        _METRIC,
        _NO_POINTS,
        Told("ListMetrics", {"Metrics": []}, '"MetricName"'),
        Told("ListMetrics", _NAMES),
    ),
)
