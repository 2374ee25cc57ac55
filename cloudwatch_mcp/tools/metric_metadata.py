"""The tools that answer from the built-in catalogue, without a call to AWS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, Field

from cloudwatch_mcp import catalog
from cloudwatch_mcp.catalog import Metric
from cloudwatch_mcp.errors import nearest
from cloudwatch_mcp.metric_queries import parse_statistic
from cloudwatch_mcp.shaping import Answer, Table, table
from cloudwatch_mcp.tools.context import Ctx, Dimension

Namespace = Annotated[str, Field(min_length=1, max_length=255, description='Like "AWS/Lambda".')]
Unused = Annotated[str | None, Field(description="Not needed: the answer is the same in every Region.")]


class MetricMetadata(Answer):
    """`has_recommended_alarms` true: get_recommended_metric_alarms has some."""

    narrow_by: ClassVar[str] = "give metric_name"

    found: bool
    namespace: str | None = None
    metric_name: str | None = None
    description: str | None = None
    unit: str | None = None
    statistics: list[str] = []
    dimensions: list[str] = []
    has_recommended_alarms: bool | None = None
    metrics: Table | None = None


async def get_metric_metadata(
    ctx: Ctx,  # noqa: ARG001 - tools are called alike
    namespace: Namespace,
    metric_name: Annotated[str | None, Field(description="Without it the namespace's metrics are listed.")] = None,
    region: Unused = None,  # noqa: ARG001 - part of the contract
) -> MetricMetadata:
    """Look up what a published CloudWatch metric means before you read or alarm on it.

    Gives description, unit, useful statistics, dimensions, and whether alarms are recommended. Built-in knowledge: no
    AWS call, nothing of this account. Custom namespaces are not in it.
    """
    known = catalog.find_namespace(namespace)
    if known is None:
        return MetricMetadata(found=False, notes=[_unknown_namespace(namespace)])
    if metric_name is None:
        return _listing(known)
    metric = catalog.find_metric(known, metric_name)
    if metric is None:
        return MetricMetadata(found=False, namespace=known, notes=[_unknown_metric(known, metric_name)])
    return MetricMetadata(
        found=True,
        namespace=known,
        metric_name=metric.name,
        description=metric.description,
        unit=metric.unit,
        statistics=metric.statistics,
        dimensions=metric.dimensions,
        has_recommended_alarms=bool(metric.alarms),
    )


def _listing(namespace: str) -> MetricMetadata:
    metrics = catalog.metrics_of(namespace)
    rows = [
        {"metric": metric.name, "unit": metric.unit, "description": metric.description} for metric in metrics.values()
    ]
    dimensions = next(iter(metrics.values())).dimensions
    return MetricMetadata(found=True, namespace=namespace, dimensions=dimensions, metrics=table(rows))


class Recommendation(BaseModel):
    """Alarm when `statistic` over `period` seconds compares so with the threshold, m of n periods."""

    intent: str
    statistic: str
    comparison: str
    threshold: float | None = None
    threshold_guide: str | None = None
    period: int
    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing_data: str
    dimensions: list[dict[str, str]] = []


class RecommendedAlarms(Answer):
    """A dimension without a value takes your resource's. threshold_guide: how to choose where none is published."""

    namespace: str | None = None
    metric_name: str | None = None
    recommendations: list[Recommendation] = []


async def get_recommended_metric_alarms(
    ctx: Ctx,  # noqa: ARG001 - tools are called alike
    namespace: Namespace,
    metric_name: Annotated[str, Field(min_length=1, max_length=255)],
    dimensions: Annotated[
        list[Dimension] | None, Field(description="Those of your metric: only alarms that fit.")
    ] = None,
    statistic: Annotated[str | None, Field(description="Only alarms on this statistic.")] = None,
    region: Unused = None,  # noqa: ARG001 - part of the contract
) -> RecommendedAlarms:
    """Get the alarms that AWS recommends for a metric, ready to be configured.

    Gives statistic, comparison, threshold or how to choose it, period, evaluation periods, treatment of missing data
    and what the alarm is for. Built-in knowledge: no AWS call.
    """
    wanted = None if statistic is None else parse_statistic(statistic)
    known = catalog.find_namespace(namespace)
    if known is None:
        return RecommendedAlarms(notes=[_unknown_namespace(namespace)])
    metric = catalog.find_metric(known, metric_name)
    if metric is None:
        return RecommendedAlarms(namespace=known, notes=[_unknown_metric(known, metric_name)])
    fitting = [
        alarm
        for alarm in metric.alarms
        if _fits(alarm["dimensions"], dimensions) and wanted in (None, parse_statistic(alarm["statistic"]))
    ]
    return RecommendedAlarms(
        namespace=known,
        metric_name=metric.name,
        notes=[] if fitting else [_why_none(metric, dimensions, statistic)],
        recommendations=[Recommendation(**alarm) for alarm in fitting],
    )


def _fits(needed: Sequence[dict[str, str]], given: Sequence[Dimension] | None) -> bool:
    """Whether every dimension that the alarm needs is given; without dimensions every alarm fits."""
    if given is None:
        return True
    values = {dimension.name: dimension.value for dimension in given}
    return all(
        need["name"] in values and need.get("value", values[need["name"]]) == values[need["name"]] for need in needed
    )


def _why_none(metric: Metric, dimensions: Sequence[Dimension] | None, statistic: str | None) -> str:
    if not metric.alarms:
        alarmed = [other.name for other in catalog.metrics_of(metric.namespace).values() if other.alarms]
        others = f" {metric.namespace} has some for {', '.join(alarmed)}." if alarmed else ""
        return f"No alarm is recommended for {metric.name}.{others}"
    sets = "; ".join(dict.fromkeys(_dimension_text(alarm) for alarm in metric.alarms))
    names = ", ".join(dimension.name for dimension in dimensions or [])
    asked = [f"dimensions {names or 'none'}"] if dimensions is not None else []
    asked += [f"statistic {statistic}"] if statistic else []
    return f"{metric.name} has recommended alarms, but none with {' and '.join(asked)}; they are for {sets}."


def _dimension_text(alarm: dict[str, Any]) -> str:
    names = [f"{need['name']}={need['value']}" if "value" in need else need["name"] for need in alarm["dimensions"]]
    return f"{alarm['statistic']} with dimensions {', '.join(names) or 'none'}"


def _unknown_namespace(namespace: str) -> str:
    near = catalog.nearest_namespaces(namespace)
    hint = f" Nearest: {', '.join(near)}." if near else ""
    return f"The catalogue has no namespace {namespace}.{hint} get_metric_data reads any, also custom ones."


def _unknown_metric(namespace: str, metric_name: str) -> str:
    elsewhere = catalog.namespaces_with(metric_name)
    if elsewhere:
        return f"{namespace} has no metric {metric_name}; {', '.join(elsewhere)} has."
    near = nearest(metric_name, catalog.metrics_of(namespace))
    hint = f"Nearest: {', '.join(near)}." if near else "get_metric_metadata without metric_name lists them."
    return f"{namespace} has no metric {metric_name} in the catalogue. {hint}"
