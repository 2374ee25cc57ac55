"""The table of the metrics that moved most."""

from __future__ import annotations

from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.metrics.comparison import average, change, find_onset
from cloudwatch_mcp.metrics.reading import Reading
from cloudwatch_mcp.metrics.requests import MetricDataRequest
from cloudwatch_mcp.metrics.results import MetricDataResult


def movers_table(reading: Reading, request: MetricDataRequest, period: int) -> Table | None:
    """A row for each result, in their order."""
    statistics = {query["Id"]: query["MetricStat"]["Stat"] for query in request.queries}
    rows = []
    for result in reading.results:
        metric = request.metrics[result.query_id]
        dimensions = ", ".join(f"{name}={value}" for name, value in metric.dimensions)
        identity = {"metric": metric.name, "dimensions": dimensions, "statistic": statistics[result.query_id]}
        rows.append(identity | _levels(result, reading, period))
    return table(rows)


def _levels(result: MetricDataResult, reading: Reading, period: int) -> dict[str, float | str | None]:
    points, before = result.points.ordered(), reading.before_of(result)
    if not points:
        return {"before": average(before) if before else None, "avg": None, "change": "gone"}
    onset = find_onset(points, before, period, reading.shift)
    unknown = None if reading.before is None else "new"  # without a baseline nothing is known to be new
    return {
        "before": average(before) if before else None,
        "avg": average(points),
        "change": change(average(points), average(before)) if before else unknown,
        "onset": onset.at if onset else None,
    }
