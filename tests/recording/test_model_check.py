from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudwatch_mcp.recording import check
from tests.support.exchanges import interaction

Write = Callable[..., Path]


def complaints(path: Path) -> list[str]:
    return [finding.what for finding in check(path)]


@pytest.mark.parametrize(
    ("operation", "request_body", "complaint"),
    [
        ("DescribeAlarms", {"Alarms": ["a"]}, "request: Alarms is not a member"),
        ("StartQuery", {"startTime": 0, "endTime": 1}, "request: queryString is missing"),
        ("DescribeAlarms", {"MaxRecords": True}, "request: MaxRecords is bool, not integer"),
        ("DescribeAlarms", {"MaxRecords": 101}, "request: MaxRecords is 101, more than 100"),
        ("DescribeAlarms", {"MaxRecords": 0}, "request: MaxRecords is 0, less than 1"),
        ("DescribeAlarms", {"AlarmNames": "a"}, "request: AlarmNames is str, not list"),
        (
            "DescribeAlarms",
            {"StateValue": "BAD"},
            "request: StateValue is 'BAD', not one of OK, ALARM, INSUFFICIENT_DATA",
        ),
        ("DescribeAlarms", {"AlarmNames": [""]}, "request: AlarmNames[0] has a length of 0, less than 1"),
        (
            "DescribeLogGroups",
            {"logGroupNamePrefix": "a b"},
            "request: logGroupNamePrefix is 'a b', which does not fit",
        ),
    ],
)
def test_a_request_that_the_model_does_not_allow_is_found(
    write: Write, operation: str, request_body: dict[str, Any], complaint: str
) -> None:
    (found,) = complaints(write(interaction(operation, request_body, {})))
    assert found.startswith(f"{operation}, {complaint}")


@pytest.mark.parametrize(
    ("operation", "answer", "complaint"),
    [
        ("DescribeAlarms", {"MetricAlarms": [{"Colour": 1}]}, "answer: MetricAlarms[0].Colour is not a member"),
        ("DescribeAlarms", {"MetricAlarms": [{"Period": "60"}]}, "answer: MetricAlarms[0].Period is str, not integer"),
        ("DescribeAlarms", {"MetricAlarms": [{"Threshold": True}]}, "answer: MetricAlarms[0].Threshold is bool"),
        ("DescribeAlarms", {"MetricAlarms": [{"StateValue": "WARM"}]}, "answer: MetricAlarms[0].StateValue is 'WARM'"),
        ("GetQueryResults", {"status": "Done"}, "answer: status is 'Done', not one of Scheduled, Running, Complete"),
        ("DescribeAlarms", [], "answer: the body is list, not structure"),
    ],
)
def test_an_answer_that_the_model_does_not_allow_is_found(
    write: Write, operation: str, answer: Any, complaint: str
) -> None:
    asked = {"queryId": "1"} if operation == "GetQueryResults" else {}
    (found,) = complaints(write(interaction(operation, asked, answer)))
    assert found.startswith(f"{operation}, {complaint}")


@pytest.mark.parametrize("code", ["InvalidNextToken", "AccessDenied", "ThrottlingException"])
def test_an_error_of_the_operation_or_a_common_one_is_allowed(write: Write, code: str) -> None:
    body = {"__type": f"com.amazonaws.cloudwatch#{code}", "message": "no"}
    assert complaints(write(interaction("DescribeAlarms", {}, body, status=400))) == []


def test_an_error_of_another_operation_is_found(write: Write) -> None:
    body = {"__type": "MalformedQueryException", "message": "no"}
    (found,) = complaints(write(interaction("DescribeAlarms", {}, body, status=400)))
    assert (
        found
        == "DescribeAlarms, answer: MalformedQueryException is neither an error of DescribeAlarms nor a common one"
    )


def test_the_members_of_an_error_are_checked(write: Write) -> None:
    asked = {"queryString": "x", "startTime": 0, "endTime": 1}
    body = {"__type": "MalformedQueryException", "queryCompileError": {"location": {"startCharOffset": "1"}}}
    (found,) = complaints(write(interaction("StartQuery", asked, body, status=400)))
    assert "queryCompileError.location.startCharOffset is str, not integer" in found


def test_an_answer_of_aws_is_allowed(write: Write) -> None:
    alarm = {"AlarmName": "a", "StateUpdatedTimestamp": 1795435200.5, "Threshold": 1, "AlarmDescription": None}
    page = interaction("DescribeLogGroups", {}, "<html>502</html>", status=502)
    assert complaints(write(interaction("DescribeAlarms", {"MaxRecords": 100}, {"MetricAlarms": [alarm]}), page)) == []


def test_another_service_is_found(write: Write) -> None:
    (found,) = complaints(write(interaction("PutObject", {}, {})))
    assert "is not an operation of CloudWatch or CloudWatch Logs" in found


def test_where_a_cassette_comes_from_is_checked(write: Write) -> None:
    found = complaints(write(target="hearsay", protocol="query"))
    assert found == [
        "metadata.target is 'hearsay', not one of aws, sandbox, authored",
        "metadata.protocol is 'query', not 'json'",
    ]
