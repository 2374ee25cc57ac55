"""`cloudwatch-mcp check`: which operations AWS allows, on endpoints that allow all of them or deny some."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping

import pytest

from cloudwatch_mcp import cli
from cloudwatch_mcp.aws.allow_list import OPERATIONS
from cloudwatch_mcp.commands import check
from cloudwatch_mcp.commands.policy import document
from cloudwatch_mcp.commands.probes import PROBES
from tests.support.checking import Check, OnEndpoint, refusal
from tests.support.endpoint import Request, Response

ACTIONS = sorted(f"{service}:{operation}" for operation, service in OPERATIONS.items())
DENIED_THREE = {"GetMetricData", "ListAnomalies", "StartQuery"}
OUR_ACCOUNT = "123456789012"


DENIAL = refusal("AccessDeniedException", "User: arn:aws:iam::123456789012:user/me is not authorized to perform this")


def denying(*operations: str) -> Callable[[Request], Response | None]:
    return lambda request: DENIAL if request.operation in operations else None


def answering(errors: Mapping[str, str]) -> Callable[[Request], Response | None]:
    """Answer each of these operations with its code of an error."""
    return lambda request: refusal(errors[request.operation]) if request.operation in errors else None


def test_there_is_a_probe_for_each_operation_of_the_allow_list() -> None:
    assert set(PROBES) == set(OPERATIONS)


def test_everything_is_allowed(run_check: Check, sandbox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    result = run_check()
    assert (result.code, result.err) == (0, "")
    assert [line for line in result.out.splitlines() if line.startswith("✓")] == [f"✓ {action}" for action in ACTIONS]
    assert "Credentials  from the environment, no known expiry\n" in result.out
    assert f"Account      {OUR_ACCOUNT}, as arn:aws:sts::{OUR_ACCOUNT}:" in result.out
    assert "Region       us-east-1, from AWS_REGION\n" in result.out
    assert f"Endpoint     {sandbox} for cloudwatch and logs\n" in result.out
    assert result.out.endswith("All 11 operations are allowed: the server works here.\n")


def test_a_check_of_the_sandbox_does_not_look_like_one_of_aws(
    run_check: Check, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def enter_sandbox(_: object) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sandbox")

    monkeypatch.setattr(cli, "_enter_sandbox", enter_sandbox)
    monkeypatch.setenv("CLOUDWATCH_MCP_PROFILES", "prod")
    result = run_check(before=("--sandbox",))
    assert result.code == 0
    assert "Credentials  from the sandbox, no known expiry\n" in result.out
    assert "Region       us-east-1, from the sandbox\n" in result.out
    assert result.out.endswith(
        "The sandbox allows all 11 operations. This says nothing about your AWS access: "
        "run `cloudwatch-mcp check` to check that.\n"
    )


def test_exactly_the_denied_operations_are_listed_with_a_policy_for_them(
    run_check: Check, on_endpoint: OnEndpoint
) -> None:
    with on_endpoint(denying(*DENIED_THREE)):
        result = run_check()
    assert (result.code, result.err) == (1, "")
    assert [line for line in result.out.splitlines() if line.startswith("✗")] == [
        f"✗ {action}  AccessDeniedException" for action in ACTIONS if action.partition(":")[2] in DENIED_THREE
    ]
    assert result.out.count("✓") == len(OPERATIONS) - len(DENIED_THREE)
    summary, _, policy = result.out.partition("This policy allows what is missing:")
    assert summary.rstrip().endswith(
        "AWS denies 3 of 11 operations: cloudwatch:GetMetricData, logs:ListAnomalies, logs:StartQuery."
    )
    assert json.loads(policy) == document(DENIED_THREE)


def test_json_has_the_same_findings(run_check: Check, on_endpoint: OnEndpoint, sandbox: str) -> None:
    with on_endpoint(denying(*DENIED_THREE)):
        result = run_check("--json")
    assert (result.code, result.err) == (1, "")
    found = result.json
    assert not found["ok"]
    assert found["problems"] == [
        "AWS denies 3 of 11 operations: cloudwatch:GetMetricData, logs:ListAnomalies, logs:StartQuery."
    ]
    assert found["missing_policy"] == document(DENIED_THREE)
    status = {each["action"].partition(":")[2]: each["status"] for each in found["operations"]}
    assert status == {each: "denied" if each in DENIED_THREE else "allowed" for each in OPERATIONS}
    assert (found["account"], found["region"]) == (OUR_ACCOUNT, {"name": "us-east-1", "source": "AWS_REGION"})
    assert found["credentials"] == {"source": "the environment"}
    assert set(found["versions"]) == {"cloudwatch-mcp", "Python", "mcp", "boto3", "botocore"}
    assert set(found["endpoints"]) == {"cloudwatch", "logs"}
    assert sandbox not in found["endpoints"].values()
    assert None not in found.values()


def test_no_request_costs_or_changes_anything(run_check: Check, on_endpoint: OnEndpoint) -> None:
    with on_endpoint() as requests:
        assert run_check().code == 0
    parameters = {request.operation: request.json for request in requests}
    assert sorted(request.operation for request in requests) == sorted(OPERATIONS)
    assert (parameters["StartQuery"]["startTime"], parameters["StartQuery"]["endTime"]) == (0, 1)
    assert parameters["StartQuery"]["logGroupNames"] == ["cloudwatch-mcp/check/there-is-no-such-log-group"]
    assert (
        parameters["StopQuery"] == parameters["GetQueryResults"] == {"queryId": "00000000-0000-0000-0000-000000000000"}
    )
    (metric,) = parameters["GetMetricData"]["MetricDataQueries"]
    assert "MetricStat" not in metric
    assert metric["Expression"].startswith("SEARCH('{cloudwatch-mcp/check} ")


def test_a_query_that_starts_unexpectedly_is_stopped(run_check: Check, on_endpoint: OnEndpoint) -> None:
    started = Response(b'{"queryId": "mine"}')
    with on_endpoint(lambda request: started if request.operation == "StartQuery" else None) as requests:
        assert run_check().code == 0
    assert {"queryId": "mine"} in [request.json for request in requests if request.operation == "StopQuery"]


def test_with_log_groups_queries_of_these_are_checked(run_check: Check, on_endpoint: OnEndpoint) -> None:
    with on_endpoint() as requests:
        assert run_check("--log-groups", "/ecs/shop/payments", "/aws/lambda/*").code == 0
    (query,) = [request.json for request in requests if request.operation == "StartQuery"]
    assert query["logGroupNames"] == ["/ecs/shop/payments", "/aws/lambda/cloudwatch-mcp-check"]


def test_with_log_groups_the_missing_policy_is_limited_to_them(run_check: Check, on_endpoint: OnEndpoint) -> None:
    ours = ["arn:aws:logs:us-east-1:123456789012:log-group:/ecs/shop/payments"]
    with on_endpoint(denying("StartQuery")) as requests:
        result = run_check("--json", "--log-groups", *ours)
    assert result.json["missing_policy"] == document(["StartQuery"], ours)
    assert ["/ecs/shop/payments"] in [request.json.get("logGroupNames") for request in requests]


def test_a_malformed_log_group_is_refused(run_check: Check) -> None:
    result = run_check("--log-groups", "a b")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("cloudwatch-mcp: 'a b' is not a log group")


@pytest.mark.usefixtures("_retries_without_delay")
@pytest.mark.parametrize(
    "errors",
    [
        {
            "StartQuery": "MalformedQueryException",  # the window is older than the log group
            "GetQueryResults": "InvalidParameterException",
            "StopQuery": "InvalidParameterException",
            "GetMetricData": "ValidationError",
            "ListMetrics": "ValidationException",
            "DescribeAlarms": "InvalidParameterValue",
            "DescribeAlarmHistory": "ResourceNotFound",
        },
        {"StartQuery": "LimitExceededException"},
    ],
)
def test_an_error_about_the_request_means_that_the_operation_is_allowed(
    run_check: Check, on_endpoint: OnEndpoint, errors: dict[str, str]
) -> None:
    with on_endpoint(answering(errors)):
        assert run_check().out.count("✓") == len(OPERATIONS)


def test_other_errors_leave_open_whether_the_operation_is_allowed(run_check: Check, on_endpoint: OnEndpoint) -> None:
    errors = {
        "ListAnomalies": "UnknownOperationException",
        "ListMetrics": "UnrecognizedClientException",
        "DescribeLogGroups": "407",
    }
    with on_endpoint(answering(errors)):
        result = run_check()
    assert result.code == 1
    assert "? logs:ListAnomalies  UnknownOperationException\n" in result.out
    assert "? cloudwatch:ListMetrics  UnrecognizedClientException\n" in result.out
    assert "? logs:DescribeLogGroups  407\n" in result.out
    assert "policy" not in result.out


def test_an_explicit_deny_is_reported(run_check: Check, on_endpoint: OnEndpoint) -> None:
    explicit = refusal("AccessDeniedException", "not authorized with an explicit deny in a service control policy")
    with on_endpoint(lambda request: explicit if request.operation == "ListMetrics" else None):
        assert "AWS names an explicit deny, which no policy that allows can override." in run_check().out


def test_a_malformed_sts_address_leaves_the_account_unknown_and_is_no_problem(
    run_check: Check, on_endpoint: OnEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_endpoint():
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "not a url")
        result = run_check()
    assert result.code == 0
    assert "Account      unknown: GetCallerIdentity in us-east-1 failed: Invalid endpoint: not a url." in result.out


@pytest.mark.usefixtures("_retries_without_delay")
def test_an_sts_that_closes_the_connection_leaves_the_account_unknown_and_is_no_problem(
    run_check: Check, on_endpoint: OnEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_endpoint():
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", os.environ["AWS_ENDPOINT_URL"])  # it speaks JSON, and STS does not
        result = run_check()
    assert result.code == 0
    assert "Account      unknown: GetCallerIdentity in us-east-1 failed: Connection was closed" in result.out


def test_a_defect_is_one_line_without_traceback(run_check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("oh")

    monkeypatch.setattr(check, "examine", fail)
    result = run_check()
    assert (result.code, result.out) == (1, "")
    assert result.err == "cloudwatch-mcp: the check itself failed, please report it: KeyError: 'oh'\n"


@pytest.mark.parametrize("flag", ["--record", "--replay"])
def test_a_recording_cannot_be_checked(flag: str) -> None:
    with pytest.raises(SystemExit, match=f"{flag} cannot be used with check, which asks AWS"):
        cli.main([flag, "file", "check"])
