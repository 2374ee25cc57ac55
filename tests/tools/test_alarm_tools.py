from __future__ import annotations

import json
from datetime import timedelta
from typing import Any, TypeAlias

import pytest

from tests.support.frozen_time import NOW
from tests.support.stubbed_server import StubbedServer

pytestmark = pytest.mark.anyio

Alarm: TypeAlias = dict[str, Any]


def alarm(name: str, minutes_ago: int = 5, **more: Any) -> Alarm:
    return {
        "AlarmName": name,
        "AlarmArn": f"arn:aws:cloudwatch:us-east-1:123456789012:alarm:{name}",
        "StateValue": "ALARM",
        "StateUpdatedTimestamp": NOW - timedelta(minutes=minutes_ago),
        "StateTransitionedTimestamp": NOW - timedelta(minutes=minutes_ago),
        "Namespace": "Shop",
        "MetricName": "Errors",
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 5.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **more,
    }


def composite(name: str, rule: str = "TRUE", **more: Any) -> Alarm:
    plain = alarm(name, **more)
    kept = ("AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp", "StateTransitionedTimestamp")
    return {key: plain[key] for key in kept} | {"AlarmRule": rule}


async def test_metric_alarms_do_not_crowd_out_composite_ones(stubbed: StubbedServer) -> None:
    many = [alarm(f"m{number}", minutes_ago=number) for number in range(60)]
    stubbed.answer(
        "describe_alarms", {"MetricAlarms": many, "CompositeAlarms": [composite("pages", minutes_ago=9_000)]}
    )
    reply = await stubbed.ask("get_active_alarms", max_items=51)
    assert reply.rows("composite_alarms")[0]["name"] == "pages"
    assert len(reply.rows("metric_alarms")) == 50
    assert reply.data["counts"] == {"composite": 1, "metric": 60}
    assert reply.notes == [
        "51 of 61 active alarms shown: use get_alarm_history for details, or raise max_items (1,000 at most)."
    ]


async def test_more_than_a_thousand_active_alarms_still_show_every_composite_one(stubbed: StubbedServer) -> None:
    for page in range(10):
        alarms = [alarm(f"m{page}-{number}") for number in range(100)]
        stubbed.answer("describe_alarms", {"MetricAlarms": alarms, "NextToken": str(page)})
    only = {"StateValue": "ALARM", "AlarmTypes": ["CompositeAlarm"], "MaxRecords": 100}
    stubbed.answer("describe_alarms", {"CompositeAlarms": [composite("pages", minutes_ago=9_000)]}, only)
    reply = await stubbed.ask("get_active_alarms", max_items=1)
    assert reply.rows("composite_alarms")[0]["name"] == "pages"
    assert reply.notes[1] == "More than 1,000 alarms are active: the first 1,000 were read and sorted."


async def test_an_active_alarm_has_a_reason_only_where_it_adds_to_the_datapoints(stubbed: StubbedServer) -> None:
    reasons = {
        "crossed": "Threshold Crossed: 1 datapoint [9.0] was greater than the threshold (5.0).",
        "manual": "drill",
    }
    data = json.dumps({"recentDatapoints": [9.0]})
    alarms = [alarm(name, StateReason=reason, StateReasonData=data) for name, reason in reasons.items()]
    alarms.append(alarm("silent", StateReason="Threshold Crossed: no datapoints were received for 3 periods."))
    stubbed.answer("describe_alarms", {"MetricAlarms": alarms})
    rows = (await stubbed.ask("get_active_alarms")).rows("metric_alarms")
    assert [(row["recent"], row["reason"]) for row in rows] == [
        ([9], None),
        ([9], "drill"),
        (None, "Threshold Crossed: no datapoints were received for 3 periods."),
    ]


@pytest.mark.parametrize(
    ("reason", "data", "shown"),
    [
        ("Threshold Crossed: 2 datapoints were greater than the threshold (5.0).", {}, {"datapoints": [7, 9]}),
        ("Threshold Crossed: 2 datapoints and 1 missing datapoint.", {}, {"datapoints": [7, 9], "reason": ...}),
        ("Thresholds Crossed: 2 datapoints were outside.", {"recentUpperThresholds": [6.0]}, {"reason": ...}),
        ("arn:example transitioned to ALARM", {"recentDatapoints": []}, {"datapoints": None, "reason": ...}),
    ],
)
async def test_a_transition_has_a_reason_only_where_it_adds_to_the_datapoints(
    stubbed: StubbedServer, reason: str, data: dict[str, Any], shown: dict[str, Any]
) -> None:
    new = {"stateValue": "ALARM", "stateReason": reason, "stateReasonData": {"recentDatapoints": [7.0, 9.0]} | data}
    item = transition(5) | {"HistoryData": json.dumps({"oldState": {"stateValue": "OK"}, "newState": new})}
    stubbed.answer("describe_alarm_history", {"AlarmHistoryItems": [item]})
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    (row,) = (await stubbed.ask("get_alarm_history", alarm_name="a")).rows("transitions")
    assert {name: row.get(name) for name in shown} == {
        name: reason if value is ... else value for name, value in shown.items()
    }
    assert ("reason" in row) is ("reason" in shown)


async def test_the_old_state_is_left_out_where_the_row_below_shows_it(stubbed: StubbedServer) -> None:
    items = [transition(1), transition(2, "OK"), transition(3)]
    stubbed.answer("describe_alarm_history", {"AlarmHistoryItems": items})
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    rows = (await stubbed.ask("get_alarm_history", alarm_name="a")).rows("transitions")
    assert [row["from"] for row in rows] == [None, "OK", "OK"]  # the row below the first has ALARM


def transition(minutes_ago: int, state: str = "ALARM") -> dict[str, Any]:
    data = f'{{"oldState":{{"stateValue":"OK"}},"newState":{{"stateValue":"{state}","stateReason":"because"}}}}'
    return {
        "AlarmName": "a",
        "Timestamp": NOW - timedelta(minutes=minutes_ago),
        "HistoryItemType": "StateUpdate",
        "HistoryData": data,
        "HistorySummary": f"Alarm updated from OK to {state}",
    }


@pytest.mark.parametrize(
    ("alarms", "settings"),
    [([], {"statistic": "p99", "period": 300, "threshold": 5}), ([alarm("a")], {})],
    ids=["deleted", "existing"],
)
async def test_transitions_have_the_settings_of_a_deleted_alarm_only(
    stubbed: StubbedServer, alarms: list[Alarm], settings: dict[str, Any]
) -> None:
    data = {"statistic": "p99", "period": 300, "threshold": 5.0, "recentDatapoints": [9.0]}
    new = {"stateValue": "ALARM", "stateReason": "because", "stateReasonData": data}
    item = transition(5) | {"HistoryData": json.dumps({"oldState": {"stateValue": "OK"}, "newState": new})}
    stubbed.answer("describe_alarm_history", {"AlarmHistoryItems": [item]})
    stubbed.answer("describe_alarms", {"MetricAlarms": alarms})
    (row,) = (await stubbed.ask("get_alarm_history", alarm_name="a")).rows("transitions")
    assert {name: row[name] for name in ("statistic", "period", "threshold") if name in row} == settings


async def test_a_window_to_investigate_spans_five_evaluations_before_and_two_periods_after(
    stubbed: StubbedServer,
) -> None:
    stubbed.answer("describe_alarm_history", {"AlarmHistoryItems": [transition(600)]})
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert reply.data["investigate"] == [
        ["2026-11-20T01:45:00Z", "2026-11-20T02:02:00Z", "to ALARM at 2026-11-20T02:00:00Z"]
    ]


async def test_a_window_to_investigate_does_not_reach_into_the_future(stubbed: StubbedServer) -> None:
    stubbed.answer("describe_alarm_history", {"AlarmHistoryItems": [transition(1)]})
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a", Period=3600)]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert reply.data["investigate"][0][1] == "2026-11-20T12:00:00Z"


async def test_children_are_described_a_hundred_at_a_time(stubbed: StubbedServer) -> None:
    names = [f"child {number}" for number in range(150)]
    rule = " OR ".join(f'ALARM("{name}")' for name in names)
    stubbed.answer("describe_alarm_history", {"AlarmHistoryItems": []})
    stubbed.answer("describe_alarms", {"CompositeAlarms": [composite("all", rule)]})
    for chunk in (names[:100], names[100:]):
        stubbed.answer("describe_alarms", {"MetricAlarms": [alarm(name) for name in chunk]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="all", include_component_alarms=True)
    assert [row["name"] for row in reply.rows("components")] == names
