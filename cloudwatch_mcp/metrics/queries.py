"""What GetMetricData is asked: statistics as CloudWatch spells them, and Metrics Insights queries safely quoted."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from cloudwatch_mcp.errors import InputError, quote

_STANDARD = {
    "avg": "Average",
    "average": "Average",
    "mean": "Average",
    "sum": "Sum",
    "max": "Maximum",
    "maximum": "Maximum",
    "min": "Minimum",
    "minimum": "Minimum",
    "count": "SampleCount",
    "samplecount": "SampleCount",
}
_INSIGHTS = {"Average": "AVG", "Sum": "SUM", "Maximum": "MAX", "Minimum": "MIN", "SampleCount": "COUNT"}
# docs: Statistics-definitions. p95, tm90, tc90, ts90, wm90; TM(10%:90%), PR(:300); IQM.
_PERCENT = re.compile(r"(p|tm|tc|ts|wm)(\d{1,2}(?:\.\d{1,10})?|100(?:\.0{1,10})?)", re.IGNORECASE)
_BOUND = r"\d+(?:\.\d+)?%?"
_TRIMMED = re.compile(rf"(tm|tc|ts|wm|pr)\((?:({_BOUND})?:({_BOUND})|({_BOUND}):)\)", re.IGNORECASE)


def parse_statistic(written: str) -> str:
    """The statistic as GetMetricData takes it.

    Raises:
        InputError: CloudWatch has no such statistic.
    """
    text = written.strip().replace(" ", "")
    if standard := _STANDARD.get(text.lower()):
        return standard
    if _PERCENT.fullmatch(text):
        return text.lower()
    if _TRIMMED.fullmatch(text) or text.lower() == "iqm":
        return text.upper()
    raise InputError(
        f"statistic: {quote(written)} is none of Average, Sum, Maximum, Minimum, SampleCount, "
        "percentiles like p99 or p99.9, trimmed ones like tm90 or TM(10%:90%), TC, TS, WM, PR, IQM."
    )


@dataclass(frozen=True)
class InsightsQuery:
    """A Metrics Insights query: `dimensions` filter, `schema` names the exact dimensions of the metrics to match."""

    namespace: str
    metric_name: str
    statistic: str
    dimensions: Sequence[tuple[str, str]] = ()
    schema: Sequence[str] = ()
    group_by: str | None = None
    order_by: str | None = None
    descending: bool = True
    limit: int | None = None

    def keys(self) -> list[str]:
        """The exact dimensions of the metrics it matches; [] when any will do."""
        names = dict.fromkeys([*self.schema, *([self.group_by] if self.group_by else [])])
        return [*(names | dict.fromkeys(name for name, _ in self.dimensions))] if names else []

    def sql(self) -> str:
        """The query, every name and value quoted and escaped.

        Raises:
            InputError: a statistic that Metrics Insights does not have.
        """
        names = self.keys()
        source = ", ".join(_name(name) for name in [self.namespace, *names])
        clauses = [
            f"SELECT {_function(self.statistic)}({_name(self.metric_name)})",
            f"FROM SCHEMA({source})" if names else f"FROM {source}",
        ]
        if self.dimensions:
            tests = (f"{_name(name)} = {_value(value)}" for name, value in self.dimensions)
            clauses.append("WHERE " + " AND ".join(tests))
        if self.group_by:
            clauses.append(f"GROUP BY {_name(self.group_by)}")
        if self.order_by:
            clauses.append(f"ORDER BY {_function(self.order_by)}() {'DESC' if self.descending else 'ASC'}")
        if self.limit is not None:
            clauses.append(f"LIMIT {self.limit}")
        return " ".join(clauses)


def _function(statistic: str) -> str:
    function = _INSIGHTS.get(parse_statistic(statistic))
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
