"""A series against its baseline: the same metric in an earlier window."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta
from statistics import pvariance

from cloudwatch_mcp.answers.series import Baseline, Onset, Points, Series
from cloudwatch_mcp.answers.text import rounded
from cloudwatch_mcp.metrics.onset import find_shift
from cloudwatch_mcp.timerange import exact_text

_CERTAIN = 3.0  # standard errors; a smaller difference may be noise
_RELATIVE_NOISE = 0.02  # of the level; a smaller difference does not matter


def compared(series: Series, points: Points, before: Points | None, period: int, shift: timedelta) -> Series:
    """The series with its onset and, if there are points `before`, their baseline and the change."""
    ordered = points.ordered()
    onset = find_onset(ordered, before, period, shift)
    summary = series.summary.model_copy(update={"onset": onset}) if onset else series.summary
    update: dict[str, object] = {"summary": summary}
    if before:
        baseline = Baseline(avg=average(before), min=min(before.values), max=max(before.values))
        update |= {"baseline": baseline, "change": change(series.summary.avg, baseline.avg)}
    return series.model_copy(update=update)


def change(avg: float, before: float) -> str:
    """The ratio of two averages as `×2`, or their difference as `+2` where a ratio says nothing."""
    if before == 0 or avg / before <= 0:
        difference = rounded(avg - before)
        return f"{difference:+}" if isinstance(difference, int | float) else difference
    return f"×{float(f'{avg / before:.3g}'):g}"


def find_onset(points: Points, before: Points | None, period: int, shift: timedelta) -> Onset | None:
    """When the level of the points shifted, relative to those `before` if there are any."""
    aligned = _aligned(points.times, before, period, shift.total_seconds()) if before else None
    found = find_shift(points.values, aligned)
    if found is None:
        return None
    return Onset(at=exact_text(points.times[found.position]), before=found.before, after=found.after)


def _aligned(times: Sequence[float], before: Points, period: int, shift: float) -> list[float | None]:
    """For each time the value `shift` seconds earlier, give or take half a period."""
    by_slot = {round((time + shift) / period): value for time, value in zip(before.times, before.values, strict=True)}
    return [by_slot.get(round(time / period)) for time in times]


def average(points: Points) -> float:
    return math.fsum(points.values) / len(points)


def movement(points: Points | None, before: Points | None) -> tuple[bool, float]:
    """How much a series moved, to sort by: whether by more than its noise, then the logarithm of the ratio.

    A series without points in one of the windows moved to or from zero.
    """
    now, then = (points.values if points else [0.0]), (before.values if before else [0.0])
    averages = math.fsum(now) / len(now), math.fsum(then) / len(then)
    larger, smaller = max(map(abs, averages)), min(map(abs, averages))
    difference = abs(averages[0] - averages[1])
    if difference <= _RELATIVE_NOISE * larger:
        return False, 0.0
    # The ratio to almost nothing is bounded: otherwise the rarest event would always come first.
    ratio = math.log2((larger + 0.01 * larger) / (smaller + 0.01 * larger))
    error = math.sqrt(pvariance(now) / len(now) + pvariance(then) / len(then))
    return difference > _CERTAIN * error, ratio
