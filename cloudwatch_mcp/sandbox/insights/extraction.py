"""What `parse` takes out of a text, by a glob with * or by a regular expression with groups."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from cloudwatch_mcp.sandbox.insights.comparisons import regex
from cloudwatch_mcp.sandbox.insights.errors import QueryError
from cloudwatch_mcp.sandbox.insights.functions import textual
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence


def by_glob(source: Expression, glob: str, names: Sequence[str]) -> dict[str, Expression]:
    parts = glob.split("*")
    if len(parts) - 1 != len(names):
        raise QueryError(f"parse has {len(parts) - 1} wildcards and {len(names)} aliases")
    lazy = "(.*?)".join(map(re.escape, parts))
    pattern = re.compile(lazy + ("$" if glob.endswith("*") else ""), re.DOTALL)
    return _groups(source, pattern, list(names))


def by_regex(source: Expression, literal: str, names: Sequence[str]) -> dict[str, Expression]:
    pattern = regex(literal)
    if not names:
        names = list(pattern.groupindex)
    if not names or pattern.groups != len(names):
        raise QueryError("parse needs a named group, as in /(?<user>\\w+)/, or an alias for each group")
    return _groups(source, pattern, list(names))


def _groups(source: Expression, pattern: re.Pattern[str], names: list[str]) -> dict[str, Expression]:
    read_source = textual(source)
    search = pattern.search
    latest: list[Any] = [None, None]

    def match_of(row: Any) -> re.Match[str] | None:
        """The fields of a row are read one after the other: the last match serves them all."""
        if latest[0] is not row:
            value = read_source(row)
            latest[:] = row, None if value is None else search(value)
        match: re.Match[str] | None = latest[1]
        return match

    def group(position: int) -> Expression:
        def read(row: Any) -> str | None:
            match = match_of(row)
            return match and match[position]

        return Expression(read, Kind.RAW)

    return {name: group(position) for position, name in enumerate(names, 1)}
