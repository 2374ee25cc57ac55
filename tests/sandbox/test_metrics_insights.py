"""Metrics Insights over stored metrics, without HTTP."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from moto.cloudwatch.exceptions import ValidationError

from cloudwatch_mcp.sandbox.metrics.data import get_metric_data
from cloudwatch_mcp.sandbox.metrics.store import MetricStore

NOW = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)


def datum(value: float, ago: timedelta = timedelta(minutes=5), **dimensions: str) -> dict[str, Any]:
    return {
        "MetricName": "Latency",
        "Timestamp": NOW - ago,
        "Value": value,
        "Dimensions": [{"Name": name, "Value": text} for name, text in dimensions.items()],
    }


STORED = [
    datum(10, Service="checkout", Operation="pay"),
    datum(30, Service="checkout", Operation="list"),
    datum(5, Service="search", Operation="list"),
    datum(100, Service='it\'s "odd"'),
    datum(7),
    datum(1000, ago=timedelta(days=20), Service="old"),
]


def run(expression: str, *, days: int = 0, **query: Any) -> list[tuple[str, list[float]]]:
    store = MetricStore()
    store.put("My/Shop", STORED, NOW)
    store.put("Other", [datum(1, Service="elsewhere")], NOW)
    request = {
        "MetricDataQueries": [{"Id": "q1", "Period": 300, "Expression": expression, **query}],
        "StartTime": NOW - timedelta(days=days, hours=1),
        "EndTime": NOW,
    }
    found = get_metric_data(request, store, NOW)["MetricDataResults"]
    return [(result["Label"], result["Values"]) for result in found]


@pytest.mark.parametrize(
    ("function", "expected"), [("AVG", 30.4), ("SUM", 152), ("MIN", 5), ("MAX", 100), ("COUNT", 5)]
)
def test_namespace_aggregates_metrics_of_any_dimensions(function: str, expected: float) -> None:
    query = f'SELECT {function}(Latency) FROM "My/Shop"'  # noqa: S608  # not SQL
    ((_, values),) = run(query)
    assert values == pytest.approx([expected])


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Metrics Insights query components and syntax",
    behaviour="SCHEMA selects the metrics with exactly the named dimensions.",
)
def test_schema_selects_metrics_with_exactly_these_dimensions() -> None:
    assert run('SELECT SUM(Latency) FROM SCHEMA("My/Shop", Operation, Service)') == [("q1", [45])]


def test_schema_of_a_namespace_alone_selects_metrics_without_dimensions() -> None:
    assert run('SELECT SUM(Latency) FROM SCHEMA("My/Shop")') == [("q1", [7])]


def test_keywords_ignore_case() -> None:
    assert run("select sum(Latency) from Other limit 1") == [("q1", [1])]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Service = 'checkout'", 40),
        ("Service = 'checkout' AND Operation != 'pay'", 30),
        ("Service = 'search' OR Operation = 'pay'", 15),
        ("(Service = 'search' OR Service = 'checkout') AND Operation = 'list'", 35),
        ("\"Service\" = 'it''s \"odd\"'", 100),
        (r"Service = 'it\'s \"odd\"'", 100),
    ],
)
def test_where_filters_by_dimension_values(condition: str, expected: float) -> None:
    query = f'SELECT SUM(Latency) FROM "My/Shop" WHERE {condition}'  # noqa: S608  # not SQL
    assert run(query) == [("q1", [expected])]


def test_groups_are_labelled_by_their_values_in_alphabetical_order() -> None:
    query = 'SELECT SUM(Latency) FROM SCHEMA("My/Shop", Service, Operation) GROUP BY Service'
    assert run(query) == [("checkout", [40]), ("search", [5])]


def test_groups_of_several_dimensions_join_their_values() -> None:
    query = 'SELECT SUM(Latency) FROM SCHEMA("My/Shop", Service, Operation) GROUP BY Operation, Service'
    assert [label for label, _ in run(query)] == ["list checkout", "list search", "pay checkout"]


def test_metrics_without_the_dimension_are_in_group_other() -> None:
    query = "SELECT SUM(Latency) FROM \"My/Shop\" WHERE Service != 'it''s \"odd\"' GROUP BY Service"
    assert run(query)[0] == ("Other", [7])


def test_label_precedes_the_label_of_each_group() -> None:
    query = 'SELECT SUM(Latency) FROM SCHEMA("My/Shop", Service, Operation) GROUP BY Service'
    assert [label for label, _ in run(query, Label="by")] == ["by checkout", "by search"]


def test_order_by_and_limit_give_the_top_groups() -> None:
    query = 'SELECT SUM(Latency) FROM "My/Shop" GROUP BY Service ORDER BY MAX() DESC LIMIT 2'
    assert [label for label, _ in run(query)] == ['it\'s "odd"', "checkout"]


def test_order_is_ascending_by_default() -> None:
    query = 'SELECT SUM(Latency) FROM "My/Shop" GROUP BY Service ORDER BY SUM()'
    assert [label for label, _ in run(query)] == ["search", "Other", "checkout", 'it\'s "odd"']


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, CloudWatch Metrics Insights service quotas",
    behaviour="Metrics Insights reads the last two weeks.",
)
def test_only_the_last_two_weeks_are_read() -> None:
    assert run('SELECT MAX(Latency) FROM "My/Shop"', days=30) == [("q1", [100])]


def test_no_match_is_an_empty_series() -> None:
    assert run("SELECT MAX(Nothing) FROM Other") == [("q1", [])]


def test_no_group_with_data_is_no_series() -> None:
    assert run("SELECT MAX(Nothing) FROM Other GROUP BY Service") == []


@pytest.mark.parametrize(
    "expression",
    [
        "SELECT Latency FROM Other",
        "SELECT AVG(Latency)",
        "SELECT AVG(Latency) FROM My/Shop",
        "SELECT AVG(LIMIT) FROM Other",
        'SELECT AVG(Latency) FROM Other WHERE Service = "checkout"',
        "SELECT AVG(Latency) FROM Other GROUP BY",
        "SELECT AVG(Latency) FROM Other LIMIT 501",
        "SELECT AVG(Latency) FROM Other WHERE Service LIKE 'x'",
    ],
)
def test_bad_syntax_is_an_error_in_the_expression(expression: str) -> None:
    with pytest.raises(ValidationError) as caught:
        run(expression)
    assert caught.value.message.startswith("Error in expression 'q1': ")
