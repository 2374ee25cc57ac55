"""Log groups whose truth is known: one field decides which events fail, and others are correlated with it or noise."""

from __future__ import annotations

import json
import math
import random
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Form: TypeAlias = Literal["json", "nested", "key=value", "mixed", "text"]
FORMS: tuple[Form, ...] = ("json", "nested", "key=value", "mixed", "text")


@dataclass(frozen=True)
class GeneratedGroup:
    """`planted` is the field that decides; None when events fail at random. Shares of failures are 1% to 50%."""

    planted: str | None
    in_question: list[str]
    others: list[str]


def generated_group(seed: int, *, planted: bool, form: Form) -> GeneratedGroup:
    """A group with about 20 events in question."""
    rng = random.Random(seed)
    # In text without keys only identifiers, such as a host or a version, differ.
    field = rng.choice(["version", "host"] if form == "text" else ["version", "host", "tenant", "pieces"])
    hosts = [f"web-{number}" for number in range(1, rng.choice([4, 8, 21]))]
    versions = [f"2.{number}.0" for number in range(1, rng.choice([3, 5]))]
    tenants = [f"tenant-{number}" for number in range(1, rng.choice([6, 40]))]
    most_pieces = rng.choice([1, 3, 100])
    bad = {"host": rng.choice(hosts), "version": rng.choice(versions), "tenant": rng.choice(tenants)}
    share = math.exp(rng.uniform(math.log(0.01), math.log(0.5)))
    fails, fails_by_chance = rng.choice([0.3, 0.6, 0.95]), rng.choice([0.0, 0.02]) * share
    meeting = 0.5 if field == "pieces" else 1 / len({"host": hosts, "version": versions, "tenant": tenants}[field])
    expected = meeting * fails if planted else share
    in_question: list[str] = []
    others: list[str] = []
    for _ in range(max(80, round(20 / expected))):
        event: dict[str, Any] = {
            "host": rng.choice(hosts),
            "version": rng.choice(versions),
            "tenant": rng.choice(tenants),
            "pieces": rng.randrange(1, 2 * most_pieces + 2),
        }
        meets = event["pieces"] > most_pieces if field == "pieces" else event[field] == bad[field]
        chance = max(fails if meets else 0.0, fails_by_chance) if planted else share
        failed = rng.random() < chance
        event |= _noise(rng, event["host"], failed=failed)
        (in_question if failed else others).append(_message(event, form, rng))
    return GeneratedGroup(field if planted else None, in_question, others)


def _noise(rng: random.Random, host: str, *, failed: bool) -> dict[str, Any]:
    """A zone that follows from the host, ids, times, what describes the failure, and fields without any meaning."""
    return {
        "level": "ERROR" if failed else "INFO",
        "msg": "charge failed" if failed else rng.choice(["charge accepted", "charge queued"]),
        "status": 502 if failed and rng.random() < 0.9 else 200,
        "zone": "abc"[len(host) % 2],
        "request_id": f"{rng.getrandbits(128):032x}",
        "sequence": rng.randrange(10**6),
        "ts": 1.8e9 + rng.random() * 3_600,
        "retry": rng.random() < 0.1,
        "bytes": round(rng.lognormvariate(6, 1)),
    }


def _message(event: dict[str, Any], form: Form, rng: random.Random) -> str:
    if form == "json":
        return json.dumps(event)
    if form == "nested":
        outer = {name: event[name] for name in ("level", "msg", "ts", "request_id")}
        pod = {name: event[name] for name in ("host", "zone", "version")}
        rest = {name: value for name, value in event.items() if name not in outer and name not in pod}
        return json.dumps({**outer, "kubernetes": {"pod": pod}, "context": rest})
    pairs = " ".join(
        f"{name}={json.dumps(value) if isinstance(value, str) and ' ' in value else value}"
        for name, value in event.items()
    )
    if form == "key=value":
        return f"2026-11-20T12:00:00Z {pairs}"
    if form == "mixed":
        begin = f"2026-11-20T12:00:00Z {event['level']} [{event['request_id']}] "
        return begin + (json.dumps(event) if rng.random() < 0.7 else pairs)
    return (
        f"2026-11-20T12:00:00Z {event['level']} {event['msg']} on {event['host']} release v{event['version']} "
        f"after {event['bytes']} bytes"
    )
