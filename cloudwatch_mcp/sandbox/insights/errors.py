"""A query's errors, worded and located as MalformedQueryException does."""

from __future__ import annotations

import re

_FIRST_LINE = re.compile(r"(?<= at line 1 and position )\d+$")
_SYMBOL = re.compile(r"[\w@.]+|\S")
# What AWS documents and the grammar lacks (docs: CWL_QuerySyntax): commands, and options of parse and stats.
_LACKING = re.compile(
    r"(?i)(?:(?:^|[|(])(?:\s|#.*\n)*(?P<command>addtotals|anomaly|expand|join|logcompare|lookup|relevantfields|unmask)"
    r"|/i?\s*(?P<parse>multi)|\)\s*(?P<stats>offset))$"
)


class QueryError(Exception):
    """A query that cannot be compiled; `start` and `end` are queryCompileError's location."""

    def __init__(self, message: str, start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end

    def shifted(self, prefix: int) -> QueryError:
        """The error for the query after a prefix of so many characters, which AWS counts in positions."""
        message = _FIRST_LINE.sub(lambda position: str(int(position[0]) + prefix), self.message)
        return QueryError(message, self.start, self.end)


def unexpected(query: str, start: int) -> QueryError:
    """The error for an unexpected symbol, as StartQuery words it, or for what the sandbox lacks.

    Lines count from 1, positions from 0.
    """
    symbol = _SYMBOL.match(query, start)
    word = symbol[0] if symbol else "<EOF>"
    end = symbol.end() if symbol else start
    if lacking := _LACKING.search(query, 0, end):
        what = f"the command {word}" if lacking["command"] else f"the option {word} of {lacking.lastgroup}"
        return QueryError(f"The sandbox lacks {what}; AWS has it", start, end)
    line = query.count("\n", 0, start) + 1
    position = start - (query.rfind("\n", 0, start) + 1)
    return QueryError(f"unexpected symbol found {word} at line {line} and position {position}", start, end)
