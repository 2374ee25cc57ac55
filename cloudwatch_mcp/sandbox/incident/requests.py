"""The shop's requests of the last 24 hours, from which the logs are written."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.incident.timeline import CHECKOUT_SHARE, REGIONS, SAMPLING_ENDED, failing, severity, slowed
from cloudwatch_mcp.sandbox.kit.logs import iso, json_line
from cloudwatch_mcp.sandbox.kit.timeline import anchor, randomness, traffic

LOGGED = 1440
"""The age of the oldest log event in minutes."""
CITIES = {
    "eu": ["Nordhafen", "Süßenbrück", "Żabia Góra", "Saint-Étoile", "Νέα Πηγή"],
    "us": ["Springwater", "Port Example", "Cañada Falls"],
    "ap": ["青葉台例", "Nova Maravilha", "예시동"],
}
_PER_MINUTE = 54


@dataclass(frozen=True, slots=True)
class CustomerRequest:
    """One request to the public API. Times are epoch milliseconds, durations milliseconds."""

    minute: int
    time: int
    id: str
    path: str
    region: str
    city: str
    ip: str
    status: int
    duration: int
    waited: int
    """The time waited for a connection to the card gateway."""
    gateway: int
    """The gateway's response time; 0 without a call."""
    pool: int
    """The size of the connection pool of the payments task that served it."""
    dice: float
    """Uniform between 0 and 1, for everything else that varies."""

    @property
    def trace_id(self) -> str:
        return f"1-{self.time // 1000:x}-{self.id.replace('-', '')[:24]}"

    @property
    def order_id(self) -> str:
        return f"ord-{int(self.id[:6], 16):08d}"


class Service(NamedTuple):
    name: str
    version: str

    def line(self, request: CustomerRequest, time: int, level: str, message: str, details: str) -> str:
        """A line about a request. `details` are further members as JSON text, which is faster than json.dumps."""
        return (
            f'{{"time":"{iso(time)}","level":"{level}","service":"{self.name}","version":"{self.version}",'
            f'"msg":"{message}","request_id":"{request.id}","trace_id":"{request.trace_id}",{details}}}'
        )

    def own_line(self, time: int, level: str, message: str, **details: Any) -> str:
        return json_line(time=iso(time), level=level, service=self.name, version=self.version, msg=message, **details)


def minutes() -> Iterator[tuple[int, float]]:
    """Every logged minute, oldest first, with the share of routine events that is logged."""
    for minute in range(LOGGED, 0, -1):
        yield minute, 1.0 if minute <= SAMPLING_ENDED else 0.05


@lru_cache(maxsize=1)
def requests(now: datetime) -> tuple[CustomerRequest, ...]:
    return tuple(_requests(int(anchor(now).timestamp()) * 1000))


def _requests(end: int) -> Iterator[CustomerRequest]:
    random = randomness("requests")
    regions, weights = list(REGIONS), list(REGIONS.values())
    for minute, logged in minutes():
        times = sorted(random.random() for _ in range(int(_PER_MINUTE * traffic(minute) * logged + random.random())))
        for part, region in zip(times, random.choices(regions, weights, k=len(times)), strict=True):
            bits, dice, kind = f"{random.getrandbits(128):032x}", random.random(), random.random()
            path = "/v1/checkout" if kind < 0.38 else "/v1/cart" if kind < 0.38 / CHECKOUT_SHARE else "/v1/products"
            status, waited = _outcome(minute - part, path, random.random(), dice)
            gateway = round(random.lognormvariate(4.4, 0.3)) if path == "/v1/checkout" and status < 500 else 0
            own = random.lognormvariate(4.3 if path == "/v1/checkout" else 4.8, 0.5)
            yield CustomerRequest(
                minute=minute,
                time=end - minute * 60_000 + int(part * 60_000),
                id=f"{bits[:8]}-{bits[8:12]}-4{bits[13:16]}-a{bits[17:20]}-{bits[20:]}",
                path=path,
                region=region,
                city=CITIES[region][int(dice * 97) % len(CITIES[region])],
                ip=f"{('198.51.100', '203.0.113')[region == 'eu']}.{int(dice * 9973) % 250 + 2}",
                status=status,
                duration=round(own + waited + gateway),
                waited=waited,
                gateway=gateway,
                pool=8 if dice < severity(minute - part) else 64,
                dice=dice,
            )


def _outcome(minute: float, path: str, draw: float, dice: float) -> tuple[int, int]:
    """The status, and the milliseconds waited for a gateway connection."""
    if path != "/v1/checkout":
        return (500 if draw < 0.001 else 200), 0
    if draw < failing(minute) - 0.002 and severity(minute):
        return (504 if dice < 0.3 else 502), 5000
    if draw < failing(minute):
        return 500, 0
    return 201, round(300 + 4300 * dice) if draw < failing(minute) + slowed(minute) else 0
