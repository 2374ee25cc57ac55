"""What of AWS's answers fits its service model is read; the rest is left out, and no more than that."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import cache
from typing import Any

import pytest
from botocore.session import Session

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from cloudwatch_mcp.aws.responses import UnfitAnswer, moment_in_utc, parse_json, read, read_error
from tests.support.asking import Ask, Connected, Reply

MOMENT = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)


@cache
def shape(operation: str) -> Any:
    return Session().get_service_model(OPERATIONS[operation]).operation_model(operation).output_shape


def answer(operation: str, body: Any) -> tuple[dict[str, Any], list[str]]:
    return read(json.dumps(body).encode(), shape(operation))


@pytest.mark.parametrize("given", [1795176000, 1795176000.0, "2026-11-20T12:00:00Z", "2026-11-20T12:00:00"])
def test_a_time_of_aws_is_in_utc_however_it_is_written(given: Any) -> None:
    assert moment_in_utc(given) == MOMENT
    assert moment_in_utc(given).tzinfo is timezone.utc or moment_in_utc(given).utcoffset() is not None


def test_one_bad_member_costs_only_itself() -> None:
    alarms = [{"AlarmName": "a", "Threshold": "high"}, {"Threshold": 1}, None, {"AlarmName": "b", "Threshold": 2}]
    found, left_out = answer("DescribeAlarms", {"MetricAlarms": alarms, "CompositeAlarms": []})
    assert found == {"MetricAlarms": [{"AlarmName": "a"}, {"AlarmName": "b", "Threshold": 2}], "CompositeAlarms": []}
    assert left_out == ["MetricAlarms[0].Threshold", "MetricAlarms[1]", "MetricAlarms[2]"]


def test_points_stay_in_step() -> None:
    result = {"Id": "m", "Timestamps": [1, "x", 3], "Values": [1.5, 2.5, None]}
    found, left_out = answer("GetMetricData", {"MetricDataResults": [result]})
    (series,) = found["MetricDataResults"]
    assert [time and time.timestamp() for time in series["Timestamps"]] == [1, None, 3]
    assert series["Values"] == [1.5, 2.5, None]
    assert len(left_out) == 2


@pytest.mark.parametrize("odd", [10**30, -(10**30), 1.5, True, "1", 1e308, [], {}])
def test_a_number_that_is_none_of_the_models_is_left_out(odd: Any) -> None:
    found, left_out = answer("DescribeLogGroups", {"logGroups": [{"logGroupName": "a", "storedBytes": odd}]})
    assert (found, left_out) == ({"logGroups": [{"logGroupName": "a"}]}, ["logGroups[0].storedBytes"])


@pytest.mark.parametrize("millis", [-1, 10**18, "1"])
def test_a_time_that_no_calendar_has_is_left_out(millis: Any) -> None:
    found, _ = answer("DescribeLogGroups", {"logGroups": [{"logGroupName": "a", "creationTime": millis}]})
    assert found == {"logGroups": [{"logGroupName": "a"}]}


@pytest.mark.parametrize(
    ("operation", "body", "why"),
    [
        ("DescribeAlarms", {}, "it has no MetricAlarms, CompositeAlarms, LogAlarms"),
        ("DescribeAlarms", {"MetricAlarms": "none"}, "its MetricAlarms is not a list"),
        ("DescribeAlarms", {"MetricAlarms": [], "NextToken": 5}, "its NextToken is not a string"),
        ("GetQueryResults", {"status": "Complete"}, "it has no results"),
        ("GetQueryResults", {"results": []}, "it has no status"),
        ("StartQuery", {"queryId": None}, "it has no queryId"),
        ("DescribeQueryDefinitions", [], "it is not a JSON object"),
    ],
)
def test_an_answer_without_its_subject_is_refused(operation: str, body: Any, why: str) -> None:
    with pytest.raises(UnfitAnswer, match=f"^{why}$"):
        answer(operation, body)


def test_a_whole_number_of_thousands_of_digits_costs_only_itself() -> None:
    body = b'{"logGroups": [{"logGroupName": "a", "storedBytes": ' + b"9" * 10_000 + b"}]}"
    assert read(body, shape("DescribeLogGroups"))[0] == {"logGroups": [{"logGroupName": "a"}]}


def test_json_nested_too_deeply_is_no_json() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 100_000)
    with pytest.raises(UnfitAnswer, match="it is not JSON"):
        read(b"[" * 100_000, shape("DescribeAlarms"))


def test_what_would_take_all_memory_is_refused() -> None:
    with pytest.raises(UnfitAnswer, match="too large"):
        read(b'{"MetricAlarms": [' + b"[]," * 2_000_000 + b"[]]}", shape("DescribeAlarms"))


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"5", b'"x"', b"", b"{}", b'{"__type": 5, "message": []}', b"\xff\xfe", b"[" * 100_000]
)
def test_any_body_of_a_refusal_is_one_that_botocore_reads(body: bytes) -> None:
    read_for_botocore = read_error(body, 400)
    assert isinstance(json.loads(read_for_botocore), dict)
    assert read_error(b"<html>", 502) == b""


def test_a_refusal_keeps_what_botocore_reads() -> None:
    body = {
        "__type": "MalformedQueryException",
        "message": "m",
        "queryCompileError": {"message": "c", "location": {"startCharOffset": 1, "endCharOffset": "x"}},
    }
    kept = json.loads(read_error(json.dumps(body).encode(), 400))
    assert kept == {**body, "queryCompileError": {"message": "c", "location": {"startCharOffset": 1}}}


@pytest.mark.anyio
async def test_what_was_left_out_is_noted(connected: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over the whole way: the sandbox's answer loses an alarm's name."""
    from cloudwatch_mcp.aws import responses

    parse = responses.parse_json

    def without_a_name(text: Any) -> Any:
        parsed = parse(text)
        del parsed["MetricAlarms"][0]["AlarmName"]
        return parsed

    monkeypatch.setattr(responses, "parse_json", without_a_name)
    async with connected() as ask:
        reply = await _active(ask)
    assert reply.notes == [
        "AWS's answer to DescribeAlarms does not fit its service model in 1 place, which is left out: MetricAlarms[0]."
    ]


async def _active(ask: Ask) -> Reply:
    return await ask("get_active_alarms")
