"""The IAM policy allows the operations of the allow-list, and no other."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from cloudwatch_mcp import cli
from cloudwatch_mcp.aws.allow_list import OPERATIONS
from cloudwatch_mcp.commands import policy
from cloudwatch_mcp.commands.policy import ON_LOG_GROUPS, LogGroupError, document

PrintPolicy: TypeAlias = Callable[..., "int | str | None"]
ALL = sorted(f"{service}:{operation}" for operation, service in OPERATIONS.items())


@pytest.fixture
def print_policy(monkeypatch: pytest.MonkeyPatch) -> PrintPolicy:
    """Runs the command in this process; returns its exit code."""
    monkeypatch.setattr(cli, "_leave", sys.exit)

    def run(*arguments: str) -> int | str | None:
        with pytest.raises(SystemExit) as ended:
            cli.main(["policy", *arguments])
        return ended.value.code

    return run


def _resources(*log_groups: str) -> list[str]:
    narrowed: list[str] = document(log_groups=log_groups)["Statement"][1]["Resource"]
    return narrowed


def test_the_policy_allows_the_allow_list_and_nothing_else(
    print_policy: PrintPolicy, capsys: pytest.CaptureFixture[str]
) -> None:
    assert print_policy() == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    statement = {"Sid": "CloudWatchMcp", "Effect": "Allow", "Action": ALL, "Resource": "*"}
    assert json.loads(printed.out) == {"Version": "2012-10-17", "Statement": [statement]}


@pytest.mark.parametrize("log_groups", [(), ("a",)])
def test_an_operation_added_to_the_allow_list_is_in_the_policy(
    monkeypatch: pytest.MonkeyPatch, log_groups: tuple[str, ...]
) -> None:
    monkeypatch.setattr(policy, "OPERATIONS", {**OPERATIONS, "GetLogRecord": "logs"})
    statements = document(log_groups=log_groups)["Statement"]
    assert sorted(action for each in statements for action in each["Action"]) == sorted([*ALL, "logs:GetLogRecord"])


def test_every_operation_on_log_groups_is_in_the_allow_list() -> None:
    assert set(OPERATIONS) > ON_LOG_GROUPS


def test_only_query_operations_are_limited_to_log_groups(
    print_policy: PrintPolicy, capsys: pytest.CaptureFixture[str]
) -> None:
    assert print_policy("--log-groups", "/ecs/shop/payments", "/aws/lambda/*") == 0
    printed = capsys.readouterr()
    rest, narrowed = json.loads(printed.out)["Statement"]
    assert narrowed == {
        "Sid": "CloudWatchMcpLogGroups",
        "Effect": "Allow",
        "Action": ["logs:GetQueryResults", "logs:StartQuery"],
        "Resource": [
            "arn:aws:logs:*:*:log-group:/ecs/shop/payments",
            "arn:aws:logs:*:*:log-group:/ecs/shop/payments:*",
            "arn:aws:logs:*:*:log-group:/aws/lambda/*",
        ],
    }
    assert rest["Resource"] == "*"
    assert sorted(rest["Action"] + narrowed["Action"]) == ALL
    assert "logs:ListAnomalies cannot be limited to log groups" in printed.err


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, Overview of managing access permissions",
    behaviour="Some operations check a log group's ARN with a final :* and others without it.",
    service="CloudWatch Logs",
)
@pytest.mark.parametrize(
    "arn",
    [
        "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/shop/payments",
        "arn:aws:logs:*:*:log-group:API-Gateway-Execution-Logs_x.y/z#1",
        "arn:aws-cn:logs:cn-north-1:123456789012:log-group:a",
        "arn:aws-us-gov:logs:us-gov-west-1:123456789012:log-group:a",
    ],
)
def test_an_arn_is_allowed_both_with_and_without_its_final_star(arn: str) -> None:
    assert _resources(arn) == _resources(f"{arn}:*") == [arn, f"{arn}:*"]


def test_a_name_that_ends_with_a_wildcard_needs_no_second_arn() -> None:
    assert _resources("/aws/lambda/*") == _resources("/aws/lambda/*", "/aws/lambda/*")
    assert _resources("/aws/lambda/*") == ["arn:aws:logs:*:*:log-group:/aws/lambda/*"]


@pytest.mark.parametrize(
    "given",
    [
        "",
        "with space",
        "a" * 513,
        "/ecs/shop:*",
        "arn:aws:logs:eu-west-1:123456789012:log-group:",
        "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/shop:log-stream:x",
        "arn:aws:logs:eu-west-1:1234:log-group:/ecs/shop",
        "arn:aws:s3:::bucket",
        'a", "Resource": "*',
    ],
)
def test_a_malformed_log_group_is_refused_in_one_line(
    print_policy: PrintPolicy, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(LogGroupError):
        document(log_groups=["/fine", given])
    assert print_policy("--log-groups", "/fine", given) == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    assert "is not a log group: give a name such as" in printed.err


@pytest.mark.parametrize("flag", [["--sandbox"], ["--profile", "prod"], ["--record", "file"]])
def test_a_flag_without_effect_on_the_policy_is_refused(flag: list[str]) -> None:
    with pytest.raises(SystemExit, match=f"{flag[0]} cannot be used with policy, which is the same for all"):
        cli.main([*flag, "policy"])


def test_the_policy_is_printed_whatever_the_settings(
    print_policy: PrintPolicy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLOUDWATCH_MCP_MAX_SCAN_GB", "lots")
    assert print_policy() == 0


def test_the_policy_is_printed_without_mcp_and_boto3() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "cloudwatch_mcp", "policy"],
        capture_output=True,
        text=True,
        check=True,
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "argparse" in imported
    assert not imported & {"mcp", "boto3", "botocore", "pydantic"}


def _missing(*operations: str) -> dict[str, Any]:
    return document(operations, ["/a"])


def test_a_partial_policy_has_only_the_statements_that_it_needs() -> None:
    assert [each["Action"] for each in _missing("StartQuery")["Statement"]] == [["logs:StartQuery"]]
    assert [each["Resource"] for each in _missing("StopQuery", "ListMetrics")["Statement"]] == ["*"]
