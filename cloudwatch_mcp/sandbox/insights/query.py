"""Compiles a Logs Insights query and runs it over events."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from lark import Lark, Token, Tree, UnexpectedInput, UnexpectedToken

from cloudwatch_mcp.sandbox.insights import budget
from cloudwatch_mcp.sandbox.insights.commands import PipelineCompiler
from cloudwatch_mcp.sandbox.insights.errors import QueryError, unexpected
from cloudwatch_mcp.sandbox.insights.events import Event
from cloudwatch_mcp.sandbox.insights.pipeline import Pipeline
from cloudwatch_mcp.sandbox.insights.values import text

# StartQuery: the limit of a query that sets none.
DEFAULT_LIMIT = 10_000
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", '"': '"', "'": "'", "\\": "\\"}

Row = list[dict[str, str]]


class Results(NamedTuple):
    rows: list[Row]
    matched: int


class Query(Pipeline):
    """A compiled query. Not thread-safe.

    Raises:
        QueryError: the text is not a valid query.
    """

    def __init__(self, query: str, now: datetime) -> None:
        super().__init__()
        try:
            PipelineCompiler(self, query, now).compile(_parse(query))
        except RecursionError as error:
            raise QueryError("The query is nested too deeply", 0, len(query)) from error

    def run(
        self,
        events: Sequence[Event],
        limit: int | None = None,
        *,
        earlier: Callable[[str], Sequence[Event]] = lambda _: (),
        subquery_events: Callable[[int], Sequence[Event]] | None = None,
    ) -> Results:
        """The results over `events`, given newest first; `limit` applies if the query sets none.

        `earlier` returns the events of the window that a diff command compares with, by its modifier, and
        `subquery_events` those of the subquery with an index; without it they are `events`.

        Raises:
            OverBudgetError: it runs too long, or builds a text that is too long.
            QueryError: it builds an invalid regular expression from a field.
        """
        with budget.time_limit():
            for index, subquery in enumerate(self.subqueries):
                inner = subquery_events(index) if subquery_events else events
                rows, _ = subquery.rows(inner, earlier)
                _, column = subquery.columns[0]
                values = (text(column.read(row), column.kind) for row in rows)
                subquery.values = frozenset(value for value in values if value is not None)
            rows, matched = self.rows(events, earlier)
            if not self.limited:
                rows = rows[: limit or DEFAULT_LIMIT]
            return Results([self._formatted(row) for row in rows], matched)

    def _formatted(self, row: Any) -> Row:
        """A row of GetQueryResults: texts, without the fields that have no value."""
        values = ((name, text(column.read(row), column.kind)) for name, column in self.columns)
        return [{"field": name, "value": value} for name, value in values if value is not None]


def _parse(query: str) -> Tree[Token]:
    try:
        return _parser().parse(query)
    except UnexpectedInput as error:
        at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
        raise unexpected(query, len(query) if at_end else error.pos_in_stream or 0) from error


@cache
def _parser() -> Lark:
    callbacks = {"NAME": _plain_name, "STRING": _unquoted}
    options = {"parser": "lalr", "propagate_positions": True, "lexer_callbacks": callbacks}
    return Lark.open("grammar.lark", rel_to=__file__, **options)


def _plain_name(token: Token) -> Token:
    """The name of a field without its backquotes; `items[0].sku` is `items.0.sku`."""
    parts = re.split(r"(`[^`]+`)", token)
    plain = [part[1:-1] if part[:1] == "`" else re.sub(r"\[(\d+)\]", r".\1", part) for part in parts]
    return token.update(value="".join(plain))


def _unquoted(token: Token) -> Token:
    return token.update(value=_ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[0]), token[1:-1]))
