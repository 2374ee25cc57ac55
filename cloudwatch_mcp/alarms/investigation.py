"""The time windows to investigate, given the times that an alarm spent in ALARM."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cloudwatch_mcp.alarms import wording
from cloudwatch_mcp.alarms.flapping import Stay, duration
from cloudwatch_mcp.timerange import utc_text

# A composite alarm has no period of its own: investigate as for five periods of a minute.
_DEFAULT_PERIOD, _DEFAULT_PERIODS = 60, 5
_MAX_SPAN = 5 * 7 * 86_400  # seconds; PutMetricAlarm: period × evaluation periods is a week at most
_MAX_WINDOWS = 3
_MAX_MERGED = 6  # times the length of a window; a longer one says little about where to look

_Window = tuple[datetime, datetime, list[datetime]]


def windows_to_investigate(
    stays: Sequence[Stay], alarm: wording.Alarm | None, deleted_period: float | None, now: datetime
) -> tuple[list[tuple[str, str, str]], list[str]]:
    """Up to three windows, [start, end, why], newest first, and a note if they leave out transitions to ALARM.

    Each begins 5 × period × evaluation periods before a transition to ALARM and ends 2 × period after it; windows that
    overlap are merged. `stays` are oldest first; `deleted_period` is the period of a deleted alarm, in seconds.
    """
    period = (wording.period(alarm) if alarm else deleted_period) or _DEFAULT_PERIOD
    periods = (alarm or {}).get("EvaluationPeriods") or _DEFAULT_PERIODS
    before, after = _span(5 * periods * period), _span(2 * period)
    windows, notes = _windows(stays, before, after, now), []
    too_long = any(end - start > _MAX_MERGED * (before + after) for start, end, _ in windows)
    if len(stays) > _MAX_WINDOWS and (len(windows) > _MAX_WINDOWS or too_long):
        chosen = (stays[0], max(stays[-2:0:-1], key=duration), stays[-1])
        windows = _windows(chosen, before, after, now)
        notes = [f"investigate has 3 of {len(stays):,} transitions to ALARM: the newest, the longest and the first."]
    return [(utc_text(start), utc_text(end), _why(times)) for start, end, times in reversed(windows)], notes


def _windows(stays: Sequence[Stay], before: timedelta, after: timedelta, now: datetime) -> list[_Window]:
    windows: list[_Window] = []
    for time in sorted(stay.start for stay in stays):
        start, end = time - before, min(min(time, now) + after, now)
        if windows and start <= windows[-1][1]:
            windows[-1] = (windows[-1][0], end, [*windows[-1][2], time])
        else:
            windows.append((start, end, [time]))
    return windows


def _span(seconds: float) -> timedelta:
    return timedelta(seconds=max(0, min(seconds, _MAX_SPAN)))


def _why(times: Sequence[datetime]) -> str:
    first = utc_text(times[0])
    return (
        f"to ALARM at {first}" if len(times) == 1 else f"{len(times)} times to ALARM, {first} to {utc_text(times[-1])}"
    )
