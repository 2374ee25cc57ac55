"""Time in an incident: minutes before its end, and levels by minute."""

import math
import random
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TypeAlias

Level: TypeAlias = "Callable[[float], float] | float"
"""A number, or a function of the minutes before the end."""


def anchor(now: datetime) -> datetime:
    """The last full minute, the end of the data."""
    return now.replace(second=0, microsecond=0)


def before(now: datetime, minutes: float) -> datetime:
    return anchor(now) - timedelta(minutes=minutes)


def function(level: Level) -> Callable[[float], float]:
    return level if callable(level) else lambda _: level


@lru_cache(maxsize=4096)
def traffic(minute: float) -> float:
    """The share of the daily peak, which is at the end."""
    return 0.62 + 0.38 * math.cos(2 * math.pi * minute / 1440)


def daily(peak: float) -> Callable[[float], float]:
    """`peak` at the end, a quarter of it twelve hours before."""
    return lambda minute: peak * traffic(minute)


def phases(initial: Level, *changes: tuple[float, Level]) -> Callable[[float], float]:
    """`initial`, and from each `(minutes before the end, level)` on that level. The oldest change comes first."""
    steps = [(start, function(level)) for start, level in [*reversed(changes), (math.inf, initial)]]
    return lambda minute: next(level for start, level in steps if minute <= start)(minute)


def ramp(start: float, end: float, low: float, high: float) -> Callable[[float], float]:
    """`low` until `start` minutes before the end, `high` from `end` minutes before the end, linear between."""
    return lambda minute: low + (high - low) * min(1.0, max(0.0, (start - minute) / (start - end)))


def pulses(every: float, length: float, high: Level, low: Level) -> Callable[[float], float]:
    """`high` for the first `length` of every `every` minutes, else `low`."""
    up, down = function(high), function(low)
    return lambda minute: (up if (-minute) % every < length else down)(minute)


def times(*levels: Level) -> Callable[[float], float]:
    """The product of the levels."""
    functions = [function(level) for level in levels]
    return lambda minute: math.prod(each(minute) for each in functions)


def randomness(name: str) -> random.Random:
    """Reproducible by name."""
    return random.Random(f"shop {name}")  # noqa: S311  # generated data must be reproducible


_randomness = randomness("noise")
_NOISE = [_randomness.gauss(0, 1) for _ in range(4099)]


def noise(name: str) -> Callable[[float], float]:
    """Normally distributed noise by minute, reproducible by name."""
    key = zlib.crc32(name.encode())
    return lambda minute: _NOISE[(key + int(minute) * 7919) % len(_NOISE)]
