"""Why a metric gave no data: its name, its dimensions or the window."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import anyio.to_thread

from cloudwatch_mcp.aws.calls import Aws, settle
from cloudwatch_mcp.errors import CloudWatchError, nearest, quote, quote_all
from cloudwatch_mcp.timerange import Window

_SHOWN = 10
_DIMENSIONS = 30  # of a metric, at most


async def why_empty(
    aws: Aws,
    window: Window,
    namespace: str,
    metric_name: str,
    dimensions: list[tuple[str, str]],
    *,
    schema: Sequence[str] | None,
) -> str:
    """Which it is, and what to call next. Of Metrics Insights there is a `schema`, and dimensions are only a filter."""
    (page,) = await settle(aws.call("ListMetrics", Namespace=namespace, MetricName=metric_name))
    if isinstance(page, CloudWatchError):
        return f"No data, and why is unknown, as ListMetrics failed: {page}"
    existing = await anyio.to_thread.run_sync(_combinations, page.get("Metrics", []))
    if not existing:
        return await _unknown_name(aws, namespace, metric_name)
    schemas = list(dict.fromkeys(_names(name for name, _ in pairs) for pairs in existing))
    if schema and (wanted := _names(schema)) not in schemas:
        has = "; ".join(schemas[:_SHOWN])
        return (
            f"No {quote(metric_name)} has exactly the dimensions {wanted}. schema_dimension_keys can be one of: {has}."
        )
    asked = set(dimensions)
    if any(asked == set(pairs) if schema is None else asked <= set(pairs) for pairs in existing):
        return f"{quote(metric_name)} exists and has no data in the window: try {window.a_day_earlier()}."
    shown = "; ".join(_text(pairs) for pairs in existing[:_SHOWN])
    more = f" ({len(existing):,} combinations, {_SHOWN} shown)" if len(existing) > _SHOWN else ""
    wrong = f"with {_text(dimensions)}" if dimensions else "without dimensions"
    return f"{quote(metric_name)} does not exist {wrong}; it does with: {shown}{more}."


async def _unknown_name(aws: Aws, namespace: str, metric_name: str) -> str:
    (page,) = await settle(aws.call("ListMetrics", Namespace=namespace))
    names = [] if isinstance(page, CloudWatchError) else [metric["MetricName"] for metric in page.get("Metrics", [])]
    reach = "CloudWatch lists metrics that had data in the last 2 weeks"
    if not names:
        return (
            f"Namespace {quote(namespace)} has no metrics in {aws.region}: check its spelling and the region ({reach})."
        )
    near = await anyio.to_thread.run_sync(nearest, metric_name, names) or sorted(set(names))[:_SHOWN]
    has = f"{quote(namespace)} has no metric {quote(metric_name)} in {aws.region}"
    return f"{has}; it has {quote_all(near)} ({reach})."


def _combinations(metrics: Iterable[dict[str, Any]]) -> list[tuple[tuple[str, str], ...]]:
    return list(dict.fromkeys(_pairs(metric.get("Dimensions", [])) for metric in metrics))


def _pairs(dimensions: Iterable[dict[str, Any]]) -> tuple[tuple[str, str], ...]:
    named = ((dimension["Name"], dimension["Value"]) for dimension in dimensions)
    return tuple(dict.fromkeys(named))[:_DIMENSIONS]


def _text(pairs: Iterable[tuple[str, str]]) -> str:
    return ", ".join(quote(f"{name}={value}") for name, value in pairs) or "no dimensions"


def _names(names: Iterable[str]) -> str:
    return quote_all(sorted(names)) or "none"
