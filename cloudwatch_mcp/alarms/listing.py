"""Alarm operations asked of every type of alarm that a Region knows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.errors import AwsError

_TYPES = ["CompositeAlarm", "MetricAlarm"]
_NEWER = "LogAlarm"  # not known everywhere


async def pages_of_all_types(aws: Aws, operation: str, **parameters: Any) -> AsyncIterator[dict[str, Any]]:
    """Every page of DescribeAlarms or DescribeAlarmHistory; without AlarmTypes AWS gives metric alarms only."""
    try:
        async for page in aws.pages(operation, AlarmTypes=[*_TYPES, _NEWER], **parameters):
            yield page
    except AwsError as error:
        if _NEWER not in str(error):
            raise
        async for page in aws.pages(operation, AlarmTypes=_TYPES, **parameters):
            yield page


def alarms_in(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [*page.get("CompositeAlarms", []), *page.get("MetricAlarms", []), *page.get("LogAlarms", [])]
