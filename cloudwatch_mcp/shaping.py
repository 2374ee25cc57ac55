"""What a model reads: tables, series, notes, and the response budget. Knows nothing of AWS or MCP."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

from pydantic import BaseModel

from cloudwatch_mcp.timerange import utc_text

_NOTE_ROOM = 400  # characters kept free for the notes that fitting adds
_NOT_RECENT = timedelta(minutes=5)
_HEAD = ("region", "profile", "window", "notes")
_MINIFIED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_SPACED = json.JSONEncoder(ensure_ascii=False)
_CLIP_STEPS = (4, 16, 64, 256)  # a value may take this fraction of the budget, tried in turn


class Answer(BaseModel):
    """What every answer begins with. `window` is [start, end] in UTC; a note says what the data cannot."""

    narrow_by: ClassVar[str] = "ask for less"
    part_by: ClassVar[str] = ""

    region: str | None = None
    profile: str | None = None
    window: list[str] | None = None
    notes: list[str] = []


class Table(BaseModel):
    """Alike things: one row each; cells missing at its end are null. A value common to all is said once, in `same`."""

    columns: list[str]
    rows: list[list[Any]]
    same: dict[str, Any] | None = None


class Summary(BaseModel):
    """A series in six facts, over the points it has; `last_at` where the last point is not a recent one."""

    min: float
    min_at: str
    max: float
    max_at: str
    avg: float
    last: float
    last_at: str | None = None


class Series(BaseModel):
    """Points `period` seconds apart from `start` on (UTC); null is a gap."""

    label: str
    id: str | None = None
    start: str | None = None
    period: int | None = None
    values: list[float | None]
    summary: Summary


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> Table | None:
    """The rows as a table: columns empty throughout are left out, mostly empty ones come last, constant ones once."""
    if not rows:
        return None
    names = columns if columns is not None else list(dict.fromkeys(name for row in rows for name in row))
    filled_in = {name: sum(row.get(name) not in (None, "") for row in rows) for name in names}
    filled = sorted((name for name in names if filled_in[name]), key=lambda name: 2 * filled_in[name] < len(rows))
    constant = [name for name in filled if len(rows) > 1 and all(row.get(name) == rows[0].get(name) for row in rows)]
    if constant and len(constant) == len(filled):
        constant = constant[1:]
    varying = [name for name in filled if name not in constant]
    return Table(
        columns=varying,
        rows=[_without_empty_end([row.get(name) for name in varying]) for row in rows],
        same={name: rows[0][name] for name in constant} or None,
    )


def _without_empty_end(cells: list[Any]) -> list[Any]:
    while cells and cells[-1] in (None, ""):
        cells.pop()
    return cells


def json_or_text(text: str) -> Any:
    """The JSON object that `text` is, where every reader gets the same text from it but for spaces; else `text`."""
    if not text.startswith("{"):
        return text
    try:
        text.encode()
        parsed = _EXACT.decode(text)
    except (ValueError, RecursionError):
        return text
    likeliest_first = (_SPACED, _MINIFIED) if '": ' in text else (_MINIFIED, _SPACED)
    return parsed if any(writer.encode(parsed) == text for writer in likeliest_first) else text


def _exact(digits: str) -> int:
    """Raises ValueError for what a reader in JavaScript could not hold: NaN, and whole numbers past 2^53."""
    number = int(digits)
    if abs(number) > 2**53:
        raise ValueError(digits)
    return number


_EXACT = json.JSONDecoder(parse_int=_exact, parse_constant=_exact)


def series(
    label: str,
    points: Mapping[datetime, float],
    period: int,
    series_id: str | None = None,
    until: datetime | None = None,
) -> Series:
    """`points` (at least one) on a grid of `period` seconds; points off the grid make it finer.

    `until` is when the window ends: a series that ended three periods earlier, and five minutes, says when.
    """
    times = sorted(points)
    step = math.gcd(period, *(int((later - times[0]).total_seconds()) for later in times[1:])) or period
    slots = int((times[-1] - times[0]).total_seconds()) // step + 1
    stale = max(timedelta(seconds=3 * period), _NOT_RECENT)
    low, high = min(times, key=points.__getitem__), max(times, key=points.__getitem__)
    return Series(
        label=label,
        id=series_id,
        start=utc_text(times[0]),
        period=None if step == period else step,
        values=[points.get(times[0] + timedelta(seconds=step * slot)) for slot in range(slots)],
        summary=Summary(
            min=points[low],
            min_at=utc_text(low),
            max=points[high],
            max_at=utc_text(high),
            avg=math.fsum(points.values()) / len(points),
            last=points[times[-1]],
            last_at=utc_text(times[-1]) if until is not None and until - times[-1] > stale else None,
        ),
    )


def clip(text: str, limit: int) -> str:
    """`text`, or its beginning and the number of characters cut."""
    if len(text) <= limit:
        return text
    ending = f"…[+{len(text) - limit:,} characters]"
    return text[:limit] + ending


def dumps(data: Any) -> str:
    return _MINIFIED.encode(data)


def render(answer: Answer, budget: int) -> dict[str, Any]:
    """The answer as JSON of at most `budget` characters.

    No nulls but in rows and values, no empty lists, floats to 6 significant digits. Over the budget, whole rows go
    from the end and long values are clipped; a note counts what was kept and what there was.
    """
    data: dict[str, Any] = answer.model_dump(exclude_none=True)
    for part in _CLIP_STEPS:
        compaction = _Compaction(budget // part)
        shaped: dict[str, Any] = compaction.of(data)
        if compaction.clipped:
            plural = "values were" if compaction.clipped > 1 else "value was"
            how = f"; {answer.part_by}" if answer.part_by else ""
            _note(shaped, f"{compaction.clipped:,} long {plural} clipped; …[+N characters] says by how much{how}.")
        excess = len(dumps(shaped)) - budget
        for least in (1, 0) if part == _CLIP_STEPS[-1] else (1,):
            if excess > 0:
                excess = _drop_rows(shaped, excess, budget, least, answer.narrow_by)
        if excess <= 0:
            return {name: shaped[name] for name in _HEAD if name in shaped} | shaped
    return {"notes": [f"The answer cannot be shown in {budget:,} characters; {answer.narrow_by}."]}


def _note(data: dict[str, Any], note: str) -> None:
    data["notes"] = [*data.get("notes", []), note]


@dataclass
class _Compaction:
    """Leaves out what is empty, rounds floats, clips text to `longest` characters and counts what it `clipped`."""

    longest: int
    clipped: int = 0

    def of(self, value: Any) -> Any:
        if isinstance(value, dict):
            items = ((key, self._rows_or(key, item)) for key, item in value.items())
            return {key: item for key, item in items if item is not None and item not in ([], {})}
        if isinstance(value, list):
            return [self.of(item) for item in value]
        if isinstance(value, float):
            return _six_digits(value)
        return self._text(value) if isinstance(value, str) else value

    def _rows_or(self, key: str, value: Any) -> Any:
        if key == "rows":
            return [[self._cell(cell) for cell in row] for row in value]
        if key == "same":
            return {name: self._cell(cell) for name, cell in value.items()}
        return self.of(value)

    def _cell(self, value: Any) -> Any:
        """An object in a cell is somebody's JSON: left as it is, or clipped as text."""
        if not isinstance(value, dict):
            return self.of(value)
        text = dumps(value)
        return value if len(text) <= self.longest else self._text(text)

    def _text(self, text: str) -> str:
        self.clipped += len(text) > self.longest
        # JSON from AWS may hold a lone surrogate, which no UTF-8 stream can carry.
        return clip(text.encode("utf-8", "replace").decode(), self.longest)


def _six_digits(value: float) -> float | int | str:
    if not math.isfinite(value):
        return str(value)
    rounded = float(f"{value:.6g}")
    return int(rounded) if rounded.is_integer() and abs(rounded) < 1e15 else rounded


def _drop_rows(data: dict[str, Any], excess: int, budget: int, least: int, narrow_by: str) -> int:
    """Cut lists from their ends, the largest first, until all fits or `least` are left of each; what is still over."""
    lists = list(_lists(data, ""))
    if len(lists) > 1:
        lists.sort(key=lambda found: -len(dumps(found[1])))
    for label, items in lists:
        if excess <= 0:
            break
        total, freed = len(items), -_NOTE_ROOM
        while len(items) > least and freed < excess:
            freed += len(dumps(items.pop())) + 1
        if len(items) < total:
            kept = f"{label}: {len(items):,} of {total:,} kept"
            _note(data, f"{kept} to stay within {budget:,} characters; {narrow_by}.")
            excess = len(dumps(data)) - budget
    return excess


def _lists(value: Any, label: str) -> Iterator[tuple[str, list[Any]]]:
    """Every list that may lose its last items, outer ones before those inside them."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("notes", "window", "columns"):
                continue
            name = label if key == "rows" else f"{label}.{key}".lstrip(".")
            if isinstance(item, list):
                yield name, item
            yield from _lists(item, name)
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                yield from _lists(item, label)
