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


def history(stubbed: StubbedServer, transitions: list[Alarm], *edits: Alarm) -> None:
    for kind, items in (("StateUpdate", transitions), ("ConfigurationUpdate", list(edits))):
        stubbed.answer("describe_alarm_history", {"AlarmHistoryItems": items}, HistoryItemType=kind)


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
    assert reply.notes[:1] == [
        "51 of 61 active alarms shown: use get_alarm_history for details, or raise max_items (1,000 at most).",
    ]


async def test_more_than_a_thousand_active_alarms_still_show_every_composite_one(stubbed: StubbedServer) -> None:
    for page in range(10):
        alarms = [alarm(f"m{page}-{number}") for number in range(100)]
        stubbed.answer("describe_alarms", {"MetricAlarms": alarms, "NextToken": str(page)})
    only = {"StateValue": "ALARM", "AlarmTypes": ["CompositeAlarm"], "MaxRecords": 100}
    stubbed.answer("describe_alarms", {"CompositeAlarms": [composite("pages", minutes_ago=9_000)]}, only)
    reply = await stubbed.ask("get_active_alarms", max_items=1)
    assert reply.rows("composite_alarms")[0]["name"] == "pages"
    assert reply.notes[-1] == "More than 1,000 alarms are active: the first 1,000 were read and sorted."


async def test_an_inventory_of_all_states_has_its_counts_first_and_the_active_alarms_on_top(
    stubbed: StubbedServer,
) -> None:
    alarms = [
        alarm("fine", 1, StateValue="OK", StateReason="drill", StateReasonData='{"recentDatapoints": [1.0]}'),
        alarm("unknown", 2, StateValue="INSUFFICIENT_DATA", StateReason="Insufficient Data: 1 datapoint was unknown."),
        alarm("firing", 3, StateReason="drill"),
        alarm("also fine", 4, StateValue="OK"),
    ]
    types = {"AlarmTypes": ["CompositeAlarm", "MetricAlarm", "LogAlarm"], "MaxRecords": 100}
    stubbed.answer("describe_alarms", {"MetricAlarms": alarms}, types)
    reply = await stubbed.ask("get_active_alarms", state="ANY")
    assert reply.data["states"] == {"ALARM": 1, "INSUFFICIENT_DATA": 1, "OK": 2}
    rows = [(row["name"], row["state"], row.get("reason")) for row in reply.rows("metric_alarms")]
    assert rows == [
        ("firing", "ALARM", "drill"),
        ("unknown", "INSUFFICIENT_DATA", "Insufficient Data: 1 datapoint was unknown."),
        ("fine", "OK", None),
        ("also fine", "OK", None),
    ]
    assert "recent" not in reply.rows("metric_alarms")[0]


async def test_state_and_prefix_are_asked_of_aws(stubbed: StubbedServer) -> None:
    found = {"MetricAlarms": [alarm("shop-a", StateValue="OK")]}
    stubbed.answer("describe_alarms", found, StateValue="OK", AlarmNamePrefix="shop-")
    reply = await stubbed.ask("get_active_alarms", state="OK", name_prefix="shop-")
    assert [row["name"] for row in reply.rows("metric_alarms")] == ["shop-a"]
    assert not reply.notes


ANYWHERE = "us-east-1: state='ANY' looks in all states"
CASE = "prefixes are case-sensitive"


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        ({"state": "OK"}, f"No alarm is in OK in {ANYWHERE}."),
        ({"name_prefix": "x"}, f"No alarm whose name begins with 'x' is in ALARM in {ANYWHERE}; {CASE}."),
        ({"state": "ANY"}, "There is no alarm in us-east-1: other Regions have their own."),
    ],
)
async def test_an_empty_inventory_says_where_to_look(
    stubbed: StubbedServer, arguments: dict[str, str], note: str
) -> None:
    stubbed.answer("describe_alarms", {"MetricAlarms": []})
    assert (await stubbed.ask("get_active_alarms", **arguments)).notes == [note]


async def test_the_first_alarm_of_the_last_burst_is_noted(stubbed: StubbedServer) -> None:
    minutes = {"loud": 10, "victim": 15, "cause": 29, "yesterday": 1_000}
    alarms = [alarm(name, minutes_ago) for name, minutes_ago in minutes.items()]
    composites = [composite("page", minutes_ago=31)]
    stubbed.answer("describe_alarms", {"MetricAlarms": alarms, "CompositeAlarms": composites})
    assert (await stubbed.ask("get_active_alarms")).notes == [
        "Of the last burst of 3 alarms, 'cause' fired first, at 2026-11-20T11:31:00Z; the loudest is often a victim."
    ]


async def test_alarms_that_fired_within_a_minute_are_all_first(stubbed: StubbedServer) -> None:
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("b"), alarm("a", 6), alarm("c", 1)]})
    assert "'a', 'b' fired first" in (await stubbed.ask("get_active_alarms")).notes[0]


async def test_many_first_alarms_are_counted(stubbed: StubbedServer) -> None:
    alarms = [*(alarm(name) for name in "abcde"), alarm("late", 1)]
    stubbed.answer("describe_alarms", {"MetricAlarms": alarms})
    assert "'a', 'b', 'c' and 2 more fired first" in (await stubbed.ask("get_active_alarms")).notes[0]


async def test_a_burst_within_a_minute_has_no_first_alarm(stubbed: StubbedServer) -> None:
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a", 10), alarm("b", 9)]})
    assert (await stubbed.ask("get_active_alarms")).notes == [
        "The last burst, of 2 alarms at 2026-11-20T11:50:00Z, fired within a minute: none was first."
    ]


async def test_overlapping_windows_that_merge_into_a_long_one_are_split(stubbed: StubbedServer) -> None:
    history(stubbed, cycles(20, 15, 4))
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert [why for _, _, why in reply.data["investigate"]] == [
        "2 times to ALARM, 2026-11-20T11:36:00Z to 2026-11-20T11:51:00Z",
        "to ALARM at 2026-11-20T07:06:00Z",
    ]


async def test_a_single_alarm_is_no_burst(stubbed: StubbedServer) -> None:
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a"), alarm("b", 36)]})
    assert not (await stubbed.ask("get_active_alarms")).notes


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
    history(stubbed, [item])
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    (row,) = (await stubbed.ask("get_alarm_history", alarm_name="a")).rows("transitions")
    assert {name: row.get(name) for name in shown} == {
        name: reason if value is ... else value for name, value in shown.items()
    }
    assert ("reason" in row) is ("reason" in shown)


async def test_the_old_state_is_left_out_where_the_row_below_shows_it(stubbed: StubbedServer) -> None:
    items = [transition(1), transition(2, "OK"), transition(3)]
    history(stubbed, items)
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


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/cloudwatch/test_cloudwatch.snapshot.json",
    behaviour="The data of a StateUpdate has the old and the new state, with statistic, period, threshold and "
    "datapoints.",
)
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
    history(stubbed, [item])
    stubbed.answer("describe_alarms", {"MetricAlarms": alarms})
    (row,) = (await stubbed.ask("get_alarm_history", alarm_name="a")).rows("transitions")
    assert {name: row[name] for name in ("statistic", "period", "threshold") if name in row} == settings


async def test_a_window_to_investigate_spans_five_evaluations_before_and_two_periods_after(
    stubbed: StubbedServer,
) -> None:
    history(stubbed, [transition(600)])
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert reply.data["investigate"] == [
        ["2026-11-20T01:45:00Z", "2026-11-20T02:02:00Z", "to ALARM at 2026-11-20T02:00:00Z"]
    ]


async def test_a_window_to_investigate_does_not_reach_into_the_future(stubbed: StubbedServer) -> None:
    history(stubbed, [transition(1)])
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a", Period=3600)]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert reply.data["investigate"][0][1] == "2026-11-20T12:00:00Z"


@pytest.mark.parametrize(("state", "is_noted"), [("ALARM", True), ("INSUFFICIENT_DATA", True), ("OK", False)])
async def test_an_alarm_whose_state_is_older_than_the_window_has_its_reason(
    stubbed: StubbedServer, state: str, is_noted: bool
) -> None:
    reason = "Threshold Crossed: 1 datapoint [21.5 (01/11/26 11:55:00)] was greater than the threshold (5.0)."
    history(stubbed, [])
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a", 30_000, StateValue=state, StateReason=reason)]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert (f"Its state began before the window: {reason}" in reply.notes) is is_noted


async def test_children_are_described_a_hundred_at_a_time(stubbed: StubbedServer) -> None:
    names = [f"child {number}" for number in range(150)]
    rule = " OR ".join(f'ALARM("{name}")' for name in names)
    history(stubbed, [])
    stubbed.answer("describe_alarms", {"CompositeAlarms": [composite("all", rule)]})
    for chunk in (names[:100], names[100:]):
        stubbed.answer("describe_alarms", {"MetricAlarms": [alarm(name) for name in chunk]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="all", include_component_alarms=True)
    assert [row["name"] for row in reply.rows("components")] == names


def edit(days_ago: float, kind: str = "Update", **data: Any) -> dict[str, Any]:
    return {
        "AlarmName": "a",
        "Timestamp": NOW - timedelta(days=days_ago),
        "HistoryItemType": "ConfigurationUpdate",
        "HistoryData": json.dumps({"version": "1.0", "type": kind, **data}),
        "HistorySummary": "Alarm updated",
    }


def configured(**more: Any) -> dict[str, Any]:
    return {"alarmName": "a", "threshold": 61.0, "period": 60, "stateValue": "OK", **more}


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="the form of a creation in philipp-classen/awscr-cloudwatch spec/fixtures/describe_alarm_history.xml",
    behaviour="The data of an update has updatedAlarm and, in originalUpdatedFields, the previous values.",
)
async def test_a_changed_threshold_is_noted_unasked(stubbed: StubbedServer) -> None:
    original = {"threshold": 80.0, "alarmConfigurationUpdatedTimestamp": "2026-10-31T12:00:00.000+0000"}
    history(stubbed, [transition(5)], edit(5, updatedAlarm=configured(), originalUpdatedFields=original))
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert reply.notes == ["Configuration: threshold 80 → 61 on 2026-11-15."]
    assert reply.rows("configuration_changes") == [{"time": "2026-11-15T12:00:00Z", "change": "threshold 80 → 61"}]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Using Amazon CloudWatch alarms",
    behaviour="CloudWatch keeps the history of an alarm for 30 days.",
)
async def test_configuration_changes_reach_back_30_days_whatever_the_window(stubbed: StubbedServer) -> None:
    stubbed.answer("describe_alarm_history", {"AlarmHistoryItems": []}, HistoryItemType="StateUpdate")
    stubbed.answer(
        "describe_alarm_history",
        {"AlarmHistoryItems": [edit(29, "Create", createdAlarm=configured())]},
        HistoryItemType="ConfigurationUpdate",
        StartDate=NOW - timedelta(days=30),
        EndDate=NOW,
    )
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a", start_time="3d", end_time="2d")
    assert reply.notes[-1] == "Configuration: created on 2026-10-22."


async def test_without_original_fields_an_edit_is_compared_with_the_one_before(stubbed: StubbedServer) -> None:
    edits = (
        edit(1, updatedAlarm=configured(threshold=61.0, actionsEnabled=False, stateValue="ALARM")),
        edit(2, updatedAlarm=configured(threshold=61.0, actionsEnabled=True)),
        edit(3, updatedAlarm=configured(threshold=80.0, actionsEnabled=True)),
    )
    history(stubbed, [transition(5)], *edits)
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert [row["change"] for row in reply.rows("configuration_changes")] == [
        "actionsEnabled true → false",
        "threshold 80 → 61",
        "updated; the previous configuration is not recorded",
    ]
    assert reply.notes == [
        "Configuration: actionsEnabled true → false on 2026-11-19, and 2 earlier changes in 30 days."
    ]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="philipp-classen/awscr-cloudwatch spec/fixtures/describe_alarm_history.xml",
    behaviour="The data of a creation has the alarm's members in camelCase as createdAlarm.",
)
async def test_an_alarm_that_was_replaced_is_compared_with_its_predecessor(stubbed: StubbedServer) -> None:
    edits = (
        edit(1, "Create", createdAlarm=configured(threshold=61.0)),
        edit(1, "Delete", deletedAlarm=configured(threshold=80.0)),
    )
    history(stubbed, [transition(5)], *edits)
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    rows = (await stubbed.ask("get_alarm_history", alarm_name="a")).rows("configuration_changes")
    assert [row["change"] for row in rows] == ["recreated: threshold 80 → 61", "deleted"]


async def test_an_update_that_changes_nothing_is_not_shown(stubbed: StubbedServer) -> None:
    original = {"alarmConfigurationUpdatedTimestamp": "2026-10-31T12:00:00.000+0000"}
    history(stubbed, [transition(5)], edit(5, updatedAlarm=configured(), originalUpdatedFields=original))
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert not reply.notes
    assert "configuration_changes" not in reply.data


async def test_without_its_configuration_changes_the_history_is_shown_with_a_note(stubbed: StubbedServer) -> None:
    stubbed.answer("describe_alarm_history", {"AlarmHistoryItems": [transition(5)]}, HistoryItemType="StateUpdate")
    stubbed.refuse("describe_alarm_history", "AccessDenied", "not allowed")
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert len(reply.rows("transitions")) == 1
    assert reply.notes[0].startswith("Changes of its configuration are unknown: ")
    assert "not allowed" in reply.notes[0]


async def test_a_deleted_alarm_with_nothing_but_edits_is_no_unknown_alarm(stubbed: StubbedServer) -> None:
    history(stubbed, [], edit(5, "Delete", deletedAlarm=configured()))
    stubbed.answer("describe_alarms", {"MetricAlarms": []})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert reply.data["alarm"]["kind"] == "deleted"
    assert "Configuration: deleted on 2026-11-15." in reply.notes


DIMENSIONS = [{"name": "Service", "value": "api"}]
SINGLE = {
    "namespace": "Shop",
    "metricName": "Errors",
    "dimensions": DIMENSIONS,
    "statistic": "Sum",
    "comparisonOperator": "GreaterThanThreshold",
    "evaluationPeriods": 5,
    "datapointsToAlarm": 3,
    "alarmDescription": "Too many errors",
}
METRIC = {"namespace": "Shop", "metricName": "Errors", "dimensions": DIMENSIONS}
MATH = {
    "comparisonOperator": "GreaterThanThreshold",
    "evaluationPeriods": 2,
    "metrics": [
        {"id": "rate", "expression": "errors / 60", "label": "errors a second", "returnData": True},
        {"id": "errors", "metricStat": {"metric": METRIC, "period": 60, "stat": "Sum"}, "returnData": False},
    ],
}


@pytest.mark.parametrize(
    ("configuration", "summary"),
    [
        (
            SINGLE,
            {
                "condition": "Sum > 61 for 3 of 5 × 60 s",
                "watches": "Shop Errors {Service=api}",
                "description": "Too many errors",
            },
        ),
        (
            MATH,
            {
                "condition": "errors a second > 61 for 2 of 2 × 60 s",
                "watches": "errors = Sum Shop Errors {Service=api}; rate = errors / 60",
            },
        ),
        ({"alarmRule": 'ALARM("b")'}, {"condition": 'ALARM("b")'}),
        ({"namespace": "Shop", "metricName": 7, "evaluationPeriods": 5}, {}),
        ({**SINGLE, "evaluationPeriods": "five"}, {}),
    ],
)
@pytest.mark.parametrize("kind", ["createdAlarm", "updatedAlarm", "deletedAlarm"])
async def test_a_deleted_alarm_is_described_by_its_last_configuration(
    stubbed: StubbedServer, kind: str, configuration: dict[str, Any], summary: dict[str, str]
) -> None:
    history(stubbed, [transition(5)], edit(1, "Update"), edit(2, "Create", **{kind: configured(**configuration)}))
    stubbed.answer("describe_alarms", {"MetricAlarms": []})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert reply.data["alarm"] == {"name": "a", "kind": "deleted", **summary}


async def test_edits_that_are_asked_for_are_read_once(stubbed: StubbedServer) -> None:
    original = {"threshold": 80.0}
    items = [edit(5, updatedAlarm=configured(), originalUpdatedFields=original)]
    stubbed.answer("describe_alarm_history", {"AlarmHistoryItems": items}, HistoryItemType="ConfigurationUpdate")
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    reply = await stubbed.ask(
        "get_alarm_history", alarm_name="a", history_item_type="ConfigurationUpdate", start_time="30d"
    )
    assert reply.rows("items")[0]["changed"] == "threshold 80 → 61"
    assert "configuration_changes" not in reply.data


def cycles(count: int, every: int, lasting: int) -> list[dict[str, Any]]:
    """Transitions of an alarm that goes to ALARM `count` times, newest first."""
    starts = [5 + every * number for number in range(count)]
    return [each for start in starts for each in (transition(start, "OK"), transition(start + lasting))]


async def test_a_flapping_alarm_is_summed_up(stubbed: StubbedServer) -> None:
    history(stubbed, [*cycles(22, 37, 4), transition(5 + 22 * 37 - 20, "OK"), transition(5 + 22 * 37 + 4)])
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a", EvaluationPeriods=1)]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert reply.data["flapping"] == {
        "count": 23,
        "start": "2026-11-19T22:17:00Z",
        "end": "2026-11-20T11:51:00Z",
        "in_an_hour": 2,
        "pattern": "about every 37 min",
        "longest": ["2026-11-19T22:17:00Z", "2026-11-19T22:41:00Z"],
    }
    assert len(reply.rows("transitions")) == 10
    assert [why for _, _, why in reply.data["investigate"]] == [
        "to ALARM at 2026-11-20T11:51:00Z",
        "to ALARM at 2026-11-20T11:14:00Z",
        "to ALARM at 2026-11-19T22:17:00Z",
    ]
    assert reply.notes == [
        "investigate has 3 of 23 transitions to ALARM: the newest, the longest and the first.",
        "The newest 10 of 46 transitions are shown: max_items shows more.",
    ]


async def test_the_longest_time_in_alarm_is_a_window_to_investigate(stubbed: StubbedServer) -> None:
    middle = [transition(300, "OK"), transition(340)]
    history(stubbed, [*cycles(3, 60, 4), *middle, transition(700, "OK"), transition(704)])
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a", EvaluationPeriods=1)]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert reply.data["investigate"][1][2] == "to ALARM at 2026-11-20T06:20:00Z"


async def test_max_items_shows_all_transitions_of_a_flapping_alarm(stubbed: StubbedServer) -> None:
    history(stubbed, cycles(10, 37, 4))
    stubbed.answer("describe_alarms", {"MetricAlarms": [alarm("a")]})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a", max_items=30)
    assert len(reply.rows("transitions")) == 20


async def test_a_deleted_alarms_windows_have_the_period_of_its_transitions(stubbed: StubbedServer) -> None:
    data = {"period": 300, "threshold": 5.0, "recentDatapoints": [9.0]}
    new = {"stateValue": "ALARM", "stateReason": "because", "stateReasonData": data}
    history(
        stubbed, [transition(600) | {"HistoryData": json.dumps({"oldState": {"stateValue": "OK"}, "newState": new})}]
    )
    stubbed.answer("describe_alarms", {"MetricAlarms": []})
    reply = await stubbed.ask("get_alarm_history", alarm_name="a")
    assert reply.data["investigate"][0][:2] == ["2026-11-19T23:55:00Z", "2026-11-20T02:10:00Z"]
