"""ANOMALY_DETECTION_BAND without AWS's trained model."""

from __future__ import annotations

from collections import defaultdict
from statistics import median

from cloudwatch_mcp.sandbox.metrics.series import Series

_HOURS = 24
# The median absolute deviation of a normal distribution, scaled to its standard deviation.
_SIGMA_OF_MAD = 1.4826


def anomaly_band(series: Series, width: float) -> list[Series]:
    """The upper limit, then the lower one, at each of the series' timestamps.

    The band is learnt from all that is stored of the metric, so it is the same whatever window is asked
    for: for each hour of the day, the median of the values within the hour before to the hour after it,
    on every day, and their median absolute deviation; between the middles of two hours it is linear.
    Medians leave an incident out of the band. A metric that is never negative has no negative limit.
    """
    history = series.history() if series.history else series.points
    expected = _expected_by_hour(history)
    floor = 0.0 if all(value >= 0 for value in history.values()) else float("-inf")
    upper, lower = {}, {}
    for time in series.points:
        centre, deviation = _expected_at(time, expected)
        upper[time] = centre + width * deviation
        lower[time] = max(floor, centre - width * deviation)
    return [
        Series(upper, series.period, f"{series.label} High".strip()),
        Series(lower, series.period, f"{series.label} Low".strip()),
    ]


def _expected_by_hour(history: dict[int, float]) -> list[tuple[float, float]]:
    by_hour: defaultdict[int, list[float]] = defaultdict(list)
    for time, value in history.items():
        hour = time // 3600
        for near in (hour - 1, hour, hour + 1):
            by_hour[near % _HOURS].append(value)
    everything = list(history.values())
    return [_centre_and_deviation(by_hour[hour] or everything) for hour in range(_HOURS)]


def _centre_and_deviation(values: list[float]) -> tuple[float, float]:
    if not values:
        return 0.0, 0.0
    centre = median(values)
    return centre, _SIGMA_OF_MAD * median(abs(value - centre) for value in values)


def _expected_at(time: int, expected: list[tuple[float, float]]) -> tuple[float, float]:
    hour, part = divmod((time - 1800) / 3600, 1)
    before, after = expected[int(hour) % _HOURS], expected[(int(hour) + 1) % _HOURS]
    centre = before[0] + (after[0] - before[0]) * part
    return centre, before[1] + (after[1] - before[1]) * part
