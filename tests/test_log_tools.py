from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.conftest import NOW, Connected, StubbedServer

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


async def test_log_groups_of_the_incident(connected: Connected, snapshot: SnapshotAssertion) -> None:
    async with connected() as ask:
        reply = await ask("describe_log_groups", log_group_name_prefix="/shop/")
    audit = next(row for row in reply.rows("log_groups") if row["name"] == "/shop/audit")
    assert audit["class"] == "INFREQUENT_ACCESS"
    assert reply.data == snapshot


async def test_saved_queries_apply_by_name_or_by_the_prefix_of_their_source(connected: Connected) -> None:
    async with connected() as ask:
        reply = await ask("describe_log_groups", log_group_name_pattern="payments")
    applying = {row["name"]: row["log_groups"] for row in reply.rows("saved_queries")}
    assert applying["Shop/All services/Errors"] == ["/ecs/shop*"]
    assert applying["Shop/Payments/Gateway timeouts"] == [PAYMENTS]
    assert not any(name.startswith("Shop/Checkout") for name in applying)


async def test_a_group_without_any_optional_member_is_listed(stubbed: StubbedServer) -> None:
    stubbed.answer("describe_log_groups", {"logGroups": [{"logGroupName": "bare"}, group("full", storedBytes=0)]})
    stubbed.answer("describe_query_definitions", {"queryDefinitions": []})
    reply = await stubbed.ask("describe_log_groups")
    assert [row["name"] for row in reply.rows("log_groups")] == ["bare", "full"]
    assert reply.rows("log_groups")[1]["stored_bytes"] == 0


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


async def test_a_group_of_a_linked_account_carries_its_account_and_arn(stubbed: StubbedServer) -> None:
    linked = group("theirs") | {"arn": "arn:aws:logs:us-east-1:111122223333:log-group:theirs:*"}
    expected = {"limit": 50, "includeLinkedAccounts": True, "accountIdentifiers": ["111122223333"]}
    stubbed.answer("describe_log_groups", {"logGroups": [group("ours"), linked]}, expected)
    stubbed.answer("describe_query_definitions", {"queryDefinitions": []})
    reply = await stubbed.ask("describe_log_groups", account_identifiers=["111122223333"])
    assert [row["account"] for row in reply.rows("log_groups")] == ["123456789012", "111122223333"]
    assert reply.rows("log_groups")[1]["arn"] == "arn:aws:logs:us-east-1:111122223333:log-group:theirs"


async def test_saved_queries_that_cannot_be_read_are_noted(stubbed: StubbedServer) -> None:
    stubbed.answer("describe_log_groups", {"logGroups": [group("a")]})
    stubbed.refuse("describe_query_definitions", "AccessDeniedException", "not authorized")
    reply = await stubbed.ask("describe_log_groups")
    assert reply.rows("log_groups")[0]["name"] == "a"
    assert "Saved queries are missing: " in reply.notes[0]
    assert "logs:DescribeQueryDefinitions" in reply.notes[0]


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        ({"log_group_name_prefix": "/prod/pay"}, "No log group begins with '/prod/pay' in us-east-1: try "),
        ({"log_group_name_pattern": "nothing"}, "No log group has 'nothing' in its name in us-east-1: try a shorter"),
        ({"log_group_class": "DELIVERY"}, "There is no log group of class DELIVERY in us-east-1: check the region"),
    ],
)
async def test_no_log_group_says_what_to_try(connected: Connected, arguments: dict[str, Any], note: str) -> None:
    async with connected() as ask:
        assert (await ask("describe_log_groups", **arguments)).notes[0].startswith(note)


async def test_an_analysis_of_the_incident(connected: Connected, snapshot: SnapshotAssertion) -> None:
    async with connected() as ask:
        reply = await ask("analyze_log_group", log_group_arn=f"{ARN}:*")
    assert [row["priority"] for row in reply.rows("anomalies")] == ["HIGH", "MEDIUM", "LOW"]
    assert any("card gateway call timed out" in row["pattern"] for row in reply.rows("top_patterns"))
    assert reply.rows("top_patterns")[0]["sample"]["msg"] == "payment authorized"
    assert "2 of the 3 most common error patterns are among top_patterns and not repeated." in reply.notes
    assert reply.data["scanned"]["records"] > 1_000
    assert reply.data == snapshot


async def test_a_name_is_analyzed_like_its_arn(connected: Connected) -> None:
    async with connected() as ask:
        by_name = await ask("analyze_log_group", log_group_arn=PAYMENTS, start_time="10m")
        by_arn = await ask("analyze_log_group", log_group_arn=ARN, start_time="10m")
    assert by_name.data == by_arn.data


async def test_naive_times_are_fine_where_there_are_anomalies(connected: Connected) -> None:
    window = {"start_time": "2026-11-20T11:00:00", "end_time": "2026-11-20T12:00:00"}
    async with connected() as ask:
        assert (await ask("analyze_log_group", log_group_arn=PAYMENTS, **window)).rows("anomalies")


async def test_anomalies_outside_the_window_are_left_out(connected: Connected) -> None:
    async with connected() as ask:
        reply = await ask("analyze_log_group", log_group_arn=PAYMENTS, start_time="20h", end_time="19h")
    assert "anomalies" not in reply.data
    assert "No anomaly overlaps the window." in reply.notes


async def test_an_infrequent_access_group_has_no_patterns_and_says_so(connected: Connected) -> None:
    async with connected() as ask:
        reply = await ask("analyze_log_group", log_group_arn="/shop/audit")
    assert "a log group of class INFREQUENT_ACCESS does not support the pattern command" in reply.notes[0]


async def test_a_group_without_events_says_to_widen_the_window(connected: Connected) -> None:
    async with connected() as ask:
        reply = await ask("analyze_log_group", log_group_arn="/shop/load-test")
    assert any("try start_time='2026-11-19T11:00:00Z'" in note for note in reply.notes)


async def test_one_part_of_an_analysis_may_fail_and_is_noted(stubbed: StubbedServer) -> None:
    stubbed.refuse("list_log_anomaly_detectors", "AccessDeniedException", "not authorized")
    for number in range(2):
        stubbed.answer("start_query", {"queryId": f"query-{number}"})
    row = {"@pattern": "failed <*>", "@sampleCount": "7", "@ratio": "0.5"}
    for _ in range(2):
        stubbed.answer("get_query_results", results("Complete", row))
    reply = await stubbed.ask("analyze_log_group", log_group_arn=ARN)
    assert reply.rows("top_patterns") == [{"pattern": "failed <*>", "count": 7, "ratio": 0.5}]
    assert reply.notes[0].startswith("Anomalies are missing: ")
    assert "logs:ListLogAnomalyDetectors" in reply.notes[0]


async def test_an_anomaly_has_its_sample_unless_a_pattern_shows_such_a_message(stubbed: StubbedServer) -> None:
    millis = int(NOW.timestamp() * 1000) - 60_000
    anomaly = {
        "anomalyId": "0" * 36,
        "patternId": "0" * 32,
        "anomalyDetectorArn": ARN,
        "firstSeen": millis,
        "lastSeen": millis,
        "description": "New pattern",
        "active": True,
        "state": "Active",
        "histogram": {str(millis): 3},
        "patternTokens": [],
        "logGroupArnList": [ARN],
    }
    messages = {"gave up after <*> tries": "gave up after 3 tries", "lost <*> of <*> nodes": "lost 1 of 9 nodes"}
    anomalies = [
        anomaly | {"patternString": pattern, "logSamples": [{"timestamp": millis, "message": message}]}
        for pattern, message in messages.items()
    ]
    detector = {"anomalyDetectorArn": ARN, "anomalyDetectorStatus": "ANALYZING"}
    stubbed.answer("list_log_anomaly_detectors", {"anomalyDetectors": [detector]})
    stubbed.answer("list_anomalies", {"anomalies": anomalies})
    row = {"@pattern": "gave up after <Number-1> tries", "@logSamples": '[{"message": "gave up after 5 tries"}]'}
    for number in range(2):
        stubbed.answer("start_query", {"queryId": f"query-{number}"})
        stubbed.answer("get_query_results", results("Complete", row))
    reply = await stubbed.ask("analyze_log_group", log_group_arn=ARN)
    assert [row["sample"] for row in reply.rows("anomalies")] == [None, "lost 1 of 9 nodes"]
    assert reply.notes == ["1 of the 1 most common error patterns are among top_patterns and not repeated."]


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


async def test_an_analysis_of_which_all_parts_fail_is_an_error(stubbed: StubbedServer) -> None:
    stubbed.refuse("list_log_anomaly_detectors", "AccessDeniedException", "not authorized")
    for _ in range(2):
        stubbed.refuse("start_query", "AccessDeniedException", "not authorized")
    assert "Allow the IAM action" in (await stubbed.ask("analyze_log_group", log_group_arn=ARN)).error


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({"log_group_arn": "arn:aws:s3:::bucket"}, "is not a log group's ARN, which reads arn:aws:logs:REGION"),
        ({"log_group_arn": "two words"}, "is neither a log group's name nor an ARN"),
        ({"log_group_arn": ARN, "region": "eu-west-1"}, "region is eu-west-1, but the ARN is of us-east-1"),
        ({"log_group_arn": ARN, "start_time": "1h", "end_time": "2h"}, "is not before end_time"),
    ],
)
async def test_a_bad_analysis_is_refused_before_any_call(
    stubbed: StubbedServer, arguments: dict[str, Any], complaint: str
) -> None:
    assert complaint in (await stubbed.ask("analyze_log_group", **arguments)).error


async def test_an_unknown_group_is_an_error_naming_the_nearest(connected: Connected) -> None:
    async with connected() as ask:
        error = (await ask("analyze_log_group", log_group_arn="/ecs/shop/paymets")).error
    assert error == "There is no log group '/ecs/shop/paymets' in us-east-1. Did you mean /ecs/shop/payments?"


async def test_a_query_gives_its_rows_in_the_order_asked_for(connected: Connected, snapshot: SnapshotAssertion) -> None:
    async with connected() as ask:
        reply = await ask(
            "execute_log_insights_query",
            query_string=ERRORS,
            start_time="1h",
            log_group_names=[PAYMENTS, "/ecs/shop/checkout"],
            limit=4,
        )
    times = [row["@timestamp"] for row in reply.rows("results")]
    assert times == sorted(times, reverse=True)
    assert reply.data["matched"] > 4
    assert "@ptr" not in reply.text
    assert {**reply.data, "query_id": QUERY_ID} == snapshot


async def test_aggregates_are_numbers(connected: Connected, snapshot: SnapshotAssertion) -> None:
    async with connected() as ask:
        reply = await ask(
            "execute_log_insights_query",
            query_string="stats count(*) as events, pct(duration_ms, 99) as p99 by level",
            start_time="1h",
            log_group_names=[PAYMENTS],
        )
    assert all(isinstance(row["events"], int) for row in reply.rows("results"))
    assert {**reply.data, "query_id": QUERY_ID} == snapshot


async def test_values_of_raw_events_stay_as_they_were_written(stubbed: StubbedServer) -> None:
    row = {"price": "1234567.89", "version": "1.10", "id": "007", "size": "42", "@ptr": "x"}
    stubbed.answer("start_query", {"queryId": QUERY_ID})
    stubbed.answer("get_query_results", results("Complete", row))
    reply = await stubbed.ask(
        "execute_log_insights_query", query_string="fields price", start_time="1h", log_group_names=["a"]
    )
    assert reply.rows("results") == [{"price": "1234567.89", "version": "1.10", "id": "007", "size": 42}]


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


async def test_a_query_without_rows_says_whether_there_was_anything_to_match(stubbed: StubbedServer) -> None:
    asked = {"query_string": "fields @message", "start_time": "1h", "log_group_names": ["a"]}
    for scanned, note in ((0, "No log event was in the window"), (500, "10 log events were scanned and none matched")):
        stubbed.answer("start_query", {"queryId": QUERY_ID})
        stubbed.answer("get_query_results", results("Complete", scanned=scanned))
        assert (await stubbed.ask("execute_log_insights_query", **asked)).notes[0].startswith(note)


async def test_a_query_of_an_unknown_group_is_an_error_naming_the_nearest(connected: Connected) -> None:
    asked = {"query_string": "fields @message", "start_time": "1h"}
    async with connected() as ask:
        reply = await ask(
            "execute_log_insights_query", **asked, log_group_names=["/ecs/shop/catalog", "/ecs/shop/paymets"]
        )
    assert reply.error == "There is no log group '/ecs/shop/paymets' in us-east-1. Did you mean /ecs/shop/payments?"


async def test_results_of_an_earlier_query_come_in_the_same_shape(connected: Connected) -> None:
    asked = {"query_string": ERRORS, "start_time": "1h", "log_group_names": [PAYMENTS], "limit": 3}
    async with connected() as ask:
        first = await ask("execute_log_insights_query", **asked)
        again = await ask("get_logs_insight_query_results", query_id=first.data["query_id"])
    assert again.data["results"] == first.data["results"]
    assert again.data["scanned"] == first.data["scanned"]


async def test_a_query_that_still_runs_says_so(stubbed: StubbedServer, snapshot: SnapshotAssertion) -> None:
    stubbed.answer("get_query_results", results("Running", {"level": "ERROR"}, matched=3))
    reply = await stubbed.ask("get_logs_insight_query_results", query_id=QUERY_ID)
    assert reply.notes[0].startswith("Still running, and billing; the rows are partial.")
    assert reply.data == snapshot


async def test_an_unknown_query_is_an_error_with_the_likely_reason(connected: Connected) -> None:
    async with connected() as ask:
        error = (await ask("get_logs_insight_query_results", query_id="no-such-query")).error
    assert "results are kept for 7 days, in the Region they were queried in" in error


async def test_cancelling_says_whether_it_worked(stubbed: StubbedServer) -> None:
    stubbed.answer("stop_query", {"success": True}, {"queryId": QUERY_ID})
    reply = await stubbed.ask("cancel_logs_insight_query", query_id=QUERY_ID)
    assert reply.data == {"region": "us-east-1", "query_id": QUERY_ID, "success": True}


async def test_cancelling_a_query_that_has_ended_is_an_error_that_says_so(connected: Connected) -> None:
    asked = {"query_string": ERRORS, "start_time": "1h", "log_group_names": [PAYMENTS], "limit": 3}
    async with connected() as ask:
        done = await ask("execute_log_insights_query", **asked)
        error = (await ask("cancel_logs_insight_query", query_id=done.data["query_id"])).error
    assert "Query is not running" in error
    assert "It has already ended" in error
