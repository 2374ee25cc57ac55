"""The reason why a query gave no data: the metric's name, its dimensions, the window or an expression."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import anyio.to_thread

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.errors import CloudWatchError, nearest, quote, quote_all
from cloudwatch_mcp.metrics.requests import Metric, MetricDataRequest
from cloudwatch_mcp.metrics.results import MetricDataResult
from cloudwatch_mcp.timerange import Window

_MAX_EXPLAINED = 3  # queries; each costs one or two calls of ListMetrics
_SHOWN = 10  # names or combinations in a note
_MAX_DIMENSIONS = 30  # of a metric
_LISTED = "CloudWatch lists metrics that had data in the last 2 weeks"

Combination = tuple[tuple[str, str], ...]


async def absence_notes(
    aws: Aws, window: Window, request: MetricDataRequest, results: Iterable[MetricDataResult]
) -> list[str]:
    """A note on each query that returned neither data nor a reason."""
    explained = {result.query_id for result in results if result.points or result.notes()}
    empty = [query["Id"] for query in request.queries if query.get("ReturnData", True) and query["Id"] not in explained]
    reasons = [await _reason(aws, window, request, query_id) for query_id in empty[:_MAX_EXPLAINED]]
    if len(request.queries) > 1:
        reasons = [f"{query_id}: {reason}" for query_id, reason in zip(empty, reasons, strict=False)]
    if len(empty) > _MAX_EXPLAINED:
        reasons.append(f"No data for {', '.join(empty[_MAX_EXPLAINED:])} either.")
    return reasons


async def _reason(aws: Aws, window: Window, request: MetricDataRequest, query_id: str) -> str:
    metric = request.metrics.get(query_id)
    if metric is None:
        return "the expression gave no data; return the data of its inputs to see which is empty."
    try:
        page = await aws.call("ListMetrics", Namespace=metric.namespace, MetricName=metric.name)
    except CloudWatchError as error:
        return f"No data; the reason is unknown, because ListMetrics failed: {error}"
    existing = await anyio.to_thread.run_sync(_combinations, page.get("Metrics", []))
    if not existing:
        return await unknown_name_note(aws, metric)
    return (
        (_other_schema(metric, request.schema, existing) if request.schema else None)
        or _other_dimensions(metric, existing, exactly=request.schema is None)
        or f"{quote(metric.name)} exists but has no data in the window: try {window.a_day_earlier()}."
    )


async def unknown_name_note(aws: Aws, metric: Metric) -> str:
    """A note on a metric that the account does not have, with the names in its namespace."""
    try:
        page = await aws.call("ListMetrics", Namespace=metric.namespace)
    except CloudWatchError:
        page = {}
    names = [listed["MetricName"] for listed in page.get("Metrics", [])]
    namespace = quote(metric.namespace)
    if not names:
        return f"Namespace {namespace} has no metrics in {aws.region}: check its spelling and the region ({_LISTED})."
    near = await anyio.to_thread.run_sync(nearest, metric.name, names) or sorted(set(names))[:_SHOWN]
    return f"{namespace} has no metric {quote(metric.name)} in {aws.region}; it has {quote_all(near)} ({_LISTED})."


def _other_schema(metric: Metric, schema: Sequence[str], existing: Iterable[Combination]) -> str | None:
    schemas = list(dict.fromkeys(_schema_text(name for name, _ in combination) for combination in existing))
    wanted = _schema_text(schema)
    if wanted in schemas:
        return None
    return (
        f"No {quote(metric.name)} has exactly the dimensions {wanted}. "
        f"schema_dimension_keys can be one of: {'; '.join(schemas[:_SHOWN])}."
    )


def _other_dimensions(metric: Metric, existing: Sequence[Combination], *, exactly: bool) -> str | None:
    """For one metric the dimensions identify it, `exactly`; for Metrics Insights they are a filter."""
    wanted = set(metric.dimensions)
    if any(wanted == set(combination) if exactly else wanted <= set(combination) for combination in existing):
        return None
    shown = "; ".join(_text(combination) for combination in existing[:_SHOWN])
    more = f" ({len(existing):,} combinations, {_SHOWN} shown)" if len(existing) > _SHOWN else ""
    without = f"with {_text(metric.dimensions)}" if metric.dimensions else "without dimensions"
    return f"{quote(metric.name)} does not exist {without}; it exists with: {shown}{more}."


def _combinations(metrics: Iterable[dict[str, Any]]) -> list[Combination]:
    return list(dict.fromkeys(_combination(metric.get("Dimensions", [])) for metric in metrics))


def _combination(dimensions: Iterable[dict[str, Any]]) -> Combination:
    pairs = ((dimension["Name"], dimension["Value"]) for dimension in dimensions)
    return tuple(dict.fromkeys(pairs))[:_MAX_DIMENSIONS]


def _text(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(quote(f"{name}={value}") for name, value in pairs) or "no dimensions"


def _schema_text(names: Iterable[str]) -> str:
    return quote_all(sorted(names)) or "none"
