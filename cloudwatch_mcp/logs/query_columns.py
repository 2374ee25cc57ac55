"""The columns of a Logs Insights answer: their order, and which are numbers. AWS sends every value as text.

A version, a hash or an account id may look like a number, so only what the query computes becomes one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from cloudwatch_mcp.answers.table import merged_order
from cloudwatch_mcp.answers.text import json_or_text
from cloudwatch_mcp.logs.query_scanner import outer, split, without_comments

# computed: a new number. selected: one of the field's own values, as of min() and max(). time: the start of a bin.
Kind: TypeAlias = Literal["computed", "selected", "time"]

_FUNCTIONS: Mapping[str, Kind] = {
    **dict.fromkeys(
        (
            *("count", "count_distinct", "count_over_time", "dc", "distinct_count", "sum", "avg", "mean", "rate"),
            *("stddev", "stddev_pop", "stddev_samp", "var_pop", "var_samp", "variance", "median", "pct"),
            *("percentile", "percentile_approx", "abs", "ceil", "ceiling", "floor", "log", "round", "sqrt"),
            *("strlen", "length", "char_length", "haversine"),
        ),
        "computed",
    ),
    **dict.fromkeys(
        ("min", "max", "earliest", "latest", "first", "last", "sortsfirst", "sortslast", "greatest", "least"),
        "selected",
    ),
    **dict.fromkeys(("bin", "datefloor", "dateceil", "span", "date_trunc"), "time"),
}
_CALL = re.compile(r"\s*(\w+)\s*\(")
_ALIAS = re.compile(r"(?s)(?P<expression>.*)\s+as\s+(?P<name>`[^`]+`|\"[^\"]+\"|[\w@.]+)\s*", re.IGNORECASE)
_ASSIGNED = re.compile(r"(?s)\s*(?P<name>[\w@.]+)\s*=(?!=)(?P<expression>.*)")  # PPL: eval name = expression
_COMMAND = re.compile(r"(?s)\s*(\w+)\s*(.*)")
_BY = re.compile(r"\bby\b", re.IGNORECASE)
_SELECT = re.compile(r"(?s)\s*select\s+(.*?)\s+from\b.*", re.IGNORECASE)
_WHOLE_SECOND = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.000$")
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?P<fraction>\.\d+)?", re.ASCII)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)
_EXACT = 2**53  # up to here every reader of JSON reads whole numbers exactly
_OPERATORS = frozenset("-+*/%^")


def typed_rows(
    rows: Sequence[Mapping[str, str]], query: str | None, language: str
) -> tuple[list[str], list[dict[str, Any]]]:
    """The columns in the query's order, and the rows with values as AWS wrote them, with two exceptions.

    What the query computed becomes a number, and a JSON object is parsed. `query` is None if it is not known.
    """
    known = None if query is None else kinds(query, language)
    names = order(query or "", merged_order(rows), language)
    typed: list[dict[str, Any]] = [dict(row) for row in rows]
    for name in names:
        cells = [row.get(name) for row in rows]
        values = read(name, cells, known)
        if values is None:
            values = [None if cell is None else json_or_text(cell) for cell in cells]
        for row, value in zip(typed, values, strict=True):
            row[name] = value
    return names, typed


def kinds(query: str, language: str) -> dict[str, Kind]:
    """The kind of each column that is not text, by its normalized name."""
    if language == "SQL":
        selected = _SELECT.fullmatch(_single_spaces(without_comments(query, language)))
        return dict(_items(selected[1], language)) if selected else {}
    columns: dict[str, Kind] = {}
    for verb, rest in commands(query, language):
        if verb == "stats":
            columns = dict(_stats(rest, language))
        elif verb in ("fields", "eval"):
            columns |= dict(_items(rest, language))
        elif verb == "parse":
            columns = {name: kind for name, kind in columns.items() if not re.search(rf"\b{re.escape(name)}\b", rest)}
    return columns


def order(query: str, names: Iterable[str], language: str = "CWLI") -> list[str]:
    """`names` in the query's order where it selects fields, in AWS's order elsewhere."""
    selected: list[str] = []
    for verb, rest in commands(query, language):
        if verb in ("display", "stats"):
            selected = []
        if verb in ("fields", "display"):
            selected += [_alias(item)[0] for item in split(rest, ",", language)]
    rank = {name: position for position, name in reversed(list(enumerate(selected)))}
    return sorted(names, key=lambda name: rank.get(normalized(name), len(rank)))


def read(name: str, cells: Sequence[str | None], known: Mapping[str, Kind] | None) -> list[Any] | None:
    """The cells of a column as numbers, or without the zeros of whole seconds; None if they must stay as they are.

    `known` is `kinds` of the query. Without it, a function in the column's name such as `count(*)` decides.
    """
    kind = _function_kind(name) if known is None else known.get(normalized(name))
    if kind == "time":
        return [None if cell is None else _WHOLE_SECOND.sub(r"\1", cell) for cell in cells]
    if kind is None:
        return None
    numbers = [None if cell in (None, "") else _number(cell, exactly=kind == "selected") for cell in cells]
    return None if any(number is _NOT_EXACT for number in numbers) else numbers


def normalized(name: str) -> str:
    """A column's name for comparison: AWS may space an expression otherwise than the query does."""
    return re.sub(r"\s+", "", name).strip('`"').lower()


_NOT_EXACT = object()


def _number(text: str, *, exactly: bool) -> Any:
    """The number in `text` if every reader of JSON gets the same one; with `exactly`, the same digits too."""
    plain = _PLAIN.fullmatch(text)
    if plain and not plain["fraction"]:
        return int(text) if len(text) < 20 and abs(int(text)) <= _EXACT and text != "-0" else _NOT_EXACT
    if not _NUMBER.fullmatch(text) or abs(number := float(text)) > _EXACT:
        return _NOT_EXACT
    return _NOT_EXACT if exactly and (repr(number) != text or number.is_integer()) else number


def commands(query: str, language: str) -> Iterator[tuple[str, str]]:
    """(verb in lower case, the rest) of each command."""
    for command in split(without_comments(query, language), "|", language):
        if parts := _COMMAND.fullmatch(_single_spaces(command)):
            yield parts[1].lower(), parts[2]


def _single_spaces(text: str) -> str:
    """Runs of spaces as one: the patterns here would try each space as a separator. Names are compared without any."""
    return re.sub(r"\s+", " ", text)


def _items(text: str, language: str) -> Iterator[tuple[str, Kind]]:
    for item in split(text, ",", language):
        name, expression = _alias(item)
        if kind := _kind(expression, language):
            yield name, kind


def _stats(text: str, language: str) -> Iterator[tuple[str, Kind]]:
    """The aggregates, and the time bins among the group keys."""
    aggregates, *keys = split(text, "by", language)
    yield from _items(aggregates, language)
    for key in keys:
        yield from ((name, kind) for name, kind in _items(key, language) if kind == "time")


def _alias(item: str) -> tuple[str, str]:
    """(normalized column name, expression)."""
    match = _ALIAS.fullmatch(item) or _ASSIGNED.fullmatch(item)
    return (normalized(match["name"]), match["expression"]) if match else (normalized(item), item)


def _kind(expression: str, language: str) -> Kind | None:
    has_operator = any(
        token.text in _OPERATORS and expression[: token.start].strip() for token in outer(expression, language)
    )
    return "computed" if has_operator else _function_kind(expression)


def _function_kind(expression: str) -> Kind | None:
    call = _CALL.match(expression)
    return _FUNCTIONS.get(call[1].lower()) if call else None
