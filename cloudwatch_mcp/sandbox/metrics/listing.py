"""ListMetrics."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cloudwatch_mcp.sandbox.metrics.store import MAX_AGE, Metric, MetricStore
from cloudwatch_mcp.sandbox.next_token import page

PAGE = 500

_RECENT = 3 * 3600


def list_metrics(request: Mapping[str, Any], store: MetricStore, now: datetime, account: str) -> dict[str, Any]:
    oldest = now.timestamp() - (_RECENT if "RecentlyActive" in request else MAX_AGE)
    metrics = [
        metric
        for metric in store.metrics(since=oldest)
        if request.get("OwningAccount", account) == account and _matches(metric, request)
    ]
    shown, token = page(metrics, PAGE, request)
    answer: dict[str, Any] = {"Metrics": [metric.description for metric in shown], "NextToken": token}
    if request.get("IncludeLinkedAccounts"):
        answer["OwningAccounts"] = [account] * len(shown)
    return answer


def _matches(metric: Metric, request: Mapping[str, Any]) -> bool:
    dimensions = dict(metric.dimensions)
    return (
        request.get("Namespace", metric.namespace) == metric.namespace
        and request.get("MetricName", metric.name) == metric.name
        and all(
            each["Name"] in dimensions and each.get("Value", dimensions[each["Name"]]) == dimensions[each["Name"]]
            for each in request.get("Dimensions") or ()
        )
    )
