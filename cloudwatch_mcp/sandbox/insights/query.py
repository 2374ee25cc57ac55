"""Compiles a Logs Insights query and runs it over events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from lark import Lark, Token, Tree, UnexpectedInput, UnexpectedToken

from cloudwatch_mcp.sandbox.insights import budget
from cloudwatch_mcp.sandbox.insights.commands import PipelineCompiler
from cloudwatch_mcp.sandbox.insights.errors import QueryError, unexpected
from cloudwatch_mcp.sandbox.insights.values import text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from cloudwatch_mcp.sandbox.insights.events import Event

# StartQuery: the limit of a query that sets none.
DEFAULT_LIMIT = 10_000
_PARSER = Lark.open("grammar.lark", rel_to=__file__, parser="lalr", propagate_positions=True)

Row = list[dict[str, str]]


class Results(NamedTuple):
    rows: list[Row]
    matched: int


class Query:
    """A compiled query. Not thread-safe.

    Raises:
        QueryError: the text is not a valid query.
    """

    def __init__(self, query: str, now: datetime) -> None:
        try:
            self._pipeline = PipelineCompiler(query, now).compile(_parse(query))
        except RecursionError as error:
            raise QueryError("The query is nested too deeply", 0, len(query)) from error
        self.source = self._pipeline.source
        self.standard_class_only = self._pipeline.standard_class_only

    def run(self, events: Sequence[Event], limit: int | None = None) -> Results:
        """The results over `events`, given newest first; `limit` applies if the query sets none.

        Raises:
            OverBudgetError: it runs too long, or builds a text that is too long.
            QueryError: it builds an invalid regular expression from a field.
        """
        with budget.time_limit():
            return self._run(events, limit)

    def _run(self, events: Sequence[Event], limit: int | None) -> Results:
        rows: Sequence[Any] = events
        matched = len(events)
        for stage in self._pipeline.stages:
            rows = stage.run(rows)
            matched = len(rows) if stage.filters_events else matched
        if not self._pipeline.limited:
            rows = rows[: limit or DEFAULT_LIMIT]
        return Results([self._formatted(row) for row in rows], matched)

    def _formatted(self, row: Any) -> Row:
        """A row of GetQueryResults: texts, without the fields that have no value."""
        values = ((name, text(column.read(row), column.kind)) for name, column in self._pipeline.columns)
        return [{"field": name, "value": value} for name, value in values if value is not None]


def _parse(query: str) -> Tree[Token]:
    try:
        return _PARSER.parse(query)
    except UnexpectedInput as error:
        at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        raise unexpected(query, len(query) if at_end else error.pos_in_stream or 0) from error
