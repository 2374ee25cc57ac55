"""CloudWatch Logs Insights: the query language and its events."""

from cloudwatch_mcp.sandbox.insights.budget import OverBudgetError
from cloudwatch_mcp.sandbox.insights.commands import EARLIER_WINDOWS
from cloudwatch_mcp.sandbox.insights.errors import QueryError
from cloudwatch_mcp.sandbox.insights.events import Event, EventLog, size
from cloudwatch_mcp.sandbox.insights.query import Query, Results, Row

__all__ = ["EARLIER_WINDOWS", "Event", "EventLog", "OverBudgetError", "Query", "QueryError", "Results", "Row", "size"]
