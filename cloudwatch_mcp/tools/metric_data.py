"""The tool that reads metric data."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.series import Points, Series, series
from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.errors import InputError, quote
from cloudwatch_mcp.metrics.absence import why_empty
from cloudwatch_mcp.metrics.queries import InsightsQuery, parse_statistic
from cloudwatch_mcp.timerange import TimeText, Window, choose_period, resolve_window, retained_period
from cloudwatch_mcp.tools.context import Ctx, Dimension, EndTime, ProfileName, Region, runtime

_DEFAULT_WINDOW = timedelta(hours=3)
_INSIGHTS_REACH = timedelta(days=14)  # docs: cloudwatch-metrics-insights-limits
_MAX_QUERIES = 500  # GetMetricData
_MAX_DIAGNOSED = 3


class MetricStat(BaseModel):
    model_config = ConfigDict(extra="forbid")
    namespace: Annotated[str, Field(min_length=1, max_length=255)]
    metric_name: Annotated[str, Field(min_length=1, max_length=255)]
    dimensions: Annotated[list[Dimension], Field(max_length=30)] = []
    statistic: str = "Average"
    period: Annotated[int | None, Field(ge=1)] = None


class MetricQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    id: Annotated[str, Field(pattern="^[a-z][A-Za-z0-9_]{0,254}$")]
    metric_stat: MetricStat | None = None
    expression: Annotated[str | None, Field(min_length=1, max_length=2048)] = None
    label: str | None = None
    return_data: bool = True
    period: Annotated[int | None, Field(ge=1)] = None


class MetricData(Answer):
    """Points are `period` seconds apart from `start` on, in UTC; a series that differs has its own period or start."""

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
    group_by_dimension: Annotated[str | None, Field(description="One series for each value of it.")] = None,
    schema_dimension_keys: Annotated[
        list[str] | None, Field(description="Exact dimension names of the metrics to match.")
    ] = None,
    limit: Annotated[int | None, Field(ge=1, le=500, description="Series, the first in sort_order.")] = None,
    sort_order: Literal["ASC", "DESC"] | None = None,
    order_by_statistic: Literal["AVG", "SUM", "MAX", "MIN", "COUNT"] | None = None,
    queries: Annotated[
        list[MetricQuery] | None,
        Field(
            max_length=_MAX_QUERIES,
            description="Several metrics or metric math at once, instead of namespace and metric_name: each has an id "
            "and a metric_stat or an expression over ids.",
        ),
    ] = None,
    region: Region = None,
    profile_name: ProfileName = None,
) -> MetricData:
    """Read CloudWatch metrics over time: one metric, one series for each value of a dimension, or metric math.

    Each series has start, values (null: no data) and a summary with min, max, avg and last. The period is chosen to
    give about target_datapoints points. No data: notes say whether the metric, its dimensions or the window is at
    fault.
    """
    rt = runtime(ctx)
    now = rt.clock.now()
    window = resolve_window(start_time, end_time, now=now, default=_DEFAULT_WINDOW)
    period = choose_period(window, target_datapoints, now)
    grouping = _Grouping(group_by_dimension, schema_dimension_keys, limit, sort_order, order_by_statistic)
    if queries:
        if namespace or metric_name or dimensions or grouping.given:
            raise InputError("queries stands alone: leave out namespace, metric_name, dimensions and grouping.")
        request = _several(queries, period, retained_period(window.start, now))
    elif not namespace or not metric_name:
        raise InputError("Give namespace and metric_name, or queries.")
    else:
        metric = _Metric(namespace, metric_name, _pairs(dimensions or []))
        request = _grouped(metric, statistic, period, grouping) if grouping.given else _one(metric, statistic, period)
    aws = await rt.clients.at(profile_name, region)
    pages, messages = await _read(aws, window, request.queries)
    results = await rt.in_thread(_joined, pages)
    notes = [*aws.notes, *request.notes, *messages, *(note for result in results for note in result.notes())]
    if grouping.given and now - window.start > _INSIGHTS_REACH:
        notes.append("Metrics Insights has the last 2 weeks only: earlier points are missing.")
    explained = {result.query_id for result in results if result.points or result.notes()}
    notes += await _empty_notes(aws, window, request, explained)
    with_points = [result for result in results if result.points]
    shaped = await rt.in_thread(_all_series, with_points, request, period, window.end)
    start = next((one.start for one in shaped if one.start), None)
    return MetricData(
        region=aws.region,
        profile=aws.profile,
        window=window.as_text(),
        notes=notes,
        period=period,
        start=start,
        series=[one.model_copy(update={"start": None}) if one.start == start else one for one in shaped],
    )


class _Metric(NamedTuple):
    namespace: str
    name: str
    dimensions: list[tuple[str, str]]


class _Grouping(NamedTuple):
    group_by: str | None
    schema: list[str] | None
    limit: int | None
    sort_order: str | None
    order_by: str | None

    @property
    def given(self) -> bool:
        return any(self)


@dataclass(frozen=True)
class _Request:
    """GetMetricData's MetricDataQueries, by id the metrics they read, and the schema if it is Metrics Insights'."""

    queries: list[dict[str, Any]]
    metrics: dict[str, _Metric]
    notes: list[str] = field(default_factory=list)
    schema: list[str] | None = None


def _one(metric: _Metric, statistic: str, period: int) -> _Request:
    return _Request([{"Id": "m1", "MetricStat": _metric_stat(metric, statistic, period)}], {"m1": metric})


def _grouped(metric: _Metric, statistic: str, period: int, grouping: _Grouping) -> _Request:
    ordered = grouping.limit is not None or grouping.sort_order is not None or grouping.order_by is not None
    query = InsightsQuery(
        metric.namespace,
        metric.name,
        statistic,
        dimensions=metric.dimensions,
        schema=grouping.schema or (),
        group_by=grouping.group_by,
        order_by=(grouping.order_by or statistic) if ordered else None,
        descending=grouping.sort_order != "ASC",
        limit=grouping.limit,
    )
    asked = [{"Id": "q1", "Expression": query.sql(), "Period": period}]
    return _Request(asked, {"q1": metric}, schema=query.keys())


def _several(queries: Sequence[MetricQuery], period: int, least: int) -> _Request:
    repeated = {query.id for query in queries if sum(other.id == query.id for other in queries) > 1}
    if repeated:
        raise InputError(f"queries: each id must be given once; repeated: {', '.join(sorted(repeated))}.")
    if not any(query.return_data for query in queries):
        raise InputError("queries: return_data is false for all of them; leave it true for what you want to see.")
    notes, metrics, asked = [], {}, []
    for query in queries:
        if (query.metric_stat is None) == (query.expression is None):
            raise InputError(f"queries: {query.id} needs a metric_stat or an expression, one of the two.")
        stat = query.metric_stat
        wished = query.period or (stat.period if stat else None) or period
        step = -(-wished // least) * least if wished >= 60 or least > 60 else wished
        if step != wished:
            notes.append(
                f"{query.id}: period {wished} s raised to {step} s; CloudWatch keeps no finer points that far back."
            )
        entry: dict[str, Any] = {"Id": query.id, "ReturnData": query.return_data}
        if query.label:
            entry["Label"] = query.label
        if stat:
            metric = _Metric(stat.namespace, stat.metric_name, _pairs(stat.dimensions))
            metrics[query.id] = metric
            entry["MetricStat"] = _metric_stat(metric, stat.statistic, step)
        else:
            entry |= {"Expression": query.expression, "Period": step}
        asked.append(entry)
    return _Request(asked, metrics, notes)


def _pairs(dimensions: Sequence[Dimension]) -> list[tuple[str, str]]:
    return [(dimension.name, dimension.value) for dimension in dimensions]


def _metric_stat(metric: _Metric, statistic: str, period: int) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    named = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {"Metric": named, "Stat": parse_statistic(statistic), "Period": period}


async def _empty_notes(aws: Aws, window: Window, request: _Request, explained: set[str]) -> list[str]:
    """Why each query that was to return data has none, where nothing explains it yet."""
    empty = [query["Id"] for query in request.queries if query.get("ReturnData", True) and query["Id"] not in explained]
    causes = [
        await why_empty(aws, window, *request.metrics[each], schema=request.schema)
        if each in request.metrics
        else "the expression gave no data; return the data of its inputs to see which is empty."
        for each in empty[:_MAX_DIAGNOSED]
    ]
    if len(request.queries) > 1:
        causes = [f"{each}: {cause}" for each, cause in zip(empty, causes, strict=False)]
    if len(empty) > _MAX_DIAGNOSED:
        causes.append(f"No data either for {', '.join(empty[_MAX_DIAGNOSED:])}.")
    return causes


@dataclass
class _Result:
    """A series as GetMetricData returned it, its pages joined.

    `lost` are timestamps without a value and values without a timestamp; `status` and `messages` are AWS's.
    """

    query_id: str
    label: str
    points: Points = field(default_factory=Points)
    lost: int = 0
    status: str = "Complete"
    messages: list[str] = field(default_factory=list)

    def add(self, page: Mapping[str, Any]) -> None:
        times, values = page.get("Timestamps", []), page.get("Values", [])
        for time, value in zip(times, values, strict=False):
            if time is None or value is None or not math.isfinite(value):
                self.lost += 1
            else:
                self.points.add(time.timestamp() if isinstance(time, datetime) else time, value)
        self.lost += abs(len(times) - len(values))
        self.status = page.get("StatusCode", self.status)
        self.messages += [message.get("Value", "") for message in page.get("Messages", [])]

    def notes(self) -> list[str]:
        name, notes = quote(self.label), []
        reason = "; ".join(filter(None, dict.fromkeys(self.messages)))
        if self.status != "Complete" or reason:
            notes.append(f"{name} is {self.status}: {reason.rstrip('.') or 'AWS gives no reason'}.")
        if self.lost:
            notes.append(f"{name}: {self.lost:,} of AWS's points had no time or no finite value and are left out.")
        return notes


async def _read(
    aws: Aws, window: Window, queries: Sequence[Mapping[str, Any]]
) -> tuple[list[dict[str, Any]], list[str]]:
    """Every page's results, a list for each page, and AWS's messages on the request as a whole."""
    pages = aws.pages("GetMetricData", MetricDataQueries=list(queries), StartTime=window.start, EndTime=window.end)
    results, messages = [], dict[str, None]()
    async for page in pages:
        results.append(page.get("MetricDataResults", []))
        for message in page.get("Messages", []):
            messages[f"{message.get('Code')}: {message.get('Value')}"] = None
    return results, list(messages)


def _joined(pages: Sequence[Sequence[Mapping[str, Any]]]) -> list[_Result]:
    """The series of all pages. Two on one page are two series, though id and label are the same."""
    joined: dict[tuple[str, str, int], _Result] = {}
    for page in pages:
        seen: Counter[tuple[str, str]] = Counter()
        for result in page:
            name = (result["Id"], result.get("Label") or result["Id"])
            joined.setdefault((*name, seen[name]), _Result(*name)).add(result)
            seen[name] += 1
    return list(joined.values())


def _all_series(results: Sequence[_Result], request: _Request, period: int, until: datetime) -> list[Series]:
    periods = {query["Id"]: query.get("Period") or query["MetricStat"]["Period"] for query in request.queries}
    several = len(request.queries) > 1
    shaped = []
    for result in results:
        own = periods.get(result.query_id, period)
        one = series(result.label, result.points, own, result.query_id if several else None, until)
        shaped.append(one if own == period or one.period else one.model_copy(update={"period": own}))
    return shaped
