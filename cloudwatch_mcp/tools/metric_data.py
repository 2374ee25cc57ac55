"""The tool that reads metrics over time."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.series import Series
from cloudwatch_mcp.answers.table import Table
from cloudwatch_mcp.aws.console import metric_links
from cloudwatch_mcp.metrics.absence import absence_notes
from cloudwatch_mcp.metrics.answer_series import all_series
from cloudwatch_mcp.metrics.movers import movers_table
from cloudwatch_mcp.metrics.question import MetricQuestion
from cloudwatch_mcp.metrics.reading import read
from cloudwatch_mcp.metrics.requests import Dimension, Grouping, Metric, MetricDataQuery
from cloudwatch_mcp.timerange import TimeText, choose_period, resolve_window
from cloudwatch_mcp.tools.context import Ctx, EndTime, ProfileName, Region, runtime

DEFAULT_WINDOW = timedelta(hours=3)
_MAX_QUERIES = 500  # GetMetricData: MetricDataQueries


class MetricData(Answer):
    """Values begin at `start` (UTC), one per `period` seconds; a series that differs has its own start or period."""

    narrow_by: ClassVar[str] = "lower target_datapoints, set limit, or narrow the window"

    period: int
    start: str | None = None
    series: list[Series] = []
    movers: Table | None = None


async def get_metric_data(
    ctx: Ctx,
    namespace: Annotated[str | None, Field(description='Like "AWS/Lambda".')] = None,
    metric_name: Annotated[
        str | None, Field(description="Left out: which metrics of the namespace moved most.")
    ] = None,
    dimensions: Annotated[
        list[Dimension] | None,
        Field(max_length=30, description="All dimensions of the metric; a filter for several."),
    ] = None,
    start_time: Annotated[TimeText | None, Field(description="Default: 3 h before the end.")] = None,
    end_time: EndTime = None,
    compare_to: Annotated[
        str | None, Field(description="Baseline: the same window so much earlier, like 1h, 1d or 7d.")
    ] = None,
    statistic: Annotated[
        str | None,
        Field(description="Average (default), Sum, Maximum, Minimum, SampleCount, p99, TM(10%:90%), IQM, …"),
    ] = None,
    target_datapoints: Annotated[int, Field(ge=1, le=100_800, description="Sets the period.")] = 60,
    group_by_dimension: Annotated[str | None, Field(description="One series per value of it.")] = None,
    schema_dimension_keys: Annotated[
        list[str] | None, Field(description="Exact dimension names of the metrics to match.")
    ] = None,
    limit: Annotated[
        int | None,
        Field(ge=1, le=500, description="Only the first N series in sort_order, or by change."),
    ] = None,
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

    Each series has a start, values (null: no data), and a summary with min, max, avg, last and the onset of a lasting
    shift. compare_to adds a baseline and change. A namespace without metric_name gives its metrics that moved most.
    Without data, notes say whether the name, the dimensions or the window is wrong.
    """
    rt = runtime(ctx)
    now = rt.clock.now()
    grouping = Grouping(group_by_dimension, schema_dimension_keys, limit, sort_order, order_by_statistic)
    metric = Metric.of(namespace or "", metric_name or "", dimensions)
    question = MetricQuestion.of(metric, statistic, grouping, queries)
    window = resolve_window(start_time, end_time, now=now, default=DEFAULT_WINDOW)
    earlier = question.baseline_window(window, compare_to, now)
    period = choose_period(window, target_datapoints, now, since=earlier.start if earlier else None)
    aws = await rt.clients.at(profile_name, region)
    request = await question.request(aws, window, earlier, period, now)
    reading = question.arranged(await read(aws, request, window, earlier, rt.in_thread))
    answer = MetricData(
        region=aws.region,
        profile=aws.profile,
        window=window.as_text(),
        notes=[*aws.notes, *reading.notes],
        period=period,
    )
    if question.mode == "movers":
        answer.movers = await rt.in_thread(movers_table, reading, request, period)
    else:
        answer.notes += await absence_notes(aws, window, request, reading.results)
        answer.start, answer.series = await rt.in_thread(all_series, reading, request, period, window.end)
    shown = [result.query_id for result in reading.results]
    return answer.with_links(metric_links(aws, request.queries, shown, window))
