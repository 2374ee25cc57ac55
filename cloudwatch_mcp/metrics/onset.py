"""When the level of a series shifted.

A shift is an abrupt step between two levels. The step is the split with the least absolute deviation from the medians
on its two sides (Bai, "Least absolute deviation estimation of a shift", Econometric Theory 11, 1995), after isolated
spikes are removed (Hampel's filter). It is reported only when two levels describe the series much better than one level
or a straight line, taking into account that neighbouring values are alike. The thresholds were chosen on generated
series; the tests measure misses and false alarms.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from itertools import pairwise
from math import fsum
from statistics import fmean, median
from typing import NamedTuple

MIN_POINTS = 5  # on each side of a shift
_MIN_GAIN = 12.0  # by how many points' worth of noise two levels describe the series better than one
_PART_FACTOR = 1.6  # more gain is needed in a part of the series, as several parts are tried
_MIN_STEP = 1.6  # in mean absolute deviations from the levels
_LINE_MARGIN = 0.9  # the deviation from two levels is less than this share of that from a line
_MIN_JUMP = 0.55  # the jump at the step, and the difference of the means, as shares of the difference of the medians
_MIN_EARLIER = 0.33  # an earlier step counts from this share of a later one on
_NEARBY = 3  # points on each side, for spikes and for the exact split
_SPIKE = 5.0  # standard deviations from the median of the points nearby


class Shift(NamedTuple):
    """The position of the first value on the new level, and the medians of the values before it and after it."""

    position: int
    before: float
    after: float


def find_shift(values: Sequence[float], baseline: Sequence[float | None] | None = None) -> Shift | None:
    """The first lasting shift in a series; None when none is certain.

    Args:
        values: the series, oldest first, without gaps.
        baseline: for each value the one at the same time of an earlier day or week. What repeats is no shift: with a
            baseline, the ratio to it must shift.
    """
    compared = _without_spikes(_against(values, baseline))
    position = _first_step(compared)
    if position is None:
        return None
    rest = compared[position:]
    following = _step(rest, _deviations(rest))
    end = len(values) if following is None else position + following
    return Shift(position, median(values[:position]), median(values[position:end]))


def _against(values: Sequence[float], baseline: Sequence[float | None] | None) -> list[float]:
    """The values relative to their baseline; one without a baseline gets the usual relation."""
    pairs = [(value, base) for value, base in zip(values, baseline or (), strict=False) if base is not None]
    if baseline is None or len(pairs) < 0.8 * len(values) or not pairs:
        return list(values)
    by_ratio = all(base > 0 for _, base in pairs)
    usual = median(value / base if by_ratio else value - base for value, base in pairs)
    padded = [*baseline, *[None] * (len(values) - len(baseline))]
    return [
        usual if base is None else value / base if by_ratio else value - base
        for value, base in zip(values, padded, strict=False)
    ]


def _without_spikes(values: Sequence[float]) -> list[float]:
    """Hampel's filter: a value far from the median of those nearby is replaced by that median."""
    nearby = [median(values[max(0, place - _NEARBY) : place + _NEARBY + 1]) for place in range(len(values))]
    deviation = 1.4826 * median(abs(value - middle) for value, middle in zip(values, nearby, strict=True))
    if deviation == 0:  # most values are equal: nothing tells a spike from the rest
        return list(values)
    return [
        middle if abs(value - middle) > _SPIKE * deviation else value
        for value, middle in zip(values, nearby, strict=True)
    ]


def _first_step(values: Sequence[float]) -> int | None:
    """The first step in the whole series, or else in a beginning of it: a series may return to its old level."""
    length = len(values)
    deviations = _deviations(values)
    for end in (length, *(length * eighths // 8 for eighths in (7, 6, 5, 4, 3))):
        position = _step(values[:end], deviations, 1.0 if end == length else _PART_FACTOR)
        if position is not None:
            return _earliest(values, deviations, position)
    return None


def _earliest(values: Sequence[float], deviations: Sequence[float], position: int) -> int:
    size = abs(median(values[position:]) - median(values[:position]))
    earlier = _step(values[:position], deviations)
    while earlier is not None:
        step = abs(median(values[earlier:position]) - median(values[:earlier]))
        if step < _MIN_EARLIER * size:
            break
        position, earlier = earlier, _step(values[:earlier], deviations)
    return position


def _step(values: Sequence[float], forward: Sequence[float], factor: float = 1.0) -> int | None:
    """The position of a step, if one is certain.

    `forward` has the deviations of at least these values; `factor` demands a clearer step.
    """
    if len(values) < 2 * MIN_POINTS:
        return None
    backward = _deviations(values[::-1])[::-1]
    places = range(MIN_POINTS, len(values) - MIN_POINTS + 1)
    split = _refined(values, min(places, key=lambda place: forward[place - 1] + backward[place]))
    before, after = median(values[:split]), median(values[split:])
    deviation = forward[split - 1] + backward[split]
    noise, step = deviation / len(values), abs(after - before)
    gain = forward[len(values) - 1] - deviation
    residuals = [value - (before if place < split else after) for place, value in enumerate(values)]
    if step <= _MIN_STEP * noise or gain <= factor * _MIN_GAIN * noise * _persistence(residuals):
        return None
    if deviation > _LINE_MARGIN * _deviation_from_line(values):
        return None
    jump = fmean(values[split : split + MIN_POINTS]) - fmean(values[split - MIN_POINTS : split])
    change = fmean(values[split:]) - fmean(values[:split])
    direction = 1 if after > before else -1
    if abs(values[split] - after) > abs(values[split] - before):
        return None  # the step itself is where there are too few points
    return split if min(jump * direction, change * direction) > _MIN_JUMP * step else None


def _persistence(residuals: Sequence[float]) -> float:
    """How much less independent values say when neighbours are alike: (1 + r) / (1 - r), r being their correlation."""
    squares = sum(residual**2 for residual in residuals)
    products = sum(first * second for first, second in pairwise(residuals))
    correlation = products / squares if squares else 0.0
    return (1 + correlation) / (1 - correlation) if 0 < correlation < 1 else 1.0


def _deviations(values: Sequence[float]) -> list[float]:
    """For each beginning of the series, the sum of the absolute deviations from its median."""
    low: list[float] = []  # the smaller half, negated: a heap with the largest first
    high: list[float] = []
    low_sum = high_sum = 0.0
    sums = []
    for value in values:
        if low and value < -low[0]:
            heapq.heappush(low, -value)
            low_sum += value
        else:
            heapq.heappush(high, value)
            high_sum += value
        if len(high) > len(low) + 1:
            moved = heapq.heappop(high)
            heapq.heappush(low, -moved)
            low_sum, high_sum = low_sum + moved, high_sum - moved
        elif len(low) > len(high):
            moved = -heapq.heappop(low)
            heapq.heappush(high, moved)
            low_sum, high_sum = low_sum - moved, high_sum + moved
        middle = high[0]
        sums.append(max(0.0, high_sum - low_sum - middle * (len(high) - len(low))))
    return sums


def _refined(values: Sequence[float], split: int) -> int:
    """The split nearby with the least squared deviation, which finds the exact place better than the absolute one."""
    length, mean = len(values), fmean(values)
    first, last = max(MIN_POINTS, split - _NEARBY), min(length - MIN_POINTS, split + _NEARBY)
    centred = [value - mean for value in values]

    def explained(place: int) -> float:
        """By how much the means of both sides lower the sum of the squared deviations."""
        return fsum(centred[:place]) ** 2 * (1 / place + 1 / (length - place))

    return max(range(first, last + 1), key=explained)


def _deviation_from_line(values: Sequence[float]) -> float:
    """The sum of the absolute deviations from the least-squares line."""
    centre, mean = (len(values) - 1) / 2, fmean(values)
    spread = sum((place - centre) ** 2 for place in range(len(values)))
    slope = sum((place - centre) * (value - mean) for place, value in enumerate(values)) / spread
    return sum(abs(value - mean - slope * (place - centre)) for place, value in enumerate(values))
