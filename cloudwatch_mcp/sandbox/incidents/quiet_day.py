"""Nothing is wrong: a nightly batch with warnings, a blip that is over, and an alarm that flaps every day."""

from functools import partial

from cloudwatch_mcp.sandbox.kit.alarms import ABOVE, MetricAlarm
from cloudwatch_mcp.sandbox.kit.incident import Call, Incident, Truth
from cloudwatch_mcp.sandbox.kit.logs import Deployment, LogGroup, around, lines, uuid, whole
from cloudwatch_mcp.sandbox.kit.metrics import count, gauge, metric, metrics
from cloudwatch_mcp.sandbox.kit.timeline import daily, phases, pulses, times

_blip, _night = phases(0.01, (262, 3), (255, 0.01)), phases(0, (380, 5), (352, 0))
_booking = partial(lines, streams=("booking/booking/4be1", "booking/booking/9d27"), id=uuid, ms=around(85))
_REQUEST = {"service": "booking", "request_id": "$id", "path": "/v1/bookings", "duration_ms": "$ms"}
_batch = partial(lines, streams=("nightly",), number=whole(1000, 9999))
_LOG_GROUPS = (
    LogGroup("/ecs/shop/booking", (
        _booking(daily(12), {"level": "INFO", "msg": "request served", **_REQUEST}),
        _booking(_blip, {"level": "ERROR", "msg": "mail provider answered 503, will retry", **_REQUEST}),
    )),
    LogGroup("/shop/batch/nightly", (
        _batch(times(_night, 5), "$spaced INFO  [batch] Invoices - chunk $number written"),
        _batch(_night, "$spaced WARN  [batch] Invoices - customer $number has no VAT number, skipped"),
    ), retention=90),
    LogGroup("/shop/deployments", (Deployment(640, "booking", "3.0.6", "3.0.7", "Correct a spelling mistake (#811)"),)),
)  # fmt: skip
_ERRORS, *_BOOKING = metrics(
    "Shop/Booking",
    ("Errors", "Count", count, times(_blip, 5)),
    ("Latency", "Milliseconds", gauge, 85),
    ("Requests", "Count", count, daily(240)),
    Service="booking",
)
_busy = pulses(50, 10, 92, 24)
_CPU = metric("AWS/EC2", "CPUUtilization", "Percent", gauge, _busy, basic=True, InstanceId="i-0c9d8e7f6a5b40012")

INCIDENT = Incident(
    name="quiet-day",
    title="Nothing is wrong",
    story="Somebody asks whether all is well: there were mails about alarms.",
    services={
        "booking": "takes bookings",
        "nightly batch": "writes invoices",
        "batch host": "computes reports every 50 minutes",
        "mail provider": "a third party",
    },
    truth=Truth(
        cause="Nothing is wrong.",
        first_bad_minute=None,
        affected=(),
        innocent={
            "batch host": "its CPU alarm goes off every 50 minutes, while reports are computed",
            "mail provider": "it failed for seven minutes, four hours ago, and mails were sent later",
            "nightly batch": "it writes the same warnings every night",
        },
    ),
    log_groups=_LOG_GROUPS,
    metrics=(_ERRORS, *_BOOKING, _CPU),
    alarms=(
        MetricAlarm("booking-errors", _ERRORS, "Sum", ABOVE, 5.0, missing="notBreaching", notifies=True),
        MetricAlarm("batch-host-cpu", _CPU, "Average", ABOVE, 85.0, period=300, datapoints=(1, 1)),
    ),
    solution=(
        Call("get_active_alarms", {}, ("No alarm is in ALARM",)),
        Call("get_alarm_history", {"alarm_name": "batch-host-cpu", "start_time": "12h"}, ("about every 50 min",)),
        Call("get_alarm_history", {"alarm_name": "booking-errors", "start_time": "12h"}, ('"state":"OK"',)),
        Call("get_metric_data", {"namespace": "Shop/Booking", "start_time": "1h"}, ("0 of 3 series moved",)),
    ),
)  # fmt: skip
