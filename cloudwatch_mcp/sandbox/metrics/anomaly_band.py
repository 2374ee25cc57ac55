"""ANOMALY_DETECTION_BAND without AWS's trained model."""

from collections import defaultdict
from statistics import median

from cloudwatch_mcp.sandbox.metrics.series import Expected, Series

_HOURS = 24
# The median absolute deviation of a normal distribution, scaled to its standard deviation.
_SIGMA_OF_MAD = 1.4826


def anomaly_band(series: Series, width: float) -> list[Series]:
    """The upper limit, then the lower one, at each of the series' timestamps.

    The band comes from the metric's whole history, so it does not depend on the window. Each hour of the day
    has the median and the median absolute deviation of the values of that hour and its two neighbours, over
    all days; between the middles of two hours the band is linear. Medians keep an incident out of it. The
    lower limit is not negative for a metric that never is.
    """
    expected = series.expected() if series.expected else expected_of(series.points)
    upper, lower = {}, {}
    for time in series.points:
        centre, deviation = _expected_at(time, expected.by_hour)
        upper[time] = centre + width * deviation
        lower[time] = max(expected.floor, centre - width * deviation)
    return [
        Series(upper, series.period, f"{series.label} High".strip()),
        Series(lower, series.period, f"{series.label} Low".strip()),
    ]


def expected_of(history: dict[int, float]) -> Expected:
    by_hour: defaultdict[int, list[float]] = defaultdict(list)
    for time, value in history.items():
        hour = time // 3600
        for near in (hour - 1, hour, hour + 1):
            by_hour[near % _HOURS].append(value)
    everything = list(history.values())
    floor = 0.0 if all(value >= 0 for value in everything) else float("-inf")
    return Expected([_centre_and_deviation(by_hour[hour] or everything) for hour in range(_HOURS)], floor)


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
