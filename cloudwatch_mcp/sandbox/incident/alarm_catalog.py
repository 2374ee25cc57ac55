"""The shop's alarms: related to the incident, unrelated, and without data."""

from dataclasses import replace

from cloudwatch_mcp.sandbox.incident.metrics_aws import BATCH_HOST, LOAD_BALANCER, aws_metrics
from cloudwatch_mcp.sandbox.incident.metrics_shop import orders, shop_metrics
from cloudwatch_mcp.sandbox.kit.alarms import ABOVE, BELOW, UNDER_BAND, CompositeAlarm, MetricAlarm
from cloudwatch_mcp.sandbox.kit.metrics import SampledMetric

_DESCRIPTIONS = {
    "shop-checkout-5xx-rate": "More than 5% of the requests to checkout fail.",
    "shop-checkout-latency-p99": "One in a hundred requests to checkout takes longer than 2 s.",
    "shop-orders-per-minute-anomaly": "Fewer orders than usual at this time of day.",
    "shop-elb-5xx": "The public load balancer's targets answer with 5xx.",
    "shop-checkout-memory": "Checkout is close to the 1,024 MB of its tasks.",
    "shop-payments-gateway-timeouts": "Calls to the card gateway time out.",
    "shop-payments-retry-queue": "Authorizations pile up for another try.",
    "payments latency (p99) eu": "Owned by the EU team.",
    "shop-payments-cpu": "Payments needs more tasks.",
    "shop-payments-running-tasks": "Fewer than three payments tasks are running.",
    "shop-orders-queue-age": "The order worker is more than five minutes behind.",
    "shop-database-cpu": "The database is busy.",
    "shop-database-storage": "Less than 5 GB of local storage left.",
    "shop-thumbnailer-errors": "Product pictures are not made.",
    "shop-maintenance-window": "Set by hand during planned work; silences the composite alarms.",
    "shop-batch-host-cpu": "Known to flap while reports are computed.",
    "shop-nightly-batch-heartbeat": "The nightly batch runs.",
    "shop-legacy-import-age": "Nobody has sent this metric for a long time.",
}


def metric_alarms() -> list[MetricAlarm]:
    series = {(item.name, *item.dimensions.values()): item for item in [*shop_metrics(), *aws_metrics()]}
    alarms = [*_checkout(series), *_payments(series), *_platform(series), *_batch(series)]
    return [replace(alarm, description=_DESCRIPTIONS[alarm.name]) for alarm in alarms]


def composite_alarms() -> list[CompositeAlarm]:
    return [
        CompositeAlarm(
            "shop-checkout-degraded",
            "Customers cannot pay. Runbook: find out what changed, then roll it back.",
            '(ALARM("shop-checkout-5xx-rate") OR ALARM("shop-checkout-latency-p99")) AND '
            '(ALARM("shop-payments-gateway-timeouts") OR ALARM("shop-payments-retry-queue")) AND '
            'NOT ALARM("shop-maintenance-window")',
        ),
        CompositeAlarm(
            "shop-storefront-page",
            "Pages the person on call.",
            'ALARM("shop-checkout-degraded") AND NOT ALARM("shop-maintenance-window")',
        ),
    ]


_Catalog = dict[tuple[str, ...], SampledMetric]


def _checkout(series: _Catalog) -> list[MetricAlarm]:
    requests, errors = series["Requests", "checkout"], series["Errors5xx", "checkout"]
    return [
        MetricAlarm(
            "shop-checkout-5xx-rate",
            errors,
            "Sum",
            ABOVE,
            5.0,
            per=requests,
            label="5xx rate in percent",
            notifies=True,
        ),
        MetricAlarm(
            "shop-checkout-latency-p99",
            series["Latency", "checkout"],
            "p99",
            ABOVE,
            2000.0,
            edits=((20, {"Threshold": 3000.0}), (6, {})),
        ),
        MetricAlarm(
            "shop-orders-per-minute-anomaly",
            series["OrdersPerMinute", "checkout"],
            "Sum",
            UNDER_BAND,
            0.0,
            expected=orders,
        ),
        MetricAlarm(
            "shop-elb-5xx",
            series["HTTPCode_Target_5XX_Count", LOAD_BALANCER],
            "Sum",
            ABOVE,
            50.0,
            datapoints=(2, 2),
            missing="notBreaching",
        ),
        MetricAlarm(
            "shop-checkout-memory",
            series["MemoryUtilized", "shop", "checkout"],
            "Average",
            ABOVE,
            960.0,
            period=300,
            datapoints=(1, 1),
        ),
    ]


def _payments(series: _Catalog) -> list[MetricAlarm]:
    return [
        MetricAlarm(
            "shop-payments-gateway-timeouts",
            series["GatewayTimeouts", "payments", "card-primary"],
            "Sum",
            ABOVE,
            100.0,
            datapoints=(5, 5),
            missing="notBreaching",
        ),
        MetricAlarm("shop-payments-retry-queue", series["RetryQueueDepth", "payments"], "Maximum", ABOVE, 250.0),
        MetricAlarm(
            "payments latency (p99) eu", series["AuthorizationLatency", "payments", "eu"], "p99", ABOVE, 3000.0
        ),
        MetricAlarm("shop-payments-cpu", series["CpuUtilized", "shop", "payments"], "Average", ABOVE, 85.0, period=300),
        MetricAlarm(
            "shop-payments-running-tasks",
            series["RunningTaskCount", "shop", "payments"],
            "Average",
            BELOW,
            3.0,
            missing="breaching",
        ),
        MetricAlarm(
            "shop-orders-queue-age", series["ApproximateAgeOfOldestMessage", "shop-orders"], "Maximum", ABOVE, 300.0
        ),
    ]


def _platform(series: _Catalog) -> list[MetricAlarm]:
    return [
        MetricAlarm("shop-database-cpu", series["CPUUtilization", "shop"], "Average", ABOVE, 80.0, period=300),
        MetricAlarm("shop-database-storage", series["FreeLocalStorage", "shop"], "Average", BELOW, 5e9, period=300),
        MetricAlarm(
            "shop-thumbnailer-errors",
            series["Errors", "shop-thumbnailer"],
            "Sum",
            ABOVE,
            5.0,
            period=300,
            missing="notBreaching",
        ),
        MetricAlarm(
            "shop-maintenance-window",
            series["MaintenanceWindow",],
            "Maximum",
            ABOVE,
            0.0,
            datapoints=(1, 1),
            missing="notBreaching",
        ),
    ]


def _batch(series: _Catalog) -> list[MetricAlarm]:
    imported = SampledMetric("Shop/Legacy", "ImportAge", {"Source": "ftp"}, "Seconds", lambda _: [])
    return [
        MetricAlarm(
            "shop-batch-host-cpu",
            series["CPUUtilization", BATCH_HOST],
            "Average",
            ABOVE,
            85.0,
            period=300,
            datapoints=(1, 1),
            notifies=True,
        ),
        MetricAlarm("shop-nightly-batch-heartbeat", series["Heartbeat", "nightly"], "Maximum", BELOW, 1.0),
        MetricAlarm("shop-legacy-import-age", imported, "Maximum", ABOVE, 86400.0, period=3600, datapoints=(1, 1)),
    ]
