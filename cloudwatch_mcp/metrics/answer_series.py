"""The series of an answer."""

from __future__ import annotations

from datetime import datetime

from cloudwatch_mcp.answers.series import Series, series
from cloudwatch_mcp.metrics.comparison import compared
from cloudwatch_mcp.metrics.reading import Reading
from cloudwatch_mcp.metrics.requests import MetricDataRequest


def all_series(
    reading: Reading, request: MetricDataRequest, period: int, end: datetime
) -> tuple[str | None, list[Series]]:
    """The common start, and the series that have points; one that differs in start or `period` has its own."""
    periods = request.periods()
    several = len(request.queries) > 1 and not request.labels
    shown = []
    for result in reading.results:
        if not result.points:
            continue
        own = periods.get(result.query_id, period)
        plain = series(result.label, result.points, own, result.query_id if several else None, end)
        one = compared(plain, result.points, reading.before_of(result), own, reading.shift)
        shown.append(one if own == period or one.period else one.model_copy(update={"period": own}))
    start = next((one.start for one in shown if one.start), None)
    return start, [one.model_copy(update={"start": None}) if one.start == start else one for one in shown]
