"""Shapes: texts of a repeated shape are cut by one regular expression, with the result of a cut token by token."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch_mcp.sandbox.insights import shapes
from cloudwatch_mcp.sandbox.insights.shapes import Cutter

WORDS = st.sampled_from(["refused", "error", "ERROR", "v2", "17", "a=b", "naïve", "-1.5e3", "true", "2026-11-20"])
TIMES = st.sampled_from(
    ["2026-11-20T12:00:00Z", "2026-11-20 12:00:00,5", "2026-11-20T12:00:00.123", "20/Nov/2026:12:00:00 +0000"]
)
MARKS = st.sampled_from([*' :=,.[]{}()/\\\n"', '\\"', "\\\\", ": "])
MEMBERS = st.sampled_from(['"msg":"', '"level":"', '"id": "', '"n":', '"list":["', '","', '",', '" ', ',"event" : "'])
PIECES = st.one_of(WORDS, TIMES, MARKS, MEMBERS)
VALUES = st.one_of(st.text('a9 :"\\=é\n', max_size=6), WORDS, TIMES, st.integers(), st.booleans(), st.none())
RECORDS = st.fixed_dictionaries(
    {"level": st.sampled_from(["INFO", "error", "x1"]), "msg": VALUES, "id": VALUES, "nested": st.lists(VALUES)}
)


@pytest.fixture(autouse=True)
def _templates_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "_REPETITIONS", 1)


def cut(cutter: Cutter, text: str) -> tuple[tuple[str, ...], ...]:
    shape, tokens = cutter.cut(text)
    return shape.glue, shape.roles, tokens


def check(*texts: str) -> None:
    cutter = Cutter()
    assert [cut(cutter, text) for text in texts] == [cut(Cutter(), text) for text in texts]


@given(st.lists(st.tuples(PIECES, PIECES, st.booleans()), max_size=14), st.sampled_from(["", "{", '{"a":"']))
def test_a_text_like_an_earlier_one_is_cut_like_any_text(pieces: list[tuple[str, str, bool]], start: str) -> None:
    earlier = start + "".join(piece for piece, _, _ in pieces)
    check(earlier, start + "".join(other if differs else piece for piece, other, differs in pieces))


@given(st.lists(RECORDS, min_size=2, max_size=4), st.sampled_from([(",", ":"), (", ", ": ")]))
def test_json_like_an_earlier_one_is_cut_like_any_json(
    records: list[dict[str, object]], marks: tuple[str, str]
) -> None:
    check(*(json.dumps(record, separators=marks, ensure_ascii=False) for record in records))


@given(st.lists(st.from_regex(re.compile(r"[\w.=\" -]{0,12}"), fullmatch=True), min_size=2, max_size=4))
def test_lines_are_cut_alike(lines: list[str]) -> None:
    check(*lines)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("refused 1", "error 1"),
        ("took 12:5", "took 20/Nov/2026:12:00:00:5"),
        ("v1-11-20T12:00:00", "2026-11-20T12:00:00"),
        ("2026-11-20T12:00:00Z.5 x", "2026-11-20T12:00:00.5 x"),
        ("2026-11-20T12:00:00Z1", "2026-11-20T12:00:00Z2"),
        ('{"msg":"refused"}', '{"msg":"error"}'),
        ('{"a":"x","b":"y"}', '{"a":"x ","b":"y"}'),
        ('{"a":"x ","b":"y"}', '{"a":"x","b":"y"}'),
        ('{"l": ["", "9"]}', '{"l": ["", ":9"]}'),
        ('{"a":"x\\\\"}', '{"a":"x\\""}'),
    ],
)
def test_a_token_that_changes_the_text_around_it_is_no_repetition(first: str, second: str) -> None:
    check(first, second)
    check(second, first)
