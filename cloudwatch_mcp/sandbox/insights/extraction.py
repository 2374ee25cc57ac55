"""The fields that `parse` extracts by a glob or a regular expression."""

import csv
import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from cloudwatch_mcp.sandbox.insights import regexes
from cloudwatch_mcp.sandbox.insights.errors import QueryError
from cloudwatch_mcp.sandbox.insights.functions import textual
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind

Parts = Sequence[str | None]


def by_glob(source: Expression, glob: str, names: Sequence[str]) -> dict[str, Expression]:
    first, *others = map(re.escape, glob.split("*"))
    if len(others) != len(names):
        raise QueryError(f"parse has {len(others)} wildcards and {len(names)} aliases")
    # Each literal matches at the first place after the one before; a group that matched is not tried again.
    wildcards = [f"(?>(.*?){literal})" for literal in (*others[:-1], others[-1] or "$")]
    pattern = regexes.compiled(f"(?s)(?>.*?{first})" + "".join(wildcards))

    def groups(text: str) -> Parts | None:
        match = pattern.match(text)
        return match and list(match.groups())

    return _extracted(source, groups, names)


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


def by_csv(source: Expression, _: str, names: Sequence[str]) -> dict[str, Expression]:
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
    parts_of = lru_cache(maxsize=1)(extract)  # the fields of a row are read one after the other

    def part(position: int) -> Expression:
        def read(row: Any) -> str | None:
            value = read_source(row)
            parts = None if value is None else parts_of(value)
            return parts[position] if parts else None

        return Expression(read, Kind.RAW)

    return {name: part(position) for position, name in enumerate(names)}


# By the token of the grammar that says how.
BY_TOKEN = {"STRING": by_glob, "REGEX": by_regex, "FORMAT": by_csv}
