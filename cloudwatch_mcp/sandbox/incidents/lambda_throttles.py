"""Orders are refused because another function uses up the account's Lambda concurrency.

`image-resizer` runs for every object in the bucket `shop-pictures`. Its version 31 writes its pictures to that bucket,
too: each invocation causes the next ones. Within minutes it takes nearly all of the account's 1,000 concurrent
executions, and `order-intake`, on which nothing has changed for two hours, is throttled. No alarm watches the cause.
"""

from functools import partial

from cloudwatch_mcp.sandbox.kit.alarms import ABOVE, MetricAlarm
from cloudwatch_mcp.sandbox.kit.incident import Call, Incident, Truth, deployments
from cloudwatch_mcp.sandbox.kit.logs import Deployment, LogGroup, around, lines, one_of, uuid, whole
from cloudwatch_mcp.sandbox.kit.metrics import SampledMetric, count, gauge, metric, metrics
from cloudwatch_mcp.sandbox.kit.timeline import Level, daily, phases, pulses, ramp, times

_DEPLOYED, _EXHAUSTED = 51, 45
_RESIZER = "/aws/lambda/image-resizer"
_served, _refused = phases(1, (_EXHAUSTED, 0.34)), phases(0, (_EXHAUSTED, 0.66))
"""The shares of the orders that get an execution, and that get none."""

_order = partial(lines, request_id=uuid, ms=around(118))
_ANSWER = {"requestId": "$request_id", "routeKey": "POST /orders"}
_ACCEPTED = {"level": "INFO", "requestId": "$request_id", "message": "order accepted", "ms": "$ms"}
_picture = partial(lines, streams=("2026/11/20/[31]3c91d0",), number=whole(100_000, 999_999), ms=around(29_000, 0.1))
_RESIZED = {"level": "INFO", "message": "picture resized", "sampled": "1/50", "bucket": "shop-pictures", "ms": "$ms"}
_LOG_GROUPS = (
    LogGroup("/aws/lambda/order-intake", (
        _order(times(daily(9), _served), _ACCEPTED, streams=("2026/11/20/[18]5e0b17",)),
    )),
    LogGroup(_RESIZER, (
        _picture(daily(0.5), {**_RESIZED, "key": "uploads/$number.jpg"}),
        _picture(
            ramp(_DEPLOYED - 2, _EXHAUSTED, 0, 36), {**_RESIZED, "key": "uploads/$number$small.jpg"},
            small=one_of(*("-small" * depth for depth in range(1, 7))),
        ),
    )),
    LogGroup("/aws/apigateway/orders", (
        _order(times(daily(9), _served), {**_ANSWER, "status": 201}),
        _order(times(daily(9), _refused), {**_ANSWER, "status": 500, "integration": "429 Rate Exceeded."}),
    )),
    LogGroup("/shop/deployments", (
        Deployment(128, "order-intake", "17", "18", "Use 512 MB instead of 256 MB (#2203)"),
        Deployment(_DEPLOYED, "image-resizer", "30", "31", "Keep small pictures next to the originals (#2207)"),
    )),
)  # fmt: skip


def _function(name: str, invocations: Level, seconds: float, throttles: Level) -> list[SampledMetric]:
    return metrics(
        "AWS/Lambda",
        ("Throttles", "Count", count, throttles),
        ("Invocations", "Count", count, invocations),
        ("Errors", "Count", count, 0.1),
        ("Duration", "Milliseconds", gauge, 1000 * seconds),
        ("ConcurrentExecutions", "Count", count, times(invocations, seconds / 60)),
        FunctionName=name,
    )


_THROTTLES, *_INTAKE = _function("order-intake", times(daily(420), _served), 0.12, times(daily(420), _refused))
_5XX, *_API = metrics(
    "AWS/ApiGateway",
    ("5XXError", "Count", count, times(daily(420), _refused)),
    ("Count", "Count", count, daily(420)),
    ApiName="orders",
)
_GREYLISTED = metric("Shop/Mail", "Greylisted", "Count", count, pulses(45, 4, 24, 0.1), Service="invoice-mailer")
_OTHERS = (
    *_function("image-resizer", ramp(_DEPLOYED - 2, _EXHAUSTED, 17, 1870), 29.0, phases(0, (_EXHAUSTED, 310))),
    *_function("invoice-mailer", 35, 0.6, phases(0, (_EXHAUSTED, 9))),
    metric("AWS/Lambda", "ConcurrentExecutions", "Count", gauge, ramp(_DEPLOYED - 2, _EXHAUSTED, 13, 998)),
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
    metrics=(_THROTTLES, *_INTAKE, _5XX, *_API, _GREYLISTED, *_OTHERS),
    alarms=(
        MetricAlarm("order-intake-throttles", _THROTTLES, "Sum", ABOVE, 10.0, missing="notBreaching", notifies=True),
        MetricAlarm("orders-api-5xx", _5XX, "Sum", ABOVE, 20.0, datapoints=(3, 5), missing="notBreaching"),
        MetricAlarm("invoice-mailer-greylisted", _GREYLISTED, "Sum", ABOVE, 10.0, datapoints=(1, 1)),
    ),
    solution=(
        Call("get_active_alarms", {}, ("orders-api-5xx", "order-intake-throttles")),
        Call("get_metric_data", {"namespace": "AWS/Lambda", "start_time": "3h"}, ("image-resizer", "{onset}")),
        Call("analyze_log_group", {"log_group_arn": _RESIZER, "start_time": "1h"}, ("-small", "shop-pictures")),
        deployments("image-resizer", "Keep small pictures next to the originals"),
    ),
)  # fmt: skip
