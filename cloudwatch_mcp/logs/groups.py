"""A log group by its name, and the error for one that does not exist."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple

import anyio.to_thread

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.errors import CloudWatchError, NotFound, nearest, quote, quote_all
from cloudwatch_mcp.timerange import utc_text

_MILLIS_PER_DAY = 86_400_000
_MAX_DAYS = 20_000  # AWS keeps nothing longer


class Beginning(NamedTuple):
    """The time at which a log group begins; `reason` continues a sentence about the group."""

    time: datetime
    reason: str


@dataclass(frozen=True)
class LogGroup:
    """A log group; its class, creation time (epoch milliseconds) and retention in days are None if not known."""

    name: str
    arn: str
    log_class: str | None = None
    created: int | None = None
    retention_days: int | None = None

    def beginning(self, now: datetime) -> Beginning | None:
        """When the log group was created, or when its retention begins: the later time; None if not known."""
        began = []
        days = self.retention_days or 0
        if 0 < days < _MAX_DAYS:
            time = now - timedelta(days=days)
            retention = f"has retentionInDays {days} and keeps no event before {utc_text(time)}"
            began.append(Beginning(time, retention))
        age = int(now.timestamp() * 1000) - self.created if self.created else 0
        if 0 < age < _MILLIS_PER_DAY * _MAX_DAYS:
            time = now - timedelta(milliseconds=age)
            began.append(Beginning(time, f"was created at {utc_text(time)}"))
        return max(began, default=None)


async def find_log_group(aws: Aws, name: str) -> LogGroup:
    """The log group of that name.

    Raises:
        AwsError: AWS refused to list log groups.
        NotFound: there is none; the message has the nearest names.
    """
    page = await aws.call("DescribeLogGroups", logGroupNamePrefix=name)
    for group in page.get("logGroups", []):
        if group["logGroupName"] == name:
            return LogGroup(
                name,
                arn_text(group) or name,
                group.get("logGroupClass"),
                group.get("creationTime"),
                group.get("retentionInDays"),
            )
    raise await no_such_group(aws, name)


async def no_such_group(aws: Aws, name: str) -> NotFound:
    """The error to raise for a log group that does not exist, with the nearest names if they can be listed."""
    parent = name.rpartition("/")[0]
    try:
        groups = (await aws.call("DescribeLogGroups", logGroupNamePrefix=parent or None)).get("logGroups", [])
    except CloudWatchError:
        groups = []
    near = await anyio.to_thread.run_sync(nearest, name, [group["logGroupName"] for group in groups])
    hint = f"Did you mean {quote_all(near)}?" if near else "describe_log_groups lists what exists."
    return NotFound(f"There is no log group {quote(name)} in {aws.region}. {hint}")


def arn_text(group: dict[str, Any]) -> str:
    """The ARN of a log group that DescribeLogGroups lists, without `:*`; empty if it has none."""
    arn: str = group.get("logGroupArn") or group.get("arn") or ""
    return arn.removesuffix(":*")
