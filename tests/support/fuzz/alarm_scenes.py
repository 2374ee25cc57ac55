"""AWS's responses about alarms of every kind, and their history."""

from __future__ import annotations

import json
from typing import Any

from tests.support.fuzz.scene import ACCOUNT, AT, GROUP, JSON, CannedResponse, Scene


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


def _threshold_comparison(minutes: float, **more: Any) -> JSON:
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
    metric = {"MetricName": "Errors", "Namespace": "App", "Statistic": "Sum", "Dimensions": dimensions, "Period": 60}
    return _alarm(name, minutes, **_threshold_comparison(minutes), **metric)


def _math_alarm(name: str, minutes: float) -> JSON:
    metrics = [
        {"Id": "rate", "Expression": "100 * errors / requests", "Label": "error rate", "ReturnData": True},
        {"Id": "errors", "MetricStat": _stat("Errors", "Sum"), "ReturnData": False},
    ]
    return _alarm(name, minutes, **_threshold_comparison(minutes), Metrics=metrics)


def _band_alarm(name: str, minutes: float) -> JSON:
    metrics = [
        {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)", "Label": "expected", "ReturnData": True},
        {"Id": "m1", "MetricStat": _stat("Latency", "p90"), "ReturnData": True},
    ]
    ends = {"recentLowerThresholds": [102.5, 103.5], "recentUpperThresholds": [430.25, 431.5]}
    return _alarm(name, minutes, **_threshold_comparison(minutes, **ends), Metrics=metrics, ThresholdMetricId="ad1")


def _promql_alarm(name: str, minutes: float) -> JSON:
    criteria = {"PromQLCriteria": {"Query": "max(up) > 1", "PendingPeriod": 300, "RecoveryPeriod": 300}}
    return _alarm(name, minutes, EvaluationCriteria=criteria, EvaluationInterval=60)


def _log_alarm(name: str, minutes: float) -> JSON:
    query = {
        "QueryString": 'filter outcome = "declined"',
        "LogGroupIdentifiers": [GROUP],
        "QueryARN": f"arn:aws:logs:{ACCOUNT}:scheduled-query:a1",
        "ScheduledQueryRoleARN": "arn:aws:iam::123456789012:role/log-alarms",
        "ScheduleConfiguration": {"ScheduleExpression": "rate(5 minutes)", "StartTimeOffset": 300},
        "AggregationExpression": "count(*)",
    }
    evaluation = {"QueryResultsToEvaluate": 3, "QueryResultsToAlarm": 2}
    comparison = {"Threshold": 1.0, "ComparisonOperator": "GreaterThanThreshold", "TreatMissingData": "notBreaching"}
    return _alarm(name, minutes, ScheduledQueryConfiguration=query, **evaluation, **comparison)


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


_ALARMS: JSON = {
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
_MORE_ALARMS: JSON = {"MetricAlarms": [_metric_alarm("mark9", 9), _math_alarm("mark10", 10)]}


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


def _transition(minutes: float, before: str, after: str, mark: str) -> JSON:
    reason_data = {"version": "1.0", "period": 60, "recentDatapoints": [6.1, 6.9, minutes], "threshold": 5.0}
    reason = f"Unchecked: {mark} has missing datapoints"
    data = {
        "version": "1.0",
        "oldState": {"stateValue": before, "stateReason": "Before.", "stateReasonData": reason_data},
        "newState": {"stateValue": after, "stateReason": reason, "stateReasonData": reason_data},
    }
    return _history("StateUpdate", minutes, data, mark)


def _edit(minutes: float, mark: str) -> JSON:
    original = {"threshold": 3000.0, "alarmDescription": mark, "alarmConfigurationUpdatedTimestamp": "2026-10-31"}
    alarm = {"alarmName": "latency", "threshold": 2000.0, "period": 60, "dimensions": [{"name": "a", "value": "b"}]}
    data = {"version": "1.0", "type": "Update", "updatedAlarm": alarm, "originalUpdatedFields": original}
    return _history("ConfigurationUpdate", minutes, data, mark)


def _action(minutes: float, mark: str) -> JSON:
    data = {"actionState": "Succeeded", "notificationResource": f"arn:aws:sns:{ACCOUNT}:on-call"}
    return _history("Action", minutes, data, mark)


def _contributor_transition(minutes: float, mark: str) -> JSON:
    data = {"version": "1.0", "oldState": {"stateValue": "OK"}, "newState": {"stateValue": "ALARM"}}
    contributor = {"AlarmContributorId": "0001", "AlarmContributorAttributes": {"InstanceId": mark, "Zone": "a"}}
    return _history("AlarmContributorStateUpdate", minutes, data, mark, **contributor)


def _history_of(name: str, alarm: JSON, items: list[JSON], **arguments: Any) -> Scene:
    responses = (
        CannedResponse("DescribeAlarmHistory", {"AlarmHistoryItems": items}),
        CannedResponse("DescribeAlarms", alarm),
    )
    return Scene(name, "get_alarm_history", {"alarm_name": "latency", **arguments}, responses)


_TRANSITIONS = [
    _transition(5, "OK", "ALARM", "mark1"),
    _transition(9, "ALARM", "OK", "mark2"),
    _transition(20, "INSUFFICIENT_DATA", "ALARM", "mark3"),
    _transition(90, "OK", "ALARM", "mark4"),
]
_PARENT: JSON = {"CompositeAlarms": [_composite_alarm("latency", 5, "mark5", "mark6", "mark7")]}
_CHILDREN: JSON = {"MetricAlarms": [_metric_alarm("mark5", 5), _band_alarm("mark6", 6)]}
_GRANDCHILD: JSON = {"CompositeAlarms": [_composite_alarm("mark7", 7, "child")], "NextToken": "children-2"}
_COMPONENTS = Scene(
    "components",
    "get_alarm_history",
    {"alarm_name": "latency", "include_component_alarms": True},
    (
        CannedResponse("DescribeAlarmHistory", {"AlarmHistoryItems": _TRANSITIONS}),
        CannedResponse("DescribeAlarms", _CHILDREN, "children-2"),
        CannedResponse("DescribeAlarms", _GRANDCHILD, '"mark5"'),
        CannedResponse("DescribeAlarms", _PARENT),
    ),
)
_NO_SUCH_ALARM = Scene(
    "no such alarm",
    "get_alarm_history",
    {"alarm_name": "mark0"},
    (
        CannedResponse("DescribeAlarmHistory", {"AlarmHistoryItems": []}),
        CannedResponse("DescribeAlarms", {"MetricAlarms": []}, "AlarmNames"),
        CannedResponse("DescribeAlarms", {"MetricAlarms": [_metric_alarm("mark1", 1), _metric_alarm("mark2", 2)]}),
    ),
)

ALARM_SCENES = (
    Scene(
        "all kinds of alarms",
        "get_active_alarms",
        {},
        (CannedResponse("DescribeAlarms", _MORE_ALARMS, "page-2"), CannedResponse("DescribeAlarms", _ALARMS)),
    ),
    _history_of("transitions", {"MetricAlarms": [_metric_alarm("latency", 5)]}, _TRANSITIONS),
    _history_of("a band's transitions", {"MetricAlarms": [_band_alarm("latency", 5)]}, _TRANSITIONS[:2]),
    _history_of("a log alarm's transitions", {"LogAlarms": [_log_alarm("latency", 5)]}, _TRANSITIONS[:2]),
    _history_of(
        "edits",
        {"MetricAlarms": [_math_alarm("latency", 5)]},
        [_edit(5, "mark1"), _edit(50, "mark2")],
        history_item_type="ConfigurationUpdate",
    ),
    _history_of(
        "actions",
        {"MetricAlarms": [_promql_alarm("latency", 5)]},
        [_action(5, "mark1"), _action(50, "mark2")],
        history_item_type="Action",
    ),
    _history_of(
        "contributors",
        {"MetricAlarms": [_metric_alarm("latency", 5)]},
        [_contributor_transition(5, "mark1"), _contributor_transition(50, "mark2")],
        history_item_type="AlarmContributorStateUpdate",
    ),
    Scene(
        "transitions and edits",
        "get_alarm_history",
        {"alarm_name": "latency"},
        (
            CannedResponse(
                "DescribeAlarmHistory",
                {"AlarmHistoryItems": [_edit(500, "mark5"), _edit(900, "mark6")]},
                "ConfigurationUpdate",
            ),
            CannedResponse("DescribeAlarmHistory", {"AlarmHistoryItems": _TRANSITIONS}),
            CannedResponse("DescribeAlarms", {"MetricAlarms": [_metric_alarm("latency", 5)]}),
        ),
    ),
    _COMPONENTS,
    _NO_SUCH_ALARM,
)
