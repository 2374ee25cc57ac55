from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.support.frozen_time import NOW
from tests.support.log_answers import QUERY_ID, group, results
from tests.support.stubbed_server import StubbedServer

pytestmark = pytest.mark.anyio

PAYMENTS = "/ecs/shop/payments"
ARN = f"arn:aws:logs:us-east-1:123456789012:log-group:{PAYMENTS}"
ERRORS = 'filter level = "ERROR" | fields @timestamp, msg, error.type | sort @timestamp desc'


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, DescribeLogGroups",
    behaviour="DescribeLogGroups returns at most 50 log groups and a nextToken.",
)
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


async def test_groups_are_not_read_beyond_what_an_answer_can_hold(stubbed: StubbedServer) -> None:
    for page in range(2):
        groups = [group(f"{page}-{number}-" + "x" * 400) for number in range(50)]
        stubbed.answer("describe_log_groups", {"logGroups": groups, "nextToken": str(page)})
    stubbed.answer("describe_query_definitions", {"queryDefinitions": []})
    reply = await stubbed.ask("describe_log_groups", max_items=10_000)
    assert len(reply.text) <= 40_000
    assert reply.notes[0].startswith("The first 100 were read, more exist")
    assert "of 100 kept" in reply.notes[1]


async def test_a_json_message_is_parsed_unless_json_would_alter_it(stubbed: StubbedServer) -> None:
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


async def test_rows_alike_but_for_ids_and_times_are_folded_if_they_would_fill_the_answer(
    stubbed: StubbedServer,
) -> None:
    rows = [
        {
            "@timestamp": f"2026-11-20 11:{number:02}:00.000",
            "@message": f'{{"request_id":"r{number}","msg":"{"x" * 900}"}}',
        }
        for number in range(40)
    ]
    stubbed.answer("start_query", {"queryId": QUERY_ID})
    stubbed.answer("get_query_results", results("Complete", *rows))
    query = "fields @timestamp, @message"
    reply = await stubbed.ask("execute_log_insights_query", query_string=query, start_time="1h", log_group_names=["a"])
    (row,) = reply.rows("results")
    assert (row["@message"]["request_id"], row["folded"]) == ("r0", 40)
    assert (row["first"], row["last"]) == ("2026-11-20 11:00:00.000", "2026-11-20 11:39:00.000")
    assert any(note.startswith("40 rows are folded into 1: ") for note in reply.notes)


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


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, SOURCE",
    behaviour="A query with a SOURCE command, and any SQL query, names its log groups in its text and not in the "
    "request.",
)
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
async def test_a_query_is_sent_with_the_parameters_that_aws_expects(
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


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, DescribeQueryDefinitions",
    behaviour="A saved query without logGroupNames belongs to no log group.",
)
async def test_saved_queries_without_log_groups_apply_to_all(stubbed: StubbedServer) -> None:
    source = "SOURCE logGroups(namePrefix: ['/other']) | fields @message"
    stubbed.answer("describe_log_groups", {"logGroups": [group(PAYMENTS)]})
    stubbed.answer(
        "describe_query_definitions",
        {
            "queryDefinitions": [
                {"name": "for all", "queryString": "fields @message"},
                {"name": "for another", "queryString": "fields @message", "logGroupNames": ["/other/group"]},
                {"name": "for another prefix", "queryString": source},
            ]
        },
    )
    reply = await stubbed.ask("describe_log_groups")
    assert reply.rows("saved_queries") == [{"name": "for all", "query": "fields @message"}]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, DescribeQueryDefinitions",
    behaviour="A saved query may contain {{name}}, with a default in its parameters.",
)
async def test_the_parameters_of_a_saved_query_are_shown_with_their_defaults(stubbed: StubbedServer) -> None:
    parameters = [{"name": "level", "defaultValue": "ERROR", "description": "Log level"}, {"name": "host"}]
    query = {"name": "by level", "queryString": "filter level = {{level}} and host = {{host}}"}
    stubbed.answer("describe_log_groups", {"logGroups": [group(PAYMENTS)]})
    stubbed.answer("describe_query_definitions", {"queryDefinitions": [query | {"parameters": parameters}]})
    reply = await stubbed.ask("describe_log_groups")
    assert reply.rows("saved_queries")[0]["parameters"] == {"level": "ERROR", "host": None}


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, ListAnomalies",
    behaviour="An anomaly that has ended has active false while its state is still Active.",
)
async def test_anomalies_that_ended_or_are_baseline_are_marked(stubbed: StubbedServer) -> None:
    millis = int(NOW.timestamp() * 1000)
    anomalies = [
        {
            "anomalyId": "a" * 36,
            "patternId": "b" * 32,
            "anomalyDetectorArn": "arn:detector",
            "patternString": pattern,
            "firstSeen": millis - 2_000,
            "lastSeen": millis - last_seen,
            "description": "Unexpected count",
            "active": active,
            "state": state,
            "histogram": {},
            "logSamples": [],
            "patternTokens": [],
            "logGroupArnList": [ARN],
        }
        for last_seen, pattern, active, state in [
            (0, "now", True, "Active"),
            (1_000, "ended", False, "Active"),
            (2_000, "usual", True, "Baseline"),
        ]
    ]
    stubbed.answer("list_log_anomaly_detectors", {"anomalyDetectors": [{"anomalyDetectorArn": "arn:detector"}]})
    stubbed.answer("list_anomalies", {"anomalies": anomalies})
    for number in range(4):
        stubbed.answer("start_query", {"queryId": str(number)})
        stubbed.answer("get_query_results", results("Complete"))
    reply = await stubbed.ask("analyze_log_group", log_group_arn=ARN, start_time="1d")
    assert [(row["pattern"], row["ended"], row["state"]) for row in reply.rows("anomalies")] == [
        ("now", None, None),
        ("ended", True, None),
        ("usual", None, "Baseline"),
    ]


QUERY = {"query_string": "fields @message", "start_time": "1h", "log_group_names": [PAYMENTS]}
REQUEST_DETAILS = "(Service: AWSLogs; Status Code: 400; Error Code: {}; Request ID: 00000000-0000-0000; Proxy: null)"


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="boto/boto3#3450",
    behaviour="The message of a MalformedQueryException ends with the service, the status code, the error code and the "
    "request id.",
)
async def test_request_details_at_the_end_of_an_aws_message_are_left_out(stubbed: StubbedServer) -> None:
    code = "MalformedQueryException"
    stubbed.refuse("start_query", code, f"mismatched input 'count' {REQUEST_DETAILS.format(code)}")
    error = (await stubbed.ask("execute_log_insights_query", **QUERY)).error
    assert f"{code}: mismatched input 'count'. Fix the query: commands are separated by |" in error


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/cloudwatch/test_cloudwatch.snapshot.json",
    behaviour="An error may have a code and no message, such as CloudWatch's ResourceNotFound.",
    service="All services",
)
async def test_an_error_without_a_message_is_its_code(stubbed: StubbedServer) -> None:
    stubbed.refuse("start_query", "SomethingExceeded")
    error = (await stubbed.ask("execute_log_insights_query", **QUERY)).error
    assert error == "StartQuery in us-east-1 failed: SomethingExceeded."


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="older scripts that quote the message; localstack/localstack tests/aws/services/logs has the newer code "
    "only",
    behaviour="A missing log group is a ResourceNotFoundException of StartQuery; it was an InvalidParameterException in"
    " older responses.",
)
@pytest.mark.parametrize("code", ["ResourceNotFoundException", "InvalidParameterException"])
async def test_a_log_group_that_does_not_exist_has_the_nearest_names_beside_it(
    stubbed: StubbedServer, code: str
) -> None:
    message = f"Log group '{PAYMENTS}' does not exist for account ID '123456789012'"
    stubbed.refuse("start_query", code, f"{message} {REQUEST_DETAILS.format(code)}")
    stubbed.answer(
        "describe_log_groups", {"logGroups": [group("/ecs/shop/payment")]}, {"logGroupNamePrefix": "/ecs/shop"}
    )
    error = (await stubbed.ask("execute_log_insights_query", **QUERY)).error
    assert error == f"There is no log group '{PAYMENTS}' in us-east-1. Did you mean '/ecs/shop/payment'?"


async def test_a_log_group_given_by_its_arn_that_does_not_exist_has_a_hint(stubbed: StubbedServer) -> None:
    stubbed.refuse("start_query", "InvalidParameterException", f"Log group '{ARN}' does not exist")
    error = (await stubbed.ask("execute_log_insights_query", **QUERY | {"log_group_names": [ARN]})).error
    assert error.endswith("Check the name and the region; describe_log_groups lists what exists.")


async def test_a_query_without_events_says_when_the_log_group_was_created(stubbed: StubbedServer) -> None:
    created = int((NOW - timedelta(minutes=10)).timestamp() * 1000)
    stubbed.answer("start_query", {"queryId": QUERY_ID})
    stubbed.answer("get_query_results", {"status": "Complete", "results": []})
    stubbed.answer("describe_log_groups", {"logGroups": [{"logGroupName": "a", "creationTime": created}]})
    arguments = {"query_string": "fields @message", "start_time": "1h", "log_group_names": ["a"]}
    reply = await stubbed.ask("execute_log_insights_query", **arguments)
    assert "'a' was created at 2026-11-20T11:50:00Z: the window begins earlier." in reply.notes
