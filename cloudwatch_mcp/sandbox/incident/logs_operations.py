"""Logs of operations: deployments, the audit trail, the nightly batch."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from cloudwatch_mcp.sandbox.incident.timeline import (
    DEPLOYMENT_COMPLETED,
    DEPLOYMENT_STARTED,
    NIGHTLY_BATCH,
    SAMPLING_ENDED,
)
from cloudwatch_mcp.sandbox.kit.logs import Event, iso, json_line, spaced
from cloudwatch_mcp.sandbox.kit.timeline import before, randomness

_RELEASES = [
    # minutes before the anchor, its minutes, service, from, to, change
    (1212.0, 3.1, "checkout", "5.8.1", "5.8.2", "Translate the order confirmation (#4098)"),
    (545.0, 2.4, "shop-thumbnailer", "41", "42", "Write WebP instead of JPEG (#4110)"),
    (188.0, 2.9, "catalog", "3.3.1", "3.3.2", "Warn about calls of /v1/prices (#4121)"),
    (
        DEPLOYMENT_STARTED,
        DEPLOYMENT_STARTED - DEPLOYMENT_COMPLETED,
        "payments",
        "2.14.0",
        "2.15.0",
        "Move the gateway client to the shared HTTP library and its defaults (#4127)",
    ),
]


def _json(stream: str, now: datetime, minute: float, **members: Any) -> Event:
    time = int(before(now, minute).timestamp() * 1000)
    return Event(stream, time, json_line(time=iso(time), **members))


def deployments(now: datetime) -> Iterator[Event]:
    for minute, duration, service, old, new, change in _RELEASES:
        release = {"service": service, "from": old, "to": new}
        yield _json("pipeline", now, minute, level="INFO", msg="deployment started", **release, change=change, by="ci")
        for step in range(1, 5):
            at = minute - duration * step / 5
            yield _json("pipeline", now, at, level="INFO", msg="task replaced", **release, step=f"{step}/4")
        yield _json("pipeline", now, minute - duration, level="INFO", msg="deployment completed", **release)
    yield _json(
        "pipeline",
        now,
        SAMPLING_ENDED + 0.4,
        level="INFO",
        msg="configuration changed",
        parameter="/shop/log_sample_rate",
        **{"from": 0.05, "to": 1.0},
        change="Log every request during the campaign (#4125)",
        by="ci",
    )
    for hour in range(24):
        result = {"checked": 9, "drifted": 0}
        yield _json("drift", now, 1433 - 60 * hour, level="INFO", msg="configuration drift checked", **result)


def audit(now: datetime) -> Iterator[Event]:
    random = randomness("audit")
    people = ["ops.alba@example.com", "ops.bruno@example.com", "support.chiyo@example.com"]
    actions = ["order.view", "order.refund", "customer.view", "coupon.create", "login"]
    for minute in sorted((random.uniform(1, 1439) for _ in range(420)), reverse=True):
        who, action = random.choice(people), random.choice(actions)
        origin = f"192.0.2.{random.randrange(2, 70)}"
        yield _json("backoffice", now, minute, actor=who, action=action, source=origin, outcome="allowed")
    for minute, _, service, _, new, _ in _RELEASES:
        what = {"action": "ecs:UpdateService", "resource": service, "version": new}
        yield _json("backoffice", now, minute, actor="role/ci-deployer", **what, outcome="allowed")


def nightly_batch(now: datetime) -> Iterator[Event]:
    random = randomness("batch")
    start, end = NIGHTLY_BATCH
    warnings = [
        "PriceImport - supplier {0} sent {1} rows without a VAT class, skipped",
        "StockSync - warehouse {0} answered slowly, {1} ms",
        "Reports - currency table is {1} minutes old, supplier {0} used anyway",
    ]
    for number, minute in enumerate(sorted((random.uniform(end, start) for _ in range(900)), reverse=True)):
        time = int(before(now, minute).timestamp() * 1000)
        stamp = spaced(time).replace(".", ",")
        if number % 7 == 3:
            text = random.choice(warnings).format(random.randrange(10, 40), random.randrange(100, 4000))
            line = f"{stamp} WARN  [batch-{number % 4}] {text}"
        else:
            text = f"PriceImport - chunk {number:04d} written, {random.randrange(80, 500)} rows"
            line = f"{stamp} INFO  [batch-{number % 4}] {text}"
        yield Event("nightly", time, line)
    time = int(before(now, end).timestamp() * 1000)
    text = "Nightly - finished with 128 warnings and 0 errors"
    yield Event("nightly", time, f"{spaced(time).replace('.', ',')} INFO  [main] {text}")
