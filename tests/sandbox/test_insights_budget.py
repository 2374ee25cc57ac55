"""A query over its limits is stopped and blocks nothing else."""

from __future__ import annotations

import re
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch_mcp.sandbox.insights import (
    Event,
    EventLog,
    OverBudgetError,
    Query,
    QueryError,
    budget,
    extraction,
    regexes,
)
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind
from cloudwatch_mcp.sandbox.logs.running_query import LogGroupRange, RunningQuery

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
HOSTILE = "a" * 60 + "!"
CATASTROPHES = {
    "filter": "filter @message like /(a|a)*$/",
    "match": "filter @message =~ /(a|aa)+$/",
    "nested": "filter @message like /((a|a)+)+$/",
    "ignoring case": "filter @message like /(?i)(A|aa)+$/",
    "parse": "parse @message /(?<all>(?:a|a)*)$/ | display all",
    "replace": "fields regex_replace(@message, '(a|a)*$', '')",
    "stats": "parse @message /(?<all>(?:a|a)*)$/ | stats count(*) by all",
    "pattern": "parse @message /(?<all>(?:a|a)*)$/ | pattern all",
    "sort": "parse @message /(?<all>(?:a|a)*)$/ | sort all",
}
DOUBLING = {
    "texts": "fields concat(@message, @message) as a0"
    + "".join(f"| fields concat(a{i}, a{i}) as a{i + 1}" for i in range(40)),
    "replacements": "fields replace(@message, '', @message) as a | fields replace(a, '', a) as b"
    "| fields replace(b, '', b) as c",
    "groups": "fields regex_replace(@message, '(a)', '" + 2_000 * r"\1" + "') as b"
    "| fields regex_replace(b, 'a', b) as c",
    "evaluations": "fields 1 + 1 as a0" + "".join(f"| fields a{i} + a{i} as a{i + 1}" for i in range(60)),
}


def log_of(*messages: str) -> EventLog:
    log = EventLog("123456789012", "/app/checkout")
    log.put("s", [{"timestamp": 1, "message": message} for message in messages], 1)
    return log


def events(*messages: str) -> list[Event]:
    return log_of(*messages).between(0, 2)


@pytest.fixture(autouse=True)
def _short_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "SECONDS", 0.05)


@pytest.mark.parametrize("query", [*CATASTROPHES.values(), *DOUBLING.values()], ids=[*CATASTROPHES, *DOUBLING])
def test_a_query_without_end_is_stopped(query: str) -> None:
    with pytest.raises(OverBudgetError):
        Query(query, NOW).run(events(HOSTILE))


def running(query: str) -> RunningQuery:
    return RunningQuery("id", query, Query(query, NOW), [LogGroupRange(log_of(HOSTILE, HOSTILE), 0, 2)], None, 0, 2)


def test_a_slow_query_times_out_and_is_not_run_again() -> None:
    query = running(CATASTROPHES["filter"])
    assert [query.poll().status for _ in range(4)] == ["Scheduled", "Timeout", "Timeout", "Timeout"]
    assert query.poll().rows == []
    assert not query.stop()


def test_a_slow_query_can_be_stopped() -> None:
    query = running("limit 1")
    with query._running:
        assert query.stop()
    assert query.poll().status == "Cancelled"


def test_an_invalid_regular_expression_from_a_field_fails_the_query() -> None:
    query = running("fields regex_replace(@message, concat('(', @message), '')")
    assert [query.poll().status for _ in range(3)] == ["Scheduled", "Failed", "Failed"]


@pytest.mark.parametrize("numeral", ["1" * 5_000, "1e400", "9" * 400 + "." + "9" * 400])
def test_a_number_may_have_any_number_of_digits(numeral: str) -> None:
    assert len(Query(f"filter x != {numeral}", NOW).run(events("{}")).rows) == 1


def test_a_number_does_not_double_its_digits_with_each_command() -> None:
    squares = "".join(f"| fields a{i} * a{i} as a{i + 1}" for i in range(10))
    (row,) = Query(f"fields 99999999 as a0 {squares} | display a3, a10", NOW).run(events("{}")).rows
    assert [len(cell["value"]) for cell in row[:2]] == [len(f"{99999999**8}"), len("inf")]


def test_rounding_to_a_million_digits_is_fast() -> None:
    (row,) = Query("display round(2.5, 1000000000), round(2.5, -1000000000)", NOW).run(events("{}")).rows
    assert [cell["value"] for cell in row[:2]] == ["2.5", "0"]


@pytest.mark.parametrize(
    "query",
    [
        "filter " + "not " * 3_000 + "1",
        "filter @message like /" + "(" * 2_000 + "a" + ")" * 2_000 + "/",
        "filter @message like /a{99999999999999999999}/",
        "filter @message like /(?:(?:a{0}b{65536}){65536}){9}/",
        "filter @message like /(?R)/",
        "limit 1e999",
    ],
    ids=["negations", "groups", "a repetition", "nested repetitions", "recursion", "a limit"],
)
def test_a_deeply_nested_query_is_malformed(query: str) -> None:
    with pytest.raises(QueryError):
        Query(query, NOW)


def by_regex(text: str, glob: str) -> list[str] | None:
    lazy = "(.*?)".join(map(re.escape, glob.split("*"))) + ("$" if glob.endswith("*") else "")
    match = re.search(lazy, text, re.DOTALL)
    return match and list(match.groups())


@given(st.text("ab \n"), st.text("ab *", min_size=1, max_size=8).filter(lambda glob: "*" in glob))
def test_a_glob_matches_like_lazy_wildcards(text: str, glob: str) -> None:
    names = [f"part{number}" for number in range(glob.count("*"))]
    fields = extraction.by_glob(Expression(str, Kind.RAW), glob, names)
    parts = [fields[name].read(text) for name in names]
    assert (None if None in parts else parts) == by_regex(text, glob)


@given(st.text("aAbK\u212a|:", max_size=12), st.text("aAk|: ", max_size=6), st.sampled_from(["", "(?i)"]))
def test_plain_words_match_like_a_regular_expression(text: str, words: str, flag: str) -> None:
    literal = f"/{flag}{words}/"
    with budget.time_limit():
        match = regexes.search(regexes.of_literal(literal), text)
        assert regexes.test_of(literal)(text) == (match is not None)


def test_a_glob_of_many_wildcards_is_as_fast_as_one() -> None:
    aliases = ", ".join(f"f{i}" for i in range(300))
    query = Query(f"parse @message '{'*a' * 300}' as {aliases} | display f0", NOW)
    assert len(query.run(events("a" * 299 + "b" * 50_000)).rows) == 1


def test_a_text_that_ends_unlike_many_others_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "SECONDS", 1.0)
    numbers = "10.11.12 " * 9
    repeated, unlike = [f"{numbers}{count}" for count in range(260)], [f"{numbers}-"] * 70
    rows = Query("pattern @message", NOW).run(events(*unlike, *repeated)[::-1]).rows
    assert len(rows) == 2
