"""An AWS that holds any amount of everything, in pages of AWS's sizes; the path says how much: `/rows/10000`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from functools import cache
from typing import Any

from tests.support.endpoint import Request, Response

Data = dict[str, Any]
_MINUTE = datetime.now(timezone.utc).timestamp() // 60 * 60
_LARGEST_EVENT = 256 * 1024  # PutLogEvents: for years the limit of an event


def answer_at_large(request: Request) -> Response:
    return Response(_large_body(request.path, request.operation, request.body))


@cache
def _large_body(path: str, operation: str, body: bytes) -> bytes:
    kind, size = path.strip("/").split("/")
    return json.dumps(_OPERATIONS[operation](kind, int(size), json.loads(body))).encode()


def _query_results(kind: str, size: int, _: Data) -> Data:
    """A page takes at most 10,000 rows, and a query returns no more."""
    messages = ["x" * _LARGEST_EVENT] if kind == "event" else [_log_line(number) for number in range(size)]
    rows = [
        [
            {"field": "@timestamp", "value": f"2026-11-20 11:{number % 60:02}:00.000"},
            {"field": "@message", "value": message},
            {"field": "@ptr", "value": f"ptr-{number}"},
        ]
        for number, message in enumerate(messages)
    ]
    statistics = {"recordsMatched": float(size), "recordsScanned": float(size), "bytesScanned": 1e6}
    return {"status": "Complete", "results": rows, "statistics": statistics}


def _log_line(number: int) -> str:
    line = {"level": "ERROR", "request_id": f"req-{number:08}", "message": f"payment {number} was declined by the bank"}
    return json.dumps(line | {"duration_ms": number % 977, "customer": f"c-{number % 5000}", "attempt": number % 3})


def _metric_data(kind: str, size: int, asked: Data) -> Data:
    """A page takes at most 100,800 points: more than is measured."""
    series, points = (1, size) if kind == "points" else (size, 60)
    times = [_MINUTE - 60 * (points - number) for number in range(points)]
    query_id = asked["MetricDataQueries"][0]["Id"]
    results = [
        {"Id": query_id, "Label": f"host-{one}", "Timestamps": times, "Values": values, "StatusCode": "Complete"}
        for one in range(series)
        for values in ([(number * 37 + one) % 1000 / 7 for number in range(points)],)
    ]
    return {"MetricDataResults": results}


def _alarms(_: str, size: int, asked: Data) -> Data:
    if "MetricAlarm" not in asked["AlarmTypes"]:
        return {"MetricAlarms": [], "CompositeAlarms": []}
    page, more = _page(asked, "NextToken", asked["MaxRecords"], size)
    return {"MetricAlarms": [_alarm(number) for number in page], "CompositeAlarms": [], **more}


def _alarm(number: int) -> Data:
    since = _MINUTE - number
    return {
        "AlarmName": f"shop-alarm-{number:05}",
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:shop-alarm-{number:05}",
        "AlarmDescription": "Customers notice soon: look at the latest release.",
        "StateValue": "ALARM",
        "StateReason": "Threshold Crossed: 3 datapoints [9.0, 8.0, 7.0] were greater than the threshold (5.0).",
        "StateReasonData": json.dumps({"recentDatapoints": [7.0, 8.0, 9.0], "threshold": 5.0}),
        "StateUpdatedTimestamp": since,
        "StateTransitionedTimestamp": since,
        "Namespace": "AWS/Lambda",
        "MetricName": "Errors",
        "Dimensions": [{"Name": "FunctionName", "Value": f"shop-function-{number:05}"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }


def _log_groups(_: str, size: int, asked: Data) -> Data:
    page, more = _page(asked, "nextToken", asked["limit"], size)
    return {"logGroups": [_log_group(number) for number in page], **more}


def _log_group(number: int) -> Data:
    name = f"/aws/lambda/shop-function-{number:05}"
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{name}"
    times = {"creationTime": int(_MINUTE * 1000), "retentionInDays": 30, "storedBytes": 1000 * number}
    return {"logGroupName": name, "logGroupArn": arn, "arn": f"{arn}:*", **times}


def _page(asked: Data, token: str, length: int, size: int) -> tuple[range, Data]:
    begin = int(asked.get(token, 0))
    end = min(begin + length, size)
    return range(begin, end), {token: str(end)} if end < size else {}


_OPERATIONS: dict[str, Callable[[str, int, Data], Data]] = {
    "StartQuery": lambda kind, size, _: {"queryId": f"{kind}-{size}"},
    "GetQueryResults": _query_results,
    "GetMetricData": _metric_data,
    "DescribeAlarms": _alarms,
    "DescribeLogGroups": _log_groups,
    "DescribeQueryDefinitions": lambda _kind, _size, _asked: {"queryDefinitions": []},
}
