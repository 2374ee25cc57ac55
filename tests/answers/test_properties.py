"""Properties of every answer, whatever data it has."""

from __future__ import annotations

import json
import re
from itertools import zip_longest
from typing import Any, ClassVar

from hypothesis import given
from hypothesis import strategies as st

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.budget import render
from cloudwatch_mcp.answers.series import Points, Series, series
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.answers.text import dumps, rounded, sendable

BUDGETS = st.integers(2_000, 20_000)
TEXT = st.text(st.characters(), max_size=40) | st.builds(
    lambda part, times: part * times, st.text(min_size=1), st.integers(0, 3_000)
)
CELL = TEXT | st.integers() | st.booleans() | st.none() | st.floats()
ROWS = st.lists(st.dictionaries(st.sampled_from("abcdef"), CELL, min_size=1), max_size=30)
MANY_ROWS = st.builds(lambda rows, times: rows * times, ROWS, st.integers(1, 12))
POINTS = st.dictionaries(st.integers(0, 500).map(lambda minute: 60.0 * minute), st.floats(-1e9, 1e9))
KEPT = re.compile(r"^(?P<label>\S+): (?P<kept>[\d,]+) of (?P<total>[\d,]+) kept to stay within")
CLIPPED = re.compile(r"…\[\+([\d,]+) characters\]$")


class Shaped(Answer):
    narrow_by: ClassVar[str] = "ask for less"

    things: Table | None = None
    others: Table | None = None
    series: list[Series] | None = None
    text: str | None = None


@st.composite
def answers(draw: st.DrawFn) -> Shaped:
    drawn = [draw(POINTS) for _ in range(draw(st.integers(0, 4)))]
    return Shaped(
        things=table(draw(MANY_ROWS)),
        others=table(draw(ROWS)),
        series=[series("s", Points(points.items()), 60) for points in drawn if points],
        text=draw(TEXT),
    )


@given(answers(), BUDGETS)
def test_no_answer_is_longer_than_the_budget_and_every_one_parses_back(answer: Shaped, budget: int) -> None:
    data = render(answer, budget)
    text = dumps(data)
    assert len(text) <= budget
    assert json.loads(text) == data
    text.encode("utf-8")


@given(answers(), BUDGETS)
def test_rows_are_dropped_from_the_end_only_and_counted_in_a_note(answer: Shaped, budget: int) -> None:
    data = render(answer, budget)
    noted = {found["label"]: found for note in data.get("notes", []) if (found := KEPT.match(note))}
    for label in ("things", "others"):
        original: Table | None = getattr(answer, label)
        if original is None or _given_up(data):
            continue
        kept = data.get(label, {}).get("rows", [])
        assert all(_same(was, now) for was, now in zip(_cells(original.rows), _cells(kept), strict=False))
        if len(kept) < len(original.rows):
            assert (_number(noted[label]["kept"]), _number(noted[label]["total"])) == (len(kept), len(original.rows))
        else:
            assert label not in noted


@given(answers(), BUDGETS)
def test_no_series_and_no_point_is_dropped_without_a_note(answer: Shaped, budget: int) -> None:
    data = render(answer, budget)
    if _given_up(data):
        return
    before, after = answer.series or [], data.get("series", [])
    notes = " ".join(data.get("notes", []))
    assert len(after) == len(before) or f"series: {len(after)} of {len(before)} kept" in notes
    for was, now in zip(before, after, strict=False):
        kept = now.get("values", [])
        assert len(kept) == len(was.values) or f"series.values: {len(kept):,} of {len(was.values):,} kept" in notes


@given(TEXT, BUDGETS)
def test_a_text_is_whole_or_has_the_number_of_characters_cut(text: str, budget: int) -> None:
    shown = render(Shaped(text=text), budget).get("text")
    assert shown is not None or _given_up(render(Shaped(text=text), budget))
    assert shown is None or _same(text, shown)


@given(ROWS)
def test_a_table_has_every_value(rows: list[dict[str, Any]]) -> None:
    shaped = table(rows)
    if shaped is None:
        assert all(value in (None, "") for row in rows for value in row.values())
        return
    for row, cells in zip(rows, shaped.rows, strict=True):
        shown = {**(shaped.same or {}), **dict(zip_longest(shaped.columns, cells))}
        for name, value in row.items():
            assert value in (None, "") or shown[name] is value or shown[name] == value


def _given_up(data: dict[str, Any]) -> bool:
    last: str = data.get("notes", [""])[-1]
    return last.startswith("The answer cannot be shown")


def _cells(rows: list[list[Any]]) -> list[Any]:
    return [cell for row in rows for cell in row]


def _same(was: Any, now: Any) -> bool:
    """Whether a value is whole, rounded, or clipped with the right count."""
    if isinstance(was, float):
        return bool(str(now) == str(was) or now == rounded(was))
    if not isinstance(was, str):
        return bool(was == now)
    whole = sendable(was)
    cut = CLIPPED.search(now)
    return now == whole or (
        cut is not None and whole.startswith(now[: cut.start()]) and _number(cut[1]) == len(whole) - cut.start()
    )


def _number(text: str) -> int:
    return int(text.replace(",", ""))
