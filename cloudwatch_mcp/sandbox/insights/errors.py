from __future__ import annotations

import re

_SYMBOL = re.compile(r"[\w@.]+|\S")


class QueryError(Exception):
    """A query that cannot be compiled. The location is that of MalformedQueryException's queryCompileError."""

    def __init__(self, message: str, start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


def unexpected(query: str, start: int) -> QueryError:
    """The error of a symbol out of place, as StartQuery words it: lines count from one, positions from nought."""
    symbol = _SYMBOL.match(query, start)
    found = symbol[0] if symbol else "<EOF>"
    line = query.count("\n", 0, start) + 1
    position = start - (query.rfind("\n", 0, start) + 1)
    message = f"unexpected symbol found {found} at line {line} and position {position}"
    return QueryError(message, start, start + (len(found) if symbol else 0))
