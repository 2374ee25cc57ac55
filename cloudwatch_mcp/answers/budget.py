"""The response budget: an answer as JSON of at most so many characters, with notes on what was cut."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.text import clip, dumps, rounded, sendable

_NOTE_ROOM = 400  # characters kept free for each note on what was cut
_LONGEST_NOTE = 1_000  # characters
_NOTES_SHARE = 4  # notes take at most this fraction of the budget
_INDEX = re.compile(r"\[\d+\]")
_HEAD = ("region", "profile", "window", "notes")
_CLIP_STEPS = (4, 16, 64, 256)  # a value may take this fraction of the budget, tried in turn


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
