"""Units of a metric answer's series, which GetMetricData does not return, from the catalogue."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from cloudwatch_mcp.metrics import catalog


def units(arguments: Mapping[str, Any]) -> dict[str, str]:
    """The known units by the id of a query in get_metric_data's arguments; `*` is that of all series."""
    queries = arguments.get("queries")
    if isinstance(queries, str):  # some clients send lists as JSON
        queries = json.loads(queries)
    metrics: dict[str, Mapping[str, Any]] = {"*": arguments}
    if queries:
        metrics = {"*" if len(queries) == 1 else query["id"]: query.get("metric_stat") or {} for query in queries}
    return {key: unit for key, metric in metrics.items() if (unit := _unit(metric))}


def _unit(metric: Mapping[str, Any]) -> str | None:
    namespace, name = metric.get("namespace"), metric.get("metric_name")
    if not name or namespace not in catalog.namespaces() or metric.get("statistic") == "SampleCount":
        return None
    found = catalog.metrics_of(namespace).get(name)
    return found.unit if found and found.unit != "None" else None
