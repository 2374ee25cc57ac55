"""What a model reads: tables, series, notes, and the response budget. Knows nothing of AWS or MCP."""

from __future__ import annotations

import json
import math
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import eq, ge, le
from typing import Any, ClassVar

from pydantic import BaseModel

from cloudwatch_mcp.timerange import exact_text, utc_text

_NOTE_ROOM = 400  # characters kept free for each note on what was cut
_LONGEST_NOTE = 1_000  # characters
_NOTES_SHARE = 4  # notes take at most this fraction of the budget
_NOT_RECENT = 300  # seconds
_SLOTS_AT_LEAST, _SLOTS_A_POINT = 2_000, 10  # a grid has at most so many slots, or so many times its points
_LONGEST_PARSED = 50_000  # characters; longer ones would be clipped, as text
_DEEPEST = 64  # levels of JSON that are parsed; deeper ones stay text
_MAX_WHOLE = 2**53  # up to here every reader of JSON has whole numbers exactly
_SURROGATES = re.compile("[\ud800-\udfff]")
_INDEX = re.compile(r"\[\d+\]")
_HEAD = ("region", "profile", "window", "notes")
_MINIFIED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
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
    """A table: one row per item; cells missing at its end are null. A value common to all rows is in `same`."""

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
    """Points `period` seconds apart from `start` on (UTC); null is a gap. Or `points`, [time, value], on no grid."""

    label: str
    id: str | None = None
    start: str | None = None
    period: int | None = None
    values: list[float | None] = []
    points: list[tuple[str, float]] = []
    summary: Summary


def table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] | None = None) -> Table | None:
    """The rows as a table: columns that are empty throughout are left out, a value common to all is in `same`.

    With `columns`, in that order, every row has all its cells. Else mostly empty columns come last, and rows end early.
    """
    if not rows:
        return None
    names = columns if columns is not None else merged_order(rows)
    filled_in = {name: sum(row.get(name) not in (None, "") for row in rows) for name in names}
    filled = [name for name in names if filled_in[name]]
    if not filled:
        return None
    if columns is None:
        filled.sort(key=lambda name: 2 * filled_in[name] < len(rows))
    constant = [name for name in filled if len(rows) > 1 and _is_constant([row.get(name) for row in rows])]
    if constant and len(constant) == len(filled):
        constant = constant[1:]
    varying = [name for name in filled if name not in constant]
    cells = [[row.get(name) for name in varying] for row in rows]
    return Table(
        columns=varying,
        rows=cells if columns is not None else [_without_empty_end(row) for row in cells],
        same={name: rows[0][name] for name in constant} or None,
    )


def _without_empty_end(cells: list[Any]) -> list[Any]:
    while cells and cells[-1] in (None, ""):
        cells.pop()
    return cells


def merged_order(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names of all rows; one that only some rows have follows the name that it follows there."""
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
    if isinstance(first, dict):  # 1 == True, and the order of members matters in a quoted message
        return all(isinstance(value, dict) and dumps(value) == dumps(first) for value in values)
    return all(value == first and type(value) is type(first) for value in values)


def json_or_text(text: str) -> Any:
    """The JSON object that `text` is, where every reader gets the same text from it but for spaces; else `text`."""
    if not text.startswith("{") or len(text) > _LONGEST_PARSED:
        return text
    try:
        text.encode()
        parsed = _EXACT.decode(text)
    except (ValueError, RecursionError):
        return text
    if _too_deep(parsed, _DEEPEST):
        return text
    likeliest_first = (_SPACED, _MINIFIED) if '": ' in text else (_MINIFIED, _SPACED)
    return parsed if any(writer.encode(parsed) == text for writer in likeliest_first) else text


def _too_deep(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_too_deep(each, levels - 1) for each in inside)


def _exact(digits: str) -> int:
    """Raises ValueError for what a reader in JavaScript could not hold: NaN, and whole numbers past 2^53."""
    number = int(digits)
    if abs(number) > _MAX_WHOLE:
        raise ValueError(digits)
    return number


_EXACT = json.JSONDecoder(parse_int=_exact, parse_constant=_exact)


class Points:
    """Points in the order of time: epoch seconds and finite values, in as little memory as a million of them need."""

    def __init__(self, points: Iterable[tuple[float, float]] = ()) -> None:
        self.times, self.values = array("d"), array("d")
        for time, value in points:
            self.add(time, value)

    def add(self, time: float, value: float) -> None:
        self.times.append(time)
        self.values.append(value)

    def __len__(self) -> int:
        return len(self.times)

    def ordered(self) -> Points:
        """Oldest first; AWS sends the newest first."""
        if all(map(le, self.times, self.times[1:])):
            return self
        if all(map(ge, self.times, self.times[1:])):
            self.times.reverse()
            self.values.reverse()
            return self
        return Points(sorted(zip(self.times, self.values, strict=True)))


def series(
    label: str, points: Points, period: int, series_id: str | None = None, until: datetime | None = None
) -> Series:
    """`points`, at least one, on a grid of `period` seconds; others make it finer.

    Where a grid would be nearly empty, and for times that it cannot hold, the points stand alone with their times.
    `until` is when the window ends: a series that ended three periods earlier, and five minutes, says when.
    """
    ordered = points.ordered()
    times, values = ordered.times, ordered.values
    first, end, low, high = times[0], times[-1], min(values), max(values)
    silent = 0 if until is None else until.timestamp() - end
    step = _step(times, period)
    if step is None:
        on_grid: dict[str, Any] = {"points": list(zip(map(exact_text, times), values, strict=True))}
    else:
        slots: list[float | None] = [None] * (int(end - first) // step + 1)
        for time, value in zip(times, values, strict=True):
            slots[int(time - first) // step] = value
        on_grid = {"start": utc_text(first), "period": None if step == period else step, "values": slots}
    return Series(
        label=label,
        id=series_id,
        **on_grid,
        summary=Summary(
            min=low,
            min_at=exact_text(times[values.index(low)]),
            max=high,
            max_at=exact_text(times[values.index(high)]),
            avg=math.fsum(value / len(values) for value in values),
            last=values[-1],
            last_at=exact_text(end) if silent > max(3 * period, _NOT_RECENT) else None,
        ),
    )


def _step(times: Sequence[float], period: int) -> int | None:
    """The seconds from each slot of the grid to the next; None where the times fit no grid worth showing."""
    first = times[0]
    if any(map(eq, times, times[1:])) or not all(map(float.is_integer, times)):
        return None
    step = period
    for time in times:
        step = math.gcd(step, int(time - first))
    slots = int(times[-1] - first) // step + 1
    return step if slots <= max(_SLOTS_AT_LEAST, _SLOTS_A_POINT * len(times)) else None


def clip(text: str, limit: int) -> str:
    """`text`, or its beginning and the number of characters cut."""
    if len(text) <= limit:
        return text
    ending = f"…[+{len(text) - limit:,} characters]"
    return text[:limit] + ending


def dumps(data: Any) -> str:
    return _MINIFIED.encode(data)


def sendable(value: Any) -> Any:
    """The JSON value as it may leave the process: every text in it, keys included, is valid UTF-8."""
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {sendable(key): sendable(item) for key, item in value.items()}
    return [sendable(item) for item in value] if isinstance(value, list | tuple) else value


def render(answer: Answer, budget: int) -> dict[str, Any]:
    """The answer as JSON of at most `budget` characters, ready to be sent.

    No nulls but in rows and values, no empty lists, six digits and more only for whole numbers. Over the budget, whole
    rows go from the end and long values are clipped; a note counts what was kept and what there was.
    """
    data: dict[str, Any] = answer.model_dump(exclude_none=True)
    data["notes"] = _fitting_notes(data["notes"], budget // _NOTES_SHARE)
    totals = _without_excess_items(data, budget)
    for part in _CLIP_STEPS:
        compaction = _Compaction(budget // part)
        shaped: dict[str, Any] = compaction.of(data)
        if compaction.clipped:
            plural = "values were" if compaction.clipped > 1 else "value was"
            how = f"; {answer.part_by}" if answer.part_by else ""
            _note(shaped, f"{compaction.clipped:,} long {plural} clipped; …[+N characters] says by how much{how}.")
        _drop_items(shaped, budget, totals, answer.narrow_by, empty=part == _CLIP_STEPS[-1])
        if _length(shaped) <= budget:
            sent: dict[str, Any] = sendable({name: shaped[name] for name in _HEAD if name in shaped} | shaped)
            return sent
    return {"notes": [f"The answer cannot be shown in {budget:,} characters; {answer.narrow_by}."]}


def _note(data: dict[str, Any], note: str) -> None:
    data["notes"] = [*data.get("notes", []), note]


def _fitting_notes(notes: Sequence[str], room: int) -> list[str]:
    """The notes that fit into `room` characters, each once; data is not to be displaced by notes."""
    kept: list[str] = []
    different = list(dict.fromkeys(notes))
    for note in different:
        shown = clip(note, _LONGEST_NOTE)
        room -= len(shown)
        if room < 0:
            return [*kept, f"{len(different) - len(kept):,} more notes are left out."]
        kept.append(shown)
    return kept


@dataclass
class _Compaction:
    """Leaves out what is empty, rounds floats, clips text to `longest` characters and counts what it `clipped`."""

    longest: int
    clipped: int = 0

    def of(self, value: Any) -> Any:
        if isinstance(value, dict):
            items = ((key, self._rows_or(key, item)) for key, item in value.items())
            return {key: item for key, item in items if item is not None and item not in ([], {})}
        if isinstance(value, list | tuple):
            return [self.of(item) for item in value]
        if isinstance(value, float):
            return rounded(value)
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
        return clip(text, self.longest)


def rounded(value: float) -> float | int | str:
    """Six significant digits, and every digit before the point; what is no number in JSON is its name."""
    if not math.isfinite(value):
        return str(value)
    if abs(value) >= _MAX_WHOLE:
        return value
    short = float(f"{value:.6g}") if abs(value) < 1e6 else float(round(value))
    return int(short) if short.is_integer() else short


def _without_excess_items(data: dict[str, Any], budget: int) -> dict[str, int]:
    """Cut each list to what the budget could hold, two characters an item; how long the lists were, by their path."""
    totals = {}
    for path, items in _lists(data, ""):
        if len(items) > budget // 2:
            totals[path] = len(items)
            del items[budget // 2 :]
    return totals


def _drop_items(data: dict[str, Any], budget: int, totals: dict[str, int], narrow_by: str, *, empty: bool) -> None:
    """Cut lists from their ends, the largest first, until all fits or one item is left of each; none where `empty`."""
    cut = dict(totals)
    for least in (1, 0) if empty else (1,):
        while (excess := _length(data) + _NOTE_ROOM * len(cut) - budget) > 0:
            path, items = max(
                (found for found in _lists(data, "") if len(found[1]) > least),
                key=lambda found: _length(found[1]),
                default=("", []),
            )
            if not items:
                break
            if path not in cut:
                cut[path] = len(items)
                excess += _NOTE_ROOM
            while len(items) > least and excess > 0:
                excess -= _length(items.pop()) + 1
    left = {path: len(items) for path, items in _lists(data, "")}
    for path, total in cut.items():
        if path in left:
            label = _INDEX.sub("", path).removesuffix(".rows")
            kept = f"{label}: {left[path]:,} of {total:,} kept"
            _note(data, f"{kept} to stay within {budget:,} characters; {narrow_by}.")


def _length(value: Any) -> int:
    """len(dumps(value)), in steps short enough for other threads to get their turn."""
    if isinstance(value, dict):
        members = (len(dumps(key)) + 1 + _length(item) for key, item in value.items())
    elif isinstance(value, list) and value and isinstance(value[0], list | dict):
        members = (_length(item) for item in value)
    else:
        return len(dumps(value))
    return sum(members) + len(value) - 1 + len("[]")


def _lists(value: Any, path: str) -> Iterator[tuple[str, list[Any]]]:
    """Every list that may lose its last items, with its path; outer ones before those inside them."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in ("notes", "window", "columns"):
                continue
            name = f"{path}.{key}".lstrip(".")
            if isinstance(item, list):
                yield name, item
            yield from _lists(item, name)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            if isinstance(item, dict):
                yield from _lists(item, f"{path}[{number}]")
