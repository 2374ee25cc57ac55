"""CloudWatch's statistics over the observations of one period."""

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any

import pytest

from cloudwatch_mcp.sandbox.metrics.aggregation import find_statistic, statistic_named
from cloudwatch_mcp.sandbox.metrics.store import Metric, MetricStore

NOW = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)
ONE_TO_TEN = {"Values": [float(value) for value in range(1, 11)]}


def compute(statistic: str, *data: Mapping[str, Any]) -> float | None:
    store = MetricStore()
    store.put("n", [{"MetricName": "m", **datum} for datum in data], NOW)
    return statistic_named(statistic)(store.between(Metric("n", "m", ()), 0, float("inf")))


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [("SampleCount", 10), ("Sum", 55), ("Average", 5.5), ("Minimum", 1), ("Maximum", 10)],
)
def test_standard_statistics_summarise_all_samples(statistic: str, expected: float) -> None:
    assert compute(statistic, ONE_TO_TEN) == expected


def test_counts_are_weights_of_values() -> None:
    assert compute("Average", {"Values": [1.0, 10.0], "Counts": [9.0, 1.0]}) == pytest.approx(1.9)


def test_statistic_sets_merge_with_raw_values() -> None:
    statistic_set = {"SampleCount": 3.0, "Sum": 30.0, "Minimum": 5.0, "Maximum": 15.0}
    assert compute("Average", {"StatisticValues": statistic_set}, {"Value": 2.0}) == 8


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [("p0", 1), ("p50", 5.5), ("p90", 9.1), ("p99.9", 9.991), ("p100", 10)],
)
def test_percentiles_are_linear_between_samples(statistic: str, expected: float) -> None:
    assert compute(statistic, ONE_TO_TEN) == pytest.approx(expected)


def test_percentiles_follow_the_counts() -> None:
    assert compute("p95", {"Values": [10.0, 3000.0], "Counts": [99.0, 1.0]}) == 10


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [
        ("tm90", 5),
        ("TM(:90%)", 5),
        ("TM(10%:90%)", 5.5),
        ("TM(20%:)", 6.5),
        ("TM(2:5)", 4),
        ("IQM", 5.5),
        ("tc90", 9),
        ("TC(2:5)", 3),
        ("ts90", 45),
        ("TS(80%:)", 19),
        ("WM(3:9)", 5.7),
        ("PR(:3)", 30),
        ("PR(3:5)", 20),
        ("PR(9:)", 10),
    ],
)
def test_trimmed_statistics_omit_values_outside_their_bounds(statistic: str, expected: float) -> None:
    assert compute(statistic, ONE_TO_TEN) == pytest.approx(expected)


def test_winsorized_mean_pulls_outliers_to_the_percentile() -> None:
    assert compute("wm90", {"Values": [1.0] * 10 + [100.0]}) == 1


def test_statistic_sets_have_no_percentiles() -> None:
    statistic_set = {"SampleCount": 3.0, "Sum": 30.0, "Minimum": 5.0, "Maximum": 15.0}
    assert compute("p99", {"StatisticValues": statistic_set}) is None


def test_statistic_set_of_one_distinct_value_has_percentiles() -> None:
    statistic_set = {"SampleCount": 3.0, "Sum": 15.0, "Minimum": 5.0, "Maximum": 5.0}
    assert compute("p99", {"StatisticValues": statistic_set}) == 5


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, CloudWatch statistics definitions",
    behaviour="Percentiles are not available for metrics with negative values.",
)
def test_negative_values_have_no_percentiles() -> None:
    assert compute("p50", {"Value": -1.0}, {"Value": 1.0}) is None


@pytest.mark.parametrize(
    "name", ["average", "p101", "p", "tm", "TM(10%:90)", "TM()", "TM(:)", "PR(10%:90%)", "PR99", "iqm", ""]
)
def test_other_names_are_not_statistics(name: str) -> None:
    assert find_statistic(name) is None
