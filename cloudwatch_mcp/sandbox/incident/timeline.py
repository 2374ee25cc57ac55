"""The incident in numbers: functions of the time in minutes before the anchor."""

import math

DEPLOYMENT_STARTED = 56.5
DEPLOYMENT_COMPLETED = 53.8
NIGHTLY_BATCH = (350.0, 322.0)
BETWEEN_BATCHES = ((math.inf, 1790.0), (1762.0, 350.0), (322.0, -math.inf))
BLIP = (1745.0, 1736.0)
"""Yesterday the card gateway was slow for a short time, unrelated to the incident."""
BATCH_HOST_BUSY = tuple((370.0 - 24 * n, 360.0 - 24 * n) for n in range(15))
"""The spans in which the batch host's CPU is above its alarm's threshold."""
DEPRECATION_STARTED = 186
"""The catalog has logged a warning for every call of an old API since then."""
SAMPLING_ENDED = 120.0
"""The services logged one routine request in twenty until then, and all since."""

POOL_BEFORE, POOL_AFTER = 64, 8
REGIONS = {"eu": 0.56, "us": 0.31, "ap": 0.13}
"""The customers' regions and their shares of the traffic."""
CHECKOUT_SHARE = 0.45
"""The share of checkouts in the checkout service's requests; the others change the cart and need no payment."""


def severity(minute: float) -> float:
    """The share of payments' traffic served by 2.15.0."""
    return min(1.0, max(0.0, (56 - minute) / 2))


def failing(minute: float) -> float:
    """The share of checkouts that fail because payments gets no gateway connection."""
    return 0.002 + 0.4 * severity(minute)


def slowed(minute: float) -> float:
    """The share of checkouts that wait for a connection and get one."""
    return 0.25 * severity(minute)
