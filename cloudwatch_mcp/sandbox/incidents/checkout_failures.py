"""Checkouts of an online shop fail: a release of payments cut its pool of connections to the card gateway.

`checkout` calls `payments`, and `payments` calls a card gateway. Some 56 minutes before the end, payments 2.15.0 is
deployed with a gateway connection pool of 8 instead of 64: calls wait for a connection until they time out, checkouts
fail, and orders drop. The gateway itself is healthy. There is also the usual noise: a flapping CPU alarm, a nightly
batch with warnings, a flood of deprecation warnings.
"""

from functools import partial
from math import nan

from cloudwatch_mcp.sandbox.incidents import checkout_logs as logs
from cloudwatch_mcp.sandbox.incidents.checkout_logs import logged, rollout
from cloudwatch_mcp.sandbox.kit.alarms import ABOVE, BELOW, UNDER_BAND, CompositeAlarm, MetricAlarm
from cloudwatch_mcp.sandbox.kit.anomalies import Detector
from cloudwatch_mcp.sandbox.kit.incident import Call, Incident, SavedQuery, Truth, query
from cloudwatch_mcp.sandbox.kit.logs import Deployment, Line, LogGroup, around, lines, one_of, uuid, whole
from cloudwatch_mcp.sandbox.kit.metrics import HISTORY, Kind, count, gauge, latency, metric, metrics
from cloudwatch_mcp.sandbox.kit.timeline import Level, daily, phases, pulses, ramp, times, traffic

_CHECKOUT, _PAYMENTS, _RELEASES = "/ecs/shop/checkout", "/ecs/shop/payments", "/shop/deployments"
_NIGHT, _BLIP = (350, 322), (1745, 1736)
"""The nightly batch, and a short time yesterday in which the card gateway was slow."""


def _nightly(level: float, otherwise: float = 0) -> Level:
    return phases(otherwise, (_NIGHT[0], level), (_NIGHT[1], otherwise))


_worker = partial(logs.line, "orders-worker", "1.31.4")
_catalog = partial(logs.line, "catalog", "3.3.2")
_ENI = "eni-0f1e2d3c4b5a60001"
_DEPRECATED = "GET /v1/prices is deprecated and goes away with 4.0, use /v2/prices"
_FEED = "".join(f"<item><sku>{sku:06d}</sku><name>Example product Ø{sku % 97}</name></item>" for sku in range(480))
_LOG_GROUPS = (
    LogGroup(_CHECKOUT, logs.CHECKOUT),
    LogGroup(_PAYMENTS, logs.PAYMENTS),
    LogGroup("/ecs/shop/orders-worker", (
        lines(logged(daily(20), ramp(53, 50, 1, 0.2)), _worker("INFO", "order settled", lag_s="$lag"), lag=whole(2, 5)),
        lines(logged(daily(20), ramp(53, 50, 0, 0.3)), _worker("WARN", "capture delayed, payments busy")),
    )),
    LogGroup("/ecs/shop/catalog", (
        *logs.PRODUCTS,
        lines(logged(daily(26), phases(0, (186, 1))), _catalog("WARN", _DEPRECATED)),
        Line(64.3, _catalog("ERROR", "supplier feed not understood", payload=_FEED)),
    ), age_in_days=300),
    LogGroup("/aws/lambda/shop-thumbnailer", (
        lines(
            logged(daily(5)), "START RequestId: $request_id Version: $LATEST\n",
            "$time\t$request_id\tINFO\tthumbnail written: s3://shop-pictures/$number/320.webp\n",
            "END RequestId: $request_id\n",
            "REPORT RequestId: $request_id\tDuration: $ms ms\tMemory Size: 256 MB\tMax Memory Used: $number MB\t\n",
            streams=[f"2026/11/20/[$LATEST]{each}5e7d41c8b26f0a93" for each in ("4c1e97b2", "9d03f6aa")],
            request_id=uuid, number=whole(140, 190), ms=around(410),
        ),
    ), retention=None, age_in_days=210),
    LogGroup("/aws/apigateway/shop-public", logs.API, retention=14),
    LogGroup("/aws/rds/cluster/shop/postgresql", tuple(
        lines(
            logged(daily(rate)), f"$spaced UTC:10.0.12.$host(5$process):shop_app@shop:[$process]:{text}",
            streams=["shop-instance-1"], host=whole(10, 90), process=whole(1000, 1060), ms=around(270, 0.5),
        )
        for rate, text in (
            (9, "LOG:  duration: $ms ms  execute <unnamed>: SELECT id, price, stock FROM products WHERE id = $1"),
            (0.1, ("ERROR:  deadlock detected\nDETAIL:  Process $process waits for ShareLock on transaction 88$host.\n"
                "HINT:  See server log for query details.\nSTATEMENT:  UPDATE carts SET items = $1 WHERE id = $2")),
        )
    ), retention=7),
    LogGroup("/aws/vpc/flow-logs/shop", (
        lines(
            logged(daily(33)), f"2 123456789012 {_ENI} 10.0.12.$host 203.0.113.$host 4$number 443 6 $host $number "
            "$epoch $epoch $action OK", streams=[f"{_ENI}-all"], host=whole(10, 60), number=whole(1000, 9999),
            action=one_of(*["ACCEPT"] * 9, "REJECT"),
        ),
    ), retention=7),
    LogGroup("/shop/nginx/access", logs.NGINX, retention=14),
    LogGroup(_RELEASES, (
        Deployment(1438, "checkout", "5.8.1", "5.8.2", "Translate the order confirmation (#4098)"),
        Deployment(545, "shop-thumbnailer", "41", "42", "Write WebP instead of JPEG (#4110)"),
        Deployment(188, "catalog", "3.3.1", "3.3.2", "Warn about calls of /v1/prices (#4121)"),
        Line(120.4, {"level": "INFO", "msg": "configuration changed", "parameter": "/shop/log_sample_rate",
            "from": 0.05, "to": 1.0, "change": "Log every request during the campaign (#4125)"}, "pipeline"),
        Deployment(56.5, "payments", "2.14.0", "2.15.0",
            "Move the gateway client to the shared HTTP library and its defaults (#4127)"),
    ), retention=365),
    LogGroup("/shop/audit", (
        lines(0.3, {"actor": "$actor@example.com", "action": "$action", "outcome": "allowed"}, streams=["backoffice"],
            actor=one_of("ops.alba", "ops.bruno", "support.chiyo"),
            action=one_of("order.view", "order.refund", "customer.view", "coupon.create", "login")),
    ), retention=3653, log_class="INFREQUENT_ACCESS", age_in_days=150),
    LogGroup("/shop/batch/nightly", tuple(
        lines(_nightly(rate), f"$spaced {text}", streams=["nightly"], number=whole(10, 900))
        for rate, text in (
            (27, "INFO  [batch] PriceImport - chunk $number written"),
            (5, "WARN  [batch] PriceImport - supplier $number sent a row without a VAT class, skipped"),
        )
    ), retention=90),
    LogGroup("/shop/load-test", retention=3, age_in_days=75),
)  # fmt: skip

_failed, _orders = rollout(0.002, 0.402), times(daily(279), rollout(0.928, 0.473))
_exactly = partial(gauge, jitter=0.0)
_COUNT, _MS, _PERCENT = "Count", "Milliseconds", "Percent"
_REGIONS = (("eu", 0.56), ("us", 0.31), ("ap", 0.13))
_SERVICES = (("checkout", 44, 640), ("payments", 50, 780), ("orders-worker", 35, 440), ("catalog", 57, 920))
_BATCH_HOST, _ELB = "i-0a1b2c3d4e5f60001", "app/shop-public/50dc6c495c0c9188"
_HOSTS = ((_BATCH_HOST, pulses(24, 10, 93, 30)), ("i-0a1b2c3d4e5f60002", daily(45)), ("i-0a1b2c3d4e5f60003", 19))


def _latency(requests: float, share: float) -> Kind:
    """`share` of the requests need a connection: since the release some wait for one, and some do not get one."""
    slow, timed_out = (rollout(0, part * share) for part in (0.125, 0.2))
    blip = phases(0, (_BLIP[0], 0.3 * share), (_BLIP[1], 0))
    return latency(daily(requests), (2600, blip), (1100, slow), (3300, slow), (5040, timed_out), (5290, timed_out))


_METRICS = (
    metric("Shop/Checkout", "OrdersPerMinute", _COUNT, count, _orders, fine=HISTORY, Service="checkout"),
    *metrics("Shop/Checkout", ("Requests", _COUNT, count, daily(620)),
        ("Errors5xx", _COUNT, count, times(daily(279), _failed)),
        ("Latency", _MS, _latency(620, 0.45), 140), Service="checkout"),
    *metrics("Shop/Checkout", ("Requests", _COUNT, count, daily(341)), ("Errors5xx", _COUNT, count, 0.6),
        Service="checkout", Endpoint="/v1/cart"),
    *(each for region, share in _REGIONS for each in metrics(
        "Shop/Checkout", ("Requests", _COUNT, count, daily(279 * share)),
        ("Errors5xx", _COUNT, count, times(daily(279 * share), _failed)),
        ("Latency", _MS, _latency(279 * share, 1), 165),
        Service="checkout", Endpoint="/v1/checkout", Region=region)),
    *metrics("Shop/Payments", ("Authorizations", _COUNT, count, daily(246)),
        ("GatewayTimeouts", _COUNT, count, times(daily(246), rollout(0.001, 0.6))),
        ("GatewayResponseTime", _MS, latency(daily(246), (2450, phases(0, (_BLIP[0], 0.3), (_BLIP[1], 0)))), 84),
        ("GatewayPoolInUse", _COUNT, _exactly, phases(lambda minute: round(19 * traffic(minute)), (55, 8))),
        ("GatewayPoolWaiting", _COUNT, count, rollout(0, 41)), Service="payments", Gateway="card-primary"),
    *metrics("Shop/Payments", ("Authorizations", _COUNT, count, daily(33)), ("GatewayTimeouts", _COUNT, count, 0.1),
        ("GatewayResponseTime", _MS, latency(daily(33)), 61), Service="payments", Gateway="wallet"),
    *(metric("Shop/Payments", "AuthorizationLatency", _MS, _latency(279 * share, 1), 112,
        Service="payments", Region=region) for region, share in _REGIONS),
    metric("Shop/Payments", "RetryQueueDepth", _COUNT, count, ramp(55, 0, 9, 2484), Service="payments"),
    metric("Shop/Catalog", "CacheHitRate", _PERCENT, gauge, phases(94, (460, nan), (415, 94)), Service="catalog"),
    metric("Shop/Catalog", "DeprecatedApiCalls", _COUNT, count, phases(0, (186, daily(59))), Service="catalog"),
    metric("Shop/Batch", "Heartbeat", _COUNT, _exactly, _nightly(1, nan), Job="nightly"),
    metric("Shop/Operations", "MaintenanceWindow", "None", gauge, 0),
    *(each for name, cpu, memory in _SERVICES for each in metrics(
        "ECS/ContainerInsights", ("CpuUtilized", "None", gauge, daily(cpu)),
        ("MemoryUtilized", "Megabytes", gauge, memory), ("RunningTaskCount", _COUNT, _exactly, 4),
        ClusterName="shop", ServiceName=name)),
    *metrics("AWS/ApplicationELB", ("RequestCount", _COUNT, count, daily(992)),
        ("HTTPCode_Target_5XX_Count", _COUNT, count, times(daily(279), _failed)), LoadBalancer=_ELB),
    *metrics("AWS/SQS", ("ApproximateAgeOfOldestMessage", "Seconds", gauge, ramp(52, 0, 4, 654)),
        ("ApproximateNumberOfMessagesVisible", _COUNT, count, ramp(52, 0, 6, 1618)),
        ("NumberOfMessagesSent", _COUNT, count, _orders), QueueName="shop-orders"),
    *metrics("AWS/RDS", ("CPUUtilization", _PERCENT, gauge, _nightly(58, 30)),
        ("FreeLocalStorage", "Bytes", gauge, 3.1e10), DBClusterIdentifier="shop"),
    *metrics("AWS/Lambda", ("Invocations", _COUNT, count, daily(40)), ("Errors", _COUNT, count, 0.12),
        ("Duration", _MS, gauge, 410), FunctionName="shop-thumbnailer"),
    *(metric("AWS/EC2", "CPUUtilization", _PERCENT, gauge, busy, basic=True, InstanceId=host) for host, busy in _HOSTS),
)  # fmt: skip
_OF = {(each.name, *each.dimensions.values()): each for each in _METRICS}
"""The metrics by their names and the values of their dimensions."""
_OK, _IMPORTS = "notBreaching", metric("Shop/Legacy", "ImportAge", "Seconds", gauge, nan, Source="ftp")
_ALARMS = (
    MetricAlarm("shop-checkout-5xx-rate", _OF["Errors5xx", "checkout"], "Sum", ABOVE, 5.0, notifies=True,
        per=_OF["Requests", "checkout"], label="5xx rate in percent", description="More than 5% of the requests fail."),
    MetricAlarm("shop-checkout-latency-p99", _OF["Latency", "checkout"], "p99", ABOVE, 2000.0,
        edits=((20, {"Threshold": 3000.0}), (6, {})), description="One checkout in a hundred takes longer than 2 s."),
    MetricAlarm("shop-orders-per-minute-anomaly", _OF["OrdersPerMinute", "checkout"], "Sum", UNDER_BAND, 0.0,
        description="Fewer orders than usual at this time of day."),
    MetricAlarm("shop-elb-5xx", _OF["HTTPCode_Target_5XX_Count", _ELB], "Sum", ABOVE, 50.0, 60, (2, 2), missing=_OK),
    MetricAlarm("shop-checkout-memory", _OF["MemoryUtilized", "shop", "checkout"], "Average", ABOVE, 960, 300, (1, 1)),
    MetricAlarm("shop-payments-gateway-timeouts", _OF["GatewayTimeouts", "payments", "card-primary"], "Sum", ABOVE,
        100.0, datapoints=(5, 5), missing=_OK, description="Calls to the card gateway time out."),
    MetricAlarm("shop-payments-retry-queue", _OF["RetryQueueDepth", "payments"], "Maximum", ABOVE, 250.0,
        description="Authorizations pile up for another try."),
    MetricAlarm("payments latency (p99) eu", _OF["AuthorizationLatency", "payments", "eu"], "p99", ABOVE, 3000.0,
        description="Owned by the EU team."),
    MetricAlarm("shop-payments-cpu", _OF["CpuUtilized", "shop", "payments"], "Average", ABOVE, 85.0, 300),
    MetricAlarm("shop-payments-running-tasks", _OF["RunningTaskCount", "shop", "payments"], "Average", BELOW, 3.0),
    MetricAlarm("shop-orders-queue-age", _OF["ApproximateAgeOfOldestMessage", "shop-orders"], "Maximum", ABOVE, 300.0,
        description="The order worker is more than five minutes behind."),
    MetricAlarm("shop-database-cpu", _OF["CPUUtilization", "shop"], "Average", ABOVE, 80.0, 300),
    MetricAlarm("shop-database-storage", _OF["FreeLocalStorage", "shop"], "Average", BELOW, 5e9, 300),
    MetricAlarm("shop-thumbnailer-errors", _OF["Errors", "shop-thumbnailer"], "Sum", ABOVE, 5.0, 300, missing=_OK),
    MetricAlarm("shop-maintenance-window", _OF["MaintenanceWindow",], "Maximum", ABOVE, 0.0, 60, (1, 1), missing=_OK),
    MetricAlarm("shop-batch-host-cpu", _OF["CPUUtilization", _BATCH_HOST], "Average", ABOVE, 85.0, 300, (1, 1),
        notifies=True, description="Known to flap while reports are computed."),
    MetricAlarm("shop-nightly-batch-heartbeat", _OF["Heartbeat", "nightly"], "Maximum", BELOW, 1.0),
    MetricAlarm("shop-legacy-import-age", _IMPORTS, "Maximum", ABOVE, 86400.0, 3600, (1, 1)),
)  # fmt: skip

_FAILING = 'ALARM("shop-checkout-5xx-rate") OR ALARM("shop-checkout-latency-p99")'
_UNPAID = 'ALARM("shop-payments-gateway-timeouts") OR ALARM("shop-payments-retry-queue")'
_UNPLANNED = 'NOT ALARM("shop-maintenance-window")'
INCIDENT = Incident(
    name="checkout-failures",
    title="Checkouts fail after a deployment",
    story="Customers of an online shop cannot pay. The card gateway seems to time out.",
    services={
        "checkout": "places orders; calls payments",
        "payments": "authorizes payments; calls the card gateway through a pool of connections",
        "orders-worker": "settles orders from a queue", "catalog": "serves products",
        "card gateway": "a third party", "batch host": "computes reports",
    },
    truth=Truth(
        cause="payments 2.15.0 has a gateway connection pool of 8 instead of 64.",
        first_bad_minute=56,
        affected=("checkout", "payments", "orders-worker"),
        innocent={
            "card gateway": "its response time is as ever",
            "catalog": "its flood of deprecation warnings began two hours earlier",
            "batch host": "its CPU alarm flaps every day",
        },
    ),
    log_groups=_LOG_GROUPS,
    metrics=_METRICS,
    alarms=_ALARMS,
    composite_alarms=(
        CompositeAlarm("shop-checkout-degraded", "Customers cannot pay. Runbook: see what changed, then roll it back.",
            f"({_FAILING}) AND ({_UNPAID}) AND {_UNPLANNED}"),
        CompositeAlarm("shop-storefront-page", "Pages the person on call.",
            f'ALARM("shop-checkout-degraded") AND {_UNPLANNED}'),
    ),
    detectors=(Detector("shop-payments-anomalies", _PAYMENTS, 90, logs.ANOMALIES),
        Detector("shop-checkout-anomalies", _CHECKOUT, 0)),
    saved_queries=(
        SavedQuery("Shop/Checkout/Errors by type", 'filter level = "ERROR"\n'
            "| stats count(*) as errors by error.type, http.status\n| sort errors desc", (_CHECKOUT,)),
        SavedQuery("Shop/Payments/Gateway timeouts", 'filter error.type = "GatewayTimeout"\n'
            "| stats count(*) as timeouts by bin(5m)\n| sort timeouts desc", (_PAYMENTS,)),
        SavedQuery("Shop/Payments/Configuration at start-up", "fields @timestamp, version, config.gateway.pool_max"
            "\n| filter msg like /starting/\n| sort @timestamp desc", (_PAYMENTS,), age_in_days=200),
        SavedQuery("Shop/All services/Errors", "SOURCE logGroups(namePrefix: ['/ecs/shop'])\n"
            '| filter level = "ERROR"\n| stats count(*) as errors by service, msg\n| sort errors desc', age_in_days=30),
        SavedQuery("Shop/Operations/Deployments", 'fields @timestamp, service, from, to, change\n'
            '| filter msg = "deployment started"\n| sort @timestamp desc\n| limit 20', (_RELEASES,), age_in_days=300),
        SavedQuery("Shop/One request everywhere",
            'fields @timestamp, @log, @message\n| filter @message like "REQUEST-ID"\n| sort @timestamp asc'),
    ),
    linked_log_groups=(LogGroup("/ecs/logistics/shipping"), LogGroup("/shared/ingress", age_in_days=700)),
    evaluated=((1755, 1721), (420, 0)),
    solution=(
        Call("get_active_alarms", {}, ("shop-checkout-degraded", "fired first")),
        Call("get_metric_data", {"namespace": "Shop/Payments", "start_time": "3h"}, ("GatewayPoolWaiting", "{onset}")),
        Call("analyze_log_group", {"log_group_arn": _PAYMENTS, "start_time": "1h"}, ("pool.wait_ms",)),
        query("fields @timestamp, service, version, change, config.gateway.pool_max "
            '| filter msg = "deployment started" or msg like /^payments .* starting/',
            [_RELEASES, _PAYMENTS], "24h", "2.15.0", "2.14.0", "shared HTTP library"),
    ),
)  # fmt: skip
