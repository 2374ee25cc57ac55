"""Alarms follow their metrics: boto3 over HTTP, with a clock that the tests move."""

import json
import os
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ClientError

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.sandbox import Clock, Sandbox, cloudwatch
from cloudwatch_mcp.sandbox.direct import clients
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.asking import asking
from tests.support.frozen_time import Time
from tests.support.sandbox_clients import client_of

NOW = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)
MINUTE = timedelta(minutes=1)
BOTH = ["MetricAlarm", "CompositeAlarm"]
TOPIC = "arn:aws:sns:us-east-1:123456789012:oncall"
RETAINED = "the state that it had"


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=NOW, incident=None) as running:
        yield running


@pytest.fixture(scope="module")
def client(sandbox: Sandbox) -> Iterator[Any]:
    client = client_of("cloudwatch", sandbox.endpoint_url)
    yield client
    client.close()


@pytest.fixture(autouse=True)
def clock(client: Any) -> Clock:  # noqa: ARG001  # the server comes first
    clock = Clock(NOW)
    cloudwatch.install(clock)
    return clock


def write(
    client: Any, values: str | Sequence[float], until: datetime = NOW, name: str = "Latency", **more: Any
) -> None:
    """One value for each minute before `until`, the newest last; in a text X is 100, 0 is 1, and - is missing."""
    data = [{"X": 100.0, "0": 1.0}.get(each) for each in values] if isinstance(values, str) else values
    datums = [
        {"MetricName": name, "Value": value, "Timestamp": until - (len(data) - position) * MINUTE, **more}
        for position, value in enumerate(data)
        if value is not None
    ]
    if datums:
        client.put_metric_data(Namespace="Shop", MetricData=datums)


def put(client: Any, name: str = "slow", periods: int = 1, **more: Any) -> None:
    single: dict[str, Any] = {"Namespace": "Shop", "MetricName": "Latency", "Period": 60, "Threshold": 50.0}
    if "Metrics" in more:
        single = {} if "ThresholdMetricId" in more else {"Threshold": 50.0}
    elif "ExtendedStatistic" not in more:
        single["Statistic"] = "Maximum"
    request = {"ComparisonOperator": "GreaterThanThreshold", "EvaluationPeriods": periods, **single, **more}
    client.put_metric_alarm(AlarmName=name, **request)


def metric(query_id: str, name: str, *, returned: bool = False) -> dict[str, Any]:
    stat = {"Metric": {"Namespace": "Shop", "MetricName": name}, "Period": 60, "Stat": "Sum"}
    return {"Id": query_id, "MetricStat": stat, "ReturnData": returned}


def alarm(client: Any, name: str = "slow") -> dict[str, Any]:
    answer = client.describe_alarms(AlarmNames=[name], AlarmTypes=BOTH)
    (found,) = answer["MetricAlarms"] + answer["CompositeAlarms"]
    return dict(found)


def state(client: Any, name: str = "slow") -> Any:
    return alarm(client, name)["StateValue"]


def history(client: Any, name: str = "slow", **request: Any) -> list[Any]:
    """Oldest first."""
    request = {"AlarmName": name, "AlarmTypes": BOTH, "ScanBy": "TimestampAscending", **request}
    return list(client.describe_alarm_history(**request)["AlarmHistoryItems"])


def changes(client: Any, name: str = "slow") -> list[tuple[int, str]]:
    """The changes of state, in whole minutes after NOW."""
    return [
        ((item["Timestamp"] - NOW) // MINUTE, item["HistorySummary"].split()[-1])
        for item in history(client, name, HistoryItemType="StateUpdate")
    ]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Alarm evaluation",
    behaviour="An alarm is evaluated every minute, and changes its state when its datapoints cross the threshold.",
)
def test_alarm_goes_off_and_recovers_by_itself(client: Any, clock: Clock) -> None:
    put(client, periods=2)
    write(client, "0XXX00", until=NOW + 6 * MINUTE)

    clock.travel(NOW + 7 * MINUTE)

    assert changes(client) == [(1, "OK"), (3, "ALARM"), (5, "OK")]
    assert state(client) == "OK"


def test_transition_carries_the_time_the_reason_and_the_datapoints(client: Any, clock: Clock) -> None:
    put(client, periods=2, DatapointsToAlarm=2, Unit="Milliseconds")
    write(client, [60, 70], Unit="Milliseconds")

    clock.travel(NOW + MINUTE)

    found = alarm(client)
    at = found["StateTransitionedTimestamp"]
    assert NOW < at < NOW + timedelta(seconds=10)
    assert found["StateUpdatedTimestamp"] == at
    assert found["StateReason"] == (
        "Threshold Crossed: 2 out of the last 2 datapoints [70.0 (04/03/26 11:59:00), 60.0 (04/03/26 11:58:00)] "
        "were greater than the threshold (50.0) (minimum 2 datapoints for OK -> ALARM transition)."
    )
    assert json.loads(found["StateReasonData"]) == {
        "version": "1.0",
        "queryDate": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}+0000",
        "startDate": "2026-03-04T11:58:00.000+0000",
        "unit": "Milliseconds",
        "statistic": "Maximum",
        "period": 60,
        "recentDatapoints": [60.0, 70.0],
        "threshold": 50.0,
        "evaluatedDatapoints": [
            {"timestamp": "2026-03-04T11:59:00.000+0000", "sampleCount": 1.0, "value": 70.0},
            {"timestamp": "2026-03-04T11:58:00.000+0000", "sampleCount": 1.0, "value": 60.0},
        ],
    }
    (item,) = history(client, HistoryItemType="StateUpdate")
    data = json.loads(item["HistoryData"])
    assert item["Timestamp"] == at
    assert data["oldState"] == {
        "stateValue": "INSUFFICIENT_DATA",
        "stateReason": "Unchecked: Initial alarm creation",
    }
    assert data["newState"]["stateReason"] == found["StateReason"]
    assert data["newState"]["stateReasonData"] == json.loads(found["StateReasonData"])


TABLES = [
    # needed, the datapoints, and the state by TreatMissingData: missing, ignore, breaching, notBreaching
    (3, "0-X-X", "OK", "OK", "OK", "OK"),
    (3, "0----", "OK", "OK", "OK", "OK"),
    (3, "-----", "INSUFFICIENT_DATA", RETAINED, "ALARM", "OK"),
    (3, "0XX-X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (3, "--X--", "ALARM", RETAINED, "ALARM", "OK"),
    (2, "0-X-X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (2, "00X0X", "ALARM", "ALARM", "ALARM", "ALARM"),
    (2, "0-X--", "OK", "OK", "ALARM", "OK"),
    (2, "----0", "OK", "OK", "ALARM", "OK"),
    (2, "---X-", "ALARM", RETAINED, "ALARM", "OK"),
]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Configuring how CloudWatch alarms treat missing data",
    behaviour="The tables of datapoints and states for three periods, of which five are read.",
)
@pytest.mark.parametrize(("needed", "datapoints", "missing", "ignore", "breaching", "not_breaching"), TABLES)
def test_missing_data(
    client: Any,
    clock: Clock,
    needed: int,
    datapoints: str,
    missing: str,
    ignore: str,
    breaching: str,
    not_breaching: str,
) -> None:
    expected = {"missing": missing, "ignore": ignore, "breaching": breaching, "notBreaching": not_breaching}
    _, writer = clients(Sandbox.region)
    write(writer, datapoints)
    cases = [(treated, before) for treated in expected for before in ("OK", "ALARM", "INSUFFICIENT_DATA")]
    for treated, before in cases:
        put(writer, f"{treated} {before}", 3, DatapointsToAlarm=needed, TreatMissingData=treated)
        writer.set_alarm_state(AlarmName=f"{treated} {before}", StateValue=before, StateReason="a test")

    clock.travel(NOW + timedelta(seconds=10))

    states = {each["AlarmName"]: each["StateValue"] for each in client.describe_alarms()["MetricAlarms"]}
    assert states == {
        f"{treated} {before}": before if expected[treated] == RETAINED else expected[treated]
        for treated, before in cases
    }


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Configuring how CloudWatch alarms treat missing data",
    behaviour="Missing data is treated as missing by default.",
)
def test_missing_data_by_default(client: Any, clock: Clock) -> None:
    put(client)
    client.set_alarm_state(AlarmName="slow", StateValue="OK", StateReason="a test")
    clock.travel(NOW + MINUTE)
    assert state(client) == "INSUFFICIENT_DATA"


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Configuring how CloudWatch alarms treat missing data",
    behaviour="An alarm does not go to ALARM for one breaching datapoint of three when the next ones may not breach.",
)
@pytest.mark.parametrize("datapoints", ["----X", "---X-"])
def test_premature_breaches_do_not_alarm(client: Any, clock: Clock, datapoints: str) -> None:
    put(client, periods=3)
    write(client, datapoints)
    clock.travel(NOW + timedelta(seconds=10))
    assert state(client) == "INSUFFICIENT_DATA"


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Configuring how CloudWatch alarms treat missing data",
    behaviour="Alarms on DynamoDB's metrics ignore missing data by default.",
)
def test_dynamodb_ignores_missing_data(client: Any, clock: Clock) -> None:
    put(client, Namespace="AWS/DynamoDB")
    client.set_alarm_state(AlarmName="slow", StateValue="ALARM", StateReason="a test")
    clock.travel(NOW + 5 * MINUTE)
    assert state(client) == "ALARM"


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="states and events of alarms that users publish: repositories, runbooks, issues",
    behaviour="The reason tells how many datapoints were missing, and as what they were treated.",
)
@pytest.mark.parametrize(
    ("periods", "datapoints", "more", "reason"),
    [
        (
            1,
            "-",
            {"TreatMissingData": "breaching"},
            ("no datapoints were received for 1 period and 1 missing datapoint was treated as [Breaching]."),
        ),
        (
            3,
            "-",
            {"TreatMissingData": "notBreaching"},
            ("no datapoints were received for 3 periods and 3 missing datapoints were treated as [NonBreaching]."),
        ),
        (
            2,
            "X-",
            {"TreatMissingData": "breaching"},
            (
                "1 datapoint [100.0 (04/03/26 11:58:00)] was greater than the threshold (50.0) and "
                "1 missing datapoint was treated as [Breaching]."
            ),
        ),
        (
            3,
            "X",
            {"TreatMissingData": "notBreaching", "DatapointsToAlarm": 1},
            (
                "1 out of the last 3 datapoints [100.0 (04/03/26 11:59:00)] was greater than the "
                "threshold (50.0) and 2 missing datapoints were treated as [NonBreaching] (minimum 1 datapoint for "
                "OK -> ALARM transition)."
            ),
        ),
        (
            3,
            "0",
            {"TreatMissingData": "breaching", "DatapointsToAlarm": 2},
            ("1 datapoint was received for 3 periods and 2 missing datapoints were treated as [Breaching]."),
        ),
        (
            3,
            "X00",
            {"DatapointsToAlarm": 2},
            (
                "2 out of the last 3 datapoints [1.0 (04/03/26 11:59:00), 1.0 (04/03/26 11:58:00)] were "
                "not greater than the threshold (50.0) (minimum 2 datapoints for ALARM -> OK transition)."
            ),
        ),
        (
            6,
            "XXXXXX",
            {},
            (
                "6 datapoints were greater than the threshold (50.0). The most recent datapoints which "
                "crossed the threshold: [100.0 (04/03/26 11:59:00), 100.0 (04/03/26 11:58:00), "
                "100.0 (04/03/26 11:57:00), 100.0 (04/03/26 11:56:00), 100.0 (04/03/26 11:55:00)]."
            ),
        ),
    ],
)
def test_reason(client: Any, clock: Clock, periods: int, datapoints: str, more: dict[str, Any], reason: str) -> None:
    put(client, periods=periods, **more)
    write(client, datapoints)
    clock.travel(NOW + timedelta(seconds=10))
    assert alarm(client)["StateReason"] == f"Threshold Crossed: {reason}"


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="an alarm's Lambda event of 2024 and an SNS message, both published by users",
    behaviour="Without datapoints the reason says how many were unknown, and its data has no startDate.",
)
def test_alarm_lacks_data_when_its_metric_ends(client: Any, clock: Clock) -> None:
    put(client)
    write(client, "0")

    clock.travel(NOW + 5 * MINUTE)

    assert changes(client) == [(0, "OK"), (3, "INSUFFICIENT_DATA")]
    found = alarm(client)
    assert found["StateReason"] == "Insufficient Data: 1 datapoint was unknown."
    data = json.loads(found["StateReasonData"])
    assert (data["recentDatapoints"], "startDate" in data) == ([], False)
    assert data["evaluatedDatapoints"] == [{"timestamp": "2026-03-04T12:02:00.000+0000"}]


@pytest.mark.parametrize(
    ("comparison", "value", "expected"),
    [
        ("GreaterThanThreshold", 50, "OK"),
        ("GreaterThanOrEqualToThreshold", 50, "ALARM"),
        ("LessThanThreshold", 50, "OK"),
        ("LessThanThreshold", 49, "ALARM"),
        ("LessThanOrEqualToThreshold", 50, "ALARM"),
    ],
)
def test_comparison(client: Any, clock: Clock, comparison: str, value: float, expected: str) -> None:
    put(client, ComparisonOperator=comparison)
    write(client, [value])
    clock.travel(NOW + MINUTE)
    assert state(client) == expected


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Alarm evaluation",
    behaviour="A period of five minutes slides: at each minute the alarm evaluates the five minutes before it.",
)
def test_period_of_five_minutes_slides_with_each_minute(client: Any, clock: Clock) -> None:
    put(client, Period=300, Statistic="Sum", Threshold=250.0)
    write(client, "000000XXX0", until=NOW + 5 * MINUTE)

    clock.travel(NOW + 6 * MINUTE)

    # 12:00 ends minutes 11:55 to 11:59, with one X; 12:04 ends 11:59 to 12:03, with three.
    assert changes(client) == [(0, "OK"), (4, "ALARM")]
    (datapoint,) = json.loads(alarm(client)["StateReasonData"])["evaluatedDatapoints"]
    assert datapoint == {"timestamp": "2026-03-04T11:59:00.000+0000", "sampleCount": 5.0, "value": 302.0}


def test_alarm_follows_a_metric_whose_unit_changes(client: Any, clock: Clock) -> None:
    put(client)
    write(client, "XXXX", until=NOW + 4 * MINUTE, Unit="Milliseconds")
    write(client, "0000", until=NOW + 8 * MINUTE, Unit="Seconds")

    clock.travel(NOW + 8 * MINUTE)

    assert changes(client) == [(1, "ALARM"), (7, "OK")]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Alarm evaluation",
    behaviour="An alarm with a period of 10 seconds is evaluated every 10 seconds.",
)
def test_high_resolution_alarm_is_evaluated_every_ten_seconds(client: Any, clock: Clock) -> None:
    put(client, Period=10)
    for second, value in ((0, 1), (25, 100)):
        datum = {"MetricName": "Latency", "Timestamp": NOW + timedelta(seconds=second), "StorageResolution": 1}
        client.put_metric_data(Namespace="Shop", MetricData=[{**datum, "Value": value}])

    clock.travel(NOW + timedelta(seconds=40))

    at = [item["Timestamp"].second // 10 for item in history(client, HistoryItemType="StateUpdate")]
    assert (at, state(client)) == ([1, 3], "ALARM")


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Alarm evaluation",
    behaviour="An alarm on more than one day is evaluated once an hour.",
)
def test_alarm_on_days_is_evaluated_every_hour(client: Any, clock: Clock) -> None:
    put(client, periods=2, Period=86_400, TreatMissingData="breaching")
    clock.travel(NOW + MINUTE)
    assert changes(client) == [(0, "ALARM")]
    client.set_alarm_state(AlarmName="slow", StateValue="OK", StateReason="a test")
    clock.travel(NOW + 59 * MINUTE)
    assert state(client) == "OK"
    clock.travel(NOW + 61 * MINUTE)
    assert changes(client) == [(0, "ALARM"), (1, "OK"), (60, "ALARM")]


def test_percentile_alarm(client: Any, clock: Clock) -> None:
    put(client, ExtendedStatistic="p90", Threshold=89.0)
    data = {"MetricName": "Latency", "Timestamp": NOW - MINUTE, "Values": [float(each) for each in range(101)]}
    client.put_metric_data(Namespace="Shop", MetricData=[data])

    clock.travel(NOW + MINUTE)

    found = alarm(client)
    assert found["StateValue"] == "ALARM"
    assert json.loads(found["StateReasonData"])["evaluatedDatapoints"][0]["value"] == 90.0


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Percentile-based alarms and low data samples",
    behaviour="With `ignore` a p99 alarm keeps its state while there are fewer than 1,000 samples.",
)
@pytest.mark.parametrize(
    ("low_samples", "samples", "expected"),
    [("ignore", 999, "OK"), ("ignore", 1000, "ALARM"), ("evaluate", 999, "ALARM")],
)
def test_low_samples_of_a_percentile(client: Any, clock: Clock, low_samples: str, samples: int, expected: str) -> None:
    put(client, ExtendedStatistic="p99", EvaluateLowSampleCountPercentile=low_samples)
    client.set_alarm_state(AlarmName="slow", StateValue="OK", StateReason="a test")
    data = {"MetricName": "Latency", "Timestamp": NOW - MINUTE, "Values": [100.0], "Counts": [samples]}
    client.put_metric_data(Namespace="Shop", MetricData=[data])
    clock.travel(NOW + MINUTE)
    assert state(client) == expected


def test_metric_math_alarm(client: Any, clock: Clock) -> None:
    rate = {"Id": "rate", "Expression": "100 * m1 / m2", "ReturnData": True}
    put(client, Metrics=[rate, metric("m1", "Errors"), metric("m2", "Requests")])
    write(client, [1, 1, 6], name="Errors", until=NOW + 3 * MINUTE)
    write(client, [10, 10, 10], name="Requests", until=NOW + 3 * MINUTE)

    clock.travel(NOW + 4 * MINUTE)

    assert changes(client) == [(1, "OK"), (3, "ALARM")]
    data = json.loads(alarm(client)["StateReasonData"])
    assert (data["recentDatapoints"], data["period"], "statistic" in data) == ([60.0], 60, False)


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Create an alarm on a Metrics Insights query",
    behaviour="An alarm on a query without GROUP BY watches its series; with GROUP BY each series contributes.",
)
@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('SELECT AVG(Latency) FROM SCHEMA("Shop", Host)', "OK"),
        ('SELECT AVG(Latency) FROM SCHEMA("Shop", Host) GROUP BY Host', "ALARM"),
    ],
)
def test_metrics_insights_alarm(client: Any, clock: Clock, expression: str, expected: str) -> None:
    put(client, Metrics=[{"Id": "q1", "Expression": expression, "Period": 60, "ReturnData": True}])
    for host, value in (("a", 1.0), ("b", 60.0)):
        write(client, [value], Dimensions=[{"Name": "Host", "Value": host}])
    clock.travel(NOW + MINUTE)
    assert state(client) == expected


def test_metrics_insights_alarm_without_series_lacks_data(client: Any, clock: Clock) -> None:
    expression = 'SELECT AVG(Latency) FROM SCHEMA("Shop", Host) GROUP BY Host'
    put(client, Metrics=[{"Id": "q1", "Expression": expression, "Period": 60}], TreatMissingData="breaching")
    clock.travel(NOW + MINUTE)
    assert state(client) == "ALARM"


@pytest.mark.parametrize(
    ("comparison", "value", "expected", "limit"),
    [
        ("LessThanLowerThreshold", 1.0, "ALARM", "was less than the lower thresholds [8.5174]"),
        ("LessThanLowerThreshold", 20.0, "OK", "was not less than the lower thresholds [8.5174]"),
        ("GreaterThanUpperThreshold", 20.0, "ALARM", "was greater than the upper thresholds [11.4826]"),
        (
            "LessThanLowerOrGreaterThanUpperThreshold",
            1.0,
            "ALARM",
            "was less than the lower thresholds [8.5174] or greater than the upper thresholds [11.4826]",
        ),
        (
            "LessThanLowerOrGreaterThanUpperThreshold",
            10.0,
            "OK",
            "was not less than the lower thresholds [8.5174] or not greater than the upper thresholds [11.4826]",
        ),
    ],
)
def test_anomaly_band_alarm(
    client: Any, clock: Clock, comparison: str, value: float, expected: str, limit: str
) -> None:
    band = {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(m1, 1)", "ReturnData": True}
    metrics = [metric("m1", "Orders", returned=True), band]
    write(client, [9.0, 10.0, 11.0] * 30, name="Orders", until=NOW - MINUTE)
    write(client, [value], name="Orders")
    put(client, Metrics=metrics, ThresholdMetricId="band", ComparisonOperator=comparison)

    clock.travel(NOW + MINUTE)

    found = alarm(client)
    assert found["StateValue"] == expected
    assert found["StateReason"] == f"Thresholds Crossed: 1 datapoint [{value} (04/03/26 11:59:00)] {limit}."
    data = json.loads(found["StateReasonData"])
    sides = [name for name in data if name.endswith("Thresholds")]
    assert len(sides) == limit.count("thresholds")
    assert "threshold" not in data
    assert ("threshold" in data["evaluatedDatapoints"][0]) == (len(sides) == 1)


def test_composite_alarm_follows_its_children(client: Any, clock: Clock) -> None:
    put(client, OKActions=[TOPIC])
    client.put_composite_alarm(AlarmName="page", AlarmRule="ALARM(slow)", AlarmActions=[TOPIC])
    write(client, "0X0", until=NOW + 3 * MINUTE)

    clock.travel(NOW + 4 * MINUTE)

    (to_ok, to_alarm, recovered) = history(client, HistoryItemType="StateUpdate")
    assert [item["HistorySummary"] for item in (to_ok, to_alarm, recovered)] == [
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from ALARM to OK",
    ]
    page = [item for item in history(client, "page") if item["HistoryItemType"] != "ConfigurationUpdate"]
    assert [(item["HistorySummary"], item["Timestamp"]) for item in page[1:]] == [
        ("Alarm updated from OK to ALARM", to_alarm["Timestamp"]),
        (f"Successfully executed action {TOPIC}", to_alarm["Timestamp"]),
        ("Alarm updated from ALARM to OK", recovered["Timestamp"]),
    ]
    moment = to_alarm["Timestamp"]
    reason = json.loads(page[1]["HistoryData"])["newState"]["stateReason"]
    assert reason.endswith(f":alarm:slow transitioned to ALARM at {moment:%A %d %B, %Y %H:%M:%S} UTC")


def test_suppressor_that_goes_off_by_itself_suppresses_actions(client: Any, clock: Clock) -> None:
    put(client, "deploying", MetricName="Deploying")
    put(client)
    client.put_composite_alarm(
        AlarmName="page", AlarmRule="ALARM(slow)", AlarmActions=[TOPIC], ActionsSuppressor="deploying"
    )
    write(client, "XX", name="Deploying", until=NOW + 2 * MINUTE)
    write(client, "0X", until=NOW + 2 * MINUTE)

    clock.travel(NOW + 3 * MINUTE)

    found = alarm(client, "page")
    assert (found["StateValue"], found["ActionsSuppressedBy"]) == ("ALARM", "Alarm")
    assert history(client, "page", HistoryItemType="Action") == []


@pytest.mark.parametrize("enabled", [True, False])
def test_actions_are_executed_when_they_are_enabled(client: Any, clock: Clock, enabled: bool) -> None:
    put(client, AlarmActions=[TOPIC], ActionsEnabled=enabled)
    write(client, "X")
    clock.travel(NOW + MINUTE)
    assert state(client) == "ALARM"
    assert len(history(client, HistoryItemType="Action")) == enabled


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, SetAlarmState",
    behaviour="The state lasts until the next evaluation, usually for some seconds, and is in the history.",
)
def test_state_that_a_user_sets_lasts_until_the_next_evaluation(client: Any, clock: Clock) -> None:
    write(client, "00", until=NOW + MINUTE)
    put(client)
    clock.travel(NOW + timedelta(seconds=30))
    client.set_alarm_state(AlarmName="slow", StateValue="ALARM", StateReason="a drill")
    clock.travel(NOW + timedelta(seconds=59))
    assert (state(client), alarm(client)["StateReason"]) == ("ALARM", "a drill")
    clock.travel(NOW + timedelta(seconds=75))
    assert state(client) == "OK"
    assert changes(client) == [(0, "OK"), (0, "ALARM"), (1, "OK")]


def test_update_keeps_the_state_until_the_next_evaluation(client: Any, clock: Clock) -> None:
    write(client, "XXX", until=NOW + 2 * MINUTE)
    put(client)
    clock.travel(NOW + timedelta(seconds=30))
    put(client, Threshold=200.0)
    assert state(client) == "ALARM"
    clock.travel(NOW + 2 * MINUTE)
    assert changes(client) == [(0, "ALARM"), (1, "OK")]


def test_reading_again_changes_nothing(client: Any, clock: Clock) -> None:
    put(client)
    write(client, "0X", until=NOW + 2 * MINUTE)
    for seconds in (61, 90, 130, 130):
        clock.travel(NOW + timedelta(seconds=seconds))
        client.describe_alarms()
    assert changes(client) == [(1, "OK"), (2, "ALARM")]


def test_history_does_not_depend_on_when_it_is_read(client: Any, clock: Clock) -> None:
    for name in ("often", "once"):
        put(client, name, periods=2)
    write(client, "0XX00XX-----", until=NOW + 12 * MINUTE)
    for minutes in range(1, 14):
        clock.travel(NOW + minutes * MINUTE)
        client.describe_alarms(AlarmNames=["often"])
    assert changes(client, "often") == changes(client, "once")


def test_alarms_are_evaluated_in_the_order_of_time(client: Any, clock: Clock) -> None:
    for name, values in (("first", "0X000"), ("second", "0000X")):
        put(client, name, MetricName=name)
        write(client, values, name=name, until=NOW + 5 * MINUTE)
    client.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(first) AND ALARM(second)")
    client.put_composite_alarm(AlarmName="any", AlarmRule="ALARM(first) OR ALARM(second)")
    clock.travel(NOW + 5 * MINUTE + timedelta(seconds=10))
    assert changes(client, "both") == [(0, "OK")]
    assert changes(client, "any") == [(0, "OK"), (2, "ALARM"), (3, "OK"), (5, "ALARM")]


def test_after_a_long_pause_the_last_hours_are_evaluated(client: Any, clock: Clock) -> None:
    put(client)
    for hours in (12, 24):
        write(client, "0X", until=NOW + timedelta(hours=hours))
    clock.travel(NOW + timedelta(hours=24, minutes=1))
    assert changes(client) == [(1439, "OK"), (1440, "ALARM")]


def test_held_alarm_keeps_the_state_that_it_was_given(sandbox: Sandbox, client: Any, clock: Clock) -> None:
    sandbox.hold_alarms(True)
    put(client)
    sandbox.hold_alarms(False)
    client.set_alarm_state(AlarmName="slow", StateValue="ALARM", StateReason="an incident")
    clock.travel(NOW + timedelta(hours=1))
    assert state(client) == "ALARM"
    put(client, Threshold=60.0)
    clock.travel(NOW + timedelta(hours=2))
    assert state(client) == "INSUFFICIENT_DATA"


def test_history_of_held_alarms_follows_on_demand(sandbox: Sandbox, client: Any, clock: Clock) -> None:
    sandbox.hold_alarms(True)
    clock.travel(NOW - timedelta(days=2))
    put(client)
    sandbox.hold_alarms(False)
    clock.resume()
    write(client, "0" * 600 + "X" * 10)

    cloudwatch.evaluate_alarms(since=NOW - timedelta(hours=10))

    assert changes(client) == [(-600, "OK"), (-9, "ALARM")]
    clock.travel(NOW + timedelta(hours=1))
    assert state(client) == "ALARM"


def test_deleted_alarm_is_evaluated_no_more(client: Any, clock: Clock) -> None:
    put(client)
    client.delete_alarms(AlarmNames=["slow"])
    write(client, "X")
    clock.travel(NOW + MINUTE)
    assert changes(client) == []


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="the messages of AWS for other missing members, and of PutMetricAlarm in users' issues",
    behaviour="An alarm that cannot be evaluated is rejected.",
)
@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"Period": None}, "The parameter Period is required."),
        ({"Statistic": None}, "The parameter Statistic is required."),
        ({"Threshold": None}, "The parameter Threshold is required."),
        ({"ComparisonOperator": None}, "The parameter ComparisonOperator is required."),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm must be less than or equal to EvaluationPeriods"),
        ({"Metrics": [metric("m1", "Errors")]}, "Exactly one element of the metrics list should return data"),
        ({"Metrics": [{"Id": "e1", "Expression": "m1 +"}]}, "Error in expression 'e1'"),
        ({"Metrics": [{"Id": "e1"}]}, "The parameter Metrics.member.1.MetricStat is required"),
    ],
)
def test_alarm_that_cannot_be_evaluated_is_rejected(client: Any, request_: dict[str, Any], message: str) -> None:
    single = {"Namespace": "Shop", "MetricName": "Latency", "Statistic": "Sum", "Period": 60}
    alarm = {
        "AlarmName": "slow",
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Threshold": 1.0,
    }
    alarm |= request_ if "Metrics" in request_ else {**single, **request_}
    with pytest.raises(ClientError, match=message):
        client.put_metric_alarm(**{name: value for name, value in alarm.items() if value is not None})
    assert client.describe_alarms()["MetricAlarms"] == []


@pytest.mark.anyio
async def test_tools_show_what_happened(
    client: Any, clock: Clock, sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(client, periods=2, DatapointsToAlarm=2)
    client.put_composite_alarm(AlarmName="page", AlarmRule="ALARM(slow)")
    write(client, "00XX", until=NOW + 4 * MINUTE)
    clock.travel(NOW + 5 * MINUTE)
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox.endpoint_url)
    server = build_server(Settings(), os.environ, clock=Time(NOW + 5 * MINUTE).clock())

    async with asking(server) as ask:
        active = await ask("get_active_alarms")
        history = await ask("get_alarm_history", alarm_name="slow")

    since = f"{alarm(client)['StateTransitionedTimestamp']:%Y-%m-%dT%H:%M:%SZ}"
    assert [(row["name"], row["recent"]) for row in active.rows("metric_alarms")] == [("slow", [100, 100])]
    assert [(row["name"], row["triggered_by"]) for row in active.rows("composite_alarms")] == [("page", "slow")]
    newest, oldest = history.rows("transitions")
    assert (newest["time"], newest["to"], oldest["to"]) == (since, "ALARM", "OK")
