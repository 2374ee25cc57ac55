"""The fields that `parse` extracts by a glob or a regular expression."""

import csv
import re
from collections.abc import Callable, Sequence
from typing import Any

from cloudwatch_mcp.sandbox.insights import regexes
from cloudwatch_mcp.sandbox.insights.errors import QueryError
from cloudwatch_mcp.sandbox.insights.functions import textual
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind

Parts = Sequence[str | None]


def by_glob(source: Expression, glob: str, names: Sequence[str]) -> dict[str, Expression]:
    literals = glob.split("*")
    if len(literals) - 1 != len(names):
        raise QueryError(f"parse has {len(literals) - 1} wildcards and {len(names)} aliases")
    return _extracted(source, lambda text: _between(text, literals), names)


def _between(text: str, literals: Sequence[str]) -> Parts | None:
    """The parts between the literals, each of which matches at the first place after the one before.

    A wildcard at the end matches the rest of the text without its last line break.
    """
    first, *others = literals
    start = text.find(first)
    if start < 0:
        return None
    start += len(first)
    parts = []
    for number, literal in enumerate(others, 1):
        is_rest = not literal and number == len(others)
        end = len(text.removesuffix("\n")) if is_rest else text.find(literal, start)
        if end < 0:
            return None
        parts.append(text[start:end])
        start = end + len(literal)
    return parts


def by_regex(source: Expression, literal: str, names: Sequence[str]) -> dict[str, Expression]:
    pattern = regexes.of_literal(literal)
    numbers = list(range(1, pattern.groups + 1))
    if not names:
        names, numbers = list(pattern.groupindex), list(pattern.groupindex.values())
    if not names or len(numbers) != len(names):
        raise QueryError("parse needs a named group, as in /(?<user>\\w+)/, or an alias for each group")

    def groups(text: str) -> Parts | None:
        match = regexes.search(pattern, text)
        return match and [match[number] for number in numbers]

    return _extracted(source, groups, names)


def by_csv(source: Expression, names: Sequence[str]) -> dict[str, Expression]:
    def columns(text: str) -> Parts:
        cells = next(csv.reader([text]), [])
        return [*cells, *[None] * len(names)][: len(names)]

    return _extracted(source, columns, names)


def logfmt(source: Expression) -> Callable[[str], Expression]:
    """The field of a key in texts such as `level=info msg="order placed"`."""
    read_source = textual(source)

    def field(name: str) -> Expression:
        pair = re.compile(rf'(?:^|\s){re.escape(name)}=(?:"((?:[^"\\]|\\.)*)"|(\S*))')

        def read(row: Any) -> str | None:
            match = pair.search(read_source(row) or "")
            return match and (match[1].replace('\\"', '"') if match[1] is not None else match[2])

        return Expression(read, Kind.RAW)

    return field


def _extracted(
    source: Expression, extract: Callable[[str], Parts | None], names: Sequence[str]
) -> dict[str, Expression]:
    read_source = textual(source)
    cache: list[Any] = [None, None]

    def parts_of(row: Any) -> Parts | None:
        """Cached, because the fields of a row are read one after the other."""
        if cache[0] is not row:
            value = read_source(row)
            cache[:] = row, None if value is None else extract(value)
        parts: Parts | None = cache[1]
        return parts

    def part(position: int) -> Expression:
        def read(row: Any) -> str | None:
            parts = parts_of(row)
            return None if parts is None else parts[position]

        return Expression(read, Kind.RAW)

    return {name: part(position) for position, name in enumerate(names)}
