from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.frozen_time import NOW
from tests.support.stubbed_server import StubbedServer

pytestmark = pytest.mark.anyio

PAYMENTS = "/ecs/shop/payments"
ARN = f"arn:aws:logs:us-east-1:123456789012:log-group:{PAYMENTS}"
ERRORS = 'filter level = "ERROR" | fields @timestamp, msg, error.type | sort @timestamp desc'
QUERY_ID = "a1b2c3d4-0000-0000-0000-000000000000"


def group(name: str, **more: Any) -> dict[str, Any]:
    return {"logGroupName": name, "arn": f"arn:aws:logs:us-east-1:123456789012:log-group:{name}:*", **more}


def results(status: str, *rows: dict[str, str], scanned: int = 1_000, matched: int = 0) -> dict[str, Any]:
    return {
        "status": status,
        "results": [[{"field": name, "value": value} for name, value in row.items()] for row in rows],
        "statistics": {
            "recordsMatched": float(matched or len(rows)),
            "recordsScanned": 10.0 if scanned else 0.0,
            "bytesScanned": float(scanned),
        },
    }


async def test_groups_are_read_page_by_page_until_max_items(stubbed: StubbedServer) -> None:
    for page in range(2):
        groups = [group(f"g{page}-{number}") for number in range(50)]
        stubbed.answer("describe_log_groups", {"logGroups": groups, "nextToken": str(page)})
    stubbed.answer("describe_query_definitions", {"queryDefinitions": []})
    reply = await stubbed.ask("describe_log_groups", max_items=80)
    assert len(reply.rows("log_groups")) == 80
    assert reply.notes == [
        (
            "The first 80 were read, more exist: narrow with log_group_name_prefix or log_group_name_pattern, "
            "or raise max_items."
        )
    ]


async def test_groups_that_no_answer_could_hold_are_not_read(stubbed: StubbedServer) -> None:
    for page in range(2):
        groups = [group(f"{page}-{number}-" + "x" * 400) for number in range(50)]
        stubbed.answer("describe_log_groups", {"logGroups": groups, "nextToken": str(page)})
    stubbed.answer("describe_query_definitions", {"queryDefinitions": []})
    reply = await stubbed.ask("describe_log_groups", max_items=10_000)
    assert len(reply.text) <= 40_000
    assert reply.notes[0].startswith("The first 100 were read, more exist")
    assert "of 100 kept" in reply.notes[1]


async def test_json_messages_are_told_as_json_and_those_that_json_would_alter_as_text(stubbed: StubbedServer) -> None:
    exact = '{"level": "ERROR", "took": 1.50, "id": null}'
    whole, spaced = '{"level":"ERROR","error":{"code":7},"tags":[],"user":null}', '{"a": 1, "b": "é"}'
    big, twice, nan = '{"id":12345678901234567890}', '{"a":1,"a":2}', '{"a":NaN}'
    stubbed.answer("start_query", {"queryId": QUERY_ID})
    rows = [{"@message": text, "@ptr": "p"} for text in (whole, spaced, exact, big, twice, nan, "{broken")]
    stubbed.answer("get_query_results", results("Complete", *rows))
    reply = await stubbed.ask(
        "execute_log_insights_query", query_string="fields @message", start_time="1h", log_group_names=["a"]
    )
    assert [row["@message"] for row in reply.rows("results")] == [
        {"level": "ERROR", "error": {"code": 7}, "tags": [], "user": None},
        {"a": 1, "b": "é"},
        exact,
        big,
        twice,
        nan,
        "{broken",
    ]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"log_group_arn": "arn:aws:s3:::bucket"}, "is not a log group's ARN; use arn:aws:logs:REGION"),
        ({"log_group_arn": "two words"}, "is neither the name nor the ARN of a log group"),
        ({"log_group_arn": ARN, "region": "eu-west-1"}, "region is 'eu-west-1', but the ARN is of us-east-1"),
        ({"log_group_arn": ARN, "start_time": "1h", "end_time": "2h"}, "is not before end_time"),
    ],
)
async def test_a_bad_analysis_is_refused_before_any_call(
    stubbed: StubbedServer, arguments: dict[str, Any], complaint: str
) -> None:
    assert complaint in (await stubbed.ask("analyze_log_group", **arguments)).error


def start(**more: Any) -> dict[str, Any]:
    return {
        "queryString": "fields @message",
        "startTime": int((NOW - timedelta(hours=1)).timestamp()),
        "endTime": int(NOW.timestamp()),
        **more,
    }


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        ({"log_group_names": ["a"]}, start(logGroupNames=["a"], limit=100)),
        ({"log_group_names": ["a", ARN]}, start(logGroupIdentifiers=["a", ARN], limit=100)),
        ({"log_group_identifiers": [f"{ARN}:*"]}, start(logGroupIdentifiers=[ARN], limit=100)),
        ({"log_group_names": ["a"], "limit": 7}, start(logGroupNames=["a"], limit=7)),
        (
            {"log_group_names": ["a"], "query_string": "fields @message | limit 5"},
            start(logGroupNames=["a"], queryString="fields @message | limit 5"),
        ),
        (
            {"log_group_names": ["a"], "query_string": 'filter @message like "| limit 5"'},
            start(logGroupNames=["a"], queryString='filter @message like "| limit 5"', limit=100),
        ),
        (
            {"query_string": "SOURCE logGroups(namePrefix: ['/ecs'])"},
            start(queryString="SOURCE logGroups(namePrefix: ['/ecs'])", limit=100),
        ),
        (
            {"query_string": 'SELECT * FROM "a"', "query_language": "SQL"},
            start(queryString='SELECT * FROM "a"', queryLanguage="SQL"),
        ),
    ],
)
async def test_a_query_is_sent_as_aws_wants_it(
    stubbed: StubbedServer, arguments: dict[str, Any], sent: dict[str, Any]
) -> None:
    stubbed.answer("start_query", {"queryId": QUERY_ID}, sent)
    stubbed.answer("get_query_results", results("Complete"))
    asked = {"query_string": "fields @message", "start_time": "1h", **arguments}
    assert not (await stubbed.ask("execute_log_insights_query", **asked)).failed


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "Give log_group_names (describe_log_groups lists them), or begin the query with a SOURCE command."),
        ({"log_group_names": ["a"], "log_group_identifiers": ["b"]}, "not both"),
        ({"log_group_names": ["a"] * 51}, "log_group_names: list should have at most 50 items"),
        ({"log_group_names": "a"}, "log_group_names: input should be a valid list"),
        ({"log_group_names": ["a"], "limit": 0}, "limit: input should be greater than or equal to 1 (given 0)"),
        ({"log_group_names": ["a"], "limit": 10_001}, "limit: input should be less than or equal to 10000"),
        ({"log_group_names": ["a"], "query_string": ""}, "query_string: string should have at least 1 character"),
        ({"log_group_names": ["a"], "query_string": "x" * 10_001}, "query_string: string should have at most 10000"),
        ({"log_group_names": ["a"], "query_language": "SQL"}, "A SQL query names its log groups itself"),
        ({"log_group_names": ["a"], "start_time": "soon"}, "start_time: cannot read 'soon' as a time"),
        ({"log_group_names": ["a"], "start_time": "now+1h", "end_time": "now+2h"}, "lies in the future"),
        ({"log_group_names": ["a"], "max_timeout": 0}, "max_timeout"),
        ({"log_group_name": ["a"]}, "has no argument 'log_group_name'. Did you mean log_group_names?"),
    ],
)
async def test_a_bad_query_is_refused_before_any_call(
    stubbed: StubbedServer, arguments: dict[str, Any], complaint: str
) -> None:
    asked = {"query_string": "fields @message", "start_time": "1h", **arguments}
    assert complaint in (await stubbed.ask("execute_log_insights_query", **asked)).error
