"""The registry of the ten tools."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from cloudwatch_mcp.shaping import Answer
from cloudwatch_mcp.tools.active_alarms import get_active_alarms
from cloudwatch_mcp.tools.alarm_history import get_alarm_history
from cloudwatch_mcp.tools.log_analysis import analyze_log_group
from cloudwatch_mcp.tools.log_groups import describe_log_groups
from cloudwatch_mcp.tools.log_queries import (
    cancel_logs_insight_query,
    execute_log_insights_query,
    get_logs_insight_query_results,
)
from cloudwatch_mcp.tools.metric_data import get_metric_data
from cloudwatch_mcp.tools.metric_metadata import get_metric_metadata, get_recommended_metric_alarms


class ToolEntry(NamedTuple):
    """A tool's function, its name and docstring being the tool's, and what a host is told of it."""

    function: Callable[..., Awaitable[Answer]]
    title: str
    calls_aws: bool = True
    read_only: bool = True


TOOLS = (
    ToolEntry(get_active_alarms, "Active alarms"),
    ToolEntry(get_alarm_history, "Alarm history"),
    ToolEntry(describe_log_groups, "Log groups"),
    ToolEntry(analyze_log_group, "Analyze a log group"),
    ToolEntry(execute_log_insights_query, "Run a Logs Insights query"),
    ToolEntry(get_logs_insight_query_results, "Logs Insights results"),
    ToolEntry(cancel_logs_insight_query, "Cancel a Logs Insights query", read_only=False),
    ToolEntry(get_metric_data, "Metric data"),
    ToolEntry(get_metric_metadata, "Metric meaning", calls_aws=False),
    ToolEntry(get_recommended_metric_alarms, "Recommended alarms", calls_aws=False),
)

__all__ = ["TOOLS", "ToolEntry"]
