"""get_alarm_history: how alarms of every kind came to their states."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from cloudwatch_mcp.recording import Recorder, Replay
from tests.support.asking import Ask, Reply
from tests.support.cassettes import answers

pytestmark = pytest.mark.anyio


def _to_alarm(reply: Reply) -> int:
    return len([row for row in reply.rows("transitions") if row["to"] == "ALARM"])


def _components(reply: Reply) -> list[str]:
    return [row["name"] for row in reply.rows("components")]


@pytest.mark.vcr
async def test_flapping(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Frequent transitions are reported as flapping, and overlapping windows to investigate are merged."""
    reply = await ask("get_alarm_history", alarm_name="shop-batch-host-cpu", max_items=14)

    assert reply.data["flapping"]["count"] >= 3
    assert len(reply.data["investigate"]) < _to_alarm(reply)
    assert reply == snapshot


@pytest.mark.vcr
async def test_flapping_for_a_day(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A flapping alarm is summed up: its interval, its longest time in ALARM, ten transitions, windows of three."""
    reply = await ask("get_alarm_history", alarm_name="shop-batch-host-cpu")

    assert reply.data["flapping"]["pattern"] == "about every 24 min"
    assert len(reply.rows("transitions")) == 10
    assert len(reply.data["investigate"]) == 2
    assert reply == snapshot


@pytest.mark.vcr
async def test_max_items(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """With fewer items than there are, a note says how to see more."""
    reply = await ask("get_alarm_history", alarm_name="shop-batch-host-cpu", max_items=2)

    assert reply.notes == ["The newest 2 were read, more exist: raise max_items (1,000 at most) or narrow the window."]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.settings(max_response_chars=1500)
async def test_over_the_budget(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The newest transitions are kept."""
    reply = await ask("get_alarm_history", alarm_name="shop-batch-host-cpu", max_items=50)

    assert reply.notes[-1].endswith("narrow the window or lower max_items.")
    assert reply.rows("transitions")[0]["time"] == "2026-11-20T11:51:08Z"
    assert reply == snapshot


@pytest.mark.vcr
async def test_composite_with_children(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A composite alarm has its own history, and its children come in the order of its rule."""
    reply = await ask("get_alarm_history", alarm_name="shop-checkout-degraded", include_component_alarms=True)

    assert reply.rows("transitions")[0]["to"] == "ALARM"
    assert _components(reply) == [
        "shop-checkout-5xx-rate",
        "shop-checkout-latency-p99",
        "shop-payments-gateway-timeouts",
        "shop-payments-retry-queue",
        "shop-maintenance-window",
    ]
    assert reply == snapshot


@pytest.mark.vcr
async def test_composite_of_composites(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A child that is itself composite is shown with its rule."""
    reply = await ask("get_alarm_history", alarm_name="shop-storefront-page", include_component_alarms=True)

    assert reply.rows("components")[0]["condition"].startswith('(ALARM("shop-checkout-5xx-rate")')
    assert reply == snapshot


@pytest.mark.vcr
async def test_percentile(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An alarm on a percentile names it in its condition."""
    reply = await ask("get_alarm_history", alarm_name="shop-checkout-latency-p99")

    assert reply.data["alarm"]["condition"].startswith("p99 > 2000 for ")
    assert reply == snapshot


@pytest.mark.vcr
async def test_metric_math(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An alarm on metric math shows its expression and the metrics in it."""
    reply = await ask("get_alarm_history", alarm_name="shop-checkout-5xx-rate")

    assert reply.data["alarm"]["kind"] == "metric math"
    assert "100 *" in reply.data["alarm"]["watches"]
    assert reply == snapshot


@pytest.mark.vcr
async def test_anomaly_band(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An alarm on an anomaly band shows the band instead of a threshold of zero."""
    reply = await ask("get_alarm_history", alarm_name="shop-orders-per-minute-anomaly")

    assert "below ANOMALY_DETECTION_BAND(m1, 2) (lately " in reply.data["alarm"]["condition"]
    assert reply == snapshot


async def _change_to_alarm(ask: Ask, vcr: Replay | Recorder, alarm: str) -> dict[str, Any]:
    """The data of the latest StateUpdate to ALARM."""
    await ask("get_alarm_history", alarm_name=alarm, start_time="3h")
    items = [item for answer in answers(vcr, "DescribeAlarmHistory") for item in answer["AlarmHistoryItems"]]
    data = [json.loads(item["HistoryData"]) for item in items if item["HistoryItemType"] == "StateUpdate"]
    return next(each for each in data if each["newState"]["stateValue"] == "ALARM")


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/cloudwatch/test_cloudwatch.snapshot.json",
    behaviour="The data of a StateUpdate has the old and the new state, with statistic, period, threshold and "
    "datapoints.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_data_of_a_transition(ask: Ask, vcr: Replay | Recorder) -> None:
    data = await _change_to_alarm(ask, vcr, "shop-payments-gateway-timeouts")

    assert data["oldState"]["stateValue"] in ("OK", "INSUFFICIENT_DATA")
    assert data["newState"]["stateReasonData"].keys() >= {"statistic", "period", "threshold", "recentDatapoints"}


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/cloudwatch/test_cloudwatch.snapshot.json",
    behaviour="A state reason begins with Threshold Crossed and repeats the datapoints and the threshold.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_reason_of_a_transition(ask: Ask, vcr: Replay | Recorder) -> None:
    state = (await _change_to_alarm(ask, vcr, "shop-payments-gateway-timeouts"))["newState"]

    reason, data = state["stateReason"], state["stateReasonData"]
    assert reason.startswith("Threshold Crossed: ")
    assert f"({data['threshold']})" in reason
    assert str(data["recentDatapoints"][-1]) in reason


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/cloudwatch/test_cloudwatch.snapshot.json",
    behaviour="The StateReasonData of a composite alarm lists the alarms that triggered it by ARN.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_triggers_of_a_composite_alarm(ask: Ask, vcr: Replay | Recorder) -> None:
    state = (await _change_to_alarm(ask, vcr, "shop-checkout-degraded"))["newState"]

    arns = [alarm["arn"] for alarm in state["stateReasonData"]["triggeringAlarms"]]
    assert arns
    assert all(arn.startswith("arn:aws:cloudwatch:") and ":alarm:" in arn for arn in arns)


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, MetricAlarm",
    behaviour="An anomaly detection alarm has ThresholdMetricId and Metrics, and no Threshold.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_members_of_an_anomaly_alarm(ask: Ask, vcr: Replay | Recorder) -> None:
    await ask("get_alarm_history", alarm_name="shop-orders-per-minute-anomaly", start_time="3h")

    (alarm,) = answers(vcr, "DescribeAlarms")[0]["MetricAlarms"]
    assert {"ThresholdMetricId", "Metrics"} <= alarm.keys()
    assert "Threshold" not in alarm


@pytest.mark.vcr
async def test_missing_data(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A transition because of missing data says so in its reason."""
    reply = await ask("get_alarm_history", alarm_name="shop-nightly-batch-heartbeat", start_time="3d")

    assert reply.rows("transitions")[0]["reason"] == "Insufficient Data: 3 datapoints were unknown."
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="the form of a creation in philipp-classen/awscr-cloudwatch spec/fixtures/describe_alarm_history.xml",
    behaviour="The data of an update has updatedAlarm and, in originalUpdatedFields, the previous values.",
)
@pytest.mark.vcr
async def test_configuration_updates(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Changes of the alarm's configuration are listed on request."""
    reply = await ask(
        "get_alarm_history",
        alarm_name="shop-checkout-latency-p99",
        history_item_type="ConfigurationUpdate",
        start_time="90d",
    )

    assert [row["changed"] for row in reply.rows("items")] == ["threshold 3000 → 2000", "threshold 2000 → 3000"]
    assert reply == snapshot


@pytest.mark.vcr
async def test_actions(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The alarm's notifications are listed on request."""
    reply = await ask("get_alarm_history", alarm_name="shop-checkout-degraded", history_item_type="Action")

    assert "shop-on-call" in reply.rows("items")[0]["summary"]
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Using Amazon CloudWatch alarms",
    behaviour="CloudWatch keeps the history of an alarm for 30 days.",
)
@pytest.mark.vcr
async def test_nothing_in_the_window(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An alarm without a transition in the window is described as it is now, with a longer window to try."""
    reply = await ask("get_alarm_history", alarm_name="shop-database-cpu", start_time="2h")

    assert reply.data["alarm"]["state"] == "OK"
    assert "try start_time='30d'" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
async def test_children_of_a_metric_alarm(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A metric alarm has no children, and a note says so."""
    reply = await ask("get_alarm_history", alarm_name="shop-elb-5xx", include_component_alarms=True)

    assert "this is not a composite alarm" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
async def test_naive_time(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A time without an offset is UTC."""
    reply = await ask("get_alarm_history", alarm_name="shop-checkout-degraded", start_time="2026-11-20T00:00:00")

    assert reply.data["window"] == ["2026-11-20T00:00:00Z", "2026-11-20T12:00:00Z"]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.default_cassette("naive_time")
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
async def test_naive_time_on_a_machine_in_another_zone(zone: str, in_zone: Callable[[str], None], ask: Ask) -> None:
    in_zone(zone)
    assert datetime.now(timezone.utc).astimezone().utcoffset() != timedelta(0)

    reply = await ask("get_alarm_history", alarm_name="shop-checkout-degraded", start_time="2026-11-20T00:00:00")

    assert reply.data["window"] == ["2026-11-20T00:00:00Z", "2026-11-20T12:00:00Z"]


@pytest.mark.vcr
async def test_unknown_alarm(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An unknown alarm is an error that suggests the nearest name."""
    reply = await ask("get_alarm_history", alarm_name="shop-checkout-degradd")

    assert "Nearest: 'shop-checkout-degraded'" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_unknown_alarm_and_no_list(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If the names cannot be listed, an unknown alarm is still reported as unknown."""
    reply = await ask("get_alarm_history", alarm_name="shop-checkout-degradd")

    assert "Check the name (case matters)" in reply.error
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, DescribeAlarmHistory",
    behaviour="The history of an alarm outlives the alarm.",
)
@pytest.mark.vcr
async def test_deleted_alarm(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A deleted alarm still has its history."""
    reply = await ask("get_alarm_history", alarm_name="api-errors")

    assert reply.data["alarm"] == {"name": "api-errors", "kind": "deleted"}
    assert _to_alarm(reply) == 1
    assert reply == snapshot


@pytest.mark.vcr
async def test_pages(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Pages are read until there are as many items as requested."""
    reply = await ask("get_alarm_history", alarm_name="api-errors", max_items=150)

    assert len(reply.rows("transitions")) == 3
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, PutCompositeAlarm",
    behaviour="A rule names alarms by name or ARN, with or without double quotes.",
)
@pytest.mark.vcr
async def test_rule_of_arns(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A rule may name its alarms by ARN; a note lists those that do not exist."""
    reply = await ask("get_alarm_history", alarm_name="api-degraded", include_component_alarms=True)

    assert _components(reply) == ["api-errors"]
    assert reply.notes == ["The rule names alarms that do not exist: 'api-latency'."]
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="the members are those of the service model; no public source has such an item",
    behaviour="Items of a log alarm's contributors have their attributes.",
)
@pytest.mark.vcr
async def test_log_alarm(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A log alarm is shown with its query and its condition."""
    reply = await ask("get_alarm_history", alarm_name="checkout-declines")

    assert reply.data["alarm"]["kind"] == "log"
    assert _to_alarm(reply) == 1
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="the members are those of the service model; no public source has such an item",
    behaviour="Items of a log alarm's contributors have their attributes.",
)
@pytest.mark.vcr
async def test_contributors(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """State changes of single contributors are listed on request."""
    reply = await ask("get_alarm_history", alarm_name="host-cpu", history_item_type="AlarmContributorStateUpdate")

    assert [row["type"] for row in reply.rows("items")] == ["AlarmContributorStateUpdate"] * 2
    assert reply == snapshot


@pytest.mark.vcr
async def test_access_denied(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The history may be denied although the alarm itself is readable: that is an error."""
    reply = await ask("get_alarm_history", alarm_name="api-errors")

    assert "cloudwatch:DescribeAlarmHistory" in reply.error
    assert reply == snapshot
