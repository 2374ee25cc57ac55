"""Periods such as `5m`, `1 hour` or `2w`, and times rounded to them."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from cloudwatch_mcp.sandbox.insights.values import EPOCH

_PERIOD = re.compile(r"(\d+)\s*([A-Za-z]+)")
_SECOND, _MINUTE, _HOUR, _DAY = 1_000, 60_000, 3_600_000, 86_400_000
_FIXED = {
    **dict.fromkeys(("ms", "msec", "millisecond"), 1),
    **dict.fromkeys(("s", "sec", "second"), _SECOND),
    **dict.fromkeys(("m", "min", "minute"), _MINUTE),
    **dict.fromkeys(("h", "hr", "hour"), _HOUR),
    **dict.fromkeys(("d", "day"), _DAY),
    **dict.fromkeys(("w", "week"), 7 * _DAY),
}
_MONTHS = {
    **dict.fromkeys(("mo", "mon", "month"), 1),
    **dict.fromkeys(("q", "qtr", "quarter"), 3),
    **dict.fromkeys(("y", "yr", "year"), 12),
}
_MONDAY = 4 * _DAY  # the epoch starts on a Thursday


def rounding(period: str, *, up: bool = False) -> Callable[[int], int]:
    """A function that rounds a time in milliseconds down to the start of its period, or up to that of the next."""
    months, width = _length(period)
    if months:
        return lambda moment: _month_start((_months(moment) // months + up) * months)
    offset = _MONDAY if width % (7 * _DAY) == 0 else 0
    return lambda moment: moment - (moment - offset) % width + up * width


def milliseconds(period: str) -> int:
    """The length of a period; a month counts 30 days."""
    months, width = _length(period)
    return months * 30 * _DAY + width


def _length(period: str) -> tuple[int, int]:
    """The period in months and in milliseconds, one of which is 0."""
    match = _PERIOD.fullmatch(period)
    if not match:
        raise ValueError(f"not a period: {period}")
    count, unit = int(match[1]) or 1, match[2].lower()
    unit = unit if unit in ("s", "ms") else unit.removesuffix("s")
    return count * _MONTHS.get(unit, 0), count * _FIXED.get(unit, 0)


def _months(moment: int) -> int:
    """The number of months from the year 0 to a time."""
    date = EPOCH + timedelta(milliseconds=moment)
    return date.year * 12 + date.month - 1


def _month_start(months: int) -> int:
    start = datetime(months // 12, months % 12 + 1, 1, tzinfo=timezone.utc)
    return int((start - EPOCH).total_seconds()) * 1000
