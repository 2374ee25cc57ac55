"""Orders wait in a queue, because its worker crashes on one message again and again.

`b2b-portal` 4.12.0 sends orders for several addresses with a list in `ship_to`. The first one crashes
`fulfilment-worker`, on which nothing has changed. The queue is FIFO and gives up a message only after 1,000 attempts:
the message comes back every minute, each crash holds up a whole batch, and the dead-letter queue stays empty.
"""

from functools import partial

from cloudwatch_mcp.sandbox.kit.alarms import ABOVE, MetricAlarm
from cloudwatch_mcp.sandbox.kit.incident import Call, Incident, Truth, deployments, query
from cloudwatch_mcp.sandbox.kit.logs import Deployment, Line, LogGroup, around, lines, one_of, uuid
from cloudwatch_mcp.sandbox.kit.metrics import count, gauge, metric, metrics
from cloudwatch_mcp.sandbox.kit.timeline import daily, phases, ramp, times

_RELEASED, _FIRST, _SCALED = 93, 71, 48
_WORKER, _PORTAL, _STOREFRONT = "/ecs/shop/fulfilment-worker", "/ecs/shop/b2b-portal", "/ecs/shop/storefront"
_QUEUE, _POISON = "orders-fulfilment.fifo", {"id": "7d0c51e4-9a36-4b1f-a2c8-60f3de5b8147", "group": "north"}
_TASKS = ("worker/worker/5c1e90b2", "worker/worker/e87d34fa")
_ERROR = "country = body['ship_to']['country'] TypeError: list indices must be integers or slices, not str"
_CRASHED = {"level": "ERROR", "msg": "unhandled exception, exiting", **_POISON, "error": _ERROR}
_STARTING = {"level": "INFO", "msg": "starting 7.2.1", "queue": _QUEUE, "max_receive_count": 1000}
_PUBLISHED = {"level": "INFO", "msg": "order published", "queue": _QUEUE}

_sent = daily(18)
_order = partial(lines, id=uuid, group=one_of("north", "south", "east", "west"), ms=around(340))
_ID = {"id": "$id", "group": "$group"}
_PACKED = {"level": "INFO", "msg": "order packed", **_ID, "ms": "$ms"}
_LOG_GROUPS = (
    LogGroup(_WORKER, (
        _order(times(_sent, phases(1, (_FIRST, 0))), _PACKED, streams=_TASKS),
        _order(times(_sent, phases(0, (_FIRST, 0.35))), _PACKED, streams=_TASKS, group=one_of("south", "east", "west")),
        lines(0.3, {"level": "WARN", "msg": "carrier-rates is slow, using the list price"}, streams=_TASKS),
        *(
            Line(minute - late, event, _TASKS[attempt % 2])
            for attempt, minute in enumerate(range(_FIRST, 0, -1), 1)
            for late, event in ((0.4, {**_CRASHED, "receive_count": attempt}), (0.6, _STARTING))
        ),
    )),
    LogGroup(_PORTAL, (
        _order(times(_sent, 0.2), {**_PUBLISHED, **_ID, "addresses": 1, "schema": 3}),
        Line(_FIRST - 0.2, {**_PUBLISHED, **_POISON, "addresses": 3, "schema": 4}),
    )),
    LogGroup(_STOREFRONT, (_order(times(_sent, 0.8), {**_PUBLISHED, **_ID, "schema": 3}),)),
    LogGroup("/shop/deployments", (
        Deployment(_RELEASED, "b2b-portal", "4.11.2", "4.12.0", "Let customers split an order (#1342)"),
        Deployment(_FIRST + 5, "carrier-rates", "2.2.8", "2.3.0", "Ask carriers in parallel (#1344)"),
    )),
)  # fmt: skip
_exact = partial(gauge, jitter=0)
_VISIBLE, _AGE, *_SQS = metrics(
    "AWS/SQS",
    ("ApproximateNumberOfMessagesVisible", "Count", count, ramp(_FIRST, 0, 1, 790)),
    ("ApproximateAgeOfOldestMessage", "Seconds", _exact, ramp(_FIRST, 0, 2, 60 * _FIRST)),
    ("NumberOfMessagesSent", "Count", count, _sent),
    ("NumberOfMessagesDeleted", "Count", count, times(_sent, phases(1, (_FIRST, 0.35)))),
    QueueName=_QUEUE,
)
_DEAD = metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Count", count, 0, QueueName="orders-dead.fifo")
_ECS = metrics(
    "ECS/ContainerInsights",
    ("RunningTaskCount", "Count", _exact, phases(2, (_SCALED, 6))),
    ("RestartCount", "Count", _exact, ramp(_FIRST, 0, 0, _FIRST)),
    ClusterName="shop",
    ServiceName="fulfilment-worker",
)

INCIDENT = Incident(
    name="fulfilment-backlog",
    title="Orders wait in a queue",
    story="The warehouse has little to pack, though orders come in as ever. More workers did not help.",
    services={
        "storefront": "puts orders of consumers into the queue",
        "b2b-portal": "puts orders of companies into the queue",
        "fulfilment-worker": "packs the orders of the queue",
        "carrier-rates": "computes the price of a parcel",
    },
    truth=Truth(
        cause="b2b-portal 4.12.0 writes split orders in a new schema; the first one crashes fulfilment-worker forever.",
        first_bad_minute=_FIRST,
        affected=("fulfilment-worker",),
        innocent={
            "carrier-rates": "it was deployed shortly before, but the warnings about it are as many as ever",
            "storefront": "its orders have the old schema",
        },
    ),
    log_groups=_LOG_GROUPS,
    metrics=(_VISIBLE, _AGE, *_SQS, _DEAD, *_ECS),
    alarms=(
        MetricAlarm("fulfilment-oldest-order", _AGE, "Maximum", ABOVE, 900.0),
        MetricAlarm("TargetTracking-service/shop/fulfilment-worker-AlarmHigh-1f6c", _VISIBLE, "Average", ABOVE, 200.0),
        MetricAlarm("fulfilment-dead-letters", _DEAD, "Maximum", ABOVE, 0.0, datapoints=(1, 1)),
    ),
    solution=(
        Call("get_active_alarms", {}, ("fulfilment-oldest-order",)),
        Call("get_metric_data", {"namespace": "AWS/SQS", "start_time": "3h"}, ("NumberOfMessagesDeleted", "{onset}")),
        Call("analyze_log_group", {"log_group_arn": _WORKER}, ("TypeError", _POISON["id"], '"max_receive_count":1000')),
        query(
            f"fields @timestamp, @log, @message | filter id = '{_POISON['id']}' | sort @timestamp | limit 3",
            [_WORKER, _PORTAL, _STOREFRONT], "3h", _PORTAL, '"schema":4', '"receive_count":1', "{onset}",
        ),
        deployments("Let customers split an order"),
    ),
)  # fmt: skip
