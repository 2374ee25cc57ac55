"""Message patterns: values, times and signs of trouble, and how they changed since an earlier window."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from cloudwatch_mcp.logs.pattern_changes import Comparison, change, compare
from cloudwatch_mcp.logs.patterns import Pattern, patterns_of_trouble, read_patterns
from cloudwatch_mcp.logs.query_results import Results
from cloudwatch_mcp.timerange import Window
from tests.support.frozen_time import NOW

WINDOW = Window(NOW - timedelta(hours=1), NOW)
EARLIER = WINDOW.earlier(timedelta(hours=1))


def millis(minutes_ago: float) -> str:
    return str(int((NOW - timedelta(minutes=minutes_ago)).timestamp() * 1000))


def token(position: int, values: dict[str, int], **more: Any) -> dict[str, Any]:
    return {"dynamicTokenPosition": position, "enumerations": values, **more}


def pattern(text: str, count: int = 100, sample: str = "", **columns: Any) -> Pattern:
    cells = {"@pattern": text, "@sampleCount": str(count), "@logSamples": json.dumps([{"logEvent": sample}])}
    return Pattern(cells | {f"@{name}": json.dumps(value) for name, value in columns.items()})


def test_the_few_values_of_a_token_have_their_shares_and_the_key_before_them() -> None:
    text = '{"version":"<*>","host":"<*>","took":<*>} on <*> version=<*>'
    tokens = [
        token(0, {}),
        token(1, {"2.15.0": 75, "2.14.0": 25}),
        token(2, {"a": 100}),
        token(3, dict.fromkeys(map(str, range(10)), 1)),
        token(4, {"x": 99, "y": 1}),
        token(5, {"1": 60, "2": 40}),
    ]
    assert pattern(text, tokens=tokens).values() == {
        "version": {"2.15.0": 0.75, "2.14.0": 0.25},
        "host": {"a": 1},
        "<*> 4": {"x": 0.99, "y": 0.01},
        "version (5)": {"1": 0.6, "2": 0.4},
    }


def test_the_newer_form_of_a_token_has_its_key_too() -> None:
    assert pattern("host=<Token-1> x", tokens=[token(1, {"a": 100})]).values() == {"host": {"a": 1}}


@pytest.mark.parametrize(
    ("count", "values"),
    [
        (4, {"a": 1, "b": 1, "c": 1, "d": 1}),  # as many values as events
        (100, {"a": 50, "b": 10}),  # values are missing
        (100, dict.fromkeys("abcdef", 16)),  # too many
        (100, {}),
    ],
)
def test_other_tokens_show_no_values(count: int, values: dict[str, int]) -> None:
    assert pattern("<*>", count, tokens=[token(1, values)]).values() is None


@pytest.mark.parametrize(
    "tokens",
    ["text", 7, [7], {"a": 1}, [{"dynamicTokenPosition": "1"}], [token(9, {"a": -1})], [token(1, {"a": None})]],  # type: ignore[dict-item]  # malformed on purpose
)
def test_malformed_tokens_are_ignored(tokens: Any) -> None:
    assert pattern("<*>", tokens=tokens).values() is None


def test_a_pattern_within_the_window_has_its_times() -> None:
    slices = {millis(40): 3, millis(25): 1, millis(10): 0, "x": 1}
    within = pattern("a", visualization={"timeWindowCountMapping": slices})
    assert within.seen(WINDOW) == ("2026-11-20T11:20:00Z", "2026-11-20T11:35:00Z")


def test_a_pattern_throughout_the_window_has_no_times() -> None:
    slices = {millis(61): 3, millis(30): 1, millis(1): 5}
    assert pattern("a", visualization={"timeWindowCountMapping": slices}).seen(WINDOW) == (None, None)


def test_a_pattern_in_the_last_slice_goes_on_however_wide_the_slices_are() -> None:
    slices = [{"timeWindowCountMapping": {millis(ago): 1 for ago in minutes}} for minutes in ((45, 30, 15), (15,))]
    results = Results("q", "Complete", [pattern("a", visualization=each).columns for each in slices])
    assert [each.seen(WINDOW) for each in read_patterns(results)] == [(None, None), ("2026-11-20T11:45:00Z", None)]


def test_a_window_shorter_than_a_slice_has_no_times() -> None:
    shown = pattern("a", visualization={"timeWindowCountMapping": {millis(1): 5}})
    assert shown.seen(Window(NOW - timedelta(seconds=30), NOW)) == (None, None)


@pytest.mark.parametrize("histogram", [None, [], {"timeWindowCountMapping": 3}, {"timeWindowCountMapping": {"1": "x"}}])
def test_a_malformed_histogram_gives_no_times(histogram: Any) -> None:
    assert pattern("a", visualization=histogram).seen(WINDOW) == (None, None)


def test_errors_come_before_more_frequent_warnings() -> None:
    warning, error = pattern("level=warn slow", 500), pattern("the job failed", 3)
    values = pattern("state <*>", 90, tokens=[token(1, {"ok": 89, "Timeout": 1})])
    status = pattern("GET <*>", 80, tokens=[token(1, {"200": 79, "503": 1}, isErrorCode=True)])
    fine = pattern("took <*>", 900, tokens=[token(1, {"512": 900})])
    assert patterns_of_trouble([fine, warning, values, status, error]) == [values, error, warning, status]


def test_the_labels_of_severities_count() -> None:
    error = Pattern({"@pattern": "a", "@severityLabel": "Error"})
    warning = Pattern({"@pattern": "a", "@severityLabel": "Warning"})
    assert patterns_of_trouble([warning, error, Pattern({"@severityLabel": "None"})]) == [error, warning]


@pytest.mark.parametrize(
    ("now", "before", "text"),
    [(120, 10, "×12"), (10, 120, "×0.083"), (3, 0, "new"), (0, 3, "gone"), (110, 100, None), (6, 2, None)],
)
def test_a_change_that_may_be_chance_is_none(now: float, before: float, text: str | None) -> None:
    assert change(now, before) == text


def compared(now: list[Pattern], earlier: list[Pattern], *, complete: bool = True) -> Comparison:
    return compare(now, earlier, complete=complete)


def test_a_pattern_is_found_by_its_text_whatever_the_form_of_its_tokens() -> None:
    now = pattern("host <*> is slow", 120)
    assert compared([now], [pattern("host <Token-1> is slow", 10)]).of(now) == {"before": 10, "change": "×12"}


def test_a_pattern_in_which_less_varied_before_is_found_by_its_sample() -> None:
    now = pattern("host <*> is very slow", 100)
    earlier = [pattern(f"host {name} is very slow", 50, sample=f"host {name} is very slow") for name in "ab"]
    assert compared([now], earlier).of(now) == {"before": 100, "change": None}


def test_a_pattern_in_which_more_varied_before_is_found_by_its_sample() -> None:
    now = pattern("host a is very slow", 100, sample="host a is very slow")
    assert compared([now], [pattern("host <*> is very slow", 90)]).of(now) == {"before": 90, "change": None}


def test_the_counts_of_one_pattern_that_became_several_are_unclear() -> None:
    now = [pattern(f"host {name} is very slow", 50, sample=f"host {name} is very slow") for name in "ab"]
    comparison = compared(now, [pattern("host <*> is very slow", 100)])
    assert [comparison.of(each) for each in now] == [{"before": None, "change": None}] * 2
    assert comparison.gone == []


def test_a_pattern_with_hardly_any_constant_text_covers_no_other() -> None:
    now = pattern("<*> ok", 10, sample="fine ok")
    assert compared([now], [pattern("the disk is ok", 100, sample="the disk is ok")]).of(now)["change"] == "new"


def test_nothing_is_new_if_not_all_earlier_patterns_are_known() -> None:
    now = pattern("a", 100)
    assert compared([now], [], complete=False).of(now) == {"before": None, "change": None}


def test_changed_patterns_come_by_how_much_they_changed() -> None:
    now = [pattern("steady", 100), pattern("grown", 300), pattern("rare and new", 4), pattern("new", 50)]
    earlier = [pattern("steady", 95), pattern("grown", 30), pattern("gone", 40)]
    changed = compared(now, earlier).changed(now, WINDOW, EARLIER)
    assert [(row["pattern"], row["count"], row["before"], row["change"]) for row in changed] == [
        ("grown", 300, 30, "×10"),
        ("new", 50, 0, "new"),
        ("gone", 0, 40, "gone"),
    ]


def test_a_pattern_that_is_gone_has_the_time_it_was_last_seen() -> None:
    slices = {millis(119): 20, millis(85): 20}
    gone = pattern("gone", 40, visualization={"timeWindowCountMapping": slices})
    (row,) = compared([], [gone]).changed([], WINDOW, EARLIER)
    assert row["last_seen"] == "2026-11-20T10:35:00Z"
