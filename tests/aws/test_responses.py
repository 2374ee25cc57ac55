"""AWS's responses are read by its service model; the parts that do not fit, and only those, are omitted."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from botocore.session import Session

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from cloudwatch_mcp.aws.responses import InvalidResponse, read, read_error
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.asking import asking
from tests.support.endpoint import Endpoint, Response


@cache
def output_shape(operation: str) -> Any:
    return Session().get_service_model(OPERATIONS[operation]).operation_model(operation).output_shape


def read_as(operation: str, body: Any) -> tuple[dict[str, Any], list[str]]:
    return read(json.dumps(body).encode(), output_shape(operation))


def test_an_invalid_member_is_omitted_alone() -> None:
    alarms = [{"AlarmName": "a", "Threshold": "high"}, {"Threshold": 1}, None, {"AlarmName": "b", "Threshold": 2}]
    response, omitted = read_as("DescribeAlarms", {"MetricAlarms": alarms, "CompositeAlarms": []})
    assert response == {
        "MetricAlarms": [{"AlarmName": "a"}, {"AlarmName": "b", "Threshold": 2}],
        "CompositeAlarms": [],
    }
    assert omitted == ["MetricAlarms[0].Threshold", "MetricAlarms[1]", "MetricAlarms[2]"]


def test_an_invalid_timestamp_or_value_does_not_shift_the_others() -> None:
    result = {"Id": "m", "Timestamps": [1, "x", 3], "Values": [1.5, 2.5, None]}
    response, omitted = read_as("GetMetricData", {"MetricDataResults": [result]})
    (series,) = response["MetricDataResults"]
    assert [time and time.timestamp() for time in series["Timestamps"]] == [1, None, 3]
    assert series["Values"] == [1.5, 2.5, None]
    assert len(omitted) == 2


@pytest.mark.parametrize("value", [10**30, -(10**30), 1.5, True, "1", 1e308, [], {}])
def test_a_value_that_is_not_a_64_bit_integer_is_omitted(value: Any) -> None:
    response, omitted = read_as("DescribeLogGroups", {"logGroups": [{"logGroupName": "a", "storedBytes": value}]})
    assert (response, omitted) == ({"logGroups": [{"logGroupName": "a"}]}, ["logGroups[0].storedBytes"])


@pytest.mark.parametrize("millis", [-1, 10**18, "1"])
def test_a_time_outside_the_calendar_is_omitted(millis: Any) -> None:
    response, _ = read_as("DescribeLogGroups", {"logGroups": [{"logGroupName": "a", "creationTime": millis}]})
    assert response == {"logGroups": [{"logGroupName": "a"}]}


@pytest.mark.parametrize(
    ("operation", "body", "reason"),
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
def test_a_response_without_its_main_part_is_invalid(operation: str, body: Any, reason: str) -> None:
    with pytest.raises(InvalidResponse, match=f"^{reason}$"):
        read_as(operation, body)


def test_an_integer_of_thousands_of_digits_is_omitted_alone() -> None:
    body = b'{"logGroups": [{"logGroupName": "a", "storedBytes": ' + b"9" * 10_000 + b"}]}"
    assert read(body, output_shape("DescribeLogGroups"))[0] == {"logGroups": [{"logGroupName": "a"}]}


def test_json_that_is_nested_too_deeply_is_an_invalid_response() -> None:
    with pytest.raises(InvalidResponse, match="it is not JSON"):
        read(b"[" * 100_000, output_shape("DescribeAlarms"))


def test_a_response_that_would_fill_the_memory_is_not_parsed() -> None:
    with pytest.raises(InvalidResponse, match="too large"):
        read(b'{"MetricAlarms": [' + b"[]," * 2_000_000 + b"[]]}", output_shape("DescribeAlarms"))


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b"5", b'"x"', b"", b"{}", b'{"__type": 5, "message": []}', b"\xff\xfe", b"[" * 100_000]
)
def test_botocore_gets_a_json_object_for_the_body_of_any_client_error(body: bytes) -> None:
    assert isinstance(json.loads(read_error(body, 400)), dict)


def test_botocore_gets_an_empty_body_for_a_server_error_that_is_not_json() -> None:
    assert read_error(b"<html>", 502) == b""


def test_an_error_response_keeps_the_valid_members_that_botocore_reads() -> None:
    body = {
        "__type": "MalformedQueryException",
        "message": "m",
        "queryCompileError": {"message": "c", "location": {"startCharOffset": 1, "endCharOffset": "x"}},
    }
    members = json.loads(read_error(json.dumps(body).encode(), 400))
    assert members == {**body, "queryCompileError": {"message": "c", "location": {"startCharOffset": 1}}}


@pytest.mark.anyio
async def test_a_tools_notes_list_the_omitted_parts_of_aws_responses(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    nameless = Response(b'{"MetricAlarms": [{"StateValue": "ALARM"}]}')
    with Endpoint(lambda _: nameless) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        async with asking(build_server(Settings(), environment)) as ask:
            notes = (await ask("get_active_alarms")).notes
    assert (
        "AWS's answer to DescribeAlarms does not fit its service model in 1 place, which is left out: MetricAlarms[0]."
    ) in notes
