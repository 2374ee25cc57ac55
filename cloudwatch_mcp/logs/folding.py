"""Folds rows of a query that differ only in ids and times, so that they do not fill the answer."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence

from cloudwatch_mcp.logs.query_columns import commands

_TIME_COLUMNS = {"@timestamp", "@ingestionTime"}
# Each of these makes a row from several events, or chooses one of them.
_AGGREGATES = {"stats", "dedup", "pattern", "diff", "anomaly", "unnest", "head", "top", "rare", "eventstats"}
_MIN_ROW_CHARS = 100  # on average
_TRIED = 100
_MARK = "\N{REPLACEMENT CHARACTER}"
_NAME = (
    r"(?:(?:aws_?)?(?:request|req|trace|span|parent|correlation|event|message|msg|log|invocation|transaction)[_-]?id"
    r"|time|timestamp|ts|date|datetime|\w+_(?:at|ts|time|timestamp)|@timestamp)"
)
_NAMED = re.compile(
    rf"""(?i)(?<![\w.-])("?)({_NAME})\1\s*[:=]\s*(?:"(?:[^"\\]|\\.)*"|[^\s,;"\]}})]+)""",
)
_RANDOM = re.compile(
    r"(?<![\w-])(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|(?:1-[0-9a-f]{8}-)?[0-9a-f]{16,}|[0-9A-HJKMNP-TV-Z]{26}"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?)(?![\w-])"
)


def folded(rows: Sequence[Mapping[str, str]], query: str, language: str, room: int) -> list[dict[str, str]] | None:
    """The rows, each with the number of those like it as `folded`, and the times of the first and last of them.

    None if the rows are short, take less than half of `room` characters, come from an aggregate, or do not become half
    as many.
    """
    length = sum(len(value) for row in rows for value in row.values())
    if language != "CWLI" or length < max(room / 2, _MIN_ROW_CHARS * len(rows)):
        return None
    if _AGGREGATES & {verb for verb, _ in commands(query, language)}:
        return None
    if 2 * len(_alike(rows[:_TRIED])) > len(rows[:_TRIED]):  # ten thousand rows take a second to compare
        return None
    alike = _alike(rows)
    if 2 * len(alike) > len(rows) or any({"folded", "first", "last"} & row.keys() for row in rows):
        return None
    return [_fold(group) for group in alike.values()]


def _alike(rows: Sequence[Mapping[str, str]]) -> dict[Hashable, list[Mapping[str, str]]]:
    groups: dict[Hashable, list[Mapping[str, str]]] = {}
    for row in rows:
        groups.setdefault(_key(row), []).append(row)
    return groups


def _key(row: Mapping[str, str]) -> Hashable:
    return tuple((name, _masked(value)) for name, value in row.items() if name not in _TIME_COLUMNS)


def _masked(text: str) -> str:
    return _RANDOM.sub(_MARK, _NAMED.sub(rf"\2={_MARK}", text))


def _fold(group: list[Mapping[str, str]]) -> dict[str, str]:
    row = dict(group[0])
    if len(group) > 1:
        row["folded"] = str(len(group))
        times = sorted(time for each in group if (time := each.get("@timestamp")))
        if times:
            row |= {"first": times[0], "last": times[-1]}
    return row
