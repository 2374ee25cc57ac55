"""Whether an alarm flaps: how often it goes to ALARM, how regularly, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import fmean, median
from typing import NamedTuple

from pydantic import BaseModel

from cloudwatch_mcp.timerange import utc_text

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_MIN_IN_AN_HOUR, _MIN_IN_A_DAY = 3, 10
_MIN_INTERVALS, _TOLERANCE, _REGULAR_SHARE = 5, 0.25, 0.75
# On so many days, the widest span of the day that random times are unlikely (2%) to share.
_DAILY_SPANS = ((4, timedelta(hours=4)), (3, timedelta(hours=2)))
_MIN_SHARE_OF_DAYS = 0.6


class Stay(NamedTuple):
    """A time in ALARM; `end` is that of the history where the alarm was still in ALARM."""

    start: datetime
    end: datetime


class Flapping(BaseModel):
    """`count` transitions to ALARM from start to end, up to `in_an_hour` of them; `longest`: [start, end] in ALARM."""

    count: int
    start: str
    end: str
    in_an_hour: int
    pattern: str | None = None
    longest: tuple[str, str]


def flapping(stays: Sequence[Stay]) -> Flapping | None:
    """A summary of the times in ALARM, oldest first, if they are frequent (3 in an hour, 10 in a day) or regular."""
    times = [stay.start for stay in stays]
    in_an_hour = _most_within(_HOUR, times)
    pattern = _pattern(times)
    if in_an_hour < _MIN_IN_AN_HOUR and _most_within(_DAY, times) < _MIN_IN_A_DAY and not pattern:
        return None
    longest = max(stays, key=duration)
    return Flapping(
        count=len(times),
        start=utc_text(times[0]),
        end=utc_text(times[-1]),
        in_an_hour=in_an_hour,
        pattern=pattern,
        longest=(utc_text(longest.start), utc_text(longest.end)),
    )


def duration(stay: Stay) -> timedelta:
    return stay.end - stay.start


def _most_within(span: timedelta, times: Sequence[datetime]) -> int:
    first, most = 0, 0
    for position, time in enumerate(times):
        while time - times[first] > span:
            first += 1
        most = max(most, position - first + 1)
    return most


def _pattern(times: Sequence[datetime]) -> str | None:
    """Such as "14:30 to 16:00 UTC daily, about every 37 min"; None without a regularity."""
    parts = [part for part in (_time_of_day(times), _interval(times)) if part]
    return ", ".join(parts) or None


def _interval(times: Sequence[datetime]) -> str | None:
    """The interval that at least three quarters of the transitions keep, within 25%."""
    seconds = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    if len(seconds) < _MIN_INTERVALS or not (usual := median(seconds)):
        return None
    regular = [each for each in seconds if abs(each - usual) <= _TOLERANCE * usual]
    if len(regular) < _REGULAR_SHARE * len(seconds):
        return None
    minutes = fmean(regular) / 60
    return f"about every {minutes:.0f} min" if minutes < 120 else f"about every {minutes / 60:.3g} h"


def _time_of_day(times: Sequence[datetime]) -> str | None:
    """The span of the day, around midnight too, that has all transitions of three or more days."""
    if not times:
        return None
    clock_times = sorted({time - time.replace(hour=0, minute=0, second=0, microsecond=0) for time in times})
    gaps = [later - earlier for earlier, later in pairwise([*clock_times, clock_times[0] + _DAY])]
    widest = max(range(len(gaps)), key=gaps.__getitem__)
    first, last = clock_times[(widest + 1) % len(clock_times)], clock_times[widest]
    days = {(time - first).date() for time in times}
    in_all = (max(days) - min(days)).days + 1
    span = next((span for least, span in _DAILY_SPANS if len(days) >= least), None)
    if span is None or _DAY - gaps[widest] > span or len(days) < _MIN_SHARE_OF_DAYS * in_all:
        return None
    often = "daily" if len(days) == in_all else f"on {len(days)} of {in_all} days"
    return f"{_clock(first)} to {_clock(last)} UTC {often}"


def _clock(time: timedelta) -> str:
    minutes = int(time.total_seconds()) // 60
    return f"{minutes // 60:02}:{minutes % 60:02}"
