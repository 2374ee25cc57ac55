"""The registry of the ten tools."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Literal, NamedTuple

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.tools.active_alarms import get_active_alarms
from cloudwatch_mcp.tools.alarm_history import DEFAULT_WINDOW as HISTORY_WINDOW
from cloudwatch_mcp.tools.alarm_history import get_alarm_history
from cloudwatch_mcp.tools.log_analysis import DEFAULT_WINDOW as ANALYSIS_WINDOW
from cloudwatch_mcp.tools.log_analysis import analyze_log_group
from cloudwatch_mcp.tools.log_groups import describe_log_groups
from cloudwatch_mcp.tools.log_queries import DEFAULT_WINDOW as QUERY_WINDOW
from cloudwatch_mcp.tools.log_queries import (
    cancel_logs_insight_query,
    execute_log_insights_query,
    get_logs_insight_query_results,
)
from cloudwatch_mcp.tools.metric_data import DEFAULT_WINDOW as METRICS_WINDOW
from cloudwatch_mcp.tools.metric_data import get_metric_data
from cloudwatch_mcp.tools.metric_metadata import get_metric_metadata
from cloudwatch_mcp.tools.recommended_alarms import get_recommended_metric_alarms


class ToolEntry(NamedTuple):
    """A tool: its function, whose name and docstring are the tool's, and the AWS operations that it may call.

    `window` is the length of the window of a call without start_time; None if the tool has no window.
    """

    function: Callable[..., Awaitable[Answer]]
    title: str
    subject: Literal["alarms", "logs", "metrics"]
    operations: tuple[str, ...] = ()
    read_only: bool = True
    window: timedelta | None = None


_QUERY = ("StartQuery", "GetQueryResults", "StopQuery", "DescribeLogGroups")

TOOLS = (
    ToolEntry(get_active_alarms, "Active alarms", "alarms", ("DescribeAlarms",)),
    ToolEntry(
        get_alarm_history, "Alarm history", "alarms", ("DescribeAlarmHistory", "DescribeAlarms"), window=HISTORY_WINDOW
    ),
    ToolEntry(describe_log_groups, "Log groups", "logs", ("DescribeLogGroups", "DescribeQueryDefinitions")),
    ToolEntry(
        analyze_log_group,
        "Analyze a log group",
        "logs",
        ("ListLogAnomalyDetectors", "ListAnomalies", *_QUERY),
        window=ANALYSIS_WINDOW,
    ),
    ToolEntry(execute_log_insights_query, "Run a Logs Insights query", "logs", _QUERY, window=QUERY_WINDOW),
    ToolEntry(get_logs_insight_query_results, "Logs Insights results", "logs", ("GetQueryResults",)),
    ToolEntry(cancel_logs_insight_query, "Cancel a Logs Insights query", "logs", ("StopQuery",), read_only=False),
    ToolEntry(get_metric_data, "Metric data", "metrics", ("GetMetricData", "ListMetrics"), window=METRICS_WINDOW),
    ToolEntry(get_metric_metadata, "Metric metadata", "metrics", ("ListMetrics",)),
    ToolEntry(get_recommended_metric_alarms, "Recommended alarms", "alarms"),
)

__all__ = ["TOOLS", "ToolEntry"]
