"""Which columns of a Logs Insights answer are numbers: AWS sends every value as text.

A version, a hash or an account id may look like a number, so only what the query computes counts as one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

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
# What may hold a separator without meaning one: strings, quoted names, comments, and regular expressions, which
# follow an operator, a parenthesis, a comma or a word such as like and parse.
_TOKENS = re.compile(
    r"""(?P<skip>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|\#[^\n]*)"""
    r"""|(?P<regex>(?:(?<=[=~(,])|\b(?:like|parse|matches))\s*/(?:\\.|[^/\\\n])+/)"""
    r"""|(?P<open>[(\[])|(?P<close>[)\]])|(?P<operator>[-+*/%^])|(?P<separator>[|,])|(?P<by>\bby\b)""",
    re.IGNORECASE,
)
_WHOLE_SECOND = re.compile(r"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)\.000$")
_PLAIN = re.compile(r"-?(?:0|[1-9]\d*)(?P<fraction>\.\d+)?", re.ASCII)
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?", re.ASCII)
_EXACT = 2**53  # up to here every reader of JSON has whole numbers exactly


def kinds(query: str, language: str) -> dict[str, Kind]:
    """The kind of each column that is not text, by its normalized name."""
    if language == "SQL":
        selected = _SELECT.fullmatch(_short_spaces(query))
        return dict(_items(selected[1])) if selected else {}
    found: dict[str, Kind] = {}
    for verb, rest in _commands(query):
        if verb == "stats":
            found = dict(_stats(rest))
        elif verb in ("fields", "eval"):
            found |= dict(_items(rest))
        elif verb == "parse":
            found = {name: kind for name, kind in found.items() if not re.search(rf"\b{re.escape(name)}\b", rest)}
    return found


def order(query: str, names: Iterable[str]) -> list[str]:
    """`names` in the query's order where it selects fields, AWS's order elsewhere."""
    listed: list[str] = []
    for verb, rest in _commands(query):
        if verb in ("display", "stats"):
            listed = []
        if verb in ("fields", "display"):
            listed += [_alias(item)[0] for item in _split(rest, ",")]
    rank = {name: position for position, name in reversed(list(enumerate(listed)))}
    return sorted(names, key=lambda name: rank.get(normalized(name), len(rank)))


def read(name: str, cells: Sequence[str | None], known: Mapping[str, Kind] | None) -> list[Any] | None:
    """The cells of a column as numbers, or without the zeros of whole seconds; None where they must stay as they are.

    `known` is `kinds` of the query; without it a name such as `count(*)` tells what a column is.
    """
    kind = _call_kind(name) if known is None else known.get(normalized(name))
    if kind == "time":
        return [None if cell is None else _WHOLE_SECOND.sub(r"\1", cell) for cell in cells]
    if kind is None:
        return None
    numbers = [None if cell in (None, "") else _number(cell, exactly=kind == "selected") for cell in cells]
    return None if any(number is _NO for number in numbers) else numbers


def normalized(name: str) -> str:
    """A column's name as it is compared: AWS may space an expression otherwise than the query does."""
    return re.sub(r"\s+", "", name).strip('`"').lower()


_NO = object()


def _number(text: str, *, exactly: bool) -> Any:
    """The number that `text` is, where a reader of JSON gets the same one; `exactly`, where also the same digits."""
    plain = _PLAIN.fullmatch(text)
    if plain and not plain["fraction"]:
        return int(text) if len(text) < 20 and abs(int(text)) <= _EXACT and text != "-0" else _NO
    if not _NUMBER.fullmatch(text) or abs(number := float(text)) > _EXACT:
        return _NO
    return _NO if (exactly and repr(number) != text) or (exactly and number.is_integer()) else number


def _commands(query: str) -> Iterator[tuple[str, str]]:
    """(verb in lower case, the rest) of each command."""
    text = _TOKENS.sub(lambda token: " " if (token["skip"] or "").startswith("#") else token[0], query)
    for command in _split(_short_spaces(text), "|"):
        if parts := _COMMAND.fullmatch(command):
            yield parts[1].lower(), parts[2]


def _short_spaces(text: str) -> str:
    """One space for many: the patterns here would try each of them as a separator. Names are compared without any."""
    return re.sub(r"\s+", " ", text)


def _items(text: str) -> Iterator[tuple[str, Kind]]:
    for item in _split(text, ","):
        name, expression = _alias(item)
        if kind := _kind(expression):
            yield name, kind


def _stats(text: str) -> Iterator[tuple[str, Kind]]:
    """The aggregates, and of what they are grouped by the bins of time."""
    aggregates, *keys = _split(text, "by")
    yield from _items(aggregates)
    for key in keys:
        yield from ((name, kind) for name, kind in _items(key) if kind == "time")


def _alias(item: str) -> tuple[str, str]:
    """(normalized column name, expression)."""
    named = _ALIAS.fullmatch(item) or _ASSIGNED.fullmatch(item)
    return (normalized(named["name"]), named["expression"]) if named else (normalized(item), item)


def _kind(expression: str) -> Kind | None:
    depth = 0
    for token in _TOKENS.finditer(expression):
        depth += (token["open"] is not None) - (token["close"] is not None)
        if token["operator"] and depth == 0 and expression[: token.start()].strip():
            return "computed"
    return _call_kind(expression)


def _call_kind(text: str) -> Kind | None:
    called = _CALL.match(text)
    return _FUNCTIONS.get(called[1].lower()) if called else None


def _split(text: str, separator: str) -> list[str]:
    """The parts between separators that stand outside of quotes and parentheses; a comment is no part."""
    parts, begun, depth = [], 0, 0
    for token in _TOKENS.finditer(text):
        depth += (token["open"] is not None) - (token["close"] is not None)
        if depth == 0 and (token["separator"] or token["by"] or "").lower() == separator:
            parts.append(text[begun : token.start()])
            begun = token.end()
    return [*parts, text[begun:]]
