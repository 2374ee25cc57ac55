"""The response budget: an answer is cut to a number of characters, with notes on what was cut."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.text import clip, dumps, rounded, sendable

_RESERVED_CHARS = 400  # for each note on what was cut
_MAX_NOTE_CHARS = 1_000
_NOTES_FRACTION = 4  # notes take at most a quarter of the budget
_INDEX = re.compile(r"\[\d+\]")
_FIRST_FIELDS = ("region", "profile", "window", "notes")
_CLIP_FRACTIONS = (4, 16, 64, 256)  # a value takes at most 1/4 of the budget; if that does not suffice, 1/16, …


def render(answer: Answer, budget: int) -> dict[str, Any]:
    """The answer as a JSON object of at most `budget` characters.

    Only rows and values have nulls, no list is empty, and only whole numbers have more than six digits. Over the
    budget, whole rows are dropped from the end and long values are clipped; notes count what was kept and cut.
    """
    data: dict[str, Any] = answer.model_dump(exclude_none=True)
    data["notes"] = _fitting_notes(data["notes"], budget // _NOTES_FRACTION)
    totals = _cut_to_capacity(data, budget)
    for fraction in _CLIP_FRACTIONS:
        compactor = _Compactor(budget // fraction)
        shaped: dict[str, Any] = compactor.compact(data)
        if compactor.clipped:
            plural = "values were" if compactor.clipped > 1 else "value was"
            how = f"; {answer.part_by}" if answer.part_by else ""
            _note(shaped, f"{compactor.clipped:,} long {plural} clipped; …[+N characters] says by how much{how}.")
        _drop_items(shaped, budget, totals, answer.narrow_by, empty=fraction == _CLIP_FRACTIONS[-1])
        if _length(shaped) <= budget:
            sent: dict[str, Any] = sendable({name: shaped[name] for name in _FIRST_FIELDS if name in shaped} | shaped)
            return sent
    return {"notes": [f"The answer cannot be shown in {budget:,} characters; {answer.narrow_by}."]}


def _note(data: dict[str, Any], note: str) -> None:
    data["notes"] = [*data.get("notes", []), note]


def _fitting_notes(notes: Sequence[str], room: int) -> list[str]:
    """The notes that fit into `room` characters, each once; notes must not displace data."""
    kept: list[str] = []
    different = list(dict.fromkeys(notes))
    for note in different:
        shown = clip(note, _MAX_NOTE_CHARS)
        room -= len(shown)
        if room < 0:
            return [*kept, f"{len(different) - len(kept):,} more notes are left out."]
        kept.append(shown)
    return kept


@dataclass
class _Compactor:
    """Leaves out empty values, rounds floats and clips text to `max_chars`; `clipped` counts the clipped texts."""

    max_chars: int
    clipped: int = 0

    def compact(self, value: Any) -> Any:
        if isinstance(value, dict):
            items = ((key, self._member(key, item)) for key, item in value.items())
            return {key: item for key, item in items if item is not None and item not in ([], {})}
        if isinstance(value, list | tuple):
            return [self.compact(item) for item in value]
        if isinstance(value, float):
            return rounded(value)
        return self._text(value) if isinstance(value, str) else value

    def _member(self, key: str, value: Any) -> Any:
        if key == "rows":
            return [[self._cell(cell) for cell in row] for row in value]
        if key == "same":
            return {name: self._cell(cell) for name, cell in value.items()}
        return self.compact(value)

    def _cell(self, value: Any) -> Any:
        """An object in a cell is a JSON message: kept as it is, or clipped as text."""
        if not isinstance(value, dict):
            return self.compact(value)
        text = dumps(value)
        return value if len(text) <= self.max_chars else self._text(text)

    def _text(self, text: str) -> str:
        self.clipped += len(text) > self.max_chars
        return clip(text, self.max_chars)


def _cut_to_capacity(data: dict[str, Any], budget: int) -> dict[str, int]:
    """Cut each list to what the budget could hold, at two characters an item; the lengths before, by path."""
    totals = {}
    for path, items in _lists(data, ""):
        if len(items) > budget // 2:
            totals[path] = len(items)
            del items[budget // 2 :]
    return totals


def _drop_items(data: dict[str, Any], budget: int, totals: dict[str, int], narrow_by: str, *, empty: bool) -> None:
    """Cut lists from the end, the largest first, until all fits or each has one item left; with `empty`, none."""
    cut = dict(totals)
    for least in (1, 0) if empty else (1,):
        while (excess := _length(data) + _RESERVED_CHARS * len(cut) - budget) > 0:
            path, items = max(
                (entry for entry in _lists(data, "") if len(entry[1]) > least),
                key=lambda entry: _length(entry[1]),
                default=("", []),
            )
            if not items:
                break
            if path not in cut:
                cut[path] = len(items)
                excess += _RESERVED_CHARS
            while len(items) > least and excess > 0:
                excess -= _length(items.pop()) + 1
    lengths = {path: len(items) for path, items in _lists(data, "")}
    for path, total in cut.items():
        if path in lengths:
            label = _INDEX.sub("", path).removesuffix(".rows")
            kept = f"{label}: {lengths[path]:,} of {total:,} kept"
            _note(data, f"{kept} to stay within {budget:,} characters; {narrow_by}.")


def _length(value: Any) -> int:
    """len(dumps(value)), in steps so short that other threads can run between them."""
    if isinstance(value, dict):
        members = (len(dumps(key)) + 1 + _length(item) for key, item in value.items())
    elif isinstance(value, list) and value and isinstance(value[0], list | dict):
        members = (_length(item) for item in value)
    else:
        return len(dumps(value))
    return sum(members) + len(value) - 1 + len("[]")


def _lists(value: Any, path: str) -> Iterator[tuple[str, list[Any]]]:
    """Every list that may lose its last items, with its path; outer lists before inner ones."""
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
