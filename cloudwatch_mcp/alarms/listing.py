"""Alarms read from AWS: all of a state, some by name, and the nearest name to a misspelled one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import anyio.to_thread

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.errors import AwsError, CloudWatchError, NotFound, nearest, quote, quote_all

PAGE = 100  # DescribeAlarms: MaxRecords, AlarmNames
MAX_READ = 1_000  # alarms of one listing
_TYPES = ["CompositeAlarm", "MetricAlarm"]
_NEW_TYPE = "LogAlarm"  # some Regions do not know it


async def pages_of_all_types(aws: Aws, operation: str, **parameters: Any) -> AsyncIterator[dict[str, Any]]:
    """Every page of DescribeAlarms or DescribeAlarmHistory; without AlarmTypes AWS gives metric alarms only."""
    try:
        async for page in aws.pages(operation, AlarmTypes=[*_TYPES, _NEW_TYPE], **parameters):
            yield page
    except AwsError as error:
        if _NEW_TYPE not in str(error):
            raise
        async for page in aws.pages(operation, AlarmTypes=_TYPES, **parameters):
            yield page


async def first_alarms(pages: AsyncIterator[dict[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
    """Up to 1,000 alarms, in no order, and whether there are more."""
    alarms: list[dict[str, Any]] = []
    async for page in pages:
        alarms += _alarms_in(page)
        if len(alarms) >= MAX_READ:
            return alarms[:MAX_READ], bool(page.get("NextToken")) or len(alarms) > MAX_READ
    return alarms, False


async def alarms_by_name(aws: Aws, names: Sequence[str]) -> list[dict[str, Any]]:
    """Those of at most 100 names that exist."""
    pages = pages_of_all_types(aws, "DescribeAlarms", AlarmNames=list(names), MaxRecords=PAGE)
    return [alarm async for page in pages for alarm in _alarms_in(page)]


async def alarm_not_found(aws: Aws, name: str) -> NotFound:
    """The error for an alarm that does not exist, with the nearest names where they can be listed."""
    try:
        alarms, _ = await first_alarms(pages_of_all_types(aws, "DescribeAlarms", MaxRecords=PAGE))
    except CloudWatchError:
        alarms = []
    near = await anyio.to_thread.run_sync(nearest, name, [alarm["AlarmName"] for alarm in alarms])
    hint = f"Nearest: {quote_all(near)}." if near else "Check the name (case matters), the region and the profile."
    return NotFound(f"There is no alarm {quote(name)} in {aws.region}, and it has no history in the window. {hint}")


def _alarms_in(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [*page.get("CompositeAlarms", []), *page.get("MetricAlarms", []), *page.get("LogAlarms", [])]
