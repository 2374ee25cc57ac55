"""GetMetricStatistics."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, ValidationError

from cloudwatch_mcp.sandbox.metrics.aggregation import points, statistic_named
from cloudwatch_mcp.sandbox.metrics.queries import is_period
from cloudwatch_mcp.sandbox.metrics.store import MetricStore, epoch, metric_of

MAX_DATAPOINTS = 1440


def get_metric_statistics(request: Mapping[str, Any], store: MetricStore) -> dict[str, Any]:
    """The answer, with a datapoint for each period and unit, oldest first."""
    start, end, period = epoch(request["StartTime"]), epoch(request["EndTime"]), request["Period"]
    _check(request, ceil((end - start) / period))
    observations = [
        observation
        for observation in store.between(metric_of(request), start - start % period, end)
        if request.get("Unit", observation.unit) == observation.unit and (period >= 60 or observation.high_resolution)
    ]
    datapoints: dict[tuple[int, str], dict[str, Any]] = {}
    for unit in sorted({observation.unit for observation in observations}):
        of_unit = [observation for observation in observations if observation.unit == unit]
        for member in ("Statistics", "ExtendedStatistics"):
            for name in request.get(member) or ():
                for time, value in points(of_unit, period, statistic_named(name)).items():
                    datapoint = datapoints.setdefault((time, unit), {"Timestamp": time, "Unit": unit})
                    target = datapoint if member == "Statistics" else datapoint.setdefault(member, {})
                    target[name] = value
    return {"Label": request["MetricName"], "Datapoints": [datapoints[key] for key in sorted(datapoints)]}


def _check(request: Mapping[str, Any], requested: int) -> None:
    if not request.get("Statistics") and not request.get("ExtendedStatistics"):
        raise InvalidParameterCombination("Must specify either Statistics or ExtendedStatistics")
    if requested <= 0:
        raise ValidationError("The parameter StartTime must be less than the parameter EndTime.")
    if not is_period(request["Period"]):
        raise ValidationError("The parameter Period must be 1, 5, 10, 20, 30 or a multiple of 60.")
    if requested > MAX_DATAPOINTS:
        raise InvalidParameterCombination(
            f"You have requested up to {requested:,} datapoints, which exceeds the limit of 1,440. You may reduce the "
            "datapoints requested by increasing Period, or decreasing the time range."
        )
