"""An answer as a person reads it: short tables, one line for each series or value."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from textwrap import wrap
from typing import Any

_MOST_ROWS = 8
_GAP = "  "
_BARS = "▁▂▃▄▅▆▇█"

Row = list[str]


def as_typed(tool: str, arguments: Mapping[str, Any]) -> str:
    """A call in one line, as `tool(name=value, ...)`."""
    return (
        f"{tool}({', '.join(f'{name}={json.dumps(value, ensure_ascii=False)}' for name, value in arguments.items())})"
    )


def print_line(text: str) -> None:
    encoding = sys.stdout.encoding or "ascii"
    try:
        sys.stdout.write(text.encode(encoding, "replace").decode(encoding) + "\n")
        sys.stdout.flush()
    except BrokenPipeError:  # the reader, such as `head`, has what it wants
        os._exit(1)


def digest(answer: Mapping[str, Any], members: Mapping[str, Sequence[str]], width: int) -> list[str]:
    """The named members of an answer, as lines of at most `width` characters.

    Args:
        answer: a tool's structured answer.
        members: the members to show, and for each the columns of its table, by default all of them; `sample.msg` is a
            member of a JSON cell.
        width: of the terminal.
    """
    lines: list[str] = []
    for name, chosen in members.items():
        value = answer.get(name)
        columns = chosen or (value.get("columns", ()) if isinstance(value, dict) else ())
        if name == "series":
            lines += (_clip(line, width) for line in _series(value or []))
        elif columns and value:
            lines += _table(name, value, columns, width)
        elif value is not None:
            lines += wrap(f"{name}: {_cell(value)}", width, subsequent_indent=_GAP)
    return lines


def _table(name: str, value: Any, columns: Sequence[str], width: int) -> Iterator[str]:
    """A table of an answer, or a list of objects: its size, what all rows have in common, and its first rows."""
    same = value.get("same", {}) if isinstance(value, dict) else {}
    shown = [column for column in columns if column not in same]
    rows = _rows(value, shown)
    yield f"{name}: {len(rows)}" + "".join(f", {column} {_cell(same[column])}" for column in columns if column in same)
    cells = [[column.rpartition(".")[2] for column in shown], *rows[:_MOST_ROWS]]
    widths = _widths(cells, width - len(_GAP) * len(shown))
    for row in cells:
        padded = (_clip(cell, room).ljust(room) for cell, room in zip(row, widths, strict=True))
        yield (_GAP + _GAP.join(padded)).rstrip()
    if len(rows) > _MOST_ROWS:
        yield f"{_GAP}... and {len(rows) - _MOST_ROWS} more"


def _rows(value: Any, columns: Sequence[str]) -> list[Row]:
    if isinstance(value, dict):  # a row ends before its last empty cells
        value = [dict(zip(value["columns"], row, strict=False)) for row in value["rows"]]
    return [[_cell(_find(item, column)) for column in columns] for item in value]


def _find(item: Mapping[str, Any], column: str) -> Any:
    name, _, member = column.partition(".")
    if column in item or name not in item:
        return item.get(column)
    return item[name].get(member) if isinstance(item[name], dict) else item[name]


def _widths(cells: Sequence[Row], total: int) -> list[int]:
    """The columns' widths: the widest ones give way until all fit."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    while sum(widths) > total and max(widths) > 1:
        widths[widths.index(max(widths))] -= 1
    return widths


def _series(series: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for each in series:
        values = [value for value in each.get("values", ()) if isinstance(value, (int, float))]
        if values:
            label, first, last = each.get("label", ""), _cell(values[0]), _cell(values[-1])
            yield f"{label}: {_bars(values)}  from {first} to {last}, at most {_cell(max(values))}"


def _bars(values: Sequence[float]) -> str:
    low, span = min(values), (max(values) - min(values)) or 1
    return "".join(_BARS[round((value - low) / span * (len(_BARS) - 1))] for value in values)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(map(_cell, value))
    if isinstance(value, dict):
        return ", ".join(f"{name} {_cell(member)}" for name, member in value.items())
    return " ".join(str(value).split())


def _clip(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 3, 0)] + "..."[:width]
