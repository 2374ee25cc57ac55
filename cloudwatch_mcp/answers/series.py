"""Time series: points on a grid, and a summary of them."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Sequence
from datetime import datetime
from operator import eq, ge, le
from typing import Any

from pydantic import BaseModel

from cloudwatch_mcp.timerange import exact_text, utc_text

_RECENT_SECONDS = 300
# A grid has at most 2,000 slots, or ten per point where that is more: the others would be nearly empty.
_MAX_SLOTS, _MAX_SLOTS_PER_POINT = 2_000, 10


class Onset(BaseModel):
    """When the level of a series shifted, and the medians before and after."""

    at: str
    before: float
    after: float


class Baseline(BaseModel):
    avg: float
    min: float
    max: float


class Summary(BaseModel):
    """Statistics of the points; gaps do not count. `last_at` only where the last point is not recent."""

    min: float
    min_at: str
    max: float
    max_at: str
    avg: float
    last: float
    last_at: str | None = None
    onset: Onset | None = None


class Series(BaseModel):
    """`values` begin at `start` (UTC), one per `period` seconds; null is a gap. Or `points`, each [time, value].

    `change` is the ratio of the averages (×2), or their difference (+2) where the baseline's is 0.
    """

    label: str
    id: str | None = None
    start: str | None = None
    period: int | None = None
    values: list[float | None] = []
    points: list[tuple[str, float]] = []
    summary: Summary
    baseline: Baseline | None = None
    change: str | None = None


class Points:
    """Epoch seconds and finite values, in arrays: a series may have a million points."""

    def __init__(self, points: Iterable[tuple[float, float]] = ()) -> None:
        self.times, self.values = array("d"), array("d")
        for time, value in points:
            self.add(time, value)

    def add(self, time: float, value: float) -> None:
        self.times.append(time)
        self.values.append(value)

    def __len__(self) -> int:
        return len(self.times)

    def ordered(self) -> Points:
        """Oldest first; AWS sends the newest first."""
        if all(map(le, self.times, self.times[1:])):
            return self
        if all(map(ge, self.times, self.times[1:])):
            self.times.reverse()
            self.values.reverse()
            return self
        return Points(sorted(zip(self.times, self.values, strict=True)))


def series(
    label: str, points: Points, period: int, series_id: str | None = None, until: datetime | None = None
) -> Series:
    """A series of at least one point, on a grid of `period` seconds, or of fewer where the times need it.

    Times that suit no grid, and those of a grid that would be nearly empty, are listed with their values. `until` is
    the end of the window: the last point has a time if it is older than three periods and older than five minutes.
    """
    ordered = points.ordered()
    times, values = ordered.times, ordered.values
    first, end, low, high = times[0], times[-1], min(values), max(values)
    silence = 0 if until is None else until.timestamp() - end
    step = _step(times, period)
    if step is None:
        on_grid: dict[str, Any] = {"points": list(zip(map(exact_text, times), values, strict=True))}
    else:
        slots: list[float | None] = [None] * (int(end - first) // step + 1)
        for time, value in zip(times, values, strict=True):
            slots[int(time - first) // step] = value
        on_grid = {"start": utc_text(first), "period": None if step == period else step, "values": slots}
    return Series(
        label=label,
        id=series_id,
        **on_grid,
        summary=Summary(
            min=low,
            min_at=exact_text(times[values.index(low)]),
            max=high,
            max_at=exact_text(times[values.index(high)]),
            avg=math.fsum(value / len(values) for value in values),
            last=values[-1],
            last_at=exact_text(end) if silence > max(3 * period, _RECENT_SECONDS) else None,
        ),
    )


def _step(times: Sequence[float], period: int) -> int | None:
    """Seconds between two slots of the grid; None where no grid suits the times."""
    first = times[0]
    if any(map(eq, times, times[1:])) or not all(map(float.is_integer, times)):
        return None
    step = period
    for time in times:
        step = math.gcd(step, int(time - first))
    slots = int(times[-1] - first) // step + 1
    return step if slots <= max(_MAX_SLOTS, _MAX_SLOTS_PER_POINT * len(times)) else None
