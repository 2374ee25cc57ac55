"""The tools that answer from the built-in catalogue, without a call to AWS."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, Field

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.errors import quote, quote_all
from cloudwatch_mcp.metrics import catalog
from cloudwatch_mcp.metrics.catalog import PublishedMetric
from cloudwatch_mcp.metrics.requests import Dimension
from cloudwatch_mcp.metrics.statistics import parse_statistic
from cloudwatch_mcp.tools.context import Ctx

Namespace = Annotated[str, Field(min_length=1, max_length=255, description='Like "AWS/Lambda".')]
_NAMED = 10  # dimensions in a note
DESCRIBED, NEAR, NAMED = 20, 8, 10  # metrics listed with descriptions, offered as near; namespaces that have another
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
    known = catalog.find_namespaces(namespace)
    if metric_name is None and len(known) == 1:
        return _listing(known[0])
    found = _metrics(known, metric_name)
    if len(found) != 1:
        note, near = _not_one(namespace, known, metric_name, found)
        only = known[0] if len(known) == 1 else None
        return MetricMetadata(found=False, namespace=only, notes=[note], metrics=_described(near, only))
    (metric,) = found
    return MetricMetadata(
        found=True,
        namespace=metric.namespace,
        metric_name=metric.name,
        description=metric.description,
        unit=metric.unit,
        statistics=metric.statistics,
        dimensions=metric.dimensions,
        has_recommended_alarms=bool(metric.alarms),
        notes=["No published unit or statistics of it are known."] if metric.source == "name" else [],
    )


def _listing(namespace: str) -> MetricMetadata:
    metrics = list(catalog.metrics_of(namespace).values())
    listing = MetricMetadata(found=True, namespace=namespace, dimensions=metrics[0].dimensions)
    if len(metrics) <= DESCRIBED:
        listing.metrics = _described(metrics, namespace)
        return listing
    names: dict[str | None, list[str]] = {}
    for metric in metrics:
        names.setdefault(metric.unit, []).append(metric.name)
    listing.metrics = table([{"unit": unit, "metrics": ", ".join(those)} for unit, those in names.items()])
    listing.notes = [f"{len(metrics)} metrics: a word of a name as metric_name describes those that hold it."]
    return listing


def _described(metrics: Sequence[PublishedMetric], namespace: str | None) -> Table | None:
    """A row each, with its namespace where they are not all of `namespace`."""
    return table(
        [
            {
                "namespace": None if namespace else metric.namespace,
                "metric": metric.name,
                "unit": metric.unit,
                "description": metric.description,
            }
            for metric in metrics
        ]
    )


class Recommendation(BaseModel):
    """Alarm when `statistic` over `period` seconds compares so with the threshold, m of n periods.

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
    """Get the alarms recommended for a metric, ready to be configured.

    Gives source (aws or ours), statistic, comparison, threshold or how to choose it, period, evaluation periods,
    treatment of missing data and what the alarm is for. Built-in knowledge: no AWS call.
    """
    wanted = None if statistic is None else parse_statistic(statistic)
    known = catalog.find_namespaces(namespace)
    found = _metrics(known, metric_name)
    if len(found) != 1:
        note, near = _not_one(namespace, known, metric_name, found)
        names = ", ".join(metric.name if len(known) == 1 else f"{metric.namespace} {metric.name}" for metric in near)
        only = known[0] if len(known) == 1 else None
        return RecommendedAlarms(namespace=only, notes=[f"{note} {names}." if names else note])
    (metric,) = found
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
    """Whether every dimension that the alarm needs is given; without dimensions every alarm fits."""
    if given is None:
        return True
    values = {dimension.name: dimension.value for dimension in given}
    return all(
        need["name"] in values and need.get("value", values[need["name"]]) == values[need["name"]] for need in needed
    )


def _why_none(metric: PublishedMetric, dimensions: Sequence[Dimension] | None, statistic: str | None) -> str:
    if not metric.alarms:
        alarmed = [other.name for other in catalog.metrics_of(metric.namespace).values() if other.alarms]
        others = f" {metric.namespace} has some for {', '.join(alarmed)}." if alarmed else ""
        return f"No alarm is recommended for {metric.name}.{others}"
    sets = "; ".join(dict.fromkeys(_dimension_text(alarm) for alarm in metric.alarms))
    names = quote_all(dimension.name for dimension in (dimensions or [])[:_NAMED])
    asked = [f"dimensions {names or 'none'}"] if dimensions is not None else []
    asked += [f"statistic {quote(statistic)}"] if statistic else []
    return f"{metric.name} has recommended alarms, but none with {' and '.join(asked)}; they are for {sets}."


def _dimension_text(alarm: dict[str, Any]) -> str:
    names = [f"{need['name']}={need['value']}" if "value" in need else need["name"] for need in alarm["dimensions"]]
    return f"{alarm['statistic']} with dimensions {', '.join(names) or 'none'}"


def _metrics(namespaces: Sequence[str], metric_name: str | None) -> list[PublishedMetric]:
    if metric_name is None:
        return []
    found = (catalog.find_metric(namespace, metric_name) for namespace in namespaces)
    return [metric for metric in found if metric]


def _not_one(
    written: str, known: Sequence[str], metric_name: str | None, found: Sequence[PublishedMetric]
) -> tuple[str, Sequence[PublishedMetric]]:
    """Why there is not one metric, as a note that the nearest metrics follow, and these."""
    if not known:
        return _unknown_namespace(written), []
    if metric_name is None:
        return f"{quote(written)} stands for {', '.join(known)}: name one of them.", []
    if found:
        return f"{quote(written)} stands for {', '.join(known)}; name the one you mean. Its metrics:", found
    return _unknown_metric(known, metric_name)


def _unknown_namespace(namespace: str) -> str:
    near = catalog.nearest_namespaces(namespace)
    hint = f" Nearest: {', '.join(near)}." if near else ""
    return f"The catalogue has no namespace {quote(namespace)}.{hint} get_metric_data reads any, also custom ones."


def _unknown_metric(known: Sequence[str], metric_name: str) -> tuple[str, Sequence[PublishedMetric]]:
    note = f"The catalogue has no metric {quote(metric_name)} in {', '.join(known)}"
    if holding := [metric for namespace in known for metric in catalog.metrics_holding(namespace, metric_name)]:
        of = f"{NEAR} of the {len(holding)}" if len(holding) > NEAR else "those"
        return f"{note}; {of} with its words:", holding[:NEAR]
    if elsewhere := catalog.namespaces_with(metric_name):
        more = f" and {len(elsewhere) - NAMED} more" if len(elsewhere) > NAMED else ""
        return f"{note}, but in {', '.join(elsewhere[:NAMED])}{more}.", []
    if near := [metric for namespace in known for metric in catalog.nearest_metrics(namespace, metric_name)]:
        return f"{note}. Nearest:", near[:NEAR]
    return f"{note}. get_metric_metadata without metric_name lists what there is.", []
