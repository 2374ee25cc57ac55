"""Metric math over stored metrics, without HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from cloudwatch_mcp.sandbox.metrics.data import get_metric_data
from cloudwatch_mcp.sandbox.metrics.store import MetricStore

NOW = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)
GAP = None


def results(
    expressions: Mapping[str, str], metrics: Mapping[str, list[float | None]], *, minutes: int | None = None
) -> list[dict[str, Any]]:
    """Each metric has one point per minute, starting five minutes ago, where the window starts, too."""
    start = NOW - timedelta(minutes=5)
    store = MetricStore()
    for name, values in metrics.items():
        data = [
            {"MetricName": name, "Timestamp": start + timedelta(minutes=minute), "Value": value}
            for minute, value in enumerate(values)
            if value is not None
        ]
        store.put("n", data, NOW)
    queries: list[dict[str, Any]] = [
        {
            "Id": name,
            "ReturnData": False,
            "MetricStat": {"Metric": {"Namespace": "n", "MetricName": name}, "Period": 60, "Stat": "Average"},
        }
        for name in metrics
    ]
    queries += [{"Id": query_id, "Expression": text} for query_id, text in expressions.items()]
    longest = max([len(values) for values in metrics.values()], default=1)
    request = {
        "MetricDataQueries": queries,
        "StartTime": start,
        "EndTime": start + timedelta(minutes=minutes or longest),
        "ScanBy": "TimestampAscending",
    }
    found: list[dict[str, Any]] = get_metric_data(request, store, NOW)["MetricDataResults"]
    return found


def evaluate(expression: str, **metrics: list[float | None]) -> list[float]:
    (result,) = results({"e1": expression}, metrics)
    values: list[float] = result["Values"]
    return values
