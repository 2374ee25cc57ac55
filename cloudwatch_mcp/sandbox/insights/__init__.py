"""CloudWatch Logs Insights: its query language and the events it runs over."""

from cloudwatch_mcp.sandbox.insights.budget import OverBudgetError
from cloudwatch_mcp.sandbox.insights.errors import QueryError
from cloudwatch_mcp.sandbox.insights.eventlog import EventLog, size
from cloudwatch_mcp.sandbox.insights.events import Event
from cloudwatch_mcp.sandbox.insights.query import Query, Results, Row

__all__ = ["Event", "EventLog", "OverBudgetError", "Query", "QueryError", "Results", "Row", "size"]
