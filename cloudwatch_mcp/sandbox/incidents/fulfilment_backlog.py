"""Orders wait in a queue, because its worker crashes on one message again and again.

`b2b-portal` 4.12.0 sends orders for several addresses with a list in `ship_to`. The first one crashes
`fulfilment-worker`, on which nothing has changed. The queue is FIFO and gives up a message only after 1,000 attempts:
the message comes back every minute, each crash holds up a whole batch, and the dead-letter queue stays empty.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from cloudwatch_mcp.sandbox.kit.alarms import ABOVE, MetricAlarm
from cloudwatch_mcp.sandbox.kit.incident import Call, Incident, Truth, deployments, query
from cloudwatch_mcp.sandbox.kit.logs import Deployment, Event, Line, LogGroup, around, lines, one_of, spaced, uuid
from cloudwatch_mcp.sandbox.kit.metrics import count, gauge, metric, metrics
from cloudwatch_mcp.sandbox.kit.timeline import before, daily, phases, pulses, ramp, randomness, times

_RELEASED, _FIRST, _SCALED = 93, 71, 48
_WORKER, _PORTAL, _STOREFRONT = "/ecs/shop/fulfilment-worker", "/ecs/shop/b2b-portal", "/ecs/shop/storefront"
_QUEUE, _POISON = "orders-fulfilment.fifo", "7d0c51e4-9a36-4b1f-a2c8-60f3de5b8147"
_TASKS = ("worker/worker/5c1e90b2", "worker/worker/e87d34fa")
_CRASH = (
    f"INFO  [worker] received {_POISON} group=north receive_count=%s",
    """ERROR [worker] unhandled exception, exiting
Traceback (most recent call last):
  File "/app/worker/main.py", line 88, in run
    pack(Order.parse(json.loads(message.body)))
  File "/app/worker/order.py", line 31, in parse
    country = body["ship_to"]["country"]
TypeError: list indices must be integers or slices, not str""",
    f"INFO  [worker] starting 7.2.1 queue={_QUEUE} batch_size=10 visible_again_after=60 max_receive_count=1000",
)


def _crashes(now: datetime) -> Iterator[Event]:
    random = randomness("crashes")
    for attempt, minute in enumerate(range(_FIRST, 0, -1), 1):
        time, task = int(before(now, minute - random.uniform(0.4, 0.5)).timestamp() * 1000), random.choice(_TASKS)
        for offset, text in ((0, _CRASH[0] % attempt), (40, _CRASH[1]), (9000, _CRASH[2])):
            yield Event(task, time + offset, f"{spaced(time + offset)} {text}")


_sent, _published = daily(18), {"level": "INFO", "msg": "order published", "queue": _QUEUE, "id": "$id"}
_order = partial(lines, id=uuid, group=one_of("north", "south", "east", "west"))
_packed = partial(_order, streams=_TASKS, ms=around(340))
_SLOW = "$spaced WARN  [worker] carrier-rates took $ms ms, using the list price"
_PACKED = "$spaced INFO  [worker] packed $id group=$group in $ms ms"
_LOG_GROUPS = (
    LogGroup(_WORKER, (
        _packed(phases(_sent, (_FIRST, 0)), _PACKED),
        _packed(phases(0, (_FIRST, times(_sent, 0.35))), _PACKED, group=one_of("south", "east", "west")),
        lines(0.3, _SLOW, streams=_TASKS, ms=around(2400, 0.1)),
        _crashes,
    )),
    LogGroup(_PORTAL, (
        _order(times(_sent, 0.2), {**_published, "group": "$group", "addresses": 1, "schema": 3}),
        Line(_FIRST - 0.2, {**_published, "id": _POISON, "group": "north", "addresses": 3, "schema": 4}),
    )),
    LogGroup(_STOREFRONT, (_order(times(_sent, 0.8), {**_published, "group": "$group", "schema": 3}),)),
    LogGroup("/shop/deployments", (
        Deployment(1310, "fulfilment-worker", "7.2.0", "7.2.1", "Update the base image (#1329)"),
        Deployment(_RELEASED, "b2b-portal", "4.11.2", "4.12.0", "Let customers split an order (#1342)"),
        Deployment(_FIRST + 5, "carrier-rates", "2.2.8", "2.3.0", "Ask carriers in parallel (#1344)"),
    )),
)  # fmt: skip
_exact = partial(gauge, jitter=0)
_VISIBLE, _AGE, *_SQS = metrics(
    "AWS/SQS",
    ("ApproximateNumberOfMessagesVisible", "Count", count, phases(1, (_FIRST, ramp(_FIRST, 0, 1, 790)))),
    ("ApproximateAgeOfOldestMessage", "Seconds", _exact, phases(2, (_FIRST, ramp(_FIRST, 0, 2, 60 * _FIRST)))),
    ("ApproximateNumberOfMessagesNotVisible", "Count", count, phases(3, (_FIRST, 10))),
    ("NumberOfMessagesSent", "Count", count, _sent),
    ("NumberOfMessagesReceived", "Count", count, times(_sent, phases(1, (_FIRST, 1.3)))),
    ("NumberOfMessagesDeleted", "Count", count, times(_sent, phases(1, (_FIRST, 0.35)))),
    QueueName=_QUEUE,
)
_DEAD = metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", "Count", count, 0, QueueName="orders-dead.fifo")
_ECS = metrics(
    "ECS/ContainerInsights",
    ("DesiredTaskCount", "Count", _exact, phases(2, (_SCALED, 6))),
    ("RunningTaskCount", "Count", _exact, phases(2, (_SCALED - 2, 6))),
    ("RestartCount", "Count", _exact, ramp(_FIRST, 0, 0, _FIRST)),
    ClusterName="shop",
    ServiceName="fulfilment-worker",
)
_busy = pulses(48, 12, 93, 34)
_CPU = metric("AWS/EC2", "CPUUtilization", "Percent", gauge, _busy, basic=True, InstanceId="i-04b7d2a91c3e8f650")

INCIDENT = Incident(
    name="fulfilment-backlog",
    title="Orders wait in a queue",
    story="The warehouse has little to pack, though orders come in as ever. More workers did not help.",
    services={
        "storefront": "puts orders of consumers into the queue",
        "b2b-portal": "puts orders of companies into the queue",
        "fulfilment-worker": "packs the orders of the queue",
        "carrier-rates": "computes the price of a parcel",
        "node": "an EC2 instance of the cluster",
    },
    truth=Truth(
        cause="b2b-portal 4.12.0 writes split orders in a new schema; the first one crashes fulfilment-worker forever.",
        first_bad_minute=_FIRST,
        affected=("fulfilment-worker",),
        innocent={
            "carrier-rates": "it was deployed shortly before, but the warnings about it are as many as ever",
            "node": "its CPU alarm goes off every 48 minutes",
            "storefront": "its orders have the old schema",
        },
    ),
    log_groups=_LOG_GROUPS,
    metrics=(_VISIBLE, _AGE, *_SQS, _DEAD, *_ECS, _CPU),
    alarms=(
        MetricAlarm("fulfilment-oldest-order", _AGE, "Maximum", ABOVE, 900.0),
        MetricAlarm(
            "TargetTracking-service/shop/fulfilment-worker-AlarmHigh-1f6c", _VISIBLE, "Average", ABOVE, 200.0
        ),
        MetricAlarm("fulfilment-dead-letters", _DEAD, "Maximum", ABOVE, 0.0, datapoints=(1, 1)),
        MetricAlarm("node-cpu", _CPU, "Average", ABOVE, 85.0, period=300, datapoints=(1, 1)),
    ),
    solution=(
        Call("get_active_alarms", {}, ("fulfilment-oldest-order",)),
        Call("get_metric_data", {"namespace": "AWS/SQS", "start_time": "3h"}, ("NumberOfMessagesDeleted", "{onset}")),
        Call("analyze_log_group", {"log_group_arn": _WORKER}, ("TypeError", _POISON, "max_receive_count=1000")),
        query(
            f"fields @timestamp, @log, @message | filter @message like '{_POISON}' | sort @timestamp | limit 3",
            [_WORKER, _PORTAL, _STOREFRONT], "3h", _PORTAL, '"schema":4', "receive_count=1",
        ),
        deployments("Let customers split an order"),
    ),
)  # fmt: skip
