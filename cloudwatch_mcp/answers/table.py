"""Tables: columns and rows, with the values that all rows share stated once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from cloudwatch_mcp.answers.text import dumps


class Table(BaseModel):
    """One row per item; cells missing at a row's end are null. `same` has the values common to all rows."""

    columns: list[str]
    rows: list[list[Any]]
    same: dict[str, Any] | None = None


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> Table | None:
    """The rows as a table: empty columns are left out, and values common to all rows are in `same`.

    With `columns`, the table has that order and every row has all its cells. Without, mostly empty columns come last
    and a row ends with its last value.
    """
    if not rows:
        return None
    names = columns if columns is not None else merged_order(rows)
    filled_cells = {name: sum(row.get(name) not in (None, "") for row in rows) for name in names}
    filled = [name for name in names if filled_cells[name]]
    if not filled:
        return None
    if columns is None:
        filled.sort(key=lambda name: 2 * filled_cells[name] < len(rows))
    constant = [name for name in filled if len(rows) > 1 and _is_constant([row.get(name) for row in rows])]
    if constant and len(constant) == len(filled):
        constant = constant[1:]
    varying = [name for name in filled if name not in constant]
    cells = [[row.get(name) for name in varying] for row in rows]
    return Table(
        columns=varying,
        rows=cells if columns is not None else [_without_trailing_empty(row) for row in cells],
        same={name: rows[0][name] for name in constant} or None,
    )


def _without_trailing_empty(cells: list[Any]) -> list[Any]:
    while cells and cells[-1] in (None, ""):
        cells.pop()
    return cells


def merged_order(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names in all rows; one that only some rows have comes after the name before it there."""
    merged: list[str] = []
    for names in dict.fromkeys(tuple(row) for row in rows):
        position = 0
        for name in names:
            if name not in merged:
                merged.insert(position, name)
            position = merged.index(name) + 1
    return merged


def _is_constant(values: Sequence[Any]) -> bool:
    first = values[0]
    if isinstance(first, dict):  # == takes 1 for True and ignores the order of members
        return all(isinstance(value, dict) and dumps(value) == dumps(first) for value in values)
    return all(value == first and type(value) is type(first) for value in values)
