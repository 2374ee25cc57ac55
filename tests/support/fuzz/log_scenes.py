"""AWS's responses about log groups, their anomalies and their queries."""

from __future__ import annotations

import json
from typing import Any

from tests.support.fuzz.scene import ACCOUNT, AT, GROUP, JSON, CannedResponse, Scene


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


def _saved_query(name: str, query: str, *groups: str) -> JSON:
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
_SAVED_QUERIES: JSON = {
    "queryDefinitions": [
        _saved_query("mark11", "fields @message", "/app/mark1", "/app/mark2"),
        _saved_query("mark12", "SOURCE logGroups(namePrefix: ['/app']) | fields @message"),
        _saved_query("mark13", "stats count(*)", GROUP.replace("api", "mark3"), GROUP.replace("api", "mark4")),
    ]
}


def _groups_scene(name: str, **arguments: Any) -> Scene:
    responses = (
        CannedResponse("DescribeLogGroups", _MORE_GROUPS, "page-2"),
        CannedResponse("DescribeLogGroups", _GROUPS),
        CannedResponse("DescribeQueryDefinitions", _SAVED_QUERIES),
    )
    return Scene(name, "describe_log_groups", arguments, responses)


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
_QUERY: JSON = {"queryId": "37e9da18-f1d4-5534-99a9-46ce56febcd0"}
_QUERY_IN_QUESTION: JSON = {"queryId": "41c5193b-ca34-5f7c-92d1-7f4bf6eacd3a"}
_QUERY_OF_OTHERS: JSON = {"queryId": "5a0dd2c2-7b0b-5a4e-8f43-0c3a9a1d7e21"}
_STOP: JSON = {"success": True}


def _query_scene(name: str, query: str, *responses: CannedResponse) -> Scene:
    arguments = {"query_string": query, "start_time": "1h", "log_group_names": ["/app/api"]}
    return Scene(
        name,
        "execute_log_insights_query",
        arguments,
        (CannedResponse("StartQuery", _QUERY), *responses, CannedResponse("StopQuery", _STOP)),
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


def _sample(mark: str) -> list[list[JSON]]:
    """Enough events of a host to tell them from those of another."""
    message = f'{{"host":"{mark}","took":7}}'
    return [_row(**{"@timestamp": "2026-11-20 11:59:59.059", "@message": message, "sample_order": "a1"})] * 20


_PATTERNS = [_pattern("mark7", '{"level":"ERROR","said":"mark7"}'), _pattern("mark8", "ERROR mark8 a1")]
_ERROR_PATTERNS = [_pattern("mark9", "ERROR mark9 b2"), _pattern("mark10", "ERROR mark10 c3")]
_ANALYSIS = Scene(
    "analysis",
    "analyze_log_group",
    {"log_group_arn": "/app/api"},
    (
        CannedResponse("DescribeLogGroups", {"logGroups": [_group("/app/api"), _group("/app/api2")]}),
        CannedResponse("ListLogAnomalyDetectors", {"anomalyDetectors": [_detector("mark1"), _detector("mark2")]}),
        CannedResponse("ListAnomalies", {"anomalies": []}, "detector:mark2"),
        CannedResponse("ListAnomalies", _MORE_ANOMALIES, "page-2"),
        CannedResponse("ListAnomalies", _ANOMALIES),
        CannedResponse("StartQuery", _QUERY_OF_OTHERS, "not like"),
        CannedResponse("StartQuery", _QUERY_IN_QUESTION, "(?i)"),
        CannedResponse("StartQuery", _QUERY),
        CannedResponse("GetQueryResults", _results(*_sample("mark11")), _QUERY_IN_QUESTION["queryId"]),
        CannedResponse("GetQueryResults", _results(*_sample("mark12")), _QUERY_OF_OTHERS["queryId"]),
        CannedResponse("GetQueryResults", _results(*_PATTERNS, *_ERROR_PATTERNS)),
        CannedResponse("StopQuery", _STOP),
    ),
)
_NO_SUCH_GROUP = Scene(
    "no such group",
    "analyze_log_group",
    {"log_group_arn": "/app/mark0"},
    (CannedResponse("DescribeLogGroups", {"logGroups": [_group("/app/mark1"), _group("/app/mark2")]}),),
)

LOG_SCENES = (
    _groups_scene("groups"),
    _groups_scene("groups of linked accounts", include_linked_accounts=True),
    _ANALYSIS,
    _NO_SUCH_GROUP,
    _query_scene(
        "events",
        "fields @timestamp, @message",
        CannedResponse("GetQueryResults", _results(*_EVENTS[2:]), "page-2"),
        CannedResponse("GetQueryResults", _results(*_EVENTS[:2], nextToken="page-2")),
    ),
    _query_scene(
        "counts", "stats count(*), avg(duration) by bin(5m)", CannedResponse("GetQueryResults", _results(*_COUNTS))
    ),
    _query_scene(
        "patterns", "pattern @message", CannedResponse("GetQueryResults", _results(*_PATTERNS, *_ERROR_PATTERNS))
    ),
    _query_scene(
        "a running query", "fields @message", CannedResponse("GetQueryResults", _results(*_EVENTS, status="Running"))
    ),
    Scene(
        "results",
        "get_logs_insight_query_results",
        {"query_id": _QUERY["queryId"]},
        (CannedResponse("GetQueryResults", _results(*_EVENTS)),),
    ),
    Scene(
        "a cancel", "cancel_logs_insight_query", {"query_id": _QUERY["queryId"]}, (CannedResponse("StopQuery", _STOP),)
    ),
)
