"""Parses times as people write them, and chooses windows in UTC and periods that CloudWatch still retains."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

from pydantic import TypeAdapter, ValidationError

from cloudwatch_mcp.errors import InputError, quote

TimeText: TypeAlias = str | float  # JSON numbers are epoch seconds or milliseconds

_ACCEPTED_FORMS = (
    'use ISO 8601 ("2026-11-20T12:00:00Z"; without an offset it is UTC), '
    'epoch seconds or milliseconds, "now", or relative to now ("1h", "-30m", "now-3h", "7d ago")'
)
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
_SPAN = r"\d+(?:\.\d+)?\s*(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)"
_RELATIVE = re.compile(rf"(?:now\s*)?(?P<sign>[+-]?)\s*(?P<spans>{_SPAN}(?:\s*{_SPAN})*)\s*(?:ago)?")
_DATETIME: TypeAdapter[datetime] = TypeAdapter(datetime)
# CloudWatch started in 2009: an earlier time than 2000 is a typing error, most likely a small number.
_EARLIEST = datetime(2000, 1, 1, tzinfo=timezone.utc)
_MAX_MILLIS = 10**15
_MAX_CHARS = 64


@dataclass(frozen=True)
class Window:
    """A span of time; both ends are timezone-aware and in UTC."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        return (self.end - self.start).total_seconds()

    def as_text(self) -> list[str]:
        return [utc_text(self.start), utc_text(self.end)]

    def earlier(self, length: timedelta) -> Window:
        """The window of the same length that much earlier."""
        return Window(self.start - length, self.end - length)

    def a_day_earlier(self) -> str:
        """The argument that starts this window a day earlier, for a note."""
        return f"start_time={utc_text(self.start - timedelta(days=1))!r}"


def parse_time(text: TimeText, now: datetime, name: str = "time") -> datetime:
    """The moment that `text` means, timezone-aware and in UTC.

    Raises:
        InputError: `text` is not a time; the message has the parameter's `name` and the accepted forms.
    """
    normal = _normalized(text)
    if normal == "now":
        return now
    try:
        if relative := _RELATIVE.fullmatch(normal):
            offset = _span(relative["spans"])
            return now + offset if relative["sign"] == "+" else now - offset
        moment = _DATETIME.validate_python(normal)
        moment = moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)
    except (ValidationError, OverflowError):
        moment = _EARLIEST
    if moment <= _EARLIEST:
        raise InputError(f"{name}: cannot read {quote(text)} as a time; {_ACCEPTED_FORMS}.")
    return moment


def parse_length(text: str, name: str) -> timedelta:
    """A length of time such as `90m`, `1h` or `7d`.

    Raises:
        InputError: `text` is none; the message has the parameter's `name`.
    """
    relative = _RELATIVE.fullmatch(_normalized(text))
    length = _span(relative["spans"]) if relative and not relative["sign"] else timedelta()
    if not length:
        raise InputError(f"{name}: cannot read {quote(text)} as a length of time; use 30m, 1h, 1d or 7d.")
    return length


def _normalized(text: TimeText) -> str:
    """The text in lower case; empty if it is too long, or too large a number, to be a time."""
    if not isinstance(text, str):
        return str(text) if abs(text) < _MAX_MILLIS else ""
    return text.strip().lower() if len(text) <= _MAX_CHARS else ""


def _span(text: str) -> timedelta:
    parts = re.findall(r"(\d+(?:\.\d+)?)\s*([a-z])", text)
    return timedelta(seconds=sum(float(count) * _UNITS[unit] for count, unit in parts))


def resolve_window(start: TimeText | None, end: TimeText | None, *, now: datetime, default: timedelta) -> Window:
    """The window from `start` to `end`: `end` defaults to now, `start` to `default` before the end.

    Raises:
        InputError: a time cannot be read, start is not before end, or both are in the future.
    """
    window = given_window(start, end, now=now, default=default)
    since, until = window.start, window.end
    if since >= until:
        raise InputError(
            f"start_time {utc_text(since)} is not before end_time {utc_text(until)} (now is {utc_text(now)})."
        )
    if since > now:
        raise InputError(
            f"The window {utc_text(since)} to {utc_text(until)} lies in the future (now is {utc_text(now)})."
        )
    return window


def given_window(start: TimeText | None, end: TimeText | None, *, now: datetime, default: timedelta) -> Window:
    """As `resolve_window`, also if start is not before end, or both are in the future.

    Raises:
        InputError: a time cannot be read.
    """
    until = now if end is None else parse_time(end, now, "end_time")
    return Window(until - default if start is None else parse_time(start, now, "start_time"), until)


def utc_text(moment: datetime | float) -> str:
    """A moment, or epoch seconds, as `2026-11-20T12:00:00Z`: whole seconds in UTC."""
    if not isinstance(moment, datetime):
        moment = datetime.fromtimestamp(moment, timezone.utc)
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def exact_text(seconds: float) -> str:
    """Epoch seconds as in utc_text, with milliseconds if they are not whole."""
    whole, millis = divmod(round(seconds * 1000), 1000)
    return f"{utc_text(whole)[:-1]}.{millis:03}Z" if millis else utc_text(whole)


def from_millis(millis: float) -> str:
    """Epoch milliseconds as in utc_text."""
    return utc_text(millis // 1000)


# GetMetricData returns no points for a period that is no longer retained at the window's start. CloudWatch retains
# under 60 s for 3 hours, 60 s for 15 days, 300 s for 63 days, and 3,600 s for 455 days (API reference).
_RETAINED = ((timedelta(days=15), 60), (timedelta(days=63), 300), (timedelta.max, 3_600))
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_PERIODS = (
    *(_MINUTE * count for count in (1, 2, 3, 4, 5, 10, 15, 20, 30)),
    *(_HOUR * count for count in (1, 2, 3, 4, 6, 12)),
    _DAY,
)


def retained_period(start: datetime, now: datetime) -> int:
    """The shortest period, at least 60 seconds, whose points CloudWatch still retains from `start` on."""
    return next(period for age, period in _RETAINED if now - start <= age)


def choose_period(window: Window, target_datapoints: int, now: datetime, since: datetime | None = None) -> int:
    """The shortest period, in seconds, that gives about `target_datapoints` points at most.

    CloudWatch still has points of it at the window's start, and at `since` if that is earlier.
    """
    shortest_retained = retained_period(since or window.start, now)
    minimum = int(window.seconds / target_datapoints)  # one point more does no harm: 66 minutes and a bit stay minutes
    periods = (period for period in _PERIODS if period >= minimum and period % shortest_retained == 0)
    return next(periods, _DAY * math.ceil(minimum / _DAY))
