"""What get_metric_data was asked, and the request to AWS that answers it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.errors import InputError, NotFound, quote
from cloudwatch_mcp.metrics.listing import list_metrics, metrics_of_groups, request_for
from cloudwatch_mcp.metrics.metrics_insights import RETENTION as METRICS_INSIGHTS_RETENTION
from cloudwatch_mcp.metrics.reading import Reading
from cloudwatch_mcp.metrics.requests import (
    Grouping,
    Metric,
    MetricDataQuery,
    MetricDataRequest,
    grouped_metric,
    one_metric,
    several_metrics,
)
from cloudwatch_mcp.metrics.statistics import is_percentile_or_trimmed, parse_statistic
from cloudwatch_mcp.timerange import Window, parse_length, retained_period

_RETENTION = timedelta(days=455)  # docs: cloudwatch_concepts, "Metrics retention"

_NO_METRICS = (
    "{namespace} has no matching metrics with recent data in {region}: check the namespace, the dimensions and the "
    "region. get_metric_metadata without arguments lists the namespaces."
)
_DEFAULT_LIMIT = 10  # series, ordered by change

Mode: TypeAlias = Literal["one metric", "several metrics", "groups", "listed groups", "movers"]


@dataclass(frozen=True)
class MetricQuestion:
    """The metrics that get_metric_data was asked for, in one of five modes."""

    metric: Metric
    statistic: str | None
    grouping: Grouping
    queries: Sequence[MetricDataQuery]
    mode: Mode

    @classmethod
    def of(
        cls, metric: Metric, statistic: str | None, grouping: Grouping, queries: Sequence[MetricDataQuery] | None
    ) -> MetricQuestion:
        """The question in these arguments; namespace and name of the metric are empty where they were left out.

        Raises:
            InputError: they contradict each other, or something is missing.
        """
        if queries:
            if any(metric) or grouping.given:
                raise InputError("queries stands alone: leave out namespace, metric_name, dimensions and grouping.")
            return cls(metric, statistic, grouping, queries, "several metrics")
        if not metric.namespace:
            raise InputError("Give namespace, with or without metric_name, or queries.")
        if statistic is not None:
            parse_statistic(statistic)
        return cls(metric, statistic, grouping, (), _mode(metric, grouping, statistic))

    def baseline_window(self, window: Window, compare_to: str | None, now: datetime) -> Window | None:
        """The earlier window that `compare_to` names; for movers it defaults to the one just before.

        Raises:
            InputError: `compare_to` is not a length of time, or CloudWatch no longer has data from then.
        """
        if compare_to is None:
            return window.earlier(window.end - window.start) if self.mode == "movers" else None
        earlier = window.earlier(parse_length(compare_to, "compare_to"))
        retention = METRICS_INSIGHTS_RETENTION if self.mode == "groups" else _RETENTION
        if now - earlier.start > retention:
            raise InputError(
                f"compare_to: {compare_to} before the window is over {retention.days} days ago, and there is no data "
                "of this kind from then. Use a shorter length."
            )
        return earlier

    async def request(
        self, aws: Aws, window: Window, earlier: Window | None, period: int, now: datetime
    ) -> MetricDataRequest:
        """The request for the window, and for the `earlier` one if there is one.

        Raises:
            InputError: the queries, or the statistic of a grouping, cannot be requested; nothing was sent.
            NotFound: the namespace has no metrics, or none has the grouping's dimension.
        """
        statistic, age = self.statistic or "Average", now - (earlier or window).start
        if self.mode == "several metrics":
            return several_metrics(self.queries, period, retained_period((earlier or window).start, now))
        if self.mode == "one metric":
            return one_metric(self.metric, statistic, period)
        if self.mode == "groups":
            by_change = earlier is not None and not self.grouping.sorted_by_value
            grouping = self.grouping._replace(limit=None) if by_change else self.grouping
            return grouped_metric(self.metric, statistic, period, grouping, age)
        having = [self.grouping.group_by] if self.grouping.group_by else []
        listing = await list_metrics(aws, self.metric, age, having=having)
        if self.mode == "movers":
            if not listing.metrics:
                raise NotFound(_NO_METRICS.format(namespace=quote(self.metric.namespace), region=aws.region))
            return request_for(listing.metrics, self.statistic, period, listing.notes())
        groups = metrics_of_groups(listing, self.grouping, self.metric)
        return request_for(list(groups.values()), statistic, period, listing.notes(), labels=list(groups))

    def arranged(self, reading: Reading) -> Reading:
        """The results in order and number: by change where several were compared, else by value as asked."""
        if self.mode in {"one metric", "several metrics"}:
            return reading
        if reading.before is not None and not self.grouping.sorted_by_value:
            return reading.by_movement(self.grouping.limit or _DEFAULT_LIMIT)
        if self.mode == "groups":
            return reading  # Metrics Insights has ordered and limited them
        return reading.by_value(
            self.grouping, self.grouping.limit or (_DEFAULT_LIMIT if self.mode == "movers" else None)
        )


def _mode(metric: Metric, grouping: Grouping, statistic: str | None) -> Mode:
    if not metric.name:
        if grouping.group_by or grouping.schema:
            raise InputError("group_by_dimension and schema_dimension_keys need metric_name.")
        return "movers"
    if grouping.group_by and is_percentile_or_trimmed(statistic or "Average"):
        return "listed groups"
    return "groups" if grouping.given else "one metric"
