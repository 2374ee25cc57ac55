"""Alarms and their history through boto3 over HTTP."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.cloudwatch import install
from cloudwatch_mcp.sandbox.direct import clients
from cloudwatch_mcp.sandbox.server import Server
from tests.support.sandbox_clients import client_of

NOW = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
TOPIC = "arn:aws:sns:us-east-1:123456789012:oncall"
ARN = "arn:aws:cloudwatch:us-east-1:123456789012:alarm:"
BOTH = ["MetricAlarm", "CompositeAlarm"]


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    install(Clock(NOW))
    server = Server()
    client = client_of("cloudwatch", server.endpoint_url)
    yield client
    client.close()
    server.stop()


@pytest.fixture(autouse=True)
def clock(client: Any) -> Clock:  # noqa: ARG001  # the server comes first
    clock = Clock(NOW)
    install(clock)
    return clock


def put(client: Any, name: str, **more: Any) -> None:
    single = {
        "Namespace": "Shop",
        "MetricName": "Latency",
        "Statistic": "Average",
        "Period": 60,
        "Threshold": 500.0,
    }
    common = {"EvaluationPeriods": 3, "ComparisonOperator": "GreaterThanThreshold"}
    client.put_metric_alarm(AlarmName=name, **common, **({} if "Metrics" in more else single), **more)


def set_state(client: Any, name: str, state: str, reason: str = "a test", **more: Any) -> None:
    client.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason, **more)


def names(client: Any, **request: Any) -> list[str]:
    answer = client.describe_alarms(**request)
    return [alarm["AlarmName"] for kind in ("MetricAlarms", "CompositeAlarms") for alarm in answer[kind]]


def metric_alarm(client: Any, name: str) -> Any:
    (alarm,) = client.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return alarm


def composite_alarm(client: Any, name: str) -> Any:
    (alarm,) = client.describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])["CompositeAlarms"]
    return alarm


def history(client: Any, name: str, **request: Any) -> list[Any]:
    answer = client.describe_alarm_history(AlarmName=name, **{"AlarmTypes": BOTH, **request})
    items: list[Any] = answer["AlarmHistoryItems"]
    return items


def summaries(client: Any, name: str, **request: Any) -> list[str]:
    return [item["HistorySummary"] for item in history(client, name, **request)]


def test_new_alarm_has_insufficient_data(client: Any) -> None:
    put(client, "slow", Dimensions=[{"Name": "Service", "Value": "pay"}], AlarmActions=[TOPIC])
    assert metric_alarm(client, "slow") == {
        "AlarmName": "slow",
        "AlarmArn": f"{ARN}slow",
        "AlarmConfigurationUpdatedTimestamp": NOW,
        "ActionsEnabled": True,
        "OKActions": [],
        "AlarmActions": [TOPIC],
        "InsufficientDataActions": [],
        "StateValue": "INSUFFICIENT_DATA",
        "StateReason": "Unchecked: Initial alarm creation",
        "StateUpdatedTimestamp": NOW,
        "StateTransitionedTimestamp": NOW,
        "MetricName": "Latency",
        "Namespace": "Shop",
        "Statistic": "Average",
        "Dimensions": [{"Name": "Service", "Value": "pay"}],
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 500.0,
        "ComparisonOperator": "GreaterThanThreshold",
    }


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, MetricAlarm",
    behaviour="An anomaly detection alarm has ThresholdMetricId and Metrics, and no Threshold.",
)
def test_band_alarm_carries_its_metrics_and_no_threshold(client: Any) -> None:
    stat = {"Metric": {"Namespace": "Shop", "MetricName": "Latency"}, "Period": 60, "Stat": "p99"}
    metrics = [
        {"Id": "m1", "MetricStat": stat, "ReturnData": True},
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)", "ReturnData": True},
    ]
    put(client, "odd", Metrics=metrics, ThresholdMetricId="band")
    alarm = metric_alarm(client, "odd")
    assert (alarm["Metrics"], alarm["ThresholdMetricId"], "Threshold" in alarm) == (metrics, "band", False)


def test_band_alarm_makes_its_anomaly_detector(client: Any) -> None:
    stat = {"Metric": {"Namespace": "Shop", "MetricName": "Latency"}, "Period": 60, "Stat": "p99"}
    metrics = [
        {"Id": "m1", "MetricStat": stat},
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)"},
    ]
    put(client, "odd", Metrics=metrics, ThresholdMetricId="band")
    (detector,) = client.describe_anomaly_detectors(Namespace="Shop")["AnomalyDetectors"]
    assert (detector["Stat"], detector["StateValue"]) == ("p99", "TRAINED")


def test_update_keeps_the_state(client: Any) -> None:
    put(client, "slow")
    set_state(client, "slow", "ALARM")
    put(client, "slow", AlarmDescription="too slow")
    alarm = metric_alarm(client, "slow")
    assert (alarm["StateValue"], alarm["AlarmDescription"]) == ("ALARM", "too slow")


def test_same_state_again_is_updated_but_not_transitioned(client: Any, clock: Clock) -> None:
    put(client, "slow", TreatMissingData="ignore")
    set_state(client, "slow", "ALARM", "first")
    clock.travel(NOW + MINUTE)
    set_state(client, "slow", "ALARM", "second")
    alarm = metric_alarm(client, "slow")
    assert (alarm["StateReason"], alarm["StateUpdatedTimestamp"]) == ("second", NOW + MINUTE)
    assert alarm["StateTransitionedTimestamp"] == NOW
    assert len(history(client, "slow", HistoryItemType="StateUpdate")) == 1


def test_state_of_an_unknown_alarm_is_not_found(client: Any) -> None:
    with pytest.raises(client.exceptions.ResourceNotFound) as caught:
        set_state(client, "nobody", "OK")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFound"
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_invalid_state_is_refused_in_the_words_of_aws(client: Any) -> None:
    put(client, "slow")
    with pytest.raises(ClientError) as caught:
        set_state(client, "slow", "INVALID")
    assert caught.value.response["Error"]["Code"] == "ValidationError"
    assert caught.value.response["Error"]["Message"] == (
        "1 validation error detected: Value 'INVALID' at 'stateValue' failed to satisfy constraint: "
        "Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]"
    )


def test_reason_data_is_json(client: Any) -> None:
    put(client, "slow")
    with pytest.raises(client.exceptions.InvalidFormatFault):
        set_state(client, "slow", "OK", StateReasonData="{")


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, DescribeAlarms",
    behaviour="Without AlarmTypes, DescribeAlarms returns metric alarms only.",
)
def test_only_metric_alarms_are_described_by_default(client: Any) -> None:
    put(client, "slow")
    client.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(slow)")
    assert names(client) == ["slow"]
    assert names(client, AlarmTypes=["CompositeAlarm"]) == ["both"]
    assert names(client, AlarmTypes=BOTH) == ["slow", "both"]
    assert names(client, AlarmTypes=["LogAlarm"]) == []


@pytest.mark.parametrize(
    ("request_", "expected"),
    [
        ({"AlarmNames": ["b-2", "nobody"]}, ["b-2"]),
        ({"AlarmNamePrefix": "a"}, ["a-1", "a-2"]),
        ({"StateValue": "ALARM"}, ["a-2"]),
        ({"ActionPrefix": "arn:aws:sns"}, ["b-2"]),
        ({"AlarmNamePrefix": "a", "StateValue": "INSUFFICIENT_DATA"}, ["a-1"]),
    ],
)
def test_filters_narrow_the_alarms(client: Any, request_: dict[str, Any], expected: list[str]) -> None:
    put(client, "a-1")
    put(client, "a-2")
    put(client, "b-2", OKActions=[TOPIC])
    set_state(client, "a-2", "ALARM")
    assert names(client, **request_) == expected


def test_names_and_prefix_exclude_each_other(client: Any) -> None:
    with pytest.raises(ClientError, match="cannot be specified together"):
        client.describe_alarms(AlarmNames=["a"], AlarmNamePrefix="a")


def test_pages_run_over_both_kinds(client: Any) -> None:
    put(client, "a")
    put(client, "c")
    client.put_composite_alarm(AlarmName="b", AlarmRule="ALARM(a)")
    pages = client.get_paginator("describe_alarms").paginate(AlarmTypes=BOTH, PaginationConfig={"PageSize": 2})
    found = [(len(page["MetricAlarms"]), len(page["CompositeAlarms"])) for page in pages]
    assert found == [(1, 1), (1, 0)]


def test_a_page_has_100_alarms_at_most(client: Any) -> None:
    _, writer = clients("us-east-1")
    for number in range(101):
        put(writer, f"a{number:03}")
    first = client.describe_alarms()
    assert len(first["MetricAlarms"]) == 100
    assert names(client, NextToken=first["NextToken"]) == ["a100"]
    with pytest.raises(ClientError, match="Member must have value less than or equal to 100"):
        client.describe_alarms(MaxRecords=101)


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, DescribeAlarms",
    behaviour="With ChildrenOfAlarmName or ParentsOfAlarmName, alarms have few members.",
)
def test_children_and_parents_come_with_few_members(client: Any) -> None:
    put(client, "a")
    client.put_composite_alarm(AlarmName="b", AlarmRule="ALARM(a)")
    client.put_composite_alarm(AlarmName="c", AlarmRule=f'ALARM("{ARN}b") OR OK("a")')
    children = client.describe_alarms(ChildrenOfAlarmName="c")
    parents = client.describe_alarms(ParentsOfAlarmName="a")
    members = {"AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp"}
    assert [alarm["AlarmName"] for alarm in children["MetricAlarms"]] == ["a"]
    assert [alarm.keys() for alarm in children["CompositeAlarms"]] == [members]
    assert [alarm["AlarmName"] for alarm in parents["CompositeAlarms"]] == ["b", "c"]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/cloudwatch/test_cloudwatch.snapshot.json",
    behaviour="The StateReasonData of a composite alarm lists the alarms that triggered it by ARN.",
)
def test_composite_alarm_is_evaluated_when_created(client: Any) -> None:
    put(client, "slow")
    client.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(slow)")
    alarm = composite_alarm(client, "both")
    assert alarm["StateValue"] == "OK"
    assert alarm["StateReason"] == f"{ARN}both was created and its alarm rule evaluates to OK"
    assert json.loads(alarm["StateReasonData"]) == {
        "triggeringAlarms": [
            {
                "arn": f"{ARN}slow",
                "state": {"value": "INSUFFICIENT_DATA", "timestamp": "2026-03-04T12:00:00.000+0000"},
            }
        ]
    }


def test_composite_alarm_follows_its_children_at_once(client: Any, clock: Clock) -> None:
    put(client, "slow")
    client.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(slow) AND TRUE")
    clock.travel(NOW + MINUTE)
    set_state(client, "slow", "ALARM")
    alarm = composite_alarm(client, "both")
    assert alarm["StateValue"] == "ALARM"
    assert alarm["StateReason"] == (f"{ARN}slow transitioned to ALARM at Wednesday 04 March, 2026 12:01:00 UTC")
    assert json.loads(alarm["StateReasonData"])["triggeringAlarms"] == [
        {"arn": f"{ARN}slow", "state": {"value": "ALARM", "timestamp": "2026-03-04T12:01:00.000+0000"}}
    ]


def test_composite_alarms_follow_composite_alarms(client: Any) -> None:
    put(client, "slow")
    client.put_composite_alarm(AlarmName="inner", AlarmRule="ALARM(slow)")
    client.put_composite_alarm(AlarmName="outer", AlarmRule="ALARM(inner)")
    set_state(client, "slow", "ALARM")
    assert composite_alarm(client, "outer")["StateReason"].startswith(f"{ARN}inner transitioned to ALARM")


def test_composite_alarms_may_name_each_other(client: Any) -> None:
    put(client, "slow")
    client.put_composite_alarm(AlarmName="one", AlarmRule="ALARM(slow)")
    client.put_composite_alarm(AlarmName="two", AlarmRule="ALARM(one)")
    client.put_composite_alarm(AlarmName="one", AlarmRule="ALARM(slow) AND NOT ALARM(two)")
    set_state(client, "slow", "ALARM")
    assert [composite_alarm(client, name)["StateValue"] for name in ("one", "two")] == ["ALARM", "ALARM"]


def test_rule_names_existing_alarms(client: Any) -> None:
    with pytest.raises(ClientError) as caught:
        client.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(nobody) OR ALARM(none)")
    assert caught.value.response["Error"]["Message"] == (
        "Could not save the composite alarm as alarms [nobody, none] in the alarm rule do not exist"
    )


def test_history_has_creation_transition_and_action_newest_first(client: Any, clock: Clock) -> None:
    clock.travel(NOW - DAY)
    put(client, "slow", TreatMissingData="ignore", AlarmActions=[TOPIC])
    clock.travel(NOW - MINUTE)
    set_state(client, "slow", "ALARM", "Threshold Crossed: 3 datapoints were greater")
    clock.resume()
    set_state(client, "slow", "OK")
    assert summaries(client, "slow") == [
        "Alarm updated from ALARM to OK",
        f"Successfully executed action {TOPIC}",
        "Alarm updated from INSUFFICIENT_DATA to ALARM",
        'Alarm "slow" created',
    ]
    assert [item["Timestamp"] for item in history(client, "slow", ScanBy="TimestampAscending")] == [
        NOW - DAY,
        NOW - MINUTE,
        NOW - MINUTE,
        NOW,
    ]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/cloudwatch/test_cloudwatch.snapshot.json",
    behaviour="The data of a StateUpdate has the old and the new state, with statistic, period, threshold and "
    "datapoints.",
)
def test_transition_data_has_both_states(client: Any) -> None:
    put(client, "slow")
    reason_data = '{"version":"1.0","recentDatapoints":[812.5],"threshold":500.0}'
    set_state(client, "slow", "ALARM", "crossed", StateReasonData=reason_data)
    (item,) = history(client, "slow", HistoryItemType="StateUpdate")
    assert item["AlarmType"] == "MetricAlarm"
    assert json.loads(item["HistoryData"]) == {
        "version": "1.0",
        "oldState": {
            "stateValue": "INSUFFICIENT_DATA",
            "stateReason": "Unchecked: Initial alarm creation",
        },
        "newState": {
            "stateValue": "ALARM",
            "stateReason": "crossed",
            "stateReasonData": {"version": "1.0", "recentDatapoints": [812.5], "threshold": 500.0},
        },
    }


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="philipp-classen/awscr-cloudwatch spec/fixtures/describe_alarm_history.xml",
    behaviour="A ConfigurationUpdate has the alarm's statistic as extendedStatistic, in capitals.",
)
def test_creation_data_has_the_configuration(client: Any) -> None:
    put(client, "slow", OKActions=[TOPIC])
    data = json.loads(history(client, "slow")[0]["HistoryData"])
    assert (data["version"], data["type"]) == ("1.0", "Create")
    created = data["createdAlarm"]
    assert created["extendedStatistic"] == "AVERAGE"
    assert "statistic" not in created
    assert (created["alarmName"], created["okactions"], created["threshold"]) == ("slow", [TOPIC], 500.0)
    assert created["alarmConfigurationUpdatedTimestamp"] == "2026-03-04T12:00:00.000+0000"


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="aws/aws-sdk-java#1723",
    behaviour="The data of an Action item has error, actionState, notificationResource, the time in milliseconds "
    "and the published message, which is JSON in JSON.",
)
def test_action_data_has_the_published_message(client: Any) -> None:
    put(client, "slow", AlarmActions=[TOPIC])
    set_state(client, "slow", "ALARM", "too slow")

    (item,) = history(client, "slow", HistoryItemType="Action")

    data = json.loads(item["HistoryData"])
    published = json.loads(data.pop("publishedMessage"))
    assert data == {
        "error": None,
        "actionState": "Succeeded",
        "notificationResource": TOPIC,
        "stateUpdateTimestamp": int(NOW.timestamp() * 1000),
    }
    assert json.loads(published["default"]) == {
        "AlarmName": "slow",
        "AlarmDescription": None,
        "AWSAccountId": "123456789012",
        "NewStateValue": "ALARM",
        "NewStateReason": "too slow",
        "StateChangeTime": "2026-03-04T12:00:00.000+0000",
        "Region": "us-east-1",
        "AlarmArn": ARN + "slow",
        "OldStateValue": "INSUFFICIENT_DATA",
    }


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="AWS re:Post articles about SNS topics that alarms cannot publish to",
    behaviour="A failed Action has actionState Failed and the error in its data and its summary.",
)
def test_action_on_a_topic_of_another_account_fails(client: Any) -> None:
    topic = "arn:aws:sns:us-east-1:111122223333:oncall"
    put(client, "slow", AlarmActions=[topic])
    set_state(client, "slow", "ALARM")

    (item,) = history(client, "slow", HistoryItemType="Action")

    error = f"Resource: {ARN}slow is not authorized to perform: SNS:Publish on resource: {topic}"
    data = json.loads(item["HistoryData"])
    assert (data["actionState"], data["error"]) == ("Failed", error)
    assert item["HistorySummary"] == f'Failed to execute action {topic}. Received error: "{error}"'


def test_disabled_actions_are_not_executed(client: Any) -> None:
    put(client, "slow", AlarmActions=[TOPIC])
    client.disable_alarm_actions(AlarmNames=["slow"])
    set_state(client, "slow", "ALARM")
    assert history(client, "slow", HistoryItemType="Action") == []
    client.enable_alarm_actions(AlarmNames=["slow"])
    set_state(client, "slow", "OK")
    set_state(client, "slow", "ALARM")
    assert len(history(client, "slow", HistoryItemType="Action")) == 1


def test_suppressor_in_alarm_suppresses_the_actions_of_a_composite_alarm(client: Any) -> None:
    put(client, "slow")
    put(client, "deploying")
    client.put_composite_alarm(
        AlarmName="both", AlarmRule="ALARM(slow)", AlarmActions=[TOPIC], ActionsSuppressor="deploying"
    )
    set_state(client, "deploying", "ALARM")
    set_state(client, "slow", "ALARM")
    assert composite_alarm(client, "both")["ActionsSuppressedBy"] == "Alarm"
    assert history(client, "both", HistoryItemType="Action") == []


def test_composite_alarm_keeps_its_history(client: Any) -> None:
    put(client, "slow")
    client.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(slow)", AlarmActions=[TOPIC])
    set_state(client, "slow", "ALARM")
    assert history(client, "both", AlarmTypes=["MetricAlarm"]) == []
    assert summaries(client, "both", AlarmTypes=["CompositeAlarm"]) == [
        f"Successfully executed action {TOPIC}",
        "Alarm updated from OK to ALARM",
        "Alarm updated from INSUFFICIENT_DATA to OK",
        'Alarm "both" created',
    ]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, DescribeAlarmHistory",
    behaviour="Without AlarmTypes, DescribeAlarmHistory returns the history of metric alarms only.",
)
def test_history_without_types_is_of_metric_alarms(client: Any) -> None:
    put(client, "slow")
    client.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(slow)")
    items = client.describe_alarm_history()["AlarmHistoryItems"]
    assert [item["AlarmName"] for item in items] == ["slow"]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, DescribeAlarmHistory",
    behaviour="The history of an alarm outlives the alarm.",
)
def test_history_survives_deletion(client: Any) -> None:
    put(client, "slow")
    client.delete_alarms(AlarmNames=["slow", "nobody"])
    assert names(client) == []
    assert summaries(client, "slow") == ['Alarm "slow" deleted', 'Alarm "slow" created']


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="the form of a creation in philipp-classen/awscr-cloudwatch spec/fixtures/describe_alarm_history.xml",
    behaviour="The data of an update has updatedAlarm and, in originalUpdatedFields, the previous values.",
)
def test_update_data_has_the_previous_values(client: Any) -> None:
    put(client, "slow", AlarmDescription="old")
    put(client, "slow", AlarmDescription="new")
    item = history(client, "slow")[0]
    data = json.loads(item["HistoryData"])
    assert item["HistorySummary"] == 'Alarm "slow" updated'
    assert (data["type"], data["updatedAlarm"]["alarmDescription"]) == ("Update", "new")
    assert data["originalUpdatedFields"] == {"alarmDescription": "old"}


def test_history_is_limited_to_the_dates(client: Any, clock: Clock) -> None:
    clock.travel(NOW - 2 * DAY)
    put(client, "slow", TreatMissingData="ignore")
    clock.travel(NOW - DAY)
    set_state(client, "slow", "ALARM")
    clock.resume()
    set_state(client, "slow", "OK")
    asked = {"StartDate": NOW - DAY - MINUTE, "EndDate": NOW - MINUTE}
    assert summaries(client, "slow", **asked) == ["Alarm updated from INSUFFICIENT_DATA to ALARM"]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Using Amazon CloudWatch alarms",
    behaviour="CloudWatch keeps the history of an alarm for 30 days.",
)
def test_history_is_kept_for_30_days(client: Any, clock: Clock) -> None:
    clock.travel(NOW - 31 * DAY)
    put(client, "slow")
    clock.resume()
    assert history(client, "slow") == []


def test_history_pages(client: Any) -> None:
    put(client, "slow")
    for state in ("ALARM", "OK", "ALARM"):
        set_state(client, "slow", state)
    pages = client.get_paginator("describe_alarm_history").paginate(AlarmName="slow", PaginationConfig={"PageSize": 3})
    assert [len(page["AlarmHistoryItems"]) for page in pages] == [3, 1]


def test_only_one_composite_alarm_is_deleted_at_a_time(client: Any) -> None:
    put(client, "slow")
    for name in ("one", "two"):
        client.put_composite_alarm(AlarmName=name, AlarmRule="ALARM(slow)")
    with pytest.raises(ClientError, match="ValidationError"):
        client.delete_alarms(AlarmNames=["one", "two"])
    assert names(client, AlarmTypes=["CompositeAlarm"]) == ["one", "two"]


def test_tags_are_listed_added_and_removed(client: Any) -> None:
    put(client, "slow", Tags=[{"Key": "team", "Value": "pay"}])
    client.tag_resource(ResourceARN=f"{ARN}slow", Tags=[{"Key": "tier", "Value": "1"}])
    client.untag_resource(ResourceARN=f"{ARN}slow", TagKeys=["team"])
    assert client.list_tags_for_resource(ResourceARN=f"{ARN}slow")["Tags"] == [{"Key": "tier", "Value": "1"}]
