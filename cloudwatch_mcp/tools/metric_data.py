"""The tool that reads metrics over time."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.series import Series
from cloudwatch_mcp.errors import InputError
from cloudwatch_mcp.metrics.absence import absence_notes
from cloudwatch_mcp.metrics.requests import (
    Dimension,
    Grouping,
    Metric,
    MetricDataQuery,
    grouped_metric,
    one_metric,
    several_metrics,
)
from cloudwatch_mcp.metrics.results import all_series, join_pages, request_messages
from cloudwatch_mcp.timerange import TimeText, choose_period, resolve_window, retained_period
from cloudwatch_mcp.tools.context import Ctx, EndTime, ProfileName, Region, runtime

_DEFAULT_WINDOW = timedelta(hours=3)
_MAX_QUERIES = 500  # GetMetricData: MetricDataQueries


class MetricData(Answer):
    """Values begin at `start` (UTC), one per `period` seconds; a series that differs has its own start or period."""

    narrow_by: ClassVar[str] = "lower target_datapoints, set limit, or narrow the window"

    period: int
    start: str | None = None
    series: list[Series] = []


async def get_metric_data(
    ctx: Ctx,
    namespace: Annotated[str | None, Field(description='Like "AWS/Lambda".')] = None,
    metric_name: str | None = None,
    dimensions: Annotated[
        list[Dimension] | None,
        Field(max_length=30, description="All dimensions of the metric; a filter with group_by."),
    ] = None,
    start_time: Annotated[TimeText | None, Field(description="Default: 3 h before the end.")] = None,
    end_time: EndTime = None,
    statistic: Annotated[
        str, Field(description="Average, Sum, Maximum, Minimum, SampleCount, p99, TM(10%:90%), IQM, …")
    ] = "Average",
    target_datapoints: Annotated[int, Field(ge=1, le=100_800, description="Sets the period.")] = 60,
    group_by_dimension: Annotated[str | None, Field(description="One series per value of it.")] = None,
    schema_dimension_keys: Annotated[
        list[str] | None, Field(description="Exact dimension names of the metrics to match.")
    ] = None,
    limit: Annotated[int | None, Field(ge=1, le=500, description="Only the first N series in sort_order.")] = None,
    sort_order: Literal["ASC", "DESC"] | None = None,
    order_by_statistic: Literal["AVG", "SUM", "MAX", "MIN", "COUNT"] | None = None,
    queries: Annotated[
        list[MetricDataQuery] | None,
        Field(
            max_length=_MAX_QUERIES,
            description="Several metrics or metric math at once, instead of namespace and metric_name: each has an id "
            "and a metric_stat or an expression over ids.",
        ),
    ] = None,
    region: Region = None,
    profile_name: ProfileName = None,
) -> MetricData:
    """Read CloudWatch metrics over time: one metric, one series per value of a dimension, or metric math.

    Each series has a start, values (null: no data) and a summary with min, max, avg and last. The period is chosen to
    give about target_datapoints points. Without data, notes say whether the name, the dimensions or the window is
    wrong.
    """
    rt = runtime(ctx)
    now = rt.clock.now()
    window = resolve_window(start_time, end_time, now=now, default=_DEFAULT_WINDOW)
    period = choose_period(window, target_datapoints, now)
    grouping = Grouping(group_by_dimension, schema_dimension_keys, limit, sort_order, order_by_statistic)
    if queries:
        if namespace or metric_name or dimensions or grouping.given:
            raise InputError("queries stands alone: leave out namespace, metric_name, dimensions and grouping.")
        request = several_metrics(queries, period, retained_period(window.start, now))
    elif not namespace or not metric_name:
        raise InputError("Give namespace and metric_name, or queries.")
    else:
        metric = Metric.of(namespace, metric_name, dimensions)
        request = (
            grouped_metric(metric, statistic, period, grouping, now - window.start)
            if grouping.given
            else one_metric(metric, statistic, period)
        )
    aws = await rt.clients.at(profile_name, region)
    parameters = {"MetricDataQueries": request.queries, "StartTime": window.start, "EndTime": window.end}
    pages = [page async for page in aws.pages("GetMetricData", **parameters)]
    results = await rt.in_thread(join_pages, pages)
    start, series = await rt.in_thread(all_series, results, request, period, window.end)
    notes = [*aws.notes, *request.notes, *request_messages(pages), *(note for each in results for note in each.notes())]
    return MetricData(
        region=aws.region,
        profile=aws.profile,
        window=window.as_text(),
        notes=[*notes, *await absence_notes(aws, window, request, results)],
        period=period,
        start=start,
        series=series,
    )
