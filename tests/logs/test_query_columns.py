"""Values of Logs Insights stay as AWS wrote them; only what a query computes is a number."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cloudwatch_mcp.logs.query_columns import _single_spaces, kinds, order, read
from tests.support.asking import Reply
from tests.support.stubbed_server import StubbedServer

LOOKS_LIKE_A_NUMBER = [
    "007",
    "7",
    "1.10",
    "1.1",
    "61.0",
    "012345678901",
    "1234567890123456",
    "1234567890123457",
    "5e83321",
    "2024_01",
    "1e5",
    "inf",
    "nan",
    "-0",
    "+1",
    "0x10",
    " 1",
    "1\uff12",
    "1,000",
]


def column(query: str, name: str, cells: list[str], language: str = "CWLI") -> list[Any] | None:
    return read(name, cells, kinds(query, language))


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/aff6864860a7.json",
    behaviour="Every value of a query's row is text, counts included.",
)
@pytest.mark.parametrize("key", LOOKS_LIKE_A_NUMBER)
@pytest.mark.parametrize(
    "query", ["stats count(*) as n by {}", "fields {}", "fields @timestamp | display {}", "filter x > 1 | dedup {}"]
)
def test_a_field_that_a_query_only_selects_or_groups_by_stays_text(query: str, key: str) -> None:
    assert column(query.format("version"), "version", [key]) is None


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/aff6864860a7.json",
    behaviour="Every value of a query's row is text, counts included.",
)
@pytest.mark.parametrize(
    ("query", "name", "cells", "numbers"),
    [
        ("stats count(*) by host", "count(*)", ["12", "3"], [12, 3]),
        ("STATS COUNT( * ) BY host", "count(*)", ["12"], [12]),
        ("stats sum(bytes) as `all bytes` by host", "all bytes", ["9007199254740992"], [9007199254740992]),
        ("stats avg(ms) as a, pct(ms, 99) as p", "p", ["12.5", ""], [12.5, None]),
        ("stats sum(a)/sum(b) as share", "share", ["0.333333333333"], [0.333333333333]),
        ("fields bytes / 1024 as kb", "kb", ["1.50"], [1.5]),
        ("stats max(duration)", "max(duration)", ["14", "2.5"], [14, 2.5]),
        ("stats sum(x) as s by a | stats avg(s) as m", "m", ["1.2345678E7"], [12345678.0]),
        ('filter msg = "a | stats x" | stats count(*) as n', "n", ["1"], [1]),
        ("# stats count(*) as v\nstats count(*) as n by v", "n", ["1"], [1]),
    ],
)
def test_a_value_that_a_query_computes_is_a_number(query: str, name: str, cells: list[str], numbers: list[Any]) -> None:
    assert column(query, name, cells) == numbers


@pytest.mark.parametrize(
    ("query", "name", "cells"),
    [
        ("stats max(version) as v", "v", ["1.10"]),
        ("stats max(version) as v", "v", ["61.0"]),
        ("stats latest(id) as id", "id", ["007"]),
        ("stats latest(id) as id by host", "id", ["7", "007"]),  # one unfit value makes the whole column text
        ("stats sum(bytes) as s", "s", ["9007199254740993"]),  # a reader in JavaScript would get another number
        ("stats sum(bytes) as s", "s", ["1e400"]),
        ("stats count(*) as n | fields n | parse @message 'x*' as n", "n", ["007"]),
        ("stats count(*) as n by concat(a, b)", "concat(a, b)", ["12"]),
        ('fields substr(id, 0, 3) as "a - b"', "a - b", ["001"]),
    ],
)
def test_a_number_that_would_lose_something_stays_text(query: str, name: str, cells: list[str]) -> None:
    assert column(query, name, cells) is None


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/aff6864860a7.json",
    behaviour="A bin is its start in UTC with milliseconds; without an alias its column is called bin(5m), and comes "
    "first.",
)
def test_zero_fractions_of_a_bin_are_left_out() -> None:
    query = "stats count(*) by bin(5m) as t, started"
    assert column(query, "t", ["2026-11-20 11:55:00.000"]) == ["2026-11-20 11:55:00"]
    assert column(query, "started", ["2026-11-20 11:55:00.000"]) is None
    assert column(query, "t", ["2026-11-20 11:55:00.500"]) == ["2026-11-20 11:55:00.500"]


@pytest.mark.parametrize(
    ("query", "language", "numbers"),
    [
        ("SELECT status, COUNT(*) AS n FROM g GROUP BY status", "SQL", {"n": "computed"}),
        ("fields a | stats sum(b) as s by c | head 5", "PPL", {"s": "computed"}),
        ("eval kb = bytes / 1024 | fields kb", "PPL", {"kb": "computed"}),
    ],
)
def test_computed_columns_are_found_in_each_language(query: str, language: str, numbers: dict[str, str]) -> None:
    assert kinds(query, language) == numbers


def test_without_the_query_only_a_function_in_the_name_makes_a_column_numeric() -> None:
    assert read("count(*)", ["12"], None) == [12]
    assert read("n", ["12"], None) is None
    assert read("app-version", ["1.10"], None) is None


def test_columns_are_in_the_querys_order() -> None:
    query = "fields @timestamp, code | filter x | fields err as error"
    assert order(query, ["@timestamp", "error", "code"]) == ["@timestamp", "code", "error"]
    assert order("stats count(*) by a, b", ["a", "b", "count(*)"]) == ["a", "b", "count(*)"]


@settings(max_examples=200)
@given(st.text(max_size=30), st.sampled_from(["computed", "selected"]))
def test_no_value_loses_anything_as_a_number(text: str, kind: Any) -> None:
    numbers = read("n", [text], {"n": kind})
    if numbers is not None and text:
        (number,) = numbers
        assert float(text) == number
        assert kind != "selected" or str(number) == text


def test_a_run_of_spaces_counts_as_one() -> None:
    spaces = " " * 9_900  # as many as a query may have; a pattern that tried each of them would take half a second
    assert kinds(f"stats count(*)\n{spaces}as n", "CWLI") == {"n": "computed"}
    assert kinds(f"SELECT COUNT(*) AS n{spaces}FROM g", "SQL") == {"n": "computed"}
    assert not re.search(r"\s\s", _single_spaces(spaces))


async def _rows(stubbed: StubbedServer, query: str, *rows: dict[str, str]) -> Reply:
    stubbed.answer("start_query", {"queryId": "one"})
    cells = [[{"field": name, "value": value} for name, value in row.items()] for row in rows]
    stubbed.answer("get_query_results", {"status": "Complete", "results": cells})
    return await stubbed.ask(
        "execute_log_insights_query", query_string=query, start_time="1h", log_group_names=["/app/api"]
    )


@pytest.mark.anyio
async def test_ids_that_differ_only_as_texts_stay_apart(stubbed: StubbedServer) -> None:
    keys = ["007", "7", "1.10", "1.1", "1234567890123456", "1234567890123457"]
    rows = [{"id": key, "n": str(number)} for number, key in enumerate(keys)]
    reply = await _rows(stubbed, "stats count(*) as n by id", *rows)
    assert reply.data["results"] == {"columns": ["id", "n"], "rows": [[key, n] for n, key in enumerate(keys)]}


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/8f1a2be3fe64.json",
    behaviour="A row leaves out the fields without a value.",
)
@pytest.mark.anyio
async def test_rows_without_some_fields_have_all_cells_in_the_querys_order(stubbed: StubbedServer) -> None:
    rows = ({"@timestamp": "1", "error": "e"}, {"@timestamp": "2", "code": "500"}, {"@timestamp": "3"})
    reply = await _rows(stubbed, "fields @timestamp, code, error", *rows)
    assert reply.data["results"] == {
        "columns": ["@timestamp", "code", "error"],
        "rows": [["1", None, "e"], ["2", "500", None], ["3", None, None]],
    }


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/3b1ce3b7a103.json",
    behaviour="A row of log events ends with @ptr, whatever fields the query selects.",
)
@pytest.mark.anyio
async def test_rows_without_any_value_are_noted(stubbed: StubbedServer) -> None:
    reply = await _rows(stubbed, "fields nope", {"@ptr": "a"}, {"@ptr": "b"})
    assert "results" not in reply.data
    assert "2 rows matched, and none has a value in the fields of the query." in reply.notes


@pytest.mark.anyio
async def test_json_messages_that_only_python_considers_equal_stay_apart(stubbed: StubbedServer) -> None:
    reply = await _rows(stubbed, "fields @message", {"@message": '{"ok":1}'}, {"@message": '{"ok":true}'})
    assert reply.data["results"]["rows"] == [[{"ok": 1}], [{"ok": True}]]


@pytest.mark.anyio
async def test_json_of_260_levels_in_a_message_stays_text(stubbed: StubbedServer) -> None:
    deep = '{"a":' * 260 + "1" + "}" * 260
    reply = await _rows(stubbed, "fields @message, n", {"@message": deep, "n": "1"})
    assert reply.rows("results") == [{"@message": deep, "n": "1"}]
