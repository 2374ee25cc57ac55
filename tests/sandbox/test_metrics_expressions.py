"""Metric math modelled on AWS's documentation, against values computed here in plain Python."""

from __future__ import annotations

import math
import statistics
from datetime import datetime, timedelta, timezone
from itertools import accumulate, pairwise
from typing import Any

import pytest

from cloudwatch_mcp.sandbox.metrics.data import get_metric_data
from cloudwatch_mcp.sandbox.metrics.store import MetricStore
from tests.support.sandbox_metrics import GAP, NOW, evaluate

A: list[float] = [1.5, 4.0, 2.0, 8.0]
B: list[float] = [2.0, 2.0, 5.0, 4.0]
START = NOW - timedelta(minutes=5)
MOMENTS = [START + timedelta(minutes=minute) for minute in range(len(A))]
PAIRS = list(zip(A, B, strict=True))


def flags(values: list[bool]) -> list[float]:
    return [float(value) for value in values]


EXPRESSIONS: list[tuple[str, list[float]]] = [
    # operators
    ("a + b", [x + y for x, y in PAIRS]),
    ("a - b", [x - y for x, y in PAIRS]),
    ("a * b", [x * y for x, y in PAIRS]),
    ("a / b", [x / y for x, y in PAIRS]),
    ("a ^ b", [x**y for x, y in PAIRS]),
    ("-a", [-x for x in A]),
    ("2 ^ 3 ^ 2 + 0 * a", [2.0**9] * 4),
    ("100 * a / (a + b)", [100 * x / (x + y) for x, y in PAIRS]),
    ("a + 1", [x + 1 for x in A]),
    ("1 - a", [1 - x for x in A]),
    ("a == b", flags([x == y for x, y in PAIRS])),
    ("a != b", flags([x != y for x, y in PAIRS])),
    ("a > b", flags([x > y for x, y in PAIRS])),
    ("a >= 4", flags([x >= 4 for x in A])),
    ("a < b", flags([x < y for x, y in PAIRS])),
    ("a <= 2", flags([x <= 2 for x in A])),
    ("a > 1 AND b > 2", flags([x > 1 and y > 2 for x, y in PAIRS])),
    ("a > 5 OR b > 4", flags([x > 5 or y > 4 for x, y in PAIRS])),
    ("a > 5 && b > 2", flags([x > 5 and y > 2 for x, y in PAIRS])),
    # numbers of one series
    ("a - AVG(a)", [x - statistics.fmean(A) for x in A]),
    ("a / MAX(a)", [x / max(A) for x in A]),
    ("a - MIN(a)", [x - min(A) for x in A]),
    ("a / SUM(a)", [x / math.fsum(A) for x in A]),
    ("(a - AVG(a)) / STDDEV(a)", [(x - statistics.fmean(A)) / statistics.pstdev(A) for x in A]),
    ("a * DATAPOINT_COUNT(a)", [x * len(A) for x in A]),
    ("a / PERIOD(a)", [x / 60 for x in A]),
    # functions of one series
    ("ABS(b - a)", [abs(y - x) for x, y in PAIRS]),
    ("CEIL(a)", [math.ceil(x) for x in A]),
    ("FLOOR(a)", [math.floor(x) for x in A]),
    ("LOG(a)", [math.log(x) for x in A]),
    ("LOG10(a)", [math.log10(x) for x in A]),
    ("DIFF(a)", [y - x for x, y in pairwise(A)]),
    ("DIFF_TIME(a)", [60.0] * 3),
    ("RATE(a)", [(y - x) / 60 for x, y in pairwise(A)]),
    ("RUNNING_SUM(a)", list(accumulate(A))),
    ("RUNNING_SUM(DIFF(a))", list(accumulate(y - x for x, y in pairwise(A)))),
    # series of an array
    ("AVG([a, b])", [statistics.fmean(pair) for pair in PAIRS]),
    ("MAX([a, b])", [max(pair) for pair in PAIRS]),
    ("MIN([a, b])", [min(pair) for pair in PAIRS]),
    ("SUM([a, b])", [sum(pair) for pair in PAIRS]),
    ("STDDEV([a, b])", [statistics.pstdev(pair) for pair in PAIRS]),
    ("DATAPOINT_COUNT([a, b])", [2.0] * 4),
    ("SUM(METRICS())", [x + y for x, y in PAIRS]),
    ("SUM(METRICS('b'))", B),
    ("AVG(METRICS()) * METRIC_COUNT(METRICS())", [x + y for x, y in PAIRS]),
    # choice
    ("IF(a > b, a, b)", [max(pair) for pair in PAIRS]),
    ("IF(a > 3, 1, 0)", flags([x > 3 for x in A])),
    ("IF(a > 3, a)", [x for x in A if x > 3]),
    ("IF(a > 3 AND b < 5, a, 0)", [x if x > 3 and y < 5 else 0 for x, y in PAIRS]),
    ("IF(MINUTE(a) == 57, a, 0)", [x if moment.minute == 57 else 0 for x, moment in zip(A, MOMENTS, strict=True)]),
    ("FIRST([a, b])", A),
    ("LAST([a, b])", B),
    ("FIRST(SORT([a, b], SUM, DESC))", A),
    ("FIRST(SORT([a, b], MAX, ASC))", B),
    ("LAST(SORT([a, b], AVG, DESC))", B),
    ("SUM(SORT([a, b, a * 2], SUM, DESC, 2))", [3 * x for x in A]),
    ("SUM(SLICE([a, b, a * 2], 1))", [y + 2 * x for x, y in PAIRS]),
    ("SUM(SLICE([a, b, a * 2], 0, 2))", [x + y for x, y in PAIRS]),
    ("SUM(REMOVE_EMPTY([a, IF(a > 99, a)]))", A),
    # times
    ("MINUTE(a)", [float(moment.minute) for moment in MOMENTS]),
    ("HOUR(a)", [float(moment.hour) for moment in MOMENTS]),
    ("DAY(a)", [float(moment.isoweekday()) for moment in MOMENTS]),
    ("DATE(a)", [float(moment.day) for moment in MOMENTS]),
    ("MONTH(a)", [float(moment.month) for moment in MOMENTS]),
    ("YEAR(a)", [float(moment.year) for moment in MOMENTS]),
    ("EPOCH(a)", [moment.timestamp() for moment in MOMENTS]),
    ("TIME_SERIES(7)", [7.0] * 4),
    ("TIME_SERIES(MAX(a)) - a", [max(A) - x for x in A]),
]


@pytest.mark.parametrize(("expression", "expected"), EXPRESSIONS)
def test_an_expression_has_its_values(expression: str, expected: list[float]) -> None:
    assert evaluate(expression, a=[*A], b=[*B]) == pytest.approx(expected)


GAPPED: list[float | None] = [GAP, 1.0, GAP, 4.0, GAP]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("FILL(g, 0)", [0, 1, 0, 4, 0]),
        ("FILL(g, 2.5)", [2.5, 1, 2.5, 4, 2.5]),
        ("FILL(g, REPEAT)", [1, 1, 4, 4]),
        ("FILL(g, LINEAR)", [1, 2.5, 4]),
        ("FILL(g, a)", [1.5, 1, 2.0, 4, 0]),
        ("g + a", [1.5, 5, 2.0, 12.0]),
        ("AVG(FILL(g, 0)) + 0 * g", [1, 1]),
        ("DIFF_TIME(g)", [120]),
        ("RATE(g)", [3 / 120]),
    ],
)
def test_an_expression_handles_gaps(expression: str, expected: list[float]) -> None:
    assert evaluate(expression, g=GAPPED, a=[*A]) == pytest.approx(expected)


METRICS = [
    ("AWS/EC2", "CPUUtilization", {"InstanceId": "i-1"}),
    ("AWS/EC2", "CPUUtilization", {"InstanceId": "i-2"}),
    ("AWS/EC2", "CPUUtilization", {"InstanceType": "t2.micro"}),
    ("AWS/EC2", "CPUCreditBalance", {"InstanceId": "i-1"}),
    ("AWS/EC2", "NetworkIn", {"InstanceId": "i-1"}),
    ("Shop", "Latency", {"Service": "checkout", "Region": "eu"}),
    ("Shop", "Latency", {"Service": "payments", "Region": "eu"}),
    ("Shop", "Requests", {}),
]


def search(expression: str, *, age: timedelta = timedelta(minutes=5)) -> list[tuple[str, list[float]]]:
    """The label and values of each series; the value of a metric is its position in METRICS."""
    store = MetricStore()
    for position, (namespace, name, dimensions) in enumerate(METRICS):
        pairs = [{"Name": key, "Value": value} for key, value in dimensions.items()]
        store.put(
            namespace, [{"MetricName": name, "Dimensions": pairs, "Timestamp": NOW - age, "Value": position}], NOW
        )
    request = {
        "MetricDataQueries": [{"Id": "e1", "Expression": expression}],
        "StartTime": NOW - timedelta(minutes=10),
        "EndTime": NOW,
    }
    results: list[dict[str, Any]] = get_metric_data(request, store, NOW)["MetricDataResults"]
    return [(result["Label"], result["Values"]) for result in results]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, search-expression-syntax",
    behaviour="SEARCH finds metrics by schema, by exact and partial terms, by designators and with boolean operators.",
)
@pytest.mark.parametrize(
    ("query", "positions"),
    [
        ('{AWS/EC2,InstanceId} MetricName="CPUUtilization"', [0, 1]),
        ('{AWS/EC2,InstanceType} MetricName="CPUUtilization"', [2]),
        ("{AWS/EC2,InstanceId}", [0, 1, 3, 4]),
        ("{Shop}", [7]),
        ("{Shop,Region,Service} Latency", [5, 6]),
        ("{AWS/EC2,InstanceType} InstanceType=micro", [2]),
        ('{AWS/EC2,InstanceType} InstanceType="micro"', []),
        ("CPU", [0, 1, 2, 3]),
        ("cpuutilization", [0, 1, 2]),
        ('"i-1"', [0, 3, 4]),
        ("Namespace=Shop NOT Latency", [7]),
        ('MetricName=("CPUUtilization" OR "NetworkIn") AND "i-1"', [0, 4]),
        ("{AWS/EC2,InstanceId} (NetworkIn OR CPUCreditBalance)", [3, 4]),
        ("Service=checkout", [5]),
        ("Service=(checkout OR payments) NOT Region=eu", []),
        ("nothing", []),
    ],
)
def test_search_finds_metrics(query: str, positions: list[int]) -> None:
    found = search(f"SEARCH('{query}', 'Average', 60)")

    assert sorted(values for _, values in found) == [[float(position)] for position in positions]


def test_search_results_have_distinct_labels() -> None:
    found = search("SEARCH('{AWS/EC2,InstanceId} MetricName=\"CPUUtilization\"', 'Average', 60)")

    assert [label for label, _ in found] == ["i-1", "i-2"]


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("SUM(SEARCH('{AWS/EC2,InstanceId} CPUUtilization', 'Average', 60))", [[1.0]]),
        ("SORT(SEARCH('{AWS/EC2,InstanceId}', 'Sum', 60), MAX, DESC, 2)", [[4.0], [3.0]]),
        ("SEARCH('{Shop}', 'SampleCount')", [[1.0]]),
    ],
)
def test_functions_take_search_results(expression: str, values: list[list[float]]) -> None:
    assert [values for _, values in search(expression)] == values


def test_search_finds_no_metric_without_data_for_two_weeks() -> None:
    assert search("SEARCH('{Shop}', 'Sum', 60)", age=timedelta(days=15)) == []


def test_moments_of_the_table_are_in_utc() -> None:
    assert MOMENTS[0] == datetime(2026, 3, 4, 11, 55, tzinfo=timezone.utc)
