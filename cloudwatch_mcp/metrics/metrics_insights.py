"""Metrics Insights queries, with every name and value quoted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from cloudwatch_mcp.errors import InputError
from cloudwatch_mcp.metrics.statistics import parse_statistic

RETENTION = timedelta(days=14)  # docs: cloudwatch-metrics-insights-limits
_FUNCTIONS = {"Average": "AVG", "Sum": "SUM", "Maximum": "MAX", "Minimum": "MIN", "SampleCount": "COUNT"}


@dataclass(frozen=True)
class MetricsInsightsQuery:
    """A Metrics Insights query.

    `dimensions` filter; `schema` has the exact dimension names of the metrics to match.
    """

    namespace: str
    metric_name: str
    statistic: str
    dimensions: Sequence[tuple[str, str]] = ()
    schema: Sequence[str] = ()
    group_by: str | None = None
    order_by: str | None = None
    descending: bool = True
    limit: int | None = None

    def full_schema(self) -> list[str]:
        """`schema` with the dimensions that filter and group; [] where metrics with any dimensions match."""
        names = dict.fromkeys([*self.schema, *([self.group_by] if self.group_by else [])])
        return [*(names | dict.fromkeys(name for name, _ in self.dimensions))] if names else []

    def sql(self) -> str:
        """The text of the query.

        Raises:
            InputError: Metrics Insights does not have this statistic.
        """
        schema = self.full_schema()
        source = ", ".join(_name(name) for name in [self.namespace, *schema])
        clauses = [
            f"SELECT {_function(self.statistic)}({_name(self.metric_name)})",
            f"FROM SCHEMA({source})" if schema else f"FROM {source}",
        ]
        if self.dimensions:
            conditions = (f"{_name(name)} = {_value(value)}" for name, value in self.dimensions)
            clauses.append("WHERE " + " AND ".join(conditions))
        if self.group_by:
            clauses.append(f"GROUP BY {_name(self.group_by)}")
        if self.order_by:
            clauses.append(f"ORDER BY {_function(self.order_by)}() {'DESC' if self.descending else 'ASC'}")
        if self.limit is not None:
            clauses.append(f"LIMIT {self.limit}")
        return " ".join(clauses)


def _function(statistic: str) -> str:
    function = _FUNCTIONS.get(parse_statistic(statistic))
    if function is None:
        raise InputError(
            f"Metrics Insights (group_by_dimension, schema_dimension_keys, limit, sort_order, order_by_statistic) "
            f"has AVG, SUM, MAX, MIN and COUNT, not {statistic}. Leave those parameters out for {statistic}."
        )
    return function


def _name(text: str) -> str:
    return f'"{_escape(text)}"'


def _value(text: str) -> str:
    return f"'{_escape(text)}'"


def _escape(text: str) -> str:
    # docs: cloudwatch-metrics-insights-querylanguage, "What needs quotation marks or escape characters?"
    return re.sub(r"([\\\"'])", r"\\\1", text)
