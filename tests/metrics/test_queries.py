from __future__ import annotations

import pytest

from cloudwatch_mcp.errors import InputError
from cloudwatch_mcp.metrics.queries import InsightsQuery, parse_statistic


@pytest.mark.parametrize(
    ("written", "statistic"),
    [
        ("AVG", "Average"),
        ("average", "Average"),
        ("Sum", "Sum"),
        ("MAX", "Maximum"),
        ("minimum", "Minimum"),
        ("COUNT", "SampleCount"),
        ("SampleCount", "SampleCount"),
        ("p99", "p99"),
        ("P99.9", "p99.9"),
        ("p100", "p100"),
        ("TM90", "tm90"),
        ("tm(10%:90%)", "TM(10%:90%)"),
        ("TM(:95%)", "TM(:95%)"),
        ("WM(80%:)", "WM(80%:)"),
        ("PR(100:2000)", "PR(100:2000)"),
        ("iqm", "IQM"),
    ],
)
def test_a_statistic_is_spelled_as_cloudwatch_does(written: str, statistic: str) -> None:
    assert parse_statistic(written) == statistic


@pytest.mark.parametrize("written", ["", "p", "p101", "median", "TM(:)", "p99; DROP", "avg()"])
def test_an_unknown_statistic_is_refused_with_the_known_ones(written: str) -> None:
    with pytest.raises(InputError, match=r"statistic: .* Average, Sum, .* p99"):
        parse_statistic(written)


def test_a_whole_insights_query_is_quoted() -> None:
    query = InsightsQuery(
        "AWS/Lambda",
        "Errors",
        "Sum",
        dimensions=[("Resource", "live")],
        schema=["FunctionName", "Resource"],
        group_by="FunctionName",
        order_by="MAX",
        limit=5,
    )
    assert query.sql() == (
        'SELECT SUM("Errors") FROM SCHEMA("AWS/Lambda", "FunctionName", "Resource") WHERE "Resource" = \'live\' '
        'GROUP BY "FunctionName" ORDER BY MAX() DESC LIMIT 5'
    )


def test_quotes_in_names_and_values_are_escaped() -> None:
    query = InsightsQuery('My "NS"', "o'metric", "AVG", dimensions=[("Who", "o'brien\\ OR 1=1")])
    assert query.sql() == ('SELECT AVG("o\\\'metric") FROM "My \\"NS\\"" WHERE "Who" = \'o\\\'brien\\\\ OR 1=1\'')


def test_the_group_and_the_filters_join_the_schema() -> None:
    query = InsightsQuery("N", "M", "Average", dimensions=[("A", "1")], group_by="B")
    assert 'FROM SCHEMA("N", "B", "A")' in query.sql()


def test_without_grouping_every_metric_of_the_namespace_matches() -> None:
    assert InsightsQuery("N", "M", "Average", limit=1).sql() == 'SELECT AVG("M") FROM "N" LIMIT 1'


def test_percentiles_are_refused_by_metrics_insights() -> None:
    with pytest.raises(InputError, match=r"Metrics Insights .* not p99"):
        InsightsQuery("N", "M", "p99", group_by="B").sql()
