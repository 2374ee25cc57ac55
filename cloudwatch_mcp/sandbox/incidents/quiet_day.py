"""Nothing is wrong: a nightly batch with warnings, a blip that is over, and an alarm that flaps every day."""

from collections.abc import Callable
from functools import partial

from cloudwatch_mcp.sandbox.kit.alarms import ABOVE, CompositeAlarm, MetricAlarm
from cloudwatch_mcp.sandbox.kit.incident import Call, Incident, Truth
from cloudwatch_mcp.sandbox.kit.logs import Deployment, LogGroup, around, lines, one_of, uuid, whole
from cloudwatch_mcp.sandbox.kit.metrics import count, gauge, metric, metrics
from cloudwatch_mcp.sandbox.kit.timeline import daily, phases, pulses

_NIGHT, _BLIP = (380, 352), (262, 255)


def _at_night(level: float) -> Callable[[float], float]:
    return phases(0, (_NIGHT[0], level), (_NIGHT[1], 0))


_booking = partial(
    lines,
    streams=("booking/booking/4be1", "booking/booking/9d27"),
    request_id=uuid,
    path=one_of("/v1/bookings", "/v1/slots", "/v1/customers"),
    ms=around(85),
)
_batch = partial(lines, streams=("nightly",), number=whole(1000, 9999))


def _request(level: str, msg: str) -> dict[str, str]:
    request = {"request_id": "$request_id", "path": "$path", "duration_ms": "$ms"}
    return {"level": level, "service": "booking", "msg": msg, **request}


_LOG_GROUPS = (
    LogGroup("/ecs/shop/booking", (
        _booking(daily(12), _request("INFO", "request served")),
        _booking(0.02, _request("WARN", "slow request")),
        _booking(
            phases(0.01, (_BLIP[0], 3), (_BLIP[1], 0.01)), _request("ERROR", "mail provider answered 503, will retry")
        ),
    )),
    LogGroup("/shop/batch/nightly", (
        _batch(_at_night(25), "$spaced INFO  [batch] Invoices - chunk $number written"),
        _batch(_at_night(5), "$spaced WARN  [batch] Invoices - customer $number has no VAT number, skipped"),
    ), retention=90),
    LogGroup("/shop/deployments", (Deployment(640, "booking", "3.0.6", "3.0.7", "Correct a spelling mistake (#811)"),)),
)  # fmt: skip
_ERRORS, _LATENCY, _REQUESTS = metrics(
    "Shop/Booking",
    ("Errors", "Count", count, phases(0.1, (_BLIP[0], 14), (_BLIP[1], 0.1))),
    ("Latency", "Milliseconds", gauge, 85),
    ("Requests", "Count", count, daily(240)),
    Service="booking",
)
_ROWS = metric("Shop/Batch", "RowsWritten", "Count", count, _at_night(900), Job="nightly")
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
    metrics=(_ERRORS, _LATENCY, _REQUESTS, _ROWS, _CPU),
    alarms=(
        MetricAlarm("booking-errors", _ERRORS, "Sum", ABOVE, 5.0, missing="notBreaching", notifies=True),
        MetricAlarm("booking-latency", _LATENCY, "Average", ABOVE, 400.0),
        MetricAlarm(
            "batch-host-cpu", _CPU, "Average", ABOVE, 85.0, period=300, datapoints=(1, 1),
            description="Reports are being computed.",
        ),
    ),
    composite_alarms=(
        CompositeAlarm(
            "booking-degraded", "Customers notice.", 'ALARM("booking-errors") OR ALARM("booking-latency")'
        ),
    ),
    solution=(
        Call("get_active_alarms", {}, ("No alarm is in ALARM",)),
        Call("get_alarm_history", {"alarm_name": "batch-host-cpu", "start_time": "12h"}, ("about every 50 min",)),
        Call("get_alarm_history", {"alarm_name": "booking-errors", "start_time": "12h"}, ('"state":"OK"',)),
        Call("get_metric_data", {"namespace": "Shop/Booking", "start_time": "1h"}, ("0 of 3 series moved",)),
    ),
)  # fmt: skip
