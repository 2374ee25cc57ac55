"""The story in numbers. Times are minutes before the anchor; every curve is a pure function of them."""

from __future__ import annotations

import math
import random
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta

DEPLOYMENT_STARTED = 56.5
DEPLOYMENT_COMPLETED = 53.8
NIGHTLY_BATCH = (350.0, 322.0)
BETWEEN_BATCHES = ((math.inf, 1790.0), (1762.0, 350.0), (322.0, -math.inf))
BLIP = (1745.0, 1736.0)
"""Yesterday's short slowness of the card gateway: nobody's fault, over by itself."""
BATCH_HOST_BUSY = tuple((370.0 - 24 * n, 360.0 - 24 * n) for n in range(15))
"""When the batch host's CPU is above the threshold of its alarm."""
DEPRECATION_WARNED = 186
"""Since then the catalog warns about every call of an old API."""
LOGS_UNSAMPLED = 120.0
"""Until then the services log one routine request in twenty, from then on all of them."""

POOL_BEFORE, POOL_AFTER = 64, 8
REGIONS = {"eu": 0.56, "us": 0.31, "ap": 0.13}
"""The customers' regions and their shares of the traffic."""
CHECKOUT_SHARE = 0.45
"""Of the checkout service's requests; the others are changes to the cart, which needs no payment."""


def anchor(now: datetime) -> datetime:
    """The last full minute: data ends here."""
    return now.replace(second=0, microsecond=0)


def before(now: datetime, minutes: float) -> datetime:
    return anchor(now) - timedelta(minutes=minutes)


def randomness(name: str) -> random.Random:
    return random.Random(f"shop {name}")  # noqa: S311  # made-up data has to be the same every time


_randomness = randomness("noise")
_NOISE = [_randomness.gauss(0, 1) for _ in range(4099)]


def noise(name: str) -> Callable[[float], float]:
    """Draws from a normal distribution, by the minute: the same ones for the same name every time."""
    key = zlib.crc32(name.encode())
    return lambda minute: _NOISE[(key + int(minute) * 7919) % len(_NOISE)]


def traffic(minute: float) -> float:
    """The share of the daily peak, which is now and was 24 hours ago."""
    return 0.62 + 0.38 * math.cos(2 * math.pi * minute / 1440)


def severity(minute: float) -> float:
    """The share of payments' traffic that 2.15.0 serves."""
    return min(1.0, max(0.0, (56 - minute) / 2))


def failing(minute: float) -> float:
    """The share of checkouts that fail because payments waits in vain for a gateway connection."""
    return 0.002 + 0.4 * severity(minute)


def slowed(minute: float) -> float:
    """The share of checkouts that wait for a connection and get one."""
    return 0.25 * severity(minute)


def within(minute: float, start: float, end: float) -> bool:
    return end < minute <= start
