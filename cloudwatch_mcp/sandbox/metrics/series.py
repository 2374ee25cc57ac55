"""A time series between its reading and its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from math import isnan
from typing import Protocol


class ExpressionError(Exception):
    """What is wrong with an expression; the caller adds which expression it was."""


@dataclass
class Series:
    """Values by epoch second, oldest first.

    `properties` are what a dynamic label's PROP names. `history` is what ANOMALY_DETECTION_BAND learns
    from: all that is stored of the metric, whatever the window; a series without it learns from its points.
    """

    points: dict[int, float]
    period: int
    label: str = ""
    messages: list[dict[str, str]] = field(default_factory=list)
    properties: Mapping[str, str] = field(default_factory=dict)
    history: Callable[[], dict[int, float]] | None = None


Value = float | Series | list[Series]
Argument = Value | str


class Scope(Protocol):
    """What an expression can refer to."""

    start: int
    end: int

    def value_of(self, query_id: str) -> Value: ...
    def metrics(self, id_contains: str) -> list[Series]: ...


def combine(operation: Callable[[float, float], float], left: Value, right: Value) -> Value:
    """The operation at each timestamp; a point that one of two series lacks is 0 there, as AWS has it."""
    if isinstance(left, list):
        if isinstance(right, list):
            raise ExpressionError("An operator cannot have an array of time series on both sides")
        return [_combined_series(operation, series, right) for series in left]
    if isinstance(right, list):
        return [_combined_series(operation, left, series) for series in right]
    if isinstance(left, Series) or isinstance(right, Series):
        return _combined_series(operation, left, right)
    return operation(left, right)


def _combined_series(operation: Callable[[float, float], float], left: float | Series, right: float | Series) -> Series:
    sides = [side for side in (left, right) if isinstance(side, Series)]
    times = sides[0].points.keys() if len(sides) == 1 else sides[0].points.keys() | sides[1].points.keys()
    values = ((time, operation(value_at(left, time), value_at(right, time))) for time in sorted(times))
    return Series(drop_nan(values), min(side.period for side in sides), sides[0].label)


def value_at(operand: float | Series, time: int) -> float:
    return operand.points.get(time, 0.0) if isinstance(operand, Series) else operand


def drop_nan(points: Iterable[tuple[int, float]]) -> dict[int, float]:
    return {time: value for time, value in points if not isnan(value)}
