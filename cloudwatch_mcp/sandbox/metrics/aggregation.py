"""CloudWatch's statistics, from the observations of one period (docs: Statistics-definitions)."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache, partial
from itertools import accumulate
from math import fsum
from typing import Final

from cloudwatch_mcp.sandbox.metrics.store import Observation

Statistic = Callable[[Sequence[Observation]], "float | None"]
Weighted = list[tuple[float, float]]

_PERCENT: Final = r"(\d{1,2}(?:\.\d{0,10})?|100(?:\.0{0,10})?)"
_NUMBER: Final = r"(\d+(?:\.\d{0,10})?(?:[Ee][+-]?\d+)?)"
_PERCENTILE = re.compile(rf"(p|tm|tc|ts|wm){_PERCENT}")
_PERCENTILE_RANGE = re.compile(rf"(TM|TC|TS|WM)\((?!:\))(?:{_PERCENT}%)?:(?:{_PERCENT}%)?\)")
_VALUE_RANGE = re.compile(rf"(TM|TC|TS|WM|PR)\((?!:\)){_NUMBER}?:{_NUMBER}?\)")


def _average(observations: Sequence[Observation]) -> float | None:
    count = sum(o.samples for o in observations)
    return fsum(o.total for o in observations) / count if count else None


_STANDARD: dict[str, Statistic] = {
    "SampleCount": lambda observations: sum(o.samples for o in observations),
    "Sum": lambda observations: fsum(o.total for o in observations),
    "Average": _average,
    "Minimum": lambda observations: min(o.minimum for o in observations),
    "Maximum": lambda observations: max(o.maximum for o in observations),
}


@lru_cache(maxsize=256)
def find_statistic(name: str) -> Statistic | None:
    """The function for a statistic such as Average, p99.9, tm99 or TM(10%:90%); None for other names."""
    if name in _STANDARD:
        return _STANDARD[name]
    name = "TM(25%:75%)" if name == "IQM" else name
    if match := _PERCENTILE.fullmatch(name):
        kind, percent = match.groups()
        if kind == "p":
            return _from_raw_values(partial(_percentile, float(percent) / 100))
        name = f"{kind.upper()}(:{percent}%)"
    if match := _PERCENTILE_RANGE.fullmatch(name):
        kind, low, high = match.groups()
        return _from_raw_values(partial(_between_percentiles, kind, float(low or 0) / 100, float(high or 100) / 100))
    if match := _VALUE_RANGE.fullmatch(name):
        kind, low, high = match.groups()
        return _from_raw_values(partial(_between_values, kind, float(low or "-inf"), float(high or "inf")))
    return None


def statistic_named(name: str) -> Statistic:
    statistic = find_statistic(name)
    if statistic is None:
        raise ValueError(f"{name} is not a statistic")
    return statistic


def points(observations: Iterable[Observation], period: int, statistic: Statistic, phase: int = 0) -> dict[int, float]:
    """The statistic by the start of each period that has data, oldest first. `phase` is the start of a period."""
    buckets: defaultdict[int, list[Observation]] = defaultdict(list)
    for observation in observations:
        buckets[observation.time - (observation.time - phase) % period].append(observation)
    values = ((time, statistic(bucket)) for time, bucket in buckets.items())
    return {time: value for time, value in values if value is not None}


def _from_raw_values(compute: Callable[[Weighted], float | None]) -> Statistic:
    """AWS computes these from raw, non-negative values only: statistic sets give no point."""

    def of(observations: Sequence[Observation]) -> float | None:
        weighted: Weighted = []
        for observation in observations:
            if observation.values is None or observation.minimum < 0:
                return None
            weights = observation.weights or (1.0,) * len(observation.values)
            weighted.extend(zip(observation.values, weights, strict=True))
        weighted.sort()
        return compute(weighted) if weighted else None

    return of


def _percentile(fraction: float, values: Weighted) -> float:
    """Linear between the two samples that the rank falls between; p0 is the minimum, p100 the maximum."""
    edges = list(accumulate(weight for _, weight in values))
    rank = fraction * (edges[-1] - 1)
    lower, part = divmod(rank, 1)

    def at(index: float) -> float:
        return values[min(bisect_right(edges, index), len(values) - 1)][0]

    return at(lower) + (at(lower + 1) - at(lower)) * part


def _between_percentiles(kind: str, low: float, high: float, values: Weighted) -> float | None:
    """The bounds are fractions of the count; a sample at an edge counts partly."""
    size = sum(weight for _, weight in values)
    kept: Weighted = []
    before = 0.0
    for value, weight in values:
        overlap = min(before + weight, high * size) - max(before, low * size)
        before += weight
        if overlap > 0:
            kept.append((value, overlap))
    return _statistic(kind, values, (_percentile(low, values), _percentile(high, values)), kept)


def _between_values(kind: str, low: float, high: float, values: Weighted) -> float | None:
    """The lower bound is exclusive, the upper one inclusive."""
    kept = [(value, weight) for value, weight in values if low < value <= high]
    return _statistic(kind, values, (low, high), kept)


def _statistic(kind: str, values: Weighted, limits: tuple[float, float], kept: Weighted) -> float | None:
    """A statistic of all values, clipped to the limits (WM), or of the kept ones (the others)."""
    size = sum(weight for _, weight in values)
    count = sum(weight for _, weight in kept)
    total = fsum(value * weight for value, weight in kept)
    match kind:
        case "WM":
            return fsum(min(max(value, limits[0]), limits[1]) * weight for value, weight in values) / size
        case "PR":
            return 100 * count / size
        case "TC":
            return count
        case "TS":
            return total
    return total / count if count else None
