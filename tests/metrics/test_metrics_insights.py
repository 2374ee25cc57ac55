from __future__ import annotations

import pytest

from cloudwatch_mcp.errors import InputError
from cloudwatch_mcp.metrics.metrics_insights import MetricsInsightsQuery


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Metrics Insights query components and syntax",
    behaviour="Metrics Insights takes names in double quotes and values in single ones.",
)
def test_names_and_values_are_quoted_in_every_clause() -> None:
    query = MetricsInsightsQuery(
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


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Metrics Insights query components and syntax",
    behaviour="Metrics Insights takes names in double quotes and values in single ones.",
)
def test_quotes_in_names_and_values_are_escaped() -> None:
    query = MetricsInsightsQuery('My "NS"', "o'metric", "AVG", dimensions=[("Who", "o'brien\\ OR 1=1")])
    assert query.sql() == ('SELECT AVG("o\\\'metric") FROM "My \\"NS\\"" WHERE "Who" = \'o\\\'brien\\\\ OR 1=1\'')


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Metrics Insights query components and syntax",
    behaviour="SCHEMA selects the metrics with exactly the named dimensions.",
)
def test_the_schema_includes_the_dimensions_that_group_and_filter() -> None:
    query = MetricsInsightsQuery("N", "M", "Average", dimensions=[("A", "1")], group_by="B")
    assert 'FROM SCHEMA("N", "B", "A")' in query.sql()


def test_without_a_schema_metrics_with_any_dimensions_match() -> None:
    assert MetricsInsightsQuery("N", "M", "Average", limit=1).sql() == 'SELECT AVG("M") FROM "N" LIMIT 1'


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Metrics Insights query components and syntax",
    behaviour="Metrics Insights has AVG, COUNT, MAX, MIN and SUM, and no percentiles.",
)
def test_percentiles_are_refused_by_metrics_insights() -> None:
    with pytest.raises(InputError, match=r"Metrics Insights .* not p99"):
        MetricsInsightsQuery("N", "M", "p99", group_by="B").sql()
