"""What scripts/bench makes of what it measures, and the AWS that it measures large answers against."""

from __future__ import annotations

import json
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import anyio
import pytest

from tests.support.places import ROOT


@pytest.fixture(scope="module")
def bench() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        names = ("document", "figures", "front", "large")
        return SimpleNamespace(**{name: import_module(f"bench_lib.{name}") for name in names})


def test_requests_at_once_and_a_querys_sleep_are_waited_for_once(bench: Any) -> None:
    def seen(operation: str, begun: float, ended: float, **body: str) -> Any:
        return bench.front.Seen(operation, json.dumps(body).encode(), begun, ended)

    requests = [
        seen("DescribeAlarms", 0.0, 1.0),
        seen("DescribeAlarms", 0.5, 1.5),
        seen("StartQuery", 2.0, 3.0),
        seen("GetQueryResults", 5.0, 6.0, queryId="q"),
    ]
    assert bench.front.waited_for_aws(requests) == 1.5 + 4.0
    assert bench.front.at_once_at_most(requests) == 2


def test_a_ratio_is_the_median_of_the_rounds_ratios(bench: Any) -> None:
    figure = bench.figures.times("start", [1.0, 20.0, 3.0], [1.0, 10.0, 1.0], "× the other", 1.5)
    assert (figure.value, figure.missed) == (2.0, True)


def test_what_could_not_be_measured_misses_its_target(bench: Any) -> None:
    assert bench.figures.Figure("memory", float("nan"), "MB", 200).missed


def test_the_table_has_ratios_first_and_says_what_is_missed(bench: Any) -> None:
    figure = bench.figures.Figure
    figures = [figure("own time", 16.0, "ms", 15), figure("start", 1.0, "× bare", 1.05, ratio=True)]
    rows = [line for line in bench.document.as_markdown(figures).splitlines() if line.startswith("| ")]
    assert rows[1] == "| start | 1 × bare | ≤ 1.05 | met |"
    assert rows[-1] == "| own time | 16 ms | ≤ 15 | **missed** |"


def _asked(bench: Any, path: str, operation: str, **body: Any) -> dict[str, Any]:
    head = f"POST {path} HTTP/1.1\r\nX-Amz-Target: Any.{operation}\r\n\r\n".encode()
    answer: bytes = anyio.run(bench.large.answer_at_large, bench.front.Request(head, json.dumps(body).encode()))
    return dict(json.loads(answer.partition(b"\r\n\r\n")[2]))


def test_large_listings_come_in_pages_that_end(bench: Any) -> None:
    first = _asked(bench, "/groups/120", "DescribeLogGroups", limit=50)
    last = _asked(bench, "/groups/120", "DescribeLogGroups", limit=50, nextToken="100")
    assert (len(first["logGroups"]), first["nextToken"]) == (50, "50")
    assert (len(last["logGroups"]), "nextToken" in last) == (20, False)


@pytest.mark.parametrize(("kind", "series", "points"), [("points", 1, 300), ("series", 300, 60)])
def test_large_metric_data_is_of_one_series_or_of_many(bench: Any, kind: str, series: int, points: int) -> None:
    asked = {"MetricDataQueries": [{"Id": "m1"}]}
    results = _asked(bench, f"/{kind}/300", "GetMetricData", **asked)["MetricDataResults"]
    assert [len(result["Values"]) for result in results] == [points] * series
    assert len({result["Label"] for result in results}) == series
