"""An AWS that has a great deal of everything, in pages of AWS's sizes; how much, the path says: `/rows/10000`."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from functools import cache
from typing import Any

from bench_lib.front import Request

Data = dict[str, Any]
_NOW = datetime.now(timezone.utc).timestamp() // 60 * 60
_BIGGEST_EVENT = 256 * 1024  # PutLogEvents, long the limit of an event


async def answer_at_large(request: Request) -> bytes:
    return _answer(request.path, request.operation, request.body)


@cache
def _answer(path: str, operation: str, body: bytes) -> bytes:
    kind, size = path.strip("/").split("/")
    text = json.dumps(_OPERATIONS[operation](kind, int(size), json.loads(body))).encode()
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/x-amz-json-1.1\r\nContent-Length: %d\r\n\r\n"
    return head % len(text) + text


def _start_query(kind: str, size: int, _: Data) -> Data:
    return {"queryId": f"{kind}-{size}"}


def _query_results(kind: str, size: int, _: Data) -> Data:
    """At most 10,000 rows fit in a page, and a query gives no more."""
    messages = ["x" * _BIGGEST_EVENT] if kind == "event" else [_log_line(number) for number in range(size)]
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
    said = {"level": "ERROR", "request_id": f"req-{number:08}", "message": f"payment {number} was declined by the bank"}
    return json.dumps(said | {"duration_ms": number % 977, "customer": f"c-{number % 5000}", "attempt": number % 3})


def _metric_data(kind: str, size: int, asked: Data) -> Data:
    """At most 100,800 points fit in a page: more than is measured."""
    series, points = (1, size) if kind == "points" else (size, 60)
    times = [_NOW - 60 * (points - number) for number in range(points)]
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
    begin, end, more = _page(asked, "NextToken", asked["MaxRecords"], size)
    return {"MetricAlarms": [_alarm(number) for number in range(begin, end)], "CompositeAlarms": [], **more}


def _alarm(number: int) -> Data:
    since = _NOW - number
    reason = "Threshold Crossed: 3 datapoints [9.0, 8.0, 7.0] were greater than the threshold (5.0)."
    return {
        "AlarmName": f"shop-alarm-{number:05}",
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:shop-alarm-{number:05}",
        "AlarmDescription": "Customers notice soon: look at the latest release.",
        "StateValue": "ALARM",
        "StateReason": reason,
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
    begin, end, more = _page(asked, "nextToken", asked["limit"], size)
    return {"logGroups": [_log_group(number) for number in range(begin, end)], **more}


def _log_group(number: int) -> Data:
    name = f"/aws/lambda/shop-function-{number:05}"
    arn = f"arn:aws:logs:us-east-1:123456789012:log-group:{name}"
    times = {"creationTime": int(_NOW * 1000), "retentionInDays": 30, "storedBytes": 1000 * number}
    return {"logGroupName": name, "logGroupArn": arn, "arn": f"{arn}:*", **times}


def _page(asked: Data, token: str, length: int, size: int) -> tuple[int, int, Data]:
    begin = int(asked.get(token, 0))
    end = min(begin + length, size)
    return begin, end, {token: str(end)} if end < size else {}


_OPERATIONS: dict[str, Callable[[str, int, Data], Data]] = {
    "StartQuery": _start_query,
    "GetQueryResults": _query_results,
    "GetMetricData": _metric_data,
    "DescribeAlarms": _alarms,
    "DescribeLogGroups": _log_groups,
    "DescribeQueryDefinitions": lambda _kind, _size, _asked: {"queryDefinitions": []},
}
