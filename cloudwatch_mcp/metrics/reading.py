"""The metrics of a request in a window and, for comparison, in an earlier one."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TypeAlias

from cloudwatch_mcp.answers.series import Points
from cloudwatch_mcp.aws.calls import Aws, settle
from cloudwatch_mcp.errors import CloudWatchError
from cloudwatch_mcp.metrics.comparison import average, movement
from cloudwatch_mcp.metrics.requests import Grouping, MetricDataRequest
from cloudwatch_mcp.metrics.results import MetricDataResult, Page, join_pages, request_messages
from cloudwatch_mcp.timerange import Window

_USD_PER_METRIC = 0.01 / 1_000  # GetMetricData, for each metric that is requested (price list of us-east-1)
InThread: TypeAlias = Callable[..., Awaitable[list[MetricDataResult]]]

_MANY = 20  # metrics, from which on their number and price are worth a note


@dataclass(frozen=True)
class Reading:
    """The results of a request; by id and label the points of those in the earlier window; and notes on both.

    `before` is None where there was no earlier window, or it could not be read. `shift` is how much earlier it is.
    """

    results: list[MetricDataResult]
    before: dict[tuple[str, str], Points] | None
    shift: timedelta
    notes: list[str]

    def before_of(self, result: MetricDataResult) -> Points | None:
        return (self.before or {}).get((result.query_id, result.label)) or None

    def by_movement(self, limit: int) -> Reading:
        """The results that moved most, with a note on how many there are; those without any data are left out."""
        present = [result for result in self.results if result.points or self.before_of(result)]
        movements = [(movement(result.points, self.before_of(result)), result) for result in present]
        movements.sort(key=lambda item: item[0], reverse=True)
        moved = sum(is_certain for (is_certain, _), _ in movements)
        note = f"{moved} of {len(present)} series moved by more than their noise"
        note += f"; the first {limit} are shown." if len(present) > limit else "."
        first = [result for _, result in movements[:limit]]
        return replace(self, results=first, notes=[*self.notes, note])

    def by_value(self, grouping: Grouping, limit: int | None) -> Reading:
        """The first results in the order of Metrics Insights: by their average, or as the grouping says."""
        value = _VALUES[grouping.order_by or "AVG"]
        present = [result for result in self.results if result.points]
        present.sort(key=lambda result: value(result.points), reverse=grouping.sort_order != "ASC")
        cut = [f"The first {limit} of {len(present)} series are shown."] if limit and len(present) > limit else []
        return replace(self, results=present[:limit], notes=[*self.notes, *cut])


_VALUES: dict[str, Callable[[Points], float]] = {
    "AVG": average,
    "SUM": lambda points: math.fsum(points.values),
    "MAX": lambda points: max(points.values),
    "MIN": lambda points: min(points.values),
    "COUNT": len,
}


async def read(
    aws: Aws, request: MetricDataRequest, window: Window, earlier: Window | None, in_thread: InThread
) -> Reading:
    """Read both windows at once. An earlier window that cannot be read is a note. `in_thread` runs what takes long.

    Raises:
        AwsError: the window itself cannot be read.
    """
    windows = [window] if earlier is None else [window, earlier]
    pages, *earlier_pages = await settle(*(request.read(aws, each) for each in windows))
    if isinstance(pages, CloudWatchError):
        raise pages
    results = await in_thread(_joined, pages, request)
    notes = [*request.notes, *request_messages(pages), *(note for each in results for note in each.notes())]
    if len(request.queries) > _MANY:
        notes.append(_cost(len(request.queries), len(windows)))
    if earlier is None:
        return Reading(results, None, timedelta(), notes)
    shift = window.start - earlier.start
    if isinstance(earlier_pages[0], CloudWatchError):
        return Reading(results, None, shift, [*notes, f"There is no baseline: {earlier_pages[0]}"])
    baseline = await in_thread(_joined, earlier_pages[0], request)
    before = {(result.query_id, result.label): result.points for result in baseline}
    span = " to ".join(earlier.as_text())
    notes.append(f"Baseline: {span}." if any(before.values()) else f"The baseline, {span}, has no data.")
    return Reading(results, before, shift, notes)


def _joined(pages: Sequence[Page], request: MetricDataRequest) -> list[MetricDataResult]:
    results = join_pages(pages)
    for result in results:
        metric = request.metrics.get(result.query_id)
        if metric and result.label == result.query_id:  # GetMetricData leaves out the Label of a Forbidden result
            result.label = metric.name
        result.label = request.labels.get(result.query_id, result.label)
    return results


def _cost(metrics: int, windows: int) -> str:
    twice = " in two windows" if windows > 1 else ""
    return f"{metrics} metrics were read{twice}; AWS charges about ${metrics * windows * _USD_PER_METRIC:.4f}."
