"""`cloudwatch-mcp policy`: the IAM policy that the server needs, made from the allow-list of operations."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from cloudwatch_mcp.logs.group_arn import LogGroupArn, is_log_group_name

# The operations that require a log group as resource (AWS's Service Authorization Reference, CloudWatch Logs).
# DescribeLogGroups, DescribeQueryDefinitions and StopQuery have no resource; for ListAnomalies and
# ListLogAnomalyDetectors it is optional.
ON_LOG_GROUPS = frozenset({"GetQueryResults", "StartQuery"})
_ANOMALIES_QUOTE_LOGS = (
    "logs:ListAnomalies cannot be limited to log groups, and an anomaly quotes log events. If that is a problem, "
    "remove the action: analyze_log_group works without it."
)


class LogGroupError(ValueError):
    """A text is neither the name nor the ARN of a log group."""


def document(operations: Iterable[str] | None = None, log_groups: Sequence[str] = ()) -> dict[str, Any]:
    """The policy that allows `operations`, by default the whole allow-list, with queries limited to `log_groups`.

    Without log groups, queries are not limited. A log group is a name or an ARN, in which `*` and `?` are IAM's
    wildcards.

    Raises:
        LogGroupError: a log group is neither a name nor an ARN.
    """
    allowed = set(OPERATIONS if operations is None else operations)
    limited = allowed & ON_LOG_GROUPS if log_groups else set()
    resources = [arn for each in dict.fromkeys(log_groups) for arn in _arns(each)]
    statements = [
        _statement("CloudWatchMcp", allowed - limited, "*"),
        _statement("CloudWatchMcpLogGroups", limited, resources),
    ]
    return {"Version": "2012-10-17", "Statement": [each for each in statements if each["Action"]]}


def _statement(name: str, operations: Iterable[str], resource: str | list[str]) -> dict[str, Any]:
    actions = sorted(map(action, operations))
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resource}


def action(operation: str) -> str:
    """The IAM action of an operation of the allow-list."""
    return f"{OPERATIONS[operation]}:{operation}"


def log_group_name(given: str) -> str:
    """The name in the name or ARN of a log group.

    Raises:
        LogGroupError: `given` is neither.
    """
    return _log_group(given).name


def _log_group(given: str) -> LogGroupArn:
    """A name stands for the log groups of that name in all accounts and Regions."""
    if is_log_group_name(given, wildcards=True):
        return LogGroupArn("aws", "*", "*", given)
    if arn := LogGroupArn.match(given, wildcards=True):
        return arn
    raise LogGroupError(
        f"{given!r} is not a log group: give a name such as /ecs/shop/payments, or an ARN such as "
        "arn:aws:logs:eu-west-1:123456789012:log-group:/ecs/shop/payments; * and ? are wildcards."
    )


def _arns(given: str) -> list[str]:
    # AWS documents both forms of a log group's ARN, with and without `:*`; which one matches depends on the action.
    name = log_group_name(given)
    arn = given.removesuffix(":*") if given != name else f"arn:aws:logs:*:*:log-group:{name}"
    return [arn] if arn.endswith("*") else [arn, f"{arn}:*"]


def run(log_groups: Sequence[str]) -> int:
    """Print the policy, with a warning on stderr about what it cannot limit; the exit code."""
    try:
        policy = document(log_groups=log_groups)
    except LogGroupError as error:
        sys.stderr.write(f"cloudwatch-mcp: {error}\n")
        return 1
    sys.stdout.write(json.dumps(policy, indent=2) + "\n")
    if log_groups:
        sys.stderr.write(f"cloudwatch-mcp: {_ANOMALIES_QUOTE_LOGS}\n")
    return 0
