"""Requests to GetMetricData: one metric, a metric by dimension (Metrics Insights), or several metrics and math."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Annotated, Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.errors import InputError
from cloudwatch_mcp.metrics.metrics_insights import RETENTION, MetricsInsightsQuery
from cloudwatch_mcp.metrics.statistics import parse_statistic
from cloudwatch_mcp.timerange import Window


class Dimension(BaseModel):
    model_config = ConfigDict(extra="forbid")
    name: Annotated[str, Field(min_length=1, max_length=255, description="Like FunctionName.")]
    value: Annotated[str, Field(min_length=1, max_length=1024, description="The exact value.")]


class MetricStat(BaseModel):
    model_config = ConfigDict(extra="forbid")
    namespace: Annotated[str, Field(min_length=1, max_length=255, description='Like "AWS/Lambda".')]
    metric_name: Annotated[str, Field(min_length=1, max_length=255, description="The exact name.")]
    dimensions: Annotated[list[Dimension], Field(max_length=30, description="All of the metric's.")] = []
    statistic: Annotated[str, Field(description="As at the top.")] = "Average"
    period: Annotated[int | None, Field(ge=1, description="Seconds.")] = None


class MetricDataQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, Field(pattern="^[a-z][A-Za-z0-9_]{0,254}$", description="Its name in expressions.")]
    metric_stat: Annotated[MetricStat | None, Field(description="One metric.")] = None
    expression: Annotated[str | None, Field(min_length=1, max_length=2048, description='Math, like "e / r".')] = None
    label: Annotated[str | None, Field(description="Default: AWS's.")] = None
    return_data: Annotated[bool, Field(description="False: only an input of others.")] = True
    period: Annotated[int | None, Field(ge=1, description="Seconds; default: chosen.")] = None


class Metric(NamedTuple):
    """A metric's identity in CloudWatch."""

    namespace: str
    name: str
    dimensions: list[tuple[str, str]]

    @classmethod
    def of(cls, namespace: str, name: str, dimensions: Sequence[Dimension] | None) -> Metric:
        return cls(namespace, name, [(dimension.name, dimension.value) for dimension in dimensions or []])


class Grouping(NamedTuple):
    """The parameters of get_metric_data that only Metrics Insights has."""

    group_by: str | None
    schema: list[str] | None
    limit: int | None
    sort_order: str | None
    order_by: str | None

    @property
    def given(self) -> bool:
        return any(self)

    @property
    def sorted_by_value(self) -> bool:
        return self.sort_order is not None or self.order_by is not None

    @property
    def ordered(self) -> bool:
        return self.limit is not None or self.sort_order is not None or self.order_by is not None


@dataclass(frozen=True)
class MetricDataRequest:
    """GetMetricData's MetricDataQueries, and what explains their results.

    `metrics` has the metric that a query reads, by the query's id; expressions have none. `schema` is that of a Metrics
    Insights query, None for other requests. `labels` replace AWS's, by the query's id.
    """

    queries: list[dict[str, Any]]
    metrics: dict[str, Metric]
    schema: list[str] | None = None
    notes: list[str] = field(default_factory=list)
    labels: Mapping[str, str] = field(default_factory=dict)

    async def read(self, aws: Aws, window: Window) -> list[Mapping[str, Any]]:
        """The pages of the answer."""
        parameters = {"MetricDataQueries": self.queries, "StartTime": window.start, "EndTime": window.end}
        return [page async for page in aws.pages("GetMetricData", **parameters)]

    def periods(self) -> dict[str, int]:
        """The period of each query in seconds, by the query's id."""
        return {query["Id"]: query.get("Period") or query["MetricStat"]["Period"] for query in self.queries}


def one_metric(metric: Metric, statistic: str, period: int) -> MetricDataRequest:
    return MetricDataRequest([metric_query("m1", metric, statistic, period)], {"m1": metric})


def metric_query(query_id: str, metric: Metric, statistic: str, period: int) -> dict[str, Any]:
    return {"Id": query_id, "MetricStat": _metric_stat(metric, statistic, period)}


def grouped_metric(
    metric: Metric, statistic: str, period: int, grouping: Grouping, age: timedelta
) -> MetricDataRequest:
    """One series for each value of a dimension, by a Metrics Insights query; `age` is that of the window's start.

    Raises:
        InputError: Metrics Insights does not have the statistic.
    """
    query = MetricsInsightsQuery(
        metric.namespace,
        metric.name,
        statistic,
        dimensions=metric.dimensions,
        schema=grouping.schema or (),
        group_by=grouping.group_by,
        order_by=(grouping.order_by or statistic) if grouping.ordered else None,
        descending=grouping.sort_order != "ASC",
        limit=grouping.limit,
    )
    return MetricDataRequest(
        [{"Id": "q1", "Expression": query.sql(), "Period": period}],
        {"q1": metric},
        schema=query.full_schema(),
        notes=["Metrics Insights reads the last 2 weeks only: earlier points are missing."] if age > RETENTION else [],
    )


def several_metrics(queries: Sequence[MetricDataQuery], period: int, shortest: int) -> MetricDataRequest:
    """Several metrics and metric math; a period that is not a multiple of the `shortest` is raised, with a note.

    Raises:
        InputError: the queries do not make a request.
    """
    _validate(queries)
    request = MetricDataRequest([], {})
    for query in queries:
        wanted = query.period or (query.metric_stat.period if query.metric_stat else None) or period
        kept = _raised(wanted, shortest)
        if kept != wanted:
            request.notes.append(
                f"{query.id}: period {wanted} s raised to {kept} s; CloudWatch keeps no finer points that far back."
            )
        if stat := query.metric_stat:
            metric = Metric.of(stat.namespace, stat.metric_name, stat.dimensions)
            request.metrics[query.id] = metric
            source: dict[str, Any] = {"MetricStat": _metric_stat(metric, stat.statistic, kept)}
        else:
            source = {"Expression": query.expression, "Period": kept}
        label = {"Label": query.label} if query.label else {}
        request.queries.append({"Id": query.id, "ReturnData": query.return_data, **label, **source})
    return request


def _validate(queries: Sequence[MetricDataQuery]) -> None:
    repeated = [query_id for query_id, count in Counter(query.id for query in queries).items() if count > 1]
    if repeated:
        raise InputError(f"queries: each id must be unique; repeated: {', '.join(sorted(repeated))}.")
    if not any(query.return_data for query in queries):
        raise InputError("queries: return_data is false in all of them; leave it out for the series you want.")
    for query in queries:
        if (query.metric_stat is None) == (query.expression is None):
            raise InputError(f"queries: {query.id} needs either a metric_stat or an expression.")


def _raised(period: int, shortest: int) -> int:
    """The next multiple of the shortest retained period; high-resolution periods of recent points stay."""
    return -(-period // shortest) * shortest if period >= 60 or shortest > 60 else period


def _metric_stat(metric: Metric, statistic: str, period: int) -> Mapping[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    identity = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {"Metric": identity, "Stat": parse_statistic(statistic), "Period": period}
