"""A shop gets slower in steps, because a report has used up the burst credits of its database's disk.

Five hours before the end, `sales-report` begins to read a whole table every half hour: no index fits its query. While
there are burst credits, customers notice nothing. Then the disk is held to its baseline, the reports take longer than
half an hour and overlap, and each one more is a step. No alarm watches the credits.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from cloudwatch_mcp.sandbox.kit.alarms import ABOVE, MetricAlarm
from cloudwatch_mcp.sandbox.kit.incident import Call, Incident, Truth, deployments, query
from cloudwatch_mcp.sandbox.kit.logs import Deployment, Event, LogGroup, around, lines, one_of, spaced, uuid, whole
from cloudwatch_mcp.sandbox.kit.metrics import HISTORY, OfMinute, Samples, count, gauge, metrics
from cloudwatch_mcp.sandbox.kit.timeline import before, daily, phases, pulses, randomness

_FIRST, _EVERY, _TAKES = 300, 30, 19
_RELEASED, _EXHAUSTED, _SECOND, _THIRD, _FAILING = 97, 84, 60, 30, 24
_DATABASE = "/aws/rds/instance/shop-main/postgresql"
_PLAN = """LOG:  duration: %.3f ms  plan:
\tQuery Text: SELECT sum(quantity * price) FROM order_items WHERE lower(channel) = 'marketplace' AND \
created_at >= now() - interval '1 day'
\tAggregate  (cost=4126284.28..4126284.29 rows=1 width=32)
\t  ->  Seq Scan on order_items  (cost=0.00..4126180.12 rows=20833 width=10)
\t        Filter: ((lower(channel) = 'marketplace'::text) AND (created_at >= (now() - '1 day'::interval)))"""


def _reports(now: datetime) -> Iterator[Event]:
    random = randomness("reports")
    for start in range(_FIRST, 0, -_EVERY):
        minutes = (_TAKES if start - _TAKES > _EXHAUSTED else 74) * random.uniform(0.95, 1.05)
        if start > minutes:
            time = int(before(now, start - minutes).timestamp() * 1000)
            head = f"{spaced(time)} UTC:10.0.40.7({40_000 + 7 * start}):sales_report@shop:[{11_200 - start}]:"
            yield Event("shop-main", time, head + _PLAN % (60_000 * minutes))


def _steps(usual: float, *steps: float) -> Callable[[float], float]:
    return phases(usual, *zip((_EXHAUSTED, _SECOND, _THIRD), steps, strict=True))


def _reading(usual: float, reports: float, exhausted: float) -> Callable[[float], float]:
    return phases(usual, (_FIRST, pulses(_EVERY, _TAKES, reports, usual)), (_EXHAUSTED, exhausted))


_sql = partial(lines, streams=("shop-main",), port=whole(40_000, 60_000), process=whole(11_000, 11_060))
_HEAD = "$spaced UTC:10.0.12.31($port):storefront@shop:[$process]:LOG:  duration: $ms ms  execute <unnamed>: "
_served = partial(lines, id=uuid, path=one_of("/products", "/cart", "/orders", "/orders/history"))
_request = {"service": "storefront", "request_id": "$id", "path": "$path"}
_slow = {"level": "WARN", "msg": "slow request", **_request, "ms": "$ms"}
_failed = {"level": "ERROR", "msg": "no database connection free within 5000 ms", **_request, "pool": {"max": 60}}
_LOG_GROUPS = (
    LogGroup(_DATABASE, (
        _sql(0.2, "$spaced UTC::@:[402]:LOG:  checkpoint complete: wrote $process buffers"),
        *(
            _sql(level, _HEAD + statement, ms=around(median, 0.2))
            for level, median in ((0.05, 1080), (_steps(0, 2, 5, 9), 1900))
            for statement in (
                "SELECT * FROM orders WHERE customer_id = $1 ORDER BY created_at DESC LIMIT 20",
                "UPDATE stock SET reserved = reserved + $1 WHERE product_id = $2",
                "INSERT INTO order_items (order_id, product_id, quantity, price) VALUES ($1, $2, $3, $4)",
            )
        ),
        _reports,
    ), retention=7),
    LogGroup("/ecs/shop/storefront", (
        _served(daily(14), {"level": "INFO", "msg": "request served", **_request, "ms": "$ms"}, ms=around(90)),
        _served(_steps(0.1, 1, 2, 3), _slow, ms=around(2600)),
        _served(phases(0, (_FAILING, 2)), _failed),
    )),
    LogGroup("/shop/deployments", (
        Deployment(1270, "search", "9.0.3", "9.1.0", "Index descriptions (#598)"),
        Deployment(_RELEASED, "storefront", "6.3.0", "6.4.0", "Show the latest orders on the cart page (#611)"),
    )),
)  # fmt: skip


def _burst_balance(minute: float) -> float:
    reports, passed = divmod(max(0, _FIRST - minute), _EVERY)
    return max(0, 100 - 13.5 * reports - 0.91 * min(passed, _TAKES) + 0.34 * max(0, passed - _TAKES))


def _response_times(draw: OfMinute, level: OfMinute, minute: float) -> Samples:
    """One request in twenty is slow."""
    [(slow, _)] = gauge(draw, level, minute)
    return [(0.06, 50.0), (0.11, 45.0), (slow, 5.0)]


_CONNECTIONS, _CPU, *_DISK = metrics(
    "AWS/RDS",
    ("DatabaseConnections", "Count", count, _steps(38, 52, 84, 121)),
    ("CPUUtilization", "Percent", gauge, _reading(23, 34, 21)),
    ("BurstBalance", "Percent", partial(gauge, jitter=0), _burst_balance),
    ("ReadIOPS", "Count/Second", gauge, _reading(210, 1340, 520)),
    ("WriteIOPS", "Count/Second", gauge, daily(80)),
    ("ReadLatency", "Seconds", gauge, _steps(0.0009, 0.011, 0.024, 0.041)),
    ("WriteLatency", "Seconds", gauge, _steps(0.0014, 0.013, 0.027, 0.046)),
    ("DiskQueueDepth", "Count", gauge, _steps(0.4, 6, 14, 26)),
    DBInstanceIdentifier="shop-main",
)
_REQUESTS, _RESPONSE_TIME, _5XX = metrics(
    "AWS/ApplicationELB",
    ("RequestCount", "Count", partial(count, jitter=0.01), daily(2400)),
    ("TargetResponseTime", "Seconds", _response_times, _steps(0.18, 0.7, 1.9, 4.2)),
    ("HTTPCode_Target_5XX_Count", "Count", count, phases(3, (_FAILING, 40))),
    fine=HISTORY,
    LoadBalancer="app/shop/50dc6c",
)

INCIDENT = Incident(
    name="slow-storefront",
    title="A shop gets slower and slower",
    story="Pages of the shop have become slow, and now some fail. It is the busiest time of the day.",
    services={
        "storefront": "serves the shop's pages; keeps its data in shop-main",
        "shop-main": "a PostgreSQL database on RDS",
        "load balancer": "in front of storefront",
        "sales-report": "reads shop-main",
    },
    truth=Truth(
        cause="sales-report reads a table without an index and has used up the burst credits of shop-main's disk.",
        first_bad_minute=_FIRST,
        affected=("shop-main", "storefront"),
        innocent={
            "storefront": "it was deployed just before it got slow, but three hours after reads of the disk went up",
            "load balancer": "it has as many requests as at the same time yesterday",
        },
    ),
    log_groups=_LOG_GROUPS,
    metrics=(_CONNECTIONS, _CPU, *_DISK, _REQUESTS, _RESPONSE_TIME, _5XX),
    alarms=(
        MetricAlarm("storefront-p99", _RESPONSE_TIME, "p99", ABOVE, 1.0, datapoints=(5, 5), notifies=True),
        MetricAlarm("storefront-5xx", _5XX, "Sum", ABOVE, 20.0),
        MetricAlarm("storefront-traffic", _REQUESTS, "Sum", ABOVE, 11_500.0, period=300),
        MetricAlarm("shop-main-connections", _CONNECTIONS, "Average", ABOVE, 100.0, datapoints=(5, 5)),
        MetricAlarm("shop-main-cpu", _CPU, "Average", ABOVE, 80.0, datapoints=(5, 5)),
    ),
    solution=(
        Call("get_active_alarms", {}, ("storefront-p99", "storefront-traffic")),
        Call("get_metric_data", {"namespace": "AWS/ApplicationELB", "compare_to": "1d"}, ("RequestCount",)),
        Call("get_metric_data", {"namespace": "AWS/RDS", "start_time": "12h"}, ("BurstBalance", "{onset}")),
        query(
            r"fields @timestamp, @message | filter @message like /duration: \d{6,}/ | sort @timestamp | limit 2",
            [_DATABASE], "24h", "sales_report@shop", "Seq Scan on order_items",
        ),
        deployments("Show the latest orders"),
    ),
)  # fmt: skip
