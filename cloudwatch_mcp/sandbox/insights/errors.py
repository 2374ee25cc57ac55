"""A query's errors, worded and located as MalformedQueryException does."""

from __future__ import annotations

import re

_SYMBOL = re.compile(r"[\w@.]+|\S")


class QueryError(Exception):
    """A query that cannot be compiled; `start` and `end` are queryCompileError's location."""

    def __init__(self, message: str, start: int = 0, end: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.position_of_first_line: int | None = None

    def shifted(self, prefix: int) -> QueryError:
        """The error for the query after a prefix of so many characters, which AWS counts in positions."""
        position = self.position_of_first_line
        if position is None:
            return self
        message = self.message.removesuffix(str(position)) + str(position + prefix)
        return QueryError(message, self.start, self.end)


def unexpected(query: str, start: int) -> QueryError:
    """The error for an unexpected symbol, as StartQuery words it. Lines count from 1, positions from 0."""
    symbol = _SYMBOL.match(query, start)
    word = symbol[0] if symbol else "<EOF>"
    line = query.count("\n", 0, start) + 1
    position = start - (query.rfind("\n", 0, start) + 1)
    message = f"unexpected symbol found {word} at line {line} and position {position}"
    error = QueryError(message, start, start + (len(word) if symbol else 0))
    error.position_of_first_line = position if line == 1 else None
    return error
