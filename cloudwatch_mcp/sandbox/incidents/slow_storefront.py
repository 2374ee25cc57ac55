"""A shop gets slower in steps, because a report has used up the burst credits of its database's disk.

Five hours before the end, `sales-report` begins to read a whole table every half hour: no index fits its query. While
there are burst credits, customers notice nothing. Then the disk is held to its baseline, the reports take longer than
half an hour and overlap, and each one more is a step. No alarm watches the credits.
"""

from functools import partial

from cloudwatch_mcp.sandbox.kit.alarms import ABOVE, MetricAlarm
from cloudwatch_mcp.sandbox.kit.incident import Call, Incident, Truth, deployments, query
from cloudwatch_mcp.sandbox.kit.logs import Deployment, Lines, LogGroup, around, lines, one_of, uuid, whole
from cloudwatch_mcp.sandbox.kit.metrics import HISTORY, count, gauge, metrics
from cloudwatch_mcp.sandbox.kit.timeline import Level, daily, phases, pulses

_FIRST, _EVERY, _TAKES = 300, 30, 19
_RELEASED, _EXHAUSTED, _FAILING = 97, 84, 24
_DATABASE = "/aws/rds/instance/shop-main/postgresql"
_REPORT = """$spaced UTC:10.0.40.7($port):sales_report@shop:[$process]:LOG:  duration: $ms ms  plan:
\tQuery Text: SELECT sum(quantity * price) FROM order_items WHERE lower(channel) = 'marketplace'
\tAggregate  (cost=4126284.28..4126284.29 rows=1 width=32)
\t  ->  Seq Scan on order_items  (cost=0.00..4126180.12 rows=20833 width=10)
\t        Filter: (lower(channel) = 'marketplace'::text)"""
_SLOW = "$spaced UTC:10.0.12.31($port):storefront@shop:[$process]:LOG:  duration: $ms ms  execute <unnamed>: $sql"


def _steps(usual: float, *steps: float) -> Level:
    return phases(usual, *zip((_EXHAUSTED, 60, 30), steps, strict=True))


def _burst_balance(minute: float) -> float:
    reports, passed = divmod(max(0, _FIRST - minute), _EVERY)
    return max(0, 100 - 13.5 * reports - 0.91 * min(passed, _TAKES) + 0.34 * max(0, passed - _TAKES))


def _finished(minute: float) -> bool:
    """Whether a report ends in this minute."""
    return minute % _EVERY == _EVERY - _TAKES


_sql = partial(lines, streams=("shop-main",), port=whole(40_000, 60_000), process=whole(11_000, 11_060))
_STATEMENTS = one_of(
    "SELECT * FROM orders WHERE customer_id = $1", "UPDATE stock SET reserved = $1 WHERE product_id = $2"
)


def _requests(per_minute: Level, level: str, msg: str, ms: float) -> Lines:
    line = {"level": level, "msg": msg, "request_id": "$id", "path": "$path", "ms": "$ms"}
    return lines(per_minute, line, id=uuid, path=one_of("/products", "/cart", "/orders"), ms=around(ms, 0.2))


_LOG_GROUPS = (
    LogGroup(_DATABASE, (
        _sql(_steps(0.15, 6, 15, 27), _SLOW, sql=_STATEMENTS, ms=around(1900, 0.2)),
        _sql(phases(0, (_FIRST, _finished), (_EXHAUSTED, 0)), _REPORT, ms=around(60_000 * _TAKES, 0.02)),
        _sql(phases(0, (16, 1), (15, 0)), _REPORT, ms=around(60_000 * 74, 0.01)),
    ), retention=7),
    LogGroup("/ecs/shop/storefront", (
        _requests(daily(14), "INFO", "request served", 90),
        _requests(_steps(0.1, 1, 2, 3), "WARN", "slow request", 2600),
        _requests(phases(0, (_FAILING, 2)), "ERROR", "no database connection free within 5000 ms", 5400),
    )),
    LogGroup("/shop/deployments", (
        Deployment(1270, "search", "9.0.3", "9.1.0", "Index descriptions (#598)"),
        Deployment(_RELEASED, "storefront", "6.3.0", "6.4.0", "Show the latest orders on the cart page (#611)"),
    )),
)  # fmt: skip

_CONNECTIONS, *_RDS = metrics(
    "AWS/RDS",
    ("DatabaseConnections", "Count", count, _steps(38, 52, 84, 121)),
    ("CPUUtilization", "Percent", gauge, 24),
    ("BurstBalance", "Percent", partial(gauge, jitter=0), _burst_balance),
    ("ReadIOPS", "Count/Second", gauge, phases(210, (_FIRST, pulses(_EVERY, _TAKES, 1340, 210)), (_EXHAUSTED, 520))),
    ("ReadLatency", "Seconds", gauge, _steps(0.0009, 0.011, 0.024, 0.041)),
    DBInstanceIdentifier="shop-main",
)
_REQUESTS, _RESPONSE_TIME, _5XX = metrics(
    "AWS/ApplicationELB",
    ("RequestCount", "Count", partial(count, jitter=0.01), daily(2400)),
    ("TargetResponseTime", "Seconds", gauge, _steps(0.09, 0.4, 0.9, 1.8)),
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
    metrics=(_CONNECTIONS, *_RDS, _REQUESTS, _RESPONSE_TIME, _5XX),
    alarms=(
        MetricAlarm("storefront-response-time", _RESPONSE_TIME, "Average", ABOVE, 0.3, notifies=True),
        MetricAlarm("storefront-5xx", _5XX, "Sum", ABOVE, 20.0),
        MetricAlarm("storefront-traffic", _REQUESTS, "Sum", ABOVE, 11_500.0, period=300),
        MetricAlarm("shop-main-connections", _CONNECTIONS, "Average", ABOVE, 100.0, datapoints=(5, 5)),
    ),
    solution=(
        Call("get_active_alarms", {}, ("storefront-response-time", "storefront-traffic")),
        Call("get_metric_data", {"namespace": "AWS/ApplicationELB", "compare_to": "1d"}, ("RequestCount",)),
        Call("get_metric_data", {"namespace": "AWS/RDS", "start_time": "12h"}, ("BurstBalance", "{onset}")),
        query(
            r"fields @timestamp, @message | filter @message like /duration: \d{6,}/ | sort @timestamp | limit 2",
            [_DATABASE], "24h", "sales_report@shop", "Seq Scan on order_items",
        ),
        deployments("Show the latest orders"),
    ),
)  # fmt: skip
