"""Where to look, given the times at which an alarm went to ALARM: flapping, and windows to investigate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from pydantic import BaseModel

from cloudwatch_mcp.alarms import wording
from cloudwatch_mcp.timerange import utc_text

_FLAPPING_SPAN, _FLAPPING_COUNT = timedelta(hours=1), 3
# A composite alarm has no period of its own: investigate as for five periods of a minute.
_DEFAULT_PERIOD, _DEFAULT_PERIODS = 60, 5
_MAX_SPAN = 5 * 7 * 86_400  # seconds; PutMetricAlarm: period × evaluation periods is a week at most


class Flapping(BaseModel):
    """`count` transitions to ALARM between start and end, an hour at most."""

    count: int
    start: str
    end: str


def flapping(alarm_times: Sequence[datetime]) -> Flapping | None:
    """The hour with the most transitions to ALARM, if there are at least three in it."""
    times = sorted(alarm_times)
    hours = [[later for later in times[index:] if later - first <= _FLAPPING_SPAN] for index, first in enumerate(times)]
    busiest = max(hours, key=len, default=[])
    if len(busiest) < _FLAPPING_COUNT:
        return None
    return Flapping(count=len(busiest), start=utc_text(busiest[0]), end=utc_text(busiest[-1]))


def windows_to_investigate(
    alarm_times: Sequence[datetime], alarm: wording.Alarm | None, now: datetime
) -> list[tuple[str, str, str]]:
    """[start, end, why], newest first; windows that overlap are merged.

    Each begins 5 × period × evaluation periods before a transition to ALARM and ends 2 × period after it.
    """
    period = (wording.period(alarm) if alarm else None) or _DEFAULT_PERIOD
    periods = (alarm or {}).get("EvaluationPeriods") or _DEFAULT_PERIODS
    before, after = _span(5 * periods * period), _span(2 * period)
    windows: list[tuple[datetime, datetime, list[datetime]]] = []
    for time in sorted(alarm_times):
        start, end = time - before, min(min(time, now) + after, now)
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], end, [*windows[-1][2], time])
        else:
            windows.append((start, end, [time]))
    return [(utc_text(start), utc_text(end), _why(times)) for start, end, times in reversed(windows)]


def _span(seconds: int) -> timedelta:
    return timedelta(seconds=max(0, min(seconds, _MAX_SPAN)))


def _why(times: Sequence[datetime]) -> str:
    first = utc_text(times[0])
    return (
        f"to ALARM at {first}" if len(times) == 1 else f"{len(times)} times to ALARM, {first} to {utc_text(times[-1])}"
    )
