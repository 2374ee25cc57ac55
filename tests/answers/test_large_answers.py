"""Responses of AWS far over the response budget: the answer shows a part and counts the rest."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from cloudwatch_mcp.aws.sending import Sender
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.asking import Reply, asking
from tests.support.frozen_time import NOW, Time

pytestmark = pytest.mark.anyio

BUDGET = 10_000
Data = dict[str, Any]
AwsResponses = Callable[[str, Mapping[str, Any]], Data]


@pytest.fixture
def server(time: Time) -> CloudWatchServer:
    return build_server(Settings(max_response_chars=BUDGET), os.environ, clock=time.clock())


async def _ask(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch, responses: AwsResponses, tool: str, **arguments: Any
) -> Reply:
    async def send(_: Any, __: Any, operation: str, parameters: Mapping[str, Any]) -> Data:
        return responses(operation, parameters)

    monkeypatch.setattr(Sender, "send", send)
    async with asking(server) as ask:
        reply = await ask(tool, **arguments)
    assert not reply.failed
    assert len(reply.text) <= BUDGET
    return reply


def _query_response(rows: list[Data]) -> AwsResponses:
    fields = [[{"field": name, "value": value} for name, value in row.items()] for row in rows]
    done = {"status": "Complete", "results": fields, "statistics": {"recordsMatched": float(len(rows))}}
    return lambda operation, _: {"queryId": "one"} if operation == "StartQuery" else done


async def test_10_000_rows_are_cut_and_counted(server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        {"@timestamp": "2026-11-20 11:59:00.000", "@message": f"request {number} failed"} for number in range(10_000)
    ]
    query = {
        "query_string": "fields @timestamp, @message",
        "start_time": "1h",
        "log_group_names": ["a"],
        "limit": 10_000,
    }
    reply = await _ask(server, monkeypatch, _query_response(rows), "execute_log_insights_query", **query)
    kept = reply.rows("results")
    assert [row["@message"] for row in kept] == [row["@message"] for row in rows[: len(kept)]]
    assert len(kept) > 250
    assert reply.notes == [
        "The limit of 10,000 rows is reached, more may exist: narrow the window, or aggregate with stats.",
        (
            f"results: {len(kept):,} of 10,000 kept to stay within 10,000 characters; "
            "select fewer fields, narrow the window, or aggregate with stats."
        ),
    ]


@pytest.mark.parametrize("message", ["x" * 262_144, json.dumps({"payload": "x" * 262_130})])
async def test_an_event_of_256_kb_is_clipped_with_the_number_of_characters_cut(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    query = {"query_string": "fields @message | limit 2", "start_time": "1h", "log_group_names": ["a"]}
    responses = _query_response([{"@message": message, "@ptr": "p"}, {"@message": "short", "@ptr": "p"}])
    reply = await _ask(server, monkeypatch, responses, "execute_log_insights_query", **query)
    shown = reply.rows("results")[0]["@message"]
    assert shown.endswith(f"…[+{len(message) - 2_500:,} characters]")
    assert reply.rows("results")[1]["@message"] == "short"
    assert reply.notes == [
        (
            "1 long value was clipped; …[+N characters] says by how much; "
            "parse or substr(@message, start, length) in the query shows a part."
        )
    ]


def _metric_responses(query_id: str, series: int, points: int) -> AwsResponses:
    times = [NOW - timedelta(minutes=points - number) for number in range(points)]
    values = [number + 0.25 for number in range(points)]
    results = [
        {"Id": query_id, "Label": f"host-{number}", "Timestamps": times, "Values": values, "StatusCode": "Complete"}
        for number in range(series)
    ]
    return lambda _, __: {"MetricDataResults": results}


async def test_20_000_points_are_cut_but_the_summary_covers_them_all(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    metric = {"namespace": "Shop", "metric_name": "Load", "start_time": "14d", "target_datapoints": 20_160}
    reply = await _ask(server, monkeypatch, _metric_responses("m1", 1, 20_000), "get_metric_data", **metric)
    (one,) = reply.data["series"]
    assert one["summary"]["max"] == one["summary"]["last"] == 19_999.2  # to six digits
    assert reply.notes == [
        (
            f"series.values: {len(one['values']):,} of 20,000 kept to stay within 10,000 characters; "
            "lower target_datapoints, set limit, or narrow the window."
        )
    ]


async def test_500_series_are_cut_to_whole_ones(server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    metric = {"namespace": "Shop", "metric_name": "Load", "group_by_dimension": "Host"}
    reply = await _ask(server, monkeypatch, _metric_responses("q1", 500, 60), "get_metric_data", **metric)
    shown = reply.data["series"]
    assert len(shown) > 10
    assert all(len(one["values"]) == 60 for one in shown)
    assert reply.notes == [
        (
            f"series: {len(shown)} of 500 kept to stay within 10,000 characters; "
            "lower target_datapoints, set limit, or narrow the window."
        )
    ]


def _alarm_responses(count: int) -> AwsResponses:
    alarms = [
        {
            "AlarmName": f"shop-alarm-{number:04}",
            "StateTransitionedTimestamp": NOW - timedelta(seconds=number),
            "Namespace": "Shop",
            "MetricName": "Errors",
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 3,
            "Threshold": 5.0,
            "ComparisonOperator": "GreaterThanThreshold",
        }
        for number in range(count)
    ]

    def answer(_: str, parameters: Mapping[str, Any]) -> Data:
        if parameters["AlarmTypes"] == ["CompositeAlarm"]:
            return {"CompositeAlarms": [], "MetricAlarms": []}
        start = int(parameters.get("NextToken", 0))
        page = {"MetricAlarms": alarms[start : start + 100], "CompositeAlarms": []}
        return page | ({"NextToken": str(start + 100)} if start + 100 < count else {})

    return answer


async def test_5_000_alarms_are_cut_to_the_newest_and_counted(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await _ask(server, monkeypatch, _alarm_responses(5_000), "get_active_alarms", max_items=1_000)
    kept = reply.rows("metric_alarms")
    assert [row["name"] for row in kept] == [f"shop-alarm-{number:04}" for number in range(len(kept))]
    assert reply.notes == [
        "More than 1,000 alarms are active: the first 1,000 were read and sorted.",
        (
            f"metric_alarms: {len(kept):,} of 1,000 kept to stay within 10,000 characters; "
            "newest first; raise CLOUDWATCH_MCP_MAX_RESPONSE_CHARS to see more."
        ),
    ]


def _group_responses(count: int) -> AwsResponses:
    names = [f"/aws/lambda/shop-function-{number:05}" for number in range(count)]

    def answer(operation: str, parameters: Mapping[str, Any]) -> Data:
        if operation == "DescribeQueryDefinitions":
            return {"queryDefinitions": []}
        start = int(parameters.get("nextToken", 0))
        page = [{"logGroupName": name, "storedBytes": 1} for name in names[start : start + 50]]
        return {"logGroups": page} | ({"nextToken": str(start + 50)} if start + 50 < count else {})

    return answer


async def test_only_as_many_of_10_000_log_groups_are_read_as_the_answer_can_show(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await _ask(server, monkeypatch, _group_responses(10_000), "describe_log_groups", max_items=10_000)
    kept = len(reply.rows("log_groups"))
    assert kept > 200
    assert reply.notes == [
        "The first 350 were read, more exist: narrow with log_group_name_prefix or log_group_name_pattern.",
        (
            f"log_groups: {kept:,} of 350 kept to stay within 10,000 characters; "
            "narrow with log_group_name_prefix or log_group_name_pattern."
        ),
    ]
