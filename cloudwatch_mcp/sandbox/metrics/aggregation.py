"""CloudWatch's statistics, from the observations of one period (docs: Statistics-definitions)."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import accumulate
from math import fsum
from typing import Final

from cloudwatch_mcp.sandbox.metrics.store import Observation

Statistic = Callable[[Sequence[Observation]], "float | None"]
Weighted = list[tuple[float, float]]

_NUMBER: Final = r"\d+(?:\.\d{0,10})?(?:[Ee][+-]?\d+)?"
_PERCENTILE = re.compile(r"(p|tm|tc|ts|wm)(\d{1,2}(?:\.\d{0,10})?|100(?:\.0{0,10})?)")
_RANGE = re.compile(rf"(TM|TC|TS|WM|PR)\(({_NUMBER})?(%)?:({_NUMBER})?(%)?\)")


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
    if name == "IQM":
        return _from_raw_values(_trimmed("TM", 0.25, 0.75))
    if match := _PERCENTILE.fullmatch(name):
        fraction = float(match[2]) / 100
        if match[1] == "p":
            return _from_raw_values(lambda values: _percentile(values, fraction))
        return _from_raw_values(_trimmed(match[1].upper(), 0.0, fraction))
    if match := _RANGE.fullmatch(name):
        return _range_statistic(*match.groups())
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


def _range_statistic(
    kind: str, low: str | None, low_percent: str | None, high: str | None, high_percent: str | None
) -> Statistic | None:
    units = {bool(percent) for bound, percent in ((low, low_percent), (high, high_percent)) if bound}
    stray_sign = (low_percent and not low) or (high_percent and not high)
    if len(units) != 1 or stray_sign or (kind == "PR" and True in units):
        return None
    if True in units:
        fractions = float(low or 0) / 100, float(high or 100) / 100
        return _from_raw_values(_trimmed(kind, *fractions)) if max(fractions) <= 1 else None
    lowest = float(low) if low else float("-inf")
    highest = float(high) if high else float("inf")
    return _from_raw_values(_between(kind, lowest, highest))


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


def _percentile(values: Weighted, fraction: float) -> float:
    """Linear between the two samples that the rank falls between; p0 is the minimum, p100 the maximum."""
    edges = list(accumulate(weight for _, weight in values))
    rank = fraction * (edges[-1] - 1)
    lower, part = divmod(rank, 1)

    def at(index: float) -> float:
        return values[min(bisect_right(edges, index), len(values) - 1)][0]

    return at(lower) + (at(lower + 1) - at(lower)) * part


def _trimmed(kind: str, low: float, high: float) -> Callable[[Weighted], float | None]:
    """Over the samples between two fractions of the count; a sample at an edge counts partly."""

    def of(values: Weighted) -> float | None:
        if kind == "WM":
            return _clipped_mean(values, _percentile(values, low), _percentile(values, high))
        size = sum(weight for _, weight in values)
        kept: Weighted = []
        before = 0.0
        for value, weight in values:
            overlap = min(before + weight, high * size) - max(before, low * size)
            before += weight
            if overlap > 0:
                kept.append((value, overlap))
        return _summary(kind, kept)

    return of


def _between(kind: str, low: float, high: float) -> Callable[[Weighted], float | None]:
    """Over the samples between two values, the lower exclusive and the upper inclusive."""

    def of(values: Weighted) -> float | None:
        if kind == "WM":
            return _clipped_mean(values, low, high)
        kept = [(value, weight) for value, weight in values if low < value <= high]
        if kind == "PR":
            return 100 * sum(weight for _, weight in kept) / sum(weight for _, weight in values)
        return _summary(kind, kept)

    return of


def _summary(kind: str, kept: Weighted) -> float | None:
    count = sum(weight for _, weight in kept)
    total = fsum(value * weight for value, weight in kept)
    if kind == "TC":
        return count
    if kind == "TS":
        return total
    return total / count if count else None


def _clipped_mean(values: Weighted, low: float, high: float) -> float:
    count = sum(weight for _, weight in values)
    return fsum(min(max(value, low), high) * weight for value, weight in values) / count
