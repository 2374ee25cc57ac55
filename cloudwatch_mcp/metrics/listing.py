"""The metrics that an account has, by ListMetrics, and requests for all of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.errors import NotFound, quote
from cloudwatch_mcp.metrics import catalog
from cloudwatch_mcp.metrics.requests import Grouping, Metric, MetricDataRequest, metric_query

MAX_METRICS = 500  # GetMetricData: MetricDataQueries
_RECENT = timedelta(hours=3)  # ListMetrics: RecentlyActive is PT3H or nothing
# Metrics of this name are counts, which only a sum makes comparable; the catalogue knows AWS's own.
_COUNTS = re.compile(r"count|(?:error|request|failure|retrie|call|order|invocation|throttle|timeout)s?$", re.IGNORECASE)


class Listing(NamedTuple):
    """Metrics of an account, at most 500; `more` says that there are others."""

    metrics: list[Metric]
    more: bool

    def notes(self) -> list[str]:
        limit = f"More than {MAX_METRICS} metrics match: only the first {MAX_METRICS} are read. "
        return [f"{limit}Give dimensions to choose others."] if self.more else []


async def list_metrics(aws: Aws, metric: Metric, age: timedelta, *, having: Sequence[str] = ()) -> Listing:
    """The metrics of this namespace, name (if it has one) and dimensions, which have the dimensions `having`, too.

    `age` is that of the window's start: metrics without recent data are left out if it is short.
    """
    filters = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    filters += [{"Name": name} for name in having]
    parameters = {
        "Namespace": metric.namespace,
        "MetricName": metric.name or None,
        "Dimensions": filters or None,
        "RecentlyActive": "PT3H" if age <= _RECENT else None,
    }
    metrics: list[Metric] = []
    async for page in aws.pages("ListMetrics", **parameters):
        for listed in page.get("Metrics", []):
            pairs = [(each["Name"], each["Value"]) for each in listed.get("Dimensions", [])]
            metrics.append(Metric(metric.namespace, listed["MetricName"], pairs))
        if len(metrics) > MAX_METRICS:
            break
    return Listing(metrics[:MAX_METRICS], len(metrics) > MAX_METRICS)


def usual_statistic(namespace: str, metric_name: str) -> str:
    """The catalogue's first statistic of a metric; of an unknown one Sum if its name is that of a count."""
    for known in catalog.find_namespaces(namespace):
        metric = catalog.find_metric(known, metric_name)
        if metric is not None and metric.statistics:
            return metric.statistics[0]
    return "Sum" if _COUNTS.search(metric_name) else "Average"


def request_for(
    metrics: Sequence[Metric], statistic: str | None, period: int, notes: list[str], labels: Sequence[str] = ()
) -> MetricDataRequest:
    """One query for each metric, with its usual statistic unless one is given."""
    named = {f"m{position}": metric for position, metric in enumerate(metrics, start=1)}
    queries = [
        metric_query(query_id, metric, statistic or usual_statistic(metric.namespace, metric.name), period)
        for query_id, metric in named.items()
    ]
    return MetricDataRequest(queries, named, notes=notes, labels=dict(zip(named, labels, strict=False)))


def metrics_of_groups(listing: Listing, grouping: Grouping, metric: Metric) -> dict[str, Metric]:
    """The listed metrics that a Metrics Insights query with this grouping would read, by the value they have in it.

    A value that several metrics share is followed by all their dimensions.
    """
    filters = {name for name, _ in metric.dimensions}
    schema = {*grouping.schema, grouping.group_by, *filters} if grouping.schema else None
    groups: defaultdict[str, list[Metric]] = defaultdict(list)
    for each in listing.metrics:
        values = dict(each.dimensions)
        if grouping.group_by in values and schema in (None, set(values)):
            groups[values[grouping.group_by]].append(each)
    found = {
        value if len(those) == 1 else ", ".join(f"{name}={other}" for name, other in each.dimensions): each
        for value, those in groups.items()
        for each in those
    }
    if not found:
        raise NotFound(
            f"No {quote(metric.name)} in {quote(metric.namespace)} has the dimension {quote(grouping.group_by)}: "
            "get_metric_metadata with namespace and metric_name lists the dimensions."
        )
    return found
