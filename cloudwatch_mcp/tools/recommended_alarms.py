"""The tool that recommends alarms, from the built-in catalogue and without calling AWS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, Field

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.errors import quote, quote_all
from cloudwatch_mcp.metrics import catalog
from cloudwatch_mcp.metrics.catalog import PublishedMetric
from cloudwatch_mcp.metrics.lookup import look_up
from cloudwatch_mcp.metrics.requests import Dimension
from cloudwatch_mcp.metrics.statistics import parse_statistic
from cloudwatch_mcp.tools.context import Ctx

Namespace = Annotated[str, Field(min_length=1, max_length=255, description='Like "AWS/Lambda".')]
_MAX_DIMENSIONS = 10  # in a note
Unused = Annotated[str | None, Field(description="Not needed: the answer is the same in every Region.")]


class Recommendation(BaseModel):
    """Alarm when `statistic` over `period` seconds crosses the threshold in datapoints_to_alarm of evaluation_periods.

    `source`: aws published it, or it is ours, with the reasoning for its threshold.
    """

    source: str
    intent: str
    statistic: str
    comparison: str
    threshold: float | None = None
    threshold_guide: str | None = None
    reasoning: str | None = None
    period: int
    evaluation_periods: int
    datapoints_to_alarm: int
    treat_missing_data: str
    dimensions: list[dict[str, str]] = []


class RecommendedAlarms(Answer):
    """A dimension without a value takes your resource's. `threshold_guide`: how to choose an unpublished threshold."""

    namespace: str | None = None
    metric_name: str | None = None
    recommendations: list[Recommendation] = []


async def get_recommended_metric_alarms(
    ctx: Ctx,  # noqa: ARG001 - every tool takes the context
    namespace: Namespace,
    metric_name: Annotated[str, Field(min_length=1, max_length=255, description="Its name, or words of it.")],
    dimensions: Annotated[
        list[Dimension] | None, Field(description="Your metric's dimensions: only alarms that fit.")
    ] = None,
    statistic: Annotated[str | None, Field(description="Only alarms on this statistic.")] = None,
    region: Unused = None,  # noqa: ARG001 - part of the contract
) -> RecommendedAlarms:
    """Get the alarms recommended for a metric, ready to be configured.

    Returns source (aws or ours), statistic, comparison, threshold or how to choose it, period, evaluation periods,
    treatment of missing data and what the alarm is for. Built-in knowledge: no AWS call.
    """
    wanted = None if statistic is None else parse_statistic(statistic)
    lookup = look_up(namespace, metric_name)
    metric = lookup.metric
    if metric is None:
        names = [each.name if lookup.namespace else f"{each.namespace} {each.name}" for each in lookup.candidates]
        note = f"{lookup.note} {', '.join(names)}." if names else lookup.note
        return RecommendedAlarms(namespace=lookup.namespace, notes=[note])
    fitting = [
        alarm
        for alarm in metric.alarms
        if _fits(alarm["dimensions"], dimensions) and wanted in (None, parse_statistic(alarm["statistic"]))
    ]
    return RecommendedAlarms(
        namespace=metric.namespace,
        metric_name=metric.name,
        notes=[] if fitting else [_why_none(metric, dimensions, statistic)],
        recommendations=[Recommendation(**alarm) for alarm in fitting],
    )


def _fits(needed: Sequence[dict[str, str]], given: Sequence[Dimension] | None) -> bool:
    """Whether `given` has every dimension that the alarm needs; without `given` every alarm fits."""
    if given is None:
        return True
    values = {dimension.name: dimension.value for dimension in given}
    return all(
        need["name"] in values and need.get("value", values[need["name"]]) == values[need["name"]] for need in needed
    )


def _why_none(metric: PublishedMetric, dimensions: Sequence[Dimension] | None, statistic: str | None) -> str:
    if not metric.alarms:
        alarmed = [other.name for other in catalog.metrics_of(metric.namespace).values() if other.alarms]
        others = f" {metric.namespace} has recommended alarms for {', '.join(alarmed)}." if alarmed else ""
        return f"No alarm is recommended for {metric.name}.{others}"
    known = "; ".join(dict.fromkeys(_dimension_text(alarm) for alarm in metric.alarms))
    names = quote_all(dimension.name for dimension in (dimensions or [])[:_MAX_DIMENSIONS])
    conditions = [f"dimensions {names or 'none'}"] if dimensions is not None else []
    conditions += [f"statistic {quote(statistic)}"] if statistic else []
    return f"{metric.name} has recommended alarms, but none with {' and '.join(conditions)}; they are for {known}."


def _dimension_text(alarm: dict[str, Any]) -> str:
    names = [f"{need['name']}={need['value']}" if "value" in need else need["name"] for need in alarm["dimensions"]]
    return f"{alarm['statistic']} with dimensions {', '.join(names) or 'none'}"
