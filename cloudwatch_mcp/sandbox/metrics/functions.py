"""The functions of CloudWatch metric math (docs: using-metric-math)."""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from functools import partial
from itertools import accumulate, pairwise

from cloudwatch_mcp.sandbox.metrics.anomaly_band import anomaly_band
from cloudwatch_mcp.sandbox.metrics.series import (
    REDUCTIONS,
    Argument,
    ExpressionError,
    Scope,
    Series,
    Value,
    computed,
    drop_nan,
    value_at,
)

_NOT_IN_THE_SANDBOX = {"DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC", "SERVICE_QUOTA", "LAMBDA"}


def call(scope: Scope, name: str, arguments: list[Argument]) -> Value:
    if name in _NOT_IN_THE_SANDBOX:
        raise ExpressionError(f"The sandbox lacks the function {name}; AWS has it")
    if name not in _FUNCTIONS:
        raise ExpressionError(f"Function '{name}' not found")
    least, most, function = _FUNCTIONS[name]
    if not least <= len(arguments) <= most:
        raise ExpressionError(f"Function '{name}' has an invalid number of arguments")
    return function(scope, *arguments)


def _series(argument: Argument) -> Series:
    if not isinstance(argument, Series):
        raise ExpressionError("The argument must be a single time series")
    return argument


def array_of(argument: Argument) -> list[Series]:
    if isinstance(argument, (str, float)):
        raise ExpressionError(f"'{argument}' is not a time series or an array of time series")
    return argument if isinstance(argument, list) else [argument]


def _scalar(argument: Argument) -> float:
    if not isinstance(argument, float):
        raise ExpressionError("The argument must be a number")
    return argument


def _each(function: Callable[[Series], Iterable[tuple[int, float]]], _: Scope, argument: Argument) -> Value:
    def of(series: Series) -> Series:
        return computed(function(series), series.period, [series])

    return [of(series) for series in argument] if isinstance(argument, list) else of(_series(argument))


def _times(scope: Scope, period: int) -> range:
    return range(scope.start - (scope.start - scope.phase) % period, scope.end, period)


def _reduce(name: str, _: Scope, argument: Argument) -> Value:
    """A number for a series; for an array one series over its values at each time."""
    reduction = REDUCTIONS[name]
    if isinstance(argument, Series):
        return reduction(list(argument.points.values())) if argument.points else math.nan
    array = array_of(argument)
    times = sorted({time for series in array for time in series.points})
    # AVG counts a missing value as 0: using-metric-math.
    fill = 0.0 if name == "AVG" else None
    points = {}
    for time in times:
        values = [series.points.get(time, fill) for series in array]
        points[time] = reduction([value for value in values if value is not None])
    return Series(points, min((series.period for series in array), default=60))


def _rates(series: Series) -> Iterable[tuple[int, float]]:
    for (then, before), (now, value) in pairwise(series.points.items()):
        yield now, (value - before) / (now - then)


def _pointwise(function: Callable[[float], float]) -> Callable[[Series], Iterable[tuple[int, float]]]:
    return lambda series: ((time, function(value)) for time, value in series.points.items())


_EACH_SERIES: dict[str, Callable[[Series], Iterable[tuple[int, float]]]] = {
    "ABS": _pointwise(abs),
    "CEIL": _pointwise(math.ceil),
    "DIFF": lambda series: ((now, value - old) for (_, old), (now, value) in pairwise(series.points.items())),
    "DIFF_TIME": lambda series: ((now, float(now - then)) for then, now in pairwise(series.points)),
    "FLOOR": _pointwise(math.floor),
    "LOG": _pointwise(lambda value: math.log(value) if value > 0 else math.nan),
    "LOG10": _pointwise(lambda value: math.log10(value) if value > 0 else math.nan),
    "RATE": _rates,
    "RUNNING_SUM": lambda series: zip(series.points, accumulate(series.points.values()), strict=True),
}


def _fill(scope: Scope, argument: Argument, filler: Argument) -> Value:
    def fill(series: Series) -> Iterable[tuple[int, float]]:
        times = sorted({*_times(scope, series.period), *series.points})
        if filler == "LINEAR":
            return _interpolate(series, times)
        if filler == "REPEAT":
            return _repeat(series, times)
        if isinstance(filler, (str, list)):
            raise ExpressionError("FILL takes a number, a time series, REPEAT or LINEAR")
        return ((time, series.points.get(time, value_at(filler, time))) for time in times)

    return _each(fill, scope, argument)


def _repeat(series: Series, times: list[int]) -> Iterable[tuple[int, float]]:
    latest = math.nan
    for time in times:
        latest = series.points.get(time, latest)
        if not math.isnan(latest):
            yield time, latest


def _interpolate(series: Series, times: list[int]) -> Iterable[tuple[int, float]]:
    known = list(series.points)
    for time in times:
        position = bisect_left(known, time)
        if time in series.points:
            yield time, series.points[time]
        elif 0 < position < len(known):
            then, after = known[position - 1 : position + 1]
            before, value = series.points[then], series.points[after]
            yield time, before + (value - before) * (time - then) / (after - then)


def _if(_: Scope, condition: Argument, then: Argument, otherwise: Argument | None = None) -> Value:
    if isinstance(condition, (str, list)) or isinstance(then, (str, list)) or isinstance(otherwise, (str, list)):
        raise ExpressionError("IF takes single time series and numbers")
    if isinstance(condition, float):
        branch = then if condition else otherwise
        return Series({}, _series(then).period) if branch is None else branch
    missing = math.nan if otherwise is None else otherwise
    points = {
        time: value_at(then, time) if holds else value_at(missing, time, math.nan)
        for time, holds in condition.points.items()
    }
    return Series(drop_nan(points.items()), condition.period, condition.label)


def _sort(_: Scope, argument: Argument, by: Argument, order: Argument, limit: Argument = math.inf) -> Value:
    if by not in REDUCTIONS or order not in {"ASC", "DESC"}:
        raise ExpressionError("SORT takes AVG, MIN, MAX or SUM, and ASC or DESC")

    def key(series: Series) -> float:
        return REDUCTIONS[str(by)](list(series.points.values())) if series.points else -math.inf

    ordered = sorted(array_of(argument), key=key, reverse=order == "DESC")
    return ordered[: int(min(_scalar(limit), len(ordered)))]


def _slice(_: Scope, argument: Argument, start: Argument, end: Argument = math.inf) -> Value:
    array = array_of(argument)
    return array[int(_scalar(start)) : int(min(_scalar(end), len(array)))]


def _time_part(part: Callable[[datetime], int]) -> Callable[[Scope, Argument], Value]:
    def of(scope: Scope, argument: Argument) -> Value:
        series = _series(argument)
        moments = {time: datetime.fromtimestamp(time, timezone.utc) for time in _times(scope, series.period)}
        points = {time: float(part(moment)) for time, moment in moments.items()}
        return Series(points, series.period, series.label)

    return of


# The least and the most arguments, and the function.
_FUNCTIONS: dict[str, tuple[int, int, Callable[..., Value]]] = {
    **{name: (1, 1, partial(_reduce, name)) for name in REDUCTIONS},
    **{name: (1, 1, partial(_each, function)) for name, function in _EACH_SERIES.items()},
    "ANOMALY_DETECTION_BAND": (1, 2, lambda _, series, width=2.0: anomaly_band(_series(series), _scalar(width))),
    "DATE": (1, 1, _time_part(lambda moment: moment.day)),
    "DAY": (1, 1, _time_part(datetime.isoweekday)),
    "EPOCH": (1, 1, _time_part(lambda moment: int(moment.timestamp()))),
    "FILL": (2, 2, _fill),
    "FIRST": (1, 1, lambda _, argument: (array_of(argument) or [Series({}, 60)])[0]),
    "HOUR": (1, 1, _time_part(lambda moment: moment.hour)),
    "IF": (2, 3, _if),
    "LAST": (1, 1, lambda _, argument: (array_of(argument) or [Series({}, 60)])[-1]),
    "METRICS": (0, 1, lambda scope, id_contains="": scope.metrics(str(id_contains))),
    "METRIC_COUNT": (1, 1, lambda _, argument: float(len(array_of(argument)))),
    "MINUTE": (1, 1, _time_part(lambda moment: moment.minute)),
    "MONTH": (1, 1, _time_part(lambda moment: moment.month)),
    "PERIOD": (1, 1, lambda _, argument: float(_series(argument).period)),
    "REMOVE_EMPTY": (1, 1, lambda _, argument: [series for series in array_of(argument) if series.points]),
    "SEARCH": (2, 3, lambda scope, text, stat, period=300.0: scope.search(str(text), str(stat), int(_scalar(period)))),
    "SLICE": (2, 3, _slice),
    "SORT": (3, 4, _sort),
    "TIME_SERIES": (1, 1, lambda scope, value: Series(dict.fromkeys(_times(scope, 60), _scalar(value)), 60)),
    "YEAR": (1, 1, _time_part(lambda moment: moment.year)),
}
