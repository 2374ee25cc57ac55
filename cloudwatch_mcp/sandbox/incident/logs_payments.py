"""The log of payments: its configuration at start-up, authorizations and gateway timeouts."""

from collections.abc import Iterator
from datetime import datetime

from cloudwatch_mcp.sandbox.incident.requests import CustomerRequest, Service, requests
from cloudwatch_mcp.sandbox.incident.timeline import POOL_AFTER, POOL_BEFORE
from cloudwatch_mcp.sandbox.kit.logs import Event, spaced
from cloudwatch_mcp.sandbox.kit.timeline import before

GATEWAY = "gateway.example.com"
OLD, NEW = Service("payments", "2.14.0"), Service("payments", "2.15.0")
OLD_TASKS = ("payments/payments/6f1d0c52a7e94b31", "payments/payments/b80e4d7712ac4f09")
NEW_TASKS = ("payments/payments/19c7a3e5d06b4f88", "payments/payments/e4b25f9017cd4a36")
_STARTS = [
    (1130.2, OLD_TASKS[0], OLD),
    (1129.6, OLD_TASKS[1], OLD),
    (55.9, NEW_TASKS[0], NEW),
    (54.7, NEW_TASKS[1], NEW),
]
_STACK_TRACE = f"""\
com.example.shop.payments.GatewayTimeoutException: timed out after 5000 ms waiting for a connection to {GATEWAY}:443
\tat com.example.shop.payments.gateway.GatewayClient.authorize(GatewayClient.java:118)
\tat com.example.shop.payments.api.AuthorizationResource.create(AuthorizationResource.java:64)
\tat com.example.shop.http.Worker.run(Worker.java:201)
Caused by: com.example.http.pool.PoolTimeoutException: pool exhausted: {POOL_AFTER} of {POOL_AFTER} connections in use
\tat com.example.http.pool.ConnectionPool.acquire(ConnectionPool.java:87)
\t... 12 more"""


def payments(now: datetime) -> Iterator[Event]:
    yield from _starts(now)
    for request in requests(now):
        if request.path != "/v1/checkout" or request.status == 500:
            continue
        tasks = OLD_TASKS if request.pool == POOL_BEFORE else NEW_TASKS
        stream = tasks[int(request.dice * 1000) % 2]
        yield from _authorization(request, stream) if request.status == 201 else _timeout(request, stream)


def _starts(now: datetime) -> Iterator[Event]:
    for minutes_before, stream, service in _STARTS:
        time = int(before(now, minutes_before).timestamp() * 1000)
        config = {
            "gateway": {
                "host": GATEWAY,
                "pool_max": POOL_BEFORE if service is OLD else POOL_AFTER,
                "pool_acquire_timeout_ms": 500 if service is OLD else 5000,
                "read_timeout_ms": 3000,
                "retries": 3,
            },
            "http": {"port": 8080, "workers": 64},
        }
        line = service.own_line(time, "INFO", f"payments {service.version} starting", config=config)
        yield Event(stream, time, line)


def _authorization(request: CustomerRequest, stream: str) -> Iterator[Event]:
    level, message = ("WARN", "slow gateway connection") if request.waited else ("INFO", "payment authorized")
    duration = request.waited + request.gateway + 4
    details = (
        f'"gateway":{{"name":"card-primary","host":"{GATEWAY}","status":200,"duration_ms":{request.gateway}}},'
        f'"pool":{{"max":{request.pool},"wait_ms":{request.waited}}},"duration_ms":{duration}'
    )
    service = OLD if request.pool == POOL_BEFORE else NEW
    time = request.time + duration
    yield Event(stream, time, service.line(request, time, level, message, details))


def _timeout(request: CustomerRequest, stream: str) -> Iterator[Event]:
    time, waiting = request.time + 5004, 33 + int(request.dice * 17)
    details = (
        f'"gateway":{{"name":"card-primary","host":"{GATEWAY}"}},'
        f'"pool":{{"max":{POOL_AFTER},"in_use":{POOL_AFTER},"waiting":{waiting},"wait_ms":5000}},"duration_ms":5004,'
        '"error":{"type":"GatewayTimeout",'
        f'"message":"timed out after 5000 ms waiting for a connection to {GATEWAY}:443"}}'
    )
    yield Event(stream, time, NEW.line(request, time, "ERROR", "card gateway call timed out", details))
    if request.dice < 0.05:
        head = f"{spaced(time)} ERROR [http-{int(request.dice * 640)}] c.e.s.p.api.AuthorizationResource"
        yield Event(stream, time + 1, f"{head} - {_STACK_TRACE}")
    details = f'"order_id":"{request.order_id}","attempt":{1 + int(request.dice * 3)}'
    line = NEW.line(request, time + 5, "WARN", "authorization queued for retry", details)
    yield Event(stream, time + 5, line)
