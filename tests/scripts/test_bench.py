"""What scripts/bench.py computes, and the AWS with which it measures large answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from scripts.benchmarks import peers
from scripts.benchmarks.peers import Result, as_markdown
from scripts.benchmarks.report import Figure, ratio
from scripts.benchmarks.report import as_markdown as report
from scripts.benchmarks.size import power
from scripts.generated.tokens import Count
from tests.support.endpoint import Exchange, Request
from tests.support.large_aws import answer_at_large
from tests.support.measured_aws import most_at_once, waiting_time
from tests.support.measured_server import Answer


def exchange(operation: str, begun: float, ended: float, **body: str) -> Exchange:
    return Exchange(Request("/", operation, {}, json.dumps(body).encode()), begun, ended)


def test_overlapping_requests_and_the_sleep_before_a_poll_count_once_as_waiting() -> None:
    exchanges = [
        exchange("DescribeAlarms", 0.0, 1.0),
        exchange("DescribeAlarms", 0.5, 1.5),
        exchange("StartQuery", 2.0, 3.0),
        exchange("GetQueryResults", 5.0, 6.0, queryId="q"),
    ]
    assert waiting_time(exchanges) == 1.5 + 4.0
    assert most_at_once(exchanges) == 2


def test_a_ratio_is_the_median_of_the_rounds_ratios() -> None:
    figure = ratio("start", [1.0, 20.0, 3.0], [1.0, 10.0, 1.0], "× the other", 1.5)
    assert (figure.value, figure.missed) == (2.0, True)


def test_a_figure_that_could_not_be_measured_misses_its_target() -> None:
    assert Figure("memory", float("nan"), "MB", 200).missed


def test_values_that_double_with_the_size_grow_with_its_first_power() -> None:
    assert power((1, 2, 4, 8), [3.0, 6.0, 12.0, 24.0]) == pytest.approx(1.0)
    assert power((1, 2, 4, 8), [1.0, 4.0, 16.0, 64.0]) == pytest.approx(2.0)


def test_the_report_has_ratios_first_and_marks_a_missed_target() -> None:
    figures = [Figure("own time", 16.0, "ms", 15), Figure("start", 1.0, "× bare", 1.05, ratio=True)]
    rows = [line for line in report(figures).splitlines() if line.startswith("| ")]
    assert rows[1] == "| start | 1 × bare | ≤ 1.05 | met |"
    assert rows[-1] == "| own time | 16 ms | ≤ 15 | **missed** |"


def test_a_comparison_leaves_a_question_that_a_server_failed_out_of_the_total(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "count", lambda text: Count(len(text), len(text.split())))  # words
    ours, theirs = Result("this server", {"tools": 10}), Result("other", {"tools": 19})
    for result, seconds, text in ((ours, 1.0, "hello world"), (theirs, 2.0, "hello world hello world")):
        result.add("an answer", [Answer(text, failed=False, seconds=seconds)])
    ours.add("an error", [Answer("hello", failed=False, seconds=1.0)])
    theirs.add("an error", [Answer('{"status": "Error"}', failed=False, seconds=1.0)])
    rows = as_markdown([ours, theirs]).splitlines()
    assert "| tools | 1.90 | 19 | 10 |" in rows
    assert rows[-3:] == [
        "| an answer | 2.00 | 2.09 | 2.00 | 2,000 / 1,000 | 4 / 2 |",
        "| **all that both answered** | 2.00 | 2.09 | 2.00 | 2,000 / 1,000 | 4 / 2 |",
        "| an error | other failed |  |  |  |  |",
    ]
    assert theirs.failures == {"an error": '{"status": "Error"}'}


def large(path: str, operation: str, **body: Any) -> dict[str, Any]:
    return dict(json.loads(answer_at_large(Request(path, operation, {}, json.dumps(body).encode())).body))


def test_large_listings_come_in_pages_that_end() -> None:
    first = large("/groups/120", "DescribeLogGroups", limit=50)
    last = large("/groups/120", "DescribeLogGroups", limit=50, nextToken="100")
    assert (len(first["logGroups"]), first["nextToken"]) == (50, "50")
    assert (len(last["logGroups"]), "nextToken" in last) == (20, False)


@pytest.mark.parametrize(("kind", "series", "points"), [("points", 1, 300), ("series", 300, 60)])
def test_large_metric_data_has_one_series_or_many(kind: str, series: int, points: int) -> None:
    results = large(f"/{kind}/300", "GetMetricData", MetricDataQueries=[{"Id": "m1"}])["MetricDataResults"]
    assert [len(result["Values"]) for result in results] == [points] * series
    assert len({result["Label"] for result in results}) == series
