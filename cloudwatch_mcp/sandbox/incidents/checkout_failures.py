"""Checkouts of an online shop fail: a release of payments cut its pool of connections to the card gateway.

`checkout` calls `payments`, and `payments` calls a card gateway. Some 56 minutes before the end, payments 2.15.0 is
deployed with a gateway connection pool of 8 instead of 64: calls wait for a connection until they time out, checkouts
fail, and orders drop. The gateway itself is healthy. There is also the usual noise: a flapping CPU alarm, a nightly
batch with warnings, a flood of deprecation warnings.
"""

from cloudwatch_mcp.sandbox.incident import logs_edge, logs_operations, logs_payments, logs_platform, logs_services
from cloudwatch_mcp.sandbox.incident.alarm_catalog import composite_alarms, metric_alarms
from cloudwatch_mcp.sandbox.incident.metrics_aws import aws_metrics
from cloudwatch_mcp.sandbox.incident.metrics_shop import shop_metrics
from cloudwatch_mcp.sandbox.incident.saved_queries import SAVED_QUERIES
from cloudwatch_mcp.sandbox.incident.timeline import BLIP
from cloudwatch_mcp.sandbox.kit.anomalies import Detector
from cloudwatch_mcp.sandbox.kit.incident import Call, Incident, Truth
from cloudwatch_mcp.sandbox.kit.logs import LogGroup

_PAYMENTS = "/ecs/shop/payments"
_LOG_GROUPS = [
    LogGroup("/ecs/shop/checkout", (logs_services.checkout,)),
    LogGroup("/ecs/shop/payments", (logs_payments.payments,)),
    LogGroup("/ecs/shop/orders-worker", (logs_services.orders_worker,)),
    LogGroup("/ecs/shop/catalog", (logs_services.catalog,), age_in_days=300),
    LogGroup("/aws/lambda/shop-thumbnailer", (logs_platform.thumbnailer,), retention=None, age_in_days=210),
    LogGroup("/aws/apigateway/shop-public", (logs_edge.api_gateway,), retention=14),
    LogGroup("/aws/rds/cluster/shop/postgresql", (logs_platform.postgresql,), retention=7),
    LogGroup("/aws/vpc/flow-logs/shop", (logs_platform.flow_logs,), retention=7),
    LogGroup("/shop/nginx/access", (logs_edge.nginx,), retention=14),
    LogGroup("/shop/deployments", (logs_operations.deployments,), retention=365),
    LogGroup("/shop/audit", (logs_operations.audit,), retention=3653, log_class="INFREQUENT_ACCESS", age_in_days=150),
    LogGroup("/shop/batch/nightly", (logs_operations.nightly_batch,), retention=90),
    LogGroup("/shop/load-test", retention=3, age_in_days=75),
]

_COMMON = '"service":"payments","version":"<*>","msg":'
_TRACED = '"request_id":"<*>","trace_id":"1-<*>"'
_TIMED_OUT = (
    f'{{"time":"<*>","level":"ERROR",{_COMMON}"card gateway call timed out",{_TRACED},"gateway":'
    '{"name":"card-primary","host":"gateway.example.com"},"pool":{"max":<*>,"in_use":<*>,"waiting":<*>,'
    '"wait_ms":5000},"duration_ms":5004,"error":{"type":"GatewayTimeout","message":"timed out after 5000 ms '
    'waiting for a connection to gateway.example.com:443"}}'
)
_QUEUED = (
    f'{{"time":"<*>","level":"WARN",{_COMMON}"authorization queued for retry",{_TRACED},'
    '"order_id":"ord-<*>","attempt":<*>}'
)
_STARTING = (
    f'{{"time":"<*>","level":"INFO",{_COMMON}"payments <*> starting","config":{{"gateway":{{"host":'
    '"gateway.example.com","pool_max":<*>,"pool_acquire_timeout_ms":<*>,"read_timeout_ms":3000,"retries":3},'
    '"http":{"port":8080,"workers":64}}}'
)
_ANOMALIES = (
    ("HIGH", "New pattern with an error", _TIMED_OUT),
    ("MEDIUM", "New pattern", _QUEUED),
    ("LOW", "Unexpected value 8 for pool_max", _STARTING),
)

INCIDENT = Incident(
    name="checkout-failures",
    title="Checkouts fail after a deployment",
    story="Customers of an online shop cannot pay. The card gateway seems to time out.",
    services={
        "checkout": "places orders; calls payments",
        "payments": "authorizes payments; calls the card gateway through a pool of connections",
        "orders-worker": "settles orders from a queue",
        "catalog": "serves products",
        "card gateway": "a third party",
        "batch host": "computes reports",
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
    metrics=[*shop_metrics(), *aws_metrics()],
    alarms=metric_alarms(),
    composite_alarms=composite_alarms(),
    detectors=(
        Detector("shop-payments-anomalies", _PAYMENTS, 90, _ANOMALIES),
        Detector("shop-checkout-anomalies", "/ecs/shop/checkout", 0),
    ),
    saved_queries=SAVED_QUERIES,
    linked_log_groups=(
        LogGroup("/ecs/logistics/shipping", age_in_days=260),
        LogGroup("/shared/ingress", age_in_days=700),
    ),
    evaluated=((BLIP[0] + 10, BLIP[1] - 15), (420.0, 0.0)),
    solution=(
        Call("get_active_alarms", {}, ("shop-checkout-degraded", "fired first")),
        Call("get_metric_data", {"namespace": "Shop/Payments", "start_time": "3h"}, ("GatewayPoolWaiting", "{onset}")),
        Call("analyze_log_group", {"log_group_arn": _PAYMENTS, "start_time": "1h"}, ("pool.wait_ms",)),
        Call(
            "execute_log_insights_query",
            {
                "query_string": "fields @timestamp, service, version, change, config.gateway.pool_max "
                '| filter msg = "deployment started" or msg like /^payments .* starting/',
                "start_time": "24h",
                "log_group_names": ["/shop/deployments", _PAYMENTS],
            },
            ("2.15.0", "2.14.0", "shared HTTP library"),
        ),
    ),
)
