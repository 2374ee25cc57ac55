"""A replay answers what was recorded, in whatever words it is asked, and nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.recording import Replay
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.asking import Reply, asking
from tests.support.exchanges import make_recorder
from tests.support.frozen_time import NOW, Time

pytestmark = pytest.mark.anyio

Call: TypeAlias = tuple[str, dict[str, Any]]
BEGIN, STEP = NOW - timedelta(minutes=9), timedelta(seconds=40)
PAYMENTS, ORDERS, RELEASES = "/ecs/shop/payments", "/ecs/shop/orders-worker", "/shop/deployments"
ARN = "arn:aws:logs:us-east-1:123456789012:log-group:"
QUERY = """fields @timestamp, @message  # what failed
| filter level = "ERROR" and @message like /(?i)time ?out/
| sort @timestamp desc | limit 3"""
QUERY_AGAIN = (
    'FIELDS @timestamp,@message\n|filter  level="ERROR" AND @message LIKE /(?i)time ?out/|sort @timestamp DESC|limit 3'
)


def ago(call: int, **length: float) -> str:
    """The time so long before the recorded call of this number, counted from 0."""
    return (BEGIN + call * STEP - timedelta(**length)).isoformat()


SHORT: list[Call] = [
    ("get_active_alarms", {}),
    ("get_alarm_history", {"alarm_name": "shop-checkout-degraded"}),
    ("describe_log_groups", {"log_group_name_prefix": "/ecs/shop"}),
    ("analyze_log_group", {"log_group_arn": RELEASES}),
    ("execute_log_insights_query", {"query_string": QUERY, "start_time": "3h", "log_group_names": [PAYMENTS, ORDERS]}),
    (
        "execute_log_insights_query",
        {"query_string": "stats count(*) by bin(5m)", "start_time": "1h", "log_group_names": [PAYMENTS]},
    ),
    ("get_metric_data", {"namespace": "Shop/Checkout", "metric_name": "Latency"}),
    ("get_metric_data", {"namespace": "Shop/Checkout"}),
    (
        "get_metric_data",
        {
            "queries": [
                {
                    "id": "cpu",
                    "metric_stat": {
                        "namespace": "ECS/ContainerInsights",
                        "metric_name": "CpuUtilized",
                        "dimensions": [
                            {"name": "ClusterName", "value": "shop"},
                            {"name": "ServiceName", "value": "checkout"},
                        ],
                    },
                },
                {"id": "double", "expression": "cpu * 2"},
            ],
            "start_time": "2h",
        },
    ),
    ("get_metric_metadata", {"namespace": "Shop/Checkout"}),
    ("get_recommended_metric_alarms", {"namespace": "AWS/Lambda", "metric_name": "Errors"}),
    ("get_alarm_history", {"alarm_name": "shop-batch-host-cpu", "start_time": "12h"}),
]
HERE: dict[str, Any] = {"region": "us-east-1", "profile_name": None}
LONG: list[Call] = [
    ("get_active_alarms", {"state": "ALARM", "name_prefix": None, "max_items": "50", **HERE}),
    (
        "get_alarm_history",
        {
            "alarm_name": "shop-checkout-degraded",
            "start_time": ago(1, hours=24),
            "end_time": ago(1),
            "history_item_type": "StateUpdate",
            "max_items": None,
            "include_component_alarms": False,
            **HERE,
        },
    ),
    (
        "describe_log_groups",
        {
            "log_group_name_prefix": "/ecs/shop",
            "log_group_name_pattern": None,
            "max_items": 50.0,
            "include_linked_accounts": "false",
            "account_identifiers": None,
            **HERE,
        },
    ),
    (
        "analyze_log_group",
        {
            "log_group_arn": f"{ARN}{RELEASES}:*",
            "start_time": "now-60m",
            "end_time": "now",
            "focus": None,
            "compare_to": "1h",
            **HERE,
        },
    ),
    (
        "execute_log_insights_query",
        {
            "query_string": QUERY_AGAIN,
            "start_time": ago(4, hours=3),
            "end_time": ago(4),
            "log_group_identifiers": [ORDERS, f"{ARN}{PAYMENTS}"],
            "limit": None,
            "max_timeout": 60,
            "query_language": "CWLI",
            **HERE,
        },
    ),
    (
        "execute_log_insights_query",
        {
            "query_string": "stats count( * ) BY bin(5m)",
            "start_time": "-60m",
            "limit": 100,
            "end_time": "now",
            "log_group_names": [PAYMENTS],
            "max_timeout": 30,
            **HERE,
        },
    ),
    (
        "get_metric_data",
        {
            "namespace": "Shop/Checkout",
            "metric_name": "Latency",
            "dimensions": None,
            "statistic": "avg",
            "start_time": "now-180m",
            "end_time": "now",
            "target_datapoints": 60,
            **HERE,
        },
    ),
    (
        "get_metric_data",
        {
            "namespace": "Shop/Checkout",
            "start_time": ago(7, hours=3),
            "compare_to": "3h",
            "end_time": None,
            "limit": 10,
            "target_datapoints": "60",
            **HERE,
        },
    ),
    (
        "get_metric_data",
        {
            "queries": [
                {"id": "double", "expression": "cpu*2", "return_data": True},
                {
                    "id": "cpu",
                    "metric_stat": {
                        "namespace": "ECS/ContainerInsights",
                        "metric_name": "CpuUtilized",
                        "dimensions": [
                            {"name": "ServiceName", "value": "checkout"},
                            {"name": "ClusterName", "value": "shop"},
                        ],
                        "statistic": "Average",
                        "period": None,
                    },
                    "label": None,
                },
            ],
            "start_time": (BEGIN + 8 * STEP - timedelta(hours=2)).timestamp(),
            "end_time": ago(8),
            **HERE,
        },
    ),
    ("get_metric_metadata", {"namespace": "Shop/Checkout", "metric_name": None, **HERE}),
    (
        "get_recommended_metric_alarms",
        {
            "namespace": "AWS/Lambda",
            "metric_name": "Errors",
            "dimensions": None,
            "statistic": None,
            "region": "us-east-1",
        },
    ),
    (
        "get_alarm_history",
        {"alarm_name": "shop-batch-host-cpu", "start_time": "0.5d ago", "end_time": "now", "max_items": None, **HERE},
    ),
]


async def recorded(calls: Sequence[Call], path: Path) -> list[Reply]:
    """Record the calls, each 40 seconds after the one before, as a user does; their replies."""
    times = iter([BEGIN + number * STEP for number in range(len(calls))])
    now = [BEGIN]
    recorder = make_recorder(base=Clock(lambda: now[0], sleep=Time().sleep))
    server = build_server(
        Settings(), os.environ, clients=recorder.clients(Settings(), os.environ), clock=recorder.clock
    )
    replies = []
    async with asking(server) as ask:
        for tool, arguments in calls:
            now[0] = next(times)
            replies.append(await ask(tool, **arguments))
    recorder.save(path)
    return replies


async def replayed(path: Path, calls: Sequence[Call]) -> tuple[list[Reply], Replay]:
    replay = Replay(path, repeat_last=True)
    server = build_server(Settings(), {}, clients=replay.clients(Settings()), clock=replay.clock)
    async with asking(server) as ask:
        return [await ask(tool, **arguments) for tool, arguments in calls], replay


@pytest.mark.parametrize(("first", "second"), [(SHORT, LONG), (LONG, SHORT)], ids=["spelled out", "shortened"])
async def test_an_investigation_in_other_words_order_and_number_has_the_same_answers(
    sandbox: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, first: list[Call], second: list[Call]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    seen = await recorded(first, tmp_path / "incident.yaml")
    assert not [reply.text for reply in seen if reply.failed]
    order = [*reversed(range(12)), 4, 0]
    played, replay = await replayed(tmp_path / "incident.yaml", [second[number] for number in order])
    assert replay.misses == []
    differing = [second[n] for n, reply in zip(order, played, strict=True) if reply != seen[n]]
    assert differing == []
    assert replay.unplayed == []


SMALL: list[Call] = [
    ("get_active_alarms", {}),
    ("get_alarm_history", {"alarm_name": "shop-checkout-degraded", "start_time": "3h"}),
    ("execute_log_insights_query", {"query_string": QUERY, "start_time": "1h", "log_group_names": [PAYMENTS, ORDERS]}),
    (
        "get_metric_data",
        {
            "namespace": "Shop/Checkout",
            "metric_name": "Latency",
            "dimensions": [{"name": "Service", "value": "checkout"}],
        },
    ),
    (
        "execute_log_insights_query",
        {
            "query_string": "stats count(*)",
            "start_time": "2026-11-20T10:00:00Z",
            "end_time": "2026-11-20T10:05:00Z",
            "log_group_names": [PAYMENTS],
        },
    ),
    ("describe_log_groups", {"log_group_name_prefix": "/ecs/shop"}),
]


def changed(call: int, **arguments: Any) -> Call:
    """A call of SMALL with other arguments."""
    tool, before = SMALL[call]
    return tool, {**before, **arguments}


SAME = [
    *(changed(2, start_time=text) for text in ("60m", "now-1h", "-3600s", "1 hour ago", ago(2, hours=1))),
    changed(2, start_time=ago(2, hours=1), end_time="now"),
    changed(2, start_time="now-1h", end_time=ago(2)),
    changed(2, start_time=(BEGIN + 2 * STEP - timedelta(hours=1)).timestamp() * 1000),
    changed(2, start_time="2026-11-20T10:52:00Z", end_time="2026-11-20T11:52:00Z"),  # to the minute
    *(changed(2, start_time=ago(call, hours=1), end_time=ago(call)) for call in range(6)),  # of the replay's clock
    *(changed(3, start_time=ago(call, hours=3)) for call in range(6)),
    changed(4, end_time="2026-11-20T12:05:00+02:00", max_timeout=90),
    changed(4, start_time="2026-11-20T10:00:20Z", end_time="2026-11-20T10:05:20Z"),
    changed(2, query_string=" ".join(QUERY_AGAIN.split("\n"))),
    changed(2, log_group_names=None, log_group_identifiers=[ORDERS, PAYMENTS]),
    changed(2, log_group_names=[f"{ARN}{PAYMENTS}", ORDERS]),
    changed(2, limit=None, region="us-east-1", profile_name=""),
    changed(3, statistic="Average", dimensions=json.dumps([{"value": "checkout", "name": "Service"}])),
    changed(0, max_items=5),
]
OTHERS = [
    *(changed(2, start_time=text) for text in ("59m", "61m", "2h", "1d", "now+1h")),
    *(
        changed(2, start_time=ago(2, **{"hours": 1, **earlier}), end_time=ago(2, **earlier))
        for earlier in ({"minutes": 3}, {"minutes": -5}, {"hours": 1}, {"days": 1}, {"days": -7})
    ),
    changed(2, start_time=ago(2, hours=1), end_time=ago(2, minutes=2)),
    changed(4, start_time="2026-11-20T10:01:00Z", end_time="2026-11-20T10:06:00Z"),
    changed(4, start_time="2026-11-20T10:00:40Z", end_time="2026-11-20T10:05:40Z"),
    changed(4, start_time="5m", end_time="now"),
    *(
        changed(2, query_string=QUERY.replace(old, new))
        for old, new in [
            ("ERROR", "error"),
            ("ERROR", "ERROR "),
            ("time ?out", "time  ?out"),
            ("time ?out", "TIME ?out"),
            ("level", "Level"),
            ("level = ", "level != "),
            ("and", "or"),
            ("limit 3", "limit 30"),
            ("desc", "asc"),
            ("@timestamp, @message", "@message"),
            ("# what failed", "| filter status = 500 # what failed"),
        ]
    ),
    changed(2, log_group_names=[PAYMENTS]),
    changed(2, log_group_names=[PAYMENTS, f"{ARN}{ORDERS}".replace("1234", "4321")]),
    changed(2, log_group_names=[PAYMENTS, f"{ARN}{ORDERS}".replace("us-east-1", "eu-west-1")]),
    changed(2, query_language="PPL"),
    changed(2, limit=3),
    changed(2, region="eu-west-1"),
    changed(2, profile_name="prod"),
    changed(0, state="OK"),
    changed(0, name_prefix="shop"),
    changed(1, alarm_name="shop-batch-host-cpu"),
    changed(1, history_item_type="Action"),
    changed(3, statistic="p99"),
    changed(3, metric_name="latency"),
    changed(3, dimensions=[{"name": "Service", "value": "Checkout"}]),
    changed(3, compare_to="1d"),
    changed(3, target_datapoints=10),
    changed(5, log_group_name_prefix="/ECS/shop"),
]


async def test_the_same_question_in_other_words_is_a_hit_and_another_one_a_miss(
    sandbox: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    await recorded(SMALL, tmp_path / "incident.yaml")
    hits, replay = await replayed(tmp_path / "incident.yaml", SAME)
    assert replay.misses == []
    assert [(call, hit.text) for call, hit in zip(SAME, hits, strict=True) if hit.failed] == []
    misses, _ = await replayed(tmp_path / "incident.yaml", OTHERS)
    assert [call for call, miss in zip(OTHERS, misses, strict=True) if not miss.failed] == []


async def test_the_id_of_a_replayed_query_has_its_results(
    sandbox: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    (seen,) = await recorded(SMALL[2:3], tmp_path / "incident.yaml")
    asked = ("get_logs_insight_query_results", {"query_id": seen.data["query_id"]})
    (first, results, again), _ = await replayed(tmp_path / "incident.yaml", [SMALL[2], asked, SMALL[2]])
    assert first == again == seen
    assert results.rows("results") == seen.rows("results")


async def test_a_log_group_of_another_account_is_not_the_one_of_its_name(
    sandbox: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    linked = f"{ARN}/shared".replace("123456789012", "210987654321")
    await recorded([SMALL[2], SMALL[5], ("analyze_log_group", {"log_group_arn": linked})], tmp_path / "incident.yaml")
    by_arn = [changed(2, log_group_names=[f"{ARN}{PAYMENTS}", ORDERS])]
    (reply,), _ = await replayed(tmp_path / "incident.yaml", by_arn)
    assert reply.failed
