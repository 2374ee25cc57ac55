from __future__ import annotations

import json

import pytest

from cloudwatch_mcp.logs.folding import folded

QUERY = "fields @timestamp, @message | sort @timestamp desc"
ROOM = 2_000


def row(number: int, **members: object) -> dict[str, str]:
    message = {"time": f"2026-11-20T11:{number:02}:00Z", "request_id": f"r{number}", "msg": "pool exhausted", **members}
    return {"@timestamp": f"2026-11-20 11:{number:02}:00.000", "@message": json.dumps(message)}


def test_rows_that_differ_in_ids_and_times_become_one() -> None:
    rows = [row(number, host="ab"[number % 2]) for number in range(40, 0, -1)]
    first, second = folded(rows, QUERY, "CWLI", ROOM) or []
    assert first == rows[0] | {"folded": "20", "first": "2026-11-20 11:02:00.000", "last": "2026-11-20 11:40:00.000"}
    assert second["folded"] == "20"


def test_a_row_like_no_other_stays_as_it_is() -> None:
    rows = [row(number) for number in range(40)] + [row(41, level="FATAL")]
    assert (folded(rows, QUERY, "CWLI", ROOM) or [])[-1] == rows[-1]


@pytest.mark.parametrize(
    "text",
    [
        "END RequestId: 8f14e45f-ceea-467f-a8f1-{:012x} ok",
        "trace 1-6b003154-b5a132b47c9540faabc2{:04x} ok",
        "2026-11-20T11:00:00.{:03}Z the pool is exhausted",
        "requestId={} the pool is exhausted",
        "created_at={} the pool is exhausted",
    ],
)
def test_ids_and_times_in_plain_text_are_recognized(text: str) -> None:
    rows = [{"@message": text.format(number) + "." * 80} for number in range(40)]
    assert [each["folded"] for each in folded(rows, QUERY, "CWLI", ROOM) or []] == ["40"]


@pytest.mark.parametrize("name", ["tenant_id", "duration_ms", "host", "count"])
def test_rows_that_differ_otherwise_are_not_folded(name: str) -> None:
    assert folded([row(number, **{name: number}) for number in range(40)], QUERY, "CWLI", ROOM) is None


@pytest.mark.parametrize(
    ("query", "language", "room"),
    [
        ("stats count(*) by @message", "CWLI", ROOM),
        ("fields @message | dedup @message", "CWLI", ROOM),
        (QUERY, "SQL", ROOM),
        (QUERY, "CWLI", 40_000),
    ],
)
def test_aggregates_other_languages_and_short_answers_are_not_folded(query: str, language: str, room: int) -> None:
    assert folded([row(number) for number in range(40)], query, language, room) is None


def test_short_rows_are_not_folded() -> None:
    assert folded([{"msg": "pool exhausted"}] * 400, QUERY, "CWLI", ROOM) is None


def test_rows_with_columns_of_these_names_are_not_folded() -> None:
    assert folded([row(number) | {"first": "x"} for number in range(40)], QUERY, "CWLI", ROOM) is None
