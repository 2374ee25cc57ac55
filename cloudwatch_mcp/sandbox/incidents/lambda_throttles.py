"""Orders are refused because another function uses up the account's Lambda concurrency.

`image-resizer` runs for every object in the bucket `shop-pictures`. Its version 31 writes its pictures to that bucket,
too: each invocation causes the next ones. Within minutes it takes nearly all of the account's 1,000 concurrent
executions, and `order-intake`, on which nothing has changed for two hours, is throttled. No alarm watches the cause.
"""

from functools import partial
from typing import Any

from cloudwatch_mcp.sandbox.kit.alarms import ABOVE, BELOW, CompositeAlarm, MetricAlarm
from cloudwatch_mcp.sandbox.kit.anomalies import Detector
from cloudwatch_mcp.sandbox.kit.incident import Call, Incident, SavedQuery, Truth, deployments
from cloudwatch_mcp.sandbox.kit.logs import Deployment, Lines, LogGroup, around, lines, one_of, uuid, whole
from cloudwatch_mcp.sandbox.kit.metrics import SampledMetric, count, gauge, metric, metrics
from cloudwatch_mcp.sandbox.kit.timeline import Level, daily, phases, pulses, ramp, times

_DEPLOYED, _EXHAUSTED = 51, 45
_INTAKE, _RESIZER, _API = "/aws/lambda/order-intake", "/aws/lambda/image-resizer", "/aws/apigateway/orders"
_served = phases(1, (_EXHAUSTED, 0.34))
"""The share of orders that get an execution."""
_refused = phases(0, (_EXHAUSTED, 0.66))
_resizing = phases(1, (_DEPLOYED - 2, ramp(_DEPLOYED - 2, _EXHAUSTED, 1, 110)))
"""The resizer's load, as a multiple of the usual one."""

_pictures = partial(
    lines,
    streams=[f"2026/11/20/[31]{stream}" for stream in ("3c91d0", "a7fe42", "b0d655")],
    request_id=uuid,
    number=whole(100_000, 999_999),
    ms=around(29_000, 0.1),
)
_mails = partial(lines, number=whole(1000, 9999))
_accepted = (
    "START RequestId: $request_id Version: 18",
    '{"level":"INFO","requestId":"$request_id","message":"order accepted","lines":$lines}',
    "END RequestId: $request_id",
    "REPORT RequestId: $request_id\tDuration: $ms ms\tBilled Duration: $ms ms\tMemory Size: 512 MB\t\
Max Memory Used: $memory MB",
)


def _resized(key: str) -> dict[str, str]:
    resized = {"level": "INFO", "requestId": "$request_id", "message": "picture resized", "sampled": "1/50"}
    return {**resized, "bucket": "shop-pictures", "key": key, "duration_ms": "$ms"}


def _answers(share: Level, status: int, **more: Any) -> Lines:
    request = {"requestId": "$request_id", "ip": "$ip", "routeKey": "POST /orders", "status": status, **more}
    addresses = one_of("198.51.100.23", "198.51.100.87", "203.0.113.9", "203.0.113.140")
    return lines(times(daily(9), share), request, request_id=uuid, ip=addresses)


_LOG_GROUPS = (
    LogGroup(_INTAKE, (
        lines(
            times(daily(9), _served), *_accepted, streams=("2026/11/20/[18]5e0b17", "2026/11/20/[18]c2d9f8"),
            request_id=uuid, lines=whole(1, 9), ms=around(118), memory=whole(140, 170),
        ),
    ), age_in_days=500),
    LogGroup(_RESIZER, (
        _pictures(daily(0.5), _resized("uploads/$number.jpg")),
        _pictures(
            phases(0, (_DEPLOYED - 2, ramp(_DEPLOYED - 2, _EXHAUSTED, 0.5, 36))),
            _resized("uploads/$number$small.jpg"), small=one_of(*("-small" * depth for depth in range(1, 7))),
        ),
    ), age_in_days=500),
    LogGroup(_API, (
        _answers(_served, 201),
        _answers(_refused, 500, integration={"status": 429, "error": "Rate Exceeded."}),
    ), retention=14),
    LogGroup("/aws/lambda/invoice-mailer", (
        _mails(0.7, '{"level":"INFO","message":"invoice sent","customer":$number}'),
        _mails(
            pulses(45, 4, 6, 0.02),
            '{"level":"WARN","message":"mail server greylisted us, trying again","customer":$number}',
        ),
    )),
    LogGroup("/shop/deployments", (
        Deployment(1150, "invoice-mailer", "8", "9", "Update the footer (#2188)"),
        Deployment(128, "order-intake", "17", "18", "Use 512 MB instead of 256 MB (#2203)"),
        Deployment(_DEPLOYED, "image-resizer", "30", "31", "Keep small pictures next to the originals (#2207)"),
    ), retention=365),
)  # fmt: skip


def _function(name: str, invocations: Level, seconds: float, throttles: Level, mistakes: float) -> list[SampledMetric]:
    return metrics(
        "AWS/Lambda",
        ("Invocations", "Count", count, invocations),
        ("Errors", "Count", count, mistakes),
        ("Throttles", "Count", count, throttles),
        ("Duration", "Milliseconds", gauge, 1000 * seconds),
        ("ConcurrentExecutions", "Count", count, times(invocations, seconds / 60)),
        FunctionName=name,
    )


_ORDER_INTAKE = _function("order-intake", times(daily(420), _served), 0.12, times(daily(420), _refused), 0.1)
_ERRORS, _THROTTLES = _ORDER_INTAKE[1:3]
_API_5XX = metric("AWS/ApiGateway", "5XXError", "Count", count, times(daily(420), _refused), ApiName="orders")
_ACCEPTED = metric("Shop/Orders", "OrdersAccepted", "Count", count, times(daily(420), _served), Service="orders")
_GREYLISTED = metric("Shop/Mail", "Greylisted", "Count", count, pulses(45, 4, 24, 0.1), Service="invoice-mailer")
_METRICS = (
    *_ORDER_INTAKE,
    *_function("image-resizer", times(17, _resizing), 29.0, phases(0, (_EXHAUSTED, 310)), 0.05),
    *_function("invoice-mailer", 35, 0.6, phases(0, (_EXHAUSTED, 9)), 0.2),
    *_function("price-sync", 4, 2.0, 0, 0.02),
    metric("AWS/Lambda", "ConcurrentExecutions", "Count", gauge, ramp(_DEPLOYED - 2, _EXHAUSTED, 13, 998)),
    metric("AWS/ApiGateway", "Count", "Count", count, daily(420), ApiName="orders"),
    _API_5XX,
    _ACCEPTED,
    _GREYLISTED,
)

INCIDENT = Incident(
    name="lambda-throttles",
    title="Orders are refused with Lambda throttles",
    story="The API answers a part of the orders with 500. The function behind it was deployed two hours ago.",
    services={
        "orders API": "API Gateway in front of order-intake",
        "order-intake": "accepts orders",
        "image-resizer": "runs for each object in the bucket shop-pictures",
        "invoice-mailer": "sends invoices",
        "price-sync": "updates prices",
    },
    truth=Truth(
        cause="image-resizer 31 writes to the bucket that invokes it and takes the account's Lambda concurrency.",
        first_bad_minute=_EXHAUSTED,
        affected=("orders API", "order-intake", "invoice-mailer"),
        innocent={
            "order-intake": "it has no errors, is as fast as ever and was deployed more than an hour earlier",
            "invoice-mailer": "its alarm goes off every 45 minutes; it is throttled like all other functions",
        },
    ),
    log_groups=_LOG_GROUPS,
    metrics=_METRICS,
    alarms=(
        MetricAlarm("order-intake-throttles", _THROTTLES, "Sum", ABOVE, 10.0, missing="notBreaching", notifies=True),
        MetricAlarm("order-intake-errors", _ERRORS, "Sum", ABOVE, 5.0, missing="notBreaching"),
        MetricAlarm("orders-api-5xx", _API_5XX, "Sum", ABOVE, 20.0, datapoints=(3, 5), missing="notBreaching"),
        MetricAlarm("orders-accepted-low", _ACCEPTED, "Sum", BELOW, 160.0, datapoints=(5, 5), missing="breaching"),
        MetricAlarm(
            "invoice-mailer-greylisted", _GREYLISTED, "Sum", ABOVE, 10.0, datapoints=(1, 1),
            description="Mail servers let us wait; harmless.",
        ),
    ),
    composite_alarms=(
        CompositeAlarm(
            "orders-degraded", "Customers cannot order.",
            'ALARM("orders-api-5xx") AND (ALARM("order-intake-throttles") OR ALARM("order-intake-errors"))',
        ),
    ),
    detectors=(Detector("image-resizer-anomalies", _RESIZER, 60),),
    saved_queries=(
        SavedQuery("Orders/Refused by minute", "filter status >= 500\n| stats count(*) as refused by bin(1m)", (_API,)),
    ),
    solution=(
        Call("get_active_alarms", {}, ("orders-degraded", "order-intake-throttles")),
        Call("get_metric_data", {"namespace": "AWS/Lambda", "start_time": "3h"}, ("image-resizer", "{onset}")),
        Call("analyze_log_group", {"log_group_arn": _RESIZER, "start_time": "1h"}, ("-small", "shop-pictures")),
        deployments("image-resizer", "Keep small pictures next to the originals"),
    ),
)  # fmt: skip
