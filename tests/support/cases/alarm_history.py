"""How alarms of every kind came to their states."""

from __future__ import annotations

from tests.support.asking import Reply
from tests.support.cases.case import Case


def _risen(reply: Reply) -> int:
    return len([row for row in reply.rows("transitions") if row["to"] == "ALARM"])


def _components(reply: Reply) -> list[str]:
    return [row["name"] for row in reply.rows("components")]


CASES = (
    Case(
        name="get_alarm_history/flapping_for_a_day",
        arguments={"alarm_name": "shop-batch-host-cpu"},
        target="sandbox",
        says="A flapping alarm is summed up: its interval, its longest time in ALARM, ten transitions, three windows.",
        holds=lambda reply: (
            reply.data["flapping"]["pattern"] == "about every 24 min"
            and len(reply.rows("transitions")) == 10
            and len(reply.data["investigate"]) == 3
        ),
    ),
    Case(
        name="get_alarm_history/flapping",
        arguments={"alarm_name": "shop-batch-host-cpu", "max_items": 14},
        target="sandbox",
        says="Flapping is told, and overlapping windows to investigate are one.",
        holds=lambda reply: reply.data["flapping"]["count"] >= 3 and len(reply.data["investigate"]) < _risen(reply),
    ),
    Case(
        name="get_alarm_history/max_items",
        arguments={"alarm_name": "shop-batch-host-cpu", "max_items": 2},
        target="sandbox",
        says="Fewer items than there are: a note says how to see more.",
        holds=lambda reply: (
            reply.notes == ["The newest 2 were read, more exist: raise max_items (1,000 at most) or narrow the window."]
        ),
    ),
    Case(
        name="get_alarm_history/over_the_budget",
        arguments={"alarm_name": "shop-batch-host-cpu", "max_items": 50},
        settings={"max_response_chars": 1_500},
        target="sandbox",
        says="An answer over the budget loses the oldest transitions, and says so.",
        holds=lambda reply: len(reply.text) <= 1_500 and "of 30 kept" in reply.notes[-1],
    ),
    Case(
        name="get_alarm_history/composite_with_children",
        arguments={"alarm_name": "shop-checkout-degraded", "include_component_alarms": True},
        target="sandbox",
        says="A composite alarm keeps its history, and its children come in the order of its rule.",
        holds=lambda reply: (
            reply.rows("transitions")[0]["to"] == "ALARM"
            and _components(reply)
            == [
                "shop-checkout-5xx-rate",
                "shop-checkout-latency-p99",
                "shop-payments-gateway-timeouts",
                "shop-payments-retry-queue",
                "shop-maintenance-window",
            ]
        ),
    ),
    Case(
        name="get_alarm_history/composite_of_composites",
        arguments={"alarm_name": "shop-storefront-page", "include_component_alarms": True},
        target="sandbox",
        says="A child that is composite itself is told with its own rule.",
        holds=lambda reply: reply.rows("components")[0]["condition"].startswith('(ALARM("shop-checkout-5xx-rate")'),
    ),
    Case(
        name="get_alarm_history/percentile",
        arguments={"alarm_name": "shop-checkout-latency-p99"},
        target="sandbox",
        says="An alarm on a percentile names it in its condition.",
        holds=lambda reply: reply.data["alarm"]["condition"].startswith("p99 > 2000 for "),
    ),
    Case(
        name="get_alarm_history/metric_math",
        arguments={"alarm_name": "shop-checkout-5xx-rate"},
        target="sandbox",
        says="An alarm on metric math shows its expression and the metrics in it.",
        holds=lambda reply: reply.data["alarm"]["kind"] == "metric math" and "100 *" in reply.data["alarm"]["watches"],
    ),
    Case(
        name="get_alarm_history/anomaly_band",
        arguments={"alarm_name": "shop-orders-per-minute-anomaly"},
        target="sandbox",
        says="An alarm on an anomaly band shows the band, and never a threshold of zero.",
        holds=lambda reply: "below ANOMALY_DETECTION_BAND(m1, 2) (lately " in reply.data["alarm"]["condition"],
    ),
    Case(
        name="get_alarm_history/missing_data",
        arguments={"alarm_name": "shop-nightly-batch-heartbeat", "start_time": "3d"},
        target="sandbox",
        says="Where data was missing, the reason says so.",
        holds=lambda reply: reply.rows("transitions")[0]["reason"] == "Insufficient Data: 3 datapoints were unknown.",
    ),
    Case(
        name="get_alarm_history/configuration_updates",
        arguments={
            "alarm_name": "shop-checkout-latency-p99",
            "history_item_type": "ConfigurationUpdate",
            "start_time": "90d",
        },
        target="sandbox",
        says="Edits of the alarm are listed when asked for.",
        holds=lambda reply: (
            [row["changed"] for row in reply.rows("items")] == ["threshold 3000 → 2000", "threshold 2000 → 3000"]
        ),
    ),
    Case(
        name="get_alarm_history/actions",
        arguments={"alarm_name": "shop-checkout-degraded", "history_item_type": "Action"},
        target="sandbox",
        says="What the alarm notified is listed when asked for.",
        holds=lambda reply: "shop-on-call" in reply.rows("items")[0]["summary"],
    ),
    Case(
        name="get_alarm_history/nothing_in_the_window",
        arguments={"alarm_name": "shop-database-cpu", "start_time": "2h"},
        target="sandbox",
        says="An alarm without a transition in the window is told as it is now, with where to look.",
        holds=lambda reply: reply.data["alarm"]["state"] == "OK" and "try start_time='30d'" in reply.notes[0],
    ),
    Case(
        name="get_alarm_history/children_of_a_metric_alarm",
        arguments={"alarm_name": "shop-elb-5xx", "include_component_alarms": True},
        target="sandbox",
        says="A metric alarm has no children, and a note says so.",
        holds=lambda reply: "this is not a composite alarm" in reply.notes[0],
    ),
    Case(
        name="get_alarm_history/naive_time",
        arguments={"alarm_name": "shop-checkout-degraded", "start_time": "2026-11-20T00:00:00"},
        target="sandbox",
        says="A time without an offset is UTC.",
        holds=lambda reply: reply.data["window"] == ["2026-11-20T00:00:00Z", "2026-11-20T12:00:00Z"],
    ),
    Case(
        name="get_alarm_history/unknown_alarm",
        arguments={"alarm_name": "shop-checkout-degradd"},
        target="sandbox",
        fails=True,
        says="An unknown alarm is an error that names the nearest.",
        holds=lambda reply: "Nearest: 'shop-checkout-degraded'" in reply.error,
    ),
    Case(
        name="get_alarm_history/unknown_alarm_and_no_list",
        arguments={"alarm_name": "shop-checkout-degradd"},
        target="authored",
        fails=True,
        says="Where the names cannot be listed, an unknown alarm is still told as such.",
        holds=lambda reply: "Check the name (case matters)" in reply.error,
    ),
    Case(
        name="get_alarm_history/deleted_alarm",
        arguments={"alarm_name": "api-errors"},
        target="authored",
        says="A deleted alarm still has its history.",
        holds=lambda reply: reply.data["alarm"] == {"name": "api-errors", "kind": "deleted"} and _risen(reply) == 1,
    ),
    Case(
        name="get_alarm_history/pages",
        arguments={"alarm_name": "api-errors", "max_items": 150},
        target="authored",
        says="Every page is read until there are as many items as asked for.",
        holds=lambda reply: len(reply.rows("transitions")) == 3,
    ),
    Case(
        name="get_alarm_history/rule_of_arns",
        arguments={"alarm_name": "api-degraded", "include_component_alarms": True},
        target="authored",
        says="A rule may name its alarms by ARN; those that do not exist are noted.",
        holds=lambda reply: (
            _components(reply) == ["api-errors"]
            and reply.notes == ["The rule names alarms that do not exist: 'api-latency'."]
        ),
    ),
    Case(
        name="get_alarm_history/log_alarm",
        arguments={"alarm_name": "checkout-declines"},
        target="authored",
        says="A log alarm's history is told with its query and its condition.",
        holds=lambda reply: reply.data["alarm"]["kind"] == "log" and _risen(reply) == 1,
    ),
    Case(
        name="get_alarm_history/contributors",
        arguments={"alarm_name": "host-cpu", "history_item_type": "AlarmContributorStateUpdate"},
        target="authored",
        says="The state of single contributors is listed when asked for.",
        holds=lambda reply: [row["type"] for row in reply.rows("items")] == ["AlarmContributorStateUpdate"] * 2,
    ),
)
