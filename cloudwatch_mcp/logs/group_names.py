"""What to say of a log group that does not exist."""

from __future__ import annotations

import anyio.to_thread

from cloudwatch_mcp.aws.calls import Aws, settle
from cloudwatch_mcp.errors import CloudWatchError, NotFound, nearest, quote, quote_all


async def no_such_group(aws: Aws, name: str) -> NotFound:
    """The error to raise: it names the like ones beside it, where they can be listed."""
    parent = name.rpartition("/")[0]
    (page,) = await settle(aws.call("DescribeLogGroups", logGroupNamePrefix=parent or None))
    groups = [] if isinstance(page, CloudWatchError) else page.get("logGroups", [])
    near = await anyio.to_thread.run_sync(nearest, name, [group["logGroupName"] for group in groups])
    hint = f"Did you mean {quote_all(near)}?" if near else "describe_log_groups lists what exists."
    return NotFound(f"There is no log group {quote(name)} in {aws.region}. {hint}")
