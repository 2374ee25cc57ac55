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


def floor(period: str) -> Callable[[int], int]:
    """A function that rounds a time in milliseconds down to the start of its period."""
    count, unit = _parts(period)
    if unit in _MONTHS:
        return lambda moment: _month_floor(moment, count * _MONTHS[unit])
    width = count * _FIXED[unit]
    offset = _MONDAY if width % (7 * _DAY) == 0 else 0
    return lambda moment: moment - (moment - offset) % width


def ceiling(period: str) -> Callable[[int], int]:
    """A function that rounds a time in milliseconds up to the start of the next period."""
    count, unit = _parts(period)
    down = floor(period)
    if unit in _MONTHS:
        return lambda moment: _add_months(down(moment), count * _MONTHS[unit])
    width = count * _FIXED[unit]
    return lambda moment: down(moment) + width


def milliseconds(period: str) -> int:
    """The length of a period; a month counts 30 days."""
    count, unit = _parts(period)
    return count * (_MONTHS[unit] * 30 * _DAY if unit in _MONTHS else _FIXED[unit])


def _parts(period: str) -> tuple[int, str]:
    match = _PERIOD.fullmatch(period)
    if not match:
        raise ValueError(f"not a period: {period}")
    unit = match[2].lower()
    return int(match[1]) or 1, unit if unit in ("s", "ms") else unit.removesuffix("s")


def _month_floor(moment: int, months: int) -> int:
    date = EPOCH + timedelta(milliseconds=moment)
    return _month_start((date.year * 12 + date.month - 1) // months * months)


def _add_months(moment: int, months: int) -> int:
    date = EPOCH + timedelta(milliseconds=moment)
    return _month_start(date.year * 12 + date.month - 1 + months)


def _month_start(months: int) -> int:
    start = datetime(months // 12, months % 12 + 1, 1, tzinfo=timezone.utc)
    return int((start - EPOCH).total_seconds()) * 1000
