"""A time series, as metric math computes with it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import fsum, isnan
from statistics import fmean, pstdev
from typing import NamedTuple, Protocol


class ExpressionError(Exception):
    """An invalid expression; the caller adds its id."""


class Expected(NamedTuple):
    """What ANOMALY_DETECTION_BAND expects of a metric: centre and deviation by hour of day, and the lowest limit."""

    by_hour: list[tuple[float, float]]
    floor: float


@dataclass
class Series:
    """Values by epoch second, oldest first.

    `properties` are the values of a dynamic label's PROP. `expected` gives ANOMALY_DETECTION_BAND what all of the
    metric's points lead to, also those outside the window; without it the band uses `points`.
    """

    points: dict[int, float]
    period: int
    label: str = ""
    messages: list[dict[str, str]] = field(default_factory=list)
    properties: Mapping[str, str] = field(default_factory=dict)
    expected: Callable[[], Expected] | None = None
    dropped_points: bool = False
    """Whether arithmetic gave values that are not numbers, such as those of a division by zero."""


REDUCTIONS: dict[str, Callable[[list[float]], float]] = {
    "AVG": fmean,
    "DATAPOINT_COUNT": lambda values: float(len(values)),
    "MAX": max,
    "MIN": min,
    "STDDEV": pstdev,
    "SUM": fsum,
}

Value = float | Series | list[Series]
Argument = Value | str


class Scope(Protocol):
    """What an expression can refer to: the request's queries and its window."""

    start: int
    end: int
    phase: int
    """The start of any period, in epoch seconds."""

    def value_of(self, query_id: str) -> Value: ...
    def metrics(self, id_contains: str) -> list[Series]: ...
    def search(self, expression: str, statistic: str, period: int) -> list[Series]: ...


def combine(operation: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """The operation at each timestamp. As on AWS, a missing point of one of two series is 0."""
    if isinstance(left, list):
        if isinstance(right, list):
            raise ExpressionError("An operator cannot have an array of time series on both sides")
        return [_combine_series(operation, series, right) for series in left]
    if isinstance(right, list):
        return [_combine_series(operation, left, series) for series in right]
    if isinstance(left, Series) or isinstance(right, Series):
        return _combine_series(operation, left, right)
    return operation(left, right)


def _combine_series(operation: Callable[[float, float], float], left: float | Series, right: float | Series) -> Series:
    sides = [side for side in (left, right) if isinstance(side, Series)]
    times = sides[0].points.keys() if len(sides) == 1 else sides[0].points.keys() | sides[1].points.keys()
    points = {time: operation(value_at(left, time), value_at(right, time)) for time in sorted(times)}
    return computed(points.items(), min(side.period for side in sides), sides)


def computed(points: Iterable[tuple[int, float]], period: int, sources: Sequence[Series]) -> Series:
    """The series of an operation on `sources`, without the points that are not numbers."""
    values = dict(points)
    numbers = drop_nan(values.items())
    dropped = len(numbers) < len(values) or any(source.dropped_points for source in sources)
    return Series(numbers, period, sources[0].label, dropped_points=dropped)


def value_at(operand: float | Series, time: int, missing: float = 0.0) -> float:
    return operand.points.get(time, missing) if isinstance(operand, Series) else operand


def drop_nan(points: Iterable[tuple[int, float]]) -> dict[int, float]:
    return {time: value for time, value in points if not isnan(value)}
