"""The IAM policy that the server needs: the allow-list of operations, as AWS wants it written."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from cloudwatch_mcp.logs.group_arn import LogGroupArn, is_log_group_name

# Those of the allow-list whose required resource is a log group (AWS's Service Authorization Reference, CloudWatch
# Logs). DescribeLogGroups, DescribeQueryDefinitions and StopQuery have no resource; to ListAnomalies and
# ListLogAnomalyDetectors one is optional.
ON_LOG_GROUPS = frozenset({"GetQueryResults", "StartQuery"})
_STILL_READABLE = (
    "logs:ListAnomalies cannot be narrowed to log groups, and an anomaly quotes samples of its log group. Leave the "
    "action out if they must not be read: analyze_log_group does without."
)


class LogGroupError(ValueError):
    """What was given as a log group is neither a name nor an ARN of one."""


def document(operations: Iterable[str] | None = None, log_groups: Sequence[str] = ()) -> dict[str, Any]:
    """The policy that allows `operations`, all of the allow-list by default, on `log_groups` only if there are any.

    A log group is a name or an ARN; `*` and `?` in them are IAM's wildcards.

    Raises:
        LogGroupError: a log group is neither.
    """
    wanted = set(OPERATIONS if operations is None else operations)
    narrow = wanted & ON_LOG_GROUPS if log_groups else set()
    resources = [arn for each in dict.fromkeys(log_groups) for arn in _arns(each)]
    statements = [
        _statement("CloudWatchMcp", wanted - narrow, "*"),
        _statement("CloudWatchMcpLogGroups", narrow, resources),
    ]
    return {"Version": "2012-10-17", "Statement": [each for each in statements if each["Action"]]}


def _statement(name: str, operations: Iterable[str], resource: str | list[str]) -> dict[str, Any]:
    actions = sorted(map(action, operations))
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resource}


def action(operation: str) -> str:
    """The IAM action of an operation of the allow-list."""
    return f"{OPERATIONS[operation]}:{operation}"


def log_group_name(given: str) -> str:
    """The name of a log group that is given as a name or an ARN.

    Raises:
        LogGroupError: it is neither.
    """
    return _log_group(given).name


def _log_group(given: str) -> LogGroupArn:
    """A name stands for the log groups of that name in all accounts and Regions."""
    if is_log_group_name(given, wildcards=True):
        return LogGroupArn("aws", "*", "*", given)
    if arn := LogGroupArn.match(given, wildcards=True):
        return arn
    raise LogGroupError(
        f"{given!r} is no log group: give a name such as /ecs/shop/payments, or an ARN such as "
        "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/shop/payments; * and ? are wildcards."
    )


def _arns(given: str) -> list[str]:
    # AWS's documents write a log group in policies both with and without `:*`; which one is matched varies by action.
    arn = str(_log_group(given))
    return [arn] if arn.endswith("*") else [arn, f"{arn}:*"]


def run(log_groups: Sequence[str]) -> int:
    """Print the policy; what it cannot narrow is said on stderr."""
    try:
        policy = document(log_groups=log_groups)
    except LogGroupError as error:
        sys.stderr.write(f"cloudwatch-mcp: {error}\n")
        return 1
    sys.stdout.write(json.dumps(policy, indent=2) + "\n")
    if log_groups:
        sys.stderr.write(f"cloudwatch-mcp: {_STILL_READABLE}\n")
    return 0
