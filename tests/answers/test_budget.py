from __future__ import annotations

from datetime import datetime, timezone
from typing import Any, ClassVar

import pytest

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.budget import render
from cloudwatch_mcp.answers.series import Points, Series, series
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.answers.text import clip, dumps

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc).timestamp()


class Listing(Answer):
    narrow_by: ClassVar[str] = "narrow with a prefix"

    things: Table | None = None
    others: Table | None = None
    series: list[Series] | None = None
    ratio: float | None = None
    text: str | None = None


def rows_of(count: int, size: int = 50) -> list[dict[str, Any]]:
    return [{"name": f"{number:04d}" + "x" * size} for number in range(count)]


def test_a_table_has_common_values_once_and_no_empty_columns() -> None:
    shaped = table([{"a": 1, "b": "same", "c": None}, {"a": 2, "b": "same", "c": ""}])
    assert shaped == Table(columns=["a"], rows=[[1], [2]], same={"b": "same"})


def test_a_table_of_one_row_keeps_its_columns() -> None:
    assert table([{"a": 1, "b": 2}]) == Table(columns=["a", "b"], rows=[[1, 2]])


def test_a_table_of_equal_rows_keeps_one_column() -> None:
    assert table([{"a": 1, "b": 2}] * 3) == Table(columns=["a"], rows=[[1], [1], [1]], same={"b": 2})


def test_zero_and_false_are_not_empty() -> None:
    shaped = table([{"a": 0, "b": False}, {"a": 1, "b": True}])
    assert shaped is not None
    assert shaped.rows == [[0, False], [1, True]]


def test_a_mostly_empty_column_comes_last_and_its_trailing_nulls_are_left_out() -> None:
    shaped = table([{"kind": None, "a": 1}, {"kind": "math", "a": 2}, {"kind": "", "a": 3}])
    assert shaped == Table(columns=["a", "kind"], rows=[[1], [2, "math"], [3]])


def test_a_table_with_given_columns_keeps_their_order_and_all_cells() -> None:
    shaped = table([{"kind": None, "a": 1}, {"kind": "math", "a": 2}, {"a": 3}], ["kind", "a"])
    assert shaped == Table(columns=["kind", "a"], rows=[[None, 1], ["math", 2], [None, 3]])


def test_json_in_a_cell_is_kept_as_it_is_or_clipped_as_text() -> None:
    message: dict[str, Any] = {"empty": [], "null": None, "ratio": 1 / 3}
    assert render(Listing(things=table([{"m": message}, {"m": {}}])), 40_000)["things"]["rows"] == [[message], [{}]]
    clipped = render(Listing(things=table([{"m": {"text": "x" * 50_000}}, {"m": "y"}])), 40_000)
    assert clipped["things"]["rows"][0] == ['{"text":"' + "x" * 9_991 + "…[+40,011 characters]"]
    assert clipped["notes"] == ["1 long value was clipped; …[+N characters] says by how much."]


def test_without_rows_there_is_no_table() -> None:
    assert table([]) is None


def test_a_series_has_null_for_a_gap_and_a_summary_of_its_points() -> None:
    shaped = series("m", Points([(NOON, 1.0), (NOON + 60, 5.0), (NOON + 180, 3.0)]), 60)
    assert shaped.values == [1.0, 5.0, None, 3.0]
    assert shaped.start == "2026-11-20T12:00:00Z"
    assert shaped.summary.model_dump() == {
        "min": 1.0,
        "min_at": "2026-11-20T12:00:00Z",
        "max": 5.0,
        "max_at": "2026-11-20T12:01:00Z",
        "avg": 3.0,
        "last": 3.0,
        "last_at": None,
        "onset": None,
    }


@pytest.mark.parametrize(("minutes", "last_at"), [(5, None), (6, "2026-11-20T12:00:00Z")])
def test_a_last_point_that_is_not_recent_has_its_time(minutes: int, last_at: str | None) -> None:
    assert (
        series(
            "m", Points([(NOON, 1.0)]), 60, until=datetime.fromtimestamp(NOON + 60 * minutes, timezone.utc)
        ).summary.last_at
        == last_at
    )


def test_points_off_the_grid_make_a_finer_grid() -> None:
    shaped = series("m", Points([(NOON, 1.0), (NOON + 90, 2.0)]), 60)
    assert (shaped.period, shaped.values) == (30, [1.0, None, None, 2.0])


def test_an_answer_has_no_nulls_no_empty_lists_and_six_digits() -> None:
    assert render(Listing(ratio=1 / 3), 40_000) == {"ratio": 0.333333}
    assert render(Listing(ratio=508.0), 40_000) == {"ratio": 508}
    assert render(Listing(ratio=float("nan")), 40_000) == {"ratio": "nan"}


def test_rows_over_the_budget_are_dropped_from_the_end_and_counted() -> None:
    data = render(Listing(things=table(rows_of(1_000))), 5_000)
    kept = data["things"]["rows"]
    assert len(dumps(data)) <= 5_000
    assert kept == [[row["name"]] for row in rows_of(len(kept))]
    assert len(kept) > 50
    assert data["notes"] == [
        f"things: {len(kept)} of 1,000 kept to stay within 5,000 characters; narrow with a prefix."
    ]


def test_the_largest_table_loses_rows_first() -> None:
    data = render(Listing(things=table(rows_of(1_000)), others=table(rows_of(10))), 5_000)
    assert len(data["others"]["rows"]) == 10


def test_a_long_value_is_clipped_with_the_number_of_characters_cut() -> None:
    data = render(Listing(text="é" * 50_000), 40_000)
    assert data["text"] == "é" * 10_000 + "…[+40,000 characters]"
    assert data["notes"] == ["1 long value was clipped; …[+N characters] says by how much."]


def test_notes_come_before_the_data() -> None:
    assert list(render(Listing(region="us-east-1", things=table(rows_of(1_000))), 5_000)) == [
        "region",
        "notes",
        "things",
    ]


def test_many_long_values_still_fit_the_budget() -> None:
    wide = [{f"column{number}": "y" * 5_000 for number in range(50)}]
    data = render(Listing(things=table(wide)), 40_000)
    assert len(dumps(data)) <= 40_000
    assert data["notes"][0].startswith("50 long values were clipped")


def test_whole_series_are_dropped_before_points() -> None:
    points = Points((NOON + 60 * minute, float(minute)) for minute in range(200))
    data = render(Listing(series=[series(f"s{number}", points, 60) for number in range(20)]), 5_000)
    assert len(dumps(data)) <= 5_000
    assert all(len(one["values"]) == 200 for one in data["series"])
    assert "of 20 kept" in data["notes"][0]


def test_control_characters_are_escaped_and_lone_surrogates_replaced() -> None:
    assert dumps(render(Listing(text='\x00\n"\ud800'), 40_000)) == '{"text":"\\u0000\\n\\"\ufffd"}'


def test_clip_leaves_short_text_alone() -> None:
    assert clip("abc", 3) == "abc"
    assert clip("abcd", 3) == "abc…[+1 characters]"


def test_many_notes_are_cut_before_any_row() -> None:
    notes = [f"note {number} " + "x" * 3_000 for number in range(500)]
    data = render(Listing(notes=notes, things=table(rows_of(100))), 40_000)
    assert len(data["things"]["rows"]) == 100
    assert data["notes"][0].startswith("note 0 ")
    assert data["notes"][-1] == f"{500 - len(data['notes']) + 1} more notes are left out."
