"""The data leads from the alarm to the cause of the incident, despite the noise."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.support.frozen_time import NOW
from tests.support.sandbox_clients import client_of

if TYPE_CHECKING:
    from collections.abc import Callable

BOTH = ["MetricAlarm", "CompositeAlarm"]


@pytest.fixture(scope="module")
def logs(sandbox: str) -> Any:
    return client_of("logs", sandbox)


@pytest.fixture(scope="module")
def cloudwatch(sandbox: str) -> Any:
    return client_of("cloudwatch", sandbox)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def insights(logs: Any, query: str, *groups: str, since: float = 60, until: float = 0) -> list[dict[str, str]]:
    named = {"logGroupNames": list(groups)} if groups else {}
    start, end = int(ago(since).timestamp()), int(ago(until).timestamp())
    query_id = logs.start_query(queryString=query, startTime=start, endTime=end, **named)["queryId"]
    while (answer := logs.get_query_results(queryId=query_id))["status"] in {"Scheduled", "Running"}:
        pass
    assert answer["status"] == "Complete"
    return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]]


def metric(query_id: str, namespace: str, name: str, stat: str, period: int = 300, **dimensions: str) -> dict[str, Any]:
    pairs = [{"Name": name, "Value": value} for name, value in dimensions.items()]
    watched = {"Namespace": namespace, "MetricName": name, "Dimensions": pairs}
    return {"Id": query_id, "MetricStat": {"Metric": watched, "Period": period, "Stat": stat}}


def values(cloudwatch: Any, *queries: dict[str, Any], since: float, until: float) -> list[list[float]]:
    answer = cloudwatch.get_metric_data(
        MetricDataQueries=list(queries), StartTime=ago(since), EndTime=ago(until), ScanBy="TimestampAscending"
    )
    return [result["Values"] for result in answer["MetricDataResults"]]


ERRORS = metric("m1", "Shop/Checkout", "Errors5xx", "Sum", Service="checkout")
REQUESTS = metric("m2", "Shop/Checkout", "Requests", "Sum", Service="checkout")
RATE = {"Id": "e1", "Expression": "100 * m1 / m2"}
P99 = metric("p99", "Shop/Checkout", "Latency", "p99", Service="checkout")
ORDERS = metric("orders", "Shop/Checkout", "OrdersPerMinute", "Sum", 60, Service="checkout")


def test_error_rate_rises_from_a_fifth_of_a_percent_to_eighteen(cloudwatch: Any) -> None:
    *_, before = values(cloudwatch, ERRORS, REQUESTS, RATE, since=110, until=60)
    *_, after = values(cloudwatch, ERRORS, REQUESTS, RATE, since=45, until=5)
    assert max(before) < 0.3
    assert all(16 < rate < 20 for rate in after)


def test_latency_rises_from_a_third_of_a_second_to_five(cloudwatch: Any) -> None:
    [before] = values(cloudwatch, P99, since=110, until=60)
    [after] = values(cloudwatch, P99, since=45, until=5)
    assert all(300 < p99 < 400 for p99 in before)
    assert all(p99 > 5000 for p99 in after)


def test_orders_drop_below_the_band_of_the_previous_day(cloudwatch: Any) -> None:
    band = {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(orders, 2)"}
    orders, _, lower = values(cloudwatch, ORDERS, band, since=50, until=0)
    assert all(value < limit for value, limit in zip(orders, lower, strict=True))


def test_only_the_endpoint_that_needs_a_payment_fails(cloudwatch: Any) -> None:
    cart_errors = metric("m1", "Shop/Checkout", "Errors5xx", "Sum", Service="checkout", Endpoint="/v1/cart")
    [cart] = values(cloudwatch, cart_errors, since=50, until=0)
    assert sum(cart) < 100


def test_gateway_itself_answers_as_fast_as_ever(cloudwatch: Any) -> None:
    answered = metric("g", "Shop/Payments", "GatewayResponseTime", "p99", Service="payments", Gateway="card-primary")
    [times] = values(cloudwatch, answered, since=180, until=0)
    assert max(times) < 250


def test_pool_is_small_since_the_deployment(cloudwatch: Any) -> None:
    pool = metric("p", "Shop/Payments", "GatewayPoolInUse", "Maximum", 60, Service="payments", Gateway="card-primary")
    [in_use] = values(cloudwatch, pool, since=180, until=0)
    assert min(in_use[:120]) > 8
    assert set(in_use[130:]) == {8.0}


def test_retries_pile_up_and_the_order_worker_falls_behind(cloudwatch: Any) -> None:
    depth = metric("d", "Shop/Payments", "RetryQueueDepth", "Maximum", Service="payments")
    age = metric("a", "AWS/SQS", "ApproximateAgeOfOldestMessage", "Maximum", QueueName="shop-orders")
    retries, ages = values(cloudwatch, depth, age, since=45, until=5)
    assert retries == sorted(retries)
    assert ages[-1] > 300 > ages[0]


def test_metrics_go_back_two_days_with_one_datapoint_a_minute_where_it_matters(cloudwatch: Any) -> None:
    [orders] = values(cloudwatch, ORDERS, since=2880, until=0)
    assert len(orders) == 2880


def test_sum_over_an_hour_is_the_same_at_either_resolution(cloudwatch: Any) -> None:
    checkouts = {"Service": "checkout", "Endpoint": "/v1/checkout", "Region": "eu"}
    hourly = metric("m", "Shop/Checkout", "Requests", "Sum", 3600, **checkouts)
    [yesterday, *_] = values(cloudwatch, hourly, since=1440, until=1380)
    [today, *_] = values(cloudwatch, hourly, since=120, until=60)
    assert yesterday[0] == pytest.approx(today[0], rel=0.05)


def test_one_metric_has_a_gap(cloudwatch: Any) -> None:
    hits = metric("h", "Shop/Catalog", "CacheHitRate", "Average", Service="catalog")
    [rates] = values(cloudwatch, hits, since=500, until=400)
    assert len(rates) < 15


def test_there_are_two_dozen_metric_names_in_a_dozen_namespaces(cloudwatch: Any) -> None:
    metrics = cloudwatch.list_metrics()["Metrics"]
    assert len({(each["Namespace"], each["MetricName"]) for each in metrics}) >= 24
    assert {"AWS/ApplicationELB", "AWS/Lambda", "AWS/SQS", "AWS/RDS", "AWS/EC2", "ECS/ContainerInsights"} <= {
        each["Namespace"] for each in metrics
    }


def state_updates(cloudwatch: Any, name: str) -> list[dict[str, Any]]:
    answer = cloudwatch.describe_alarm_history(
        AlarmName=name, AlarmTypes=BOTH, HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
    )
    return list(answer["AlarmHistoryItems"])


def test_composite_alarm_fired_fifty_minutes_ago_when_the_gateway_timed_out(cloudwatch: Any) -> None:
    [fired] = state_updates(cloudwatch, "shop-checkout-degraded")
    reason = json.loads(fired["HistoryData"])["newState"]["stateReason"]
    assert ago(50) <= fired["Timestamp"] <= ago(49.5)
    assert "shop-payments-gateway-timeouts transitioned to ALARM" in reason


def test_second_composite_alarm_follows_the_first(cloudwatch: Any) -> None:
    [fired] = state_updates(cloudwatch, "shop-storefront-page")
    [first] = state_updates(cloudwatch, "shop-checkout-degraded")
    assert timedelta(0) <= fired["Timestamp"] - first["Timestamp"] < timedelta(seconds=5)


def test_alarms_are_of_every_kind_and_state(cloudwatch: Any) -> None:
    alarms = {alarm["AlarmName"]: alarm for alarm in cloudwatch.describe_alarms()["MetricAlarms"]}
    states = [alarm["StateValue"] for alarm in alarms.values()]
    assert (states.count("ALARM"), states.count("OK"), states.count("INSUFFICIENT_DATA")) == (8, 8, 2)
    assert alarms["shop-checkout-latency-p99"]["ExtendedStatistic"] == "p99"
    assert alarms["shop-orders-per-minute-anomaly"]["ThresholdMetricId"] == "ad1"
    assert alarms["shop-checkout-5xx-rate"]["Metrics"][0]["Expression"] == "100 * m1 / m2"
    assert alarms["payments latency (p99) eu"]["StateValue"] == "ALARM"


def test_batch_host_alarm_flaps(cloudwatch: Any) -> None:
    recent = [item for item in state_updates(cloudwatch, "shop-batch-host-cpu") if item["Timestamp"] > ago(400)]
    assert len(recent) >= 24


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="awsdocs/amazon-cloudwatch-user-guide doc_source/cloudwatch-and-eventbridge.md has the two-sided form only",
    service="CloudWatch alarms",
    behaviour="The reason data of a one-sided anomaly alarm has one list of thresholds, and a threshold for each "
    "evaluated datapoint.",
)
def test_anomaly_alarm_states_its_limits(cloudwatch: Any) -> None:
    fired = state_updates(cloudwatch, "shop-orders-per-minute-anomaly")[-1]
    data = json.loads(fired["HistoryData"])["newState"]["stateReasonData"]
    assert data["recentDatapoints"][-1] < data["recentLowerThresholds"][-1]
    assert data["evaluatedDatapoints"][0]["threshold"] == data["recentLowerThresholds"][-1]
    assert not {"threshold", "recentUpperThresholds"} & data.keys()


def test_alarm_reasons_have_the_values_of_the_metric(cloudwatch: Any) -> None:
    fired = state_updates(cloudwatch, "shop-payments-gateway-timeouts")[-1]
    data = json.loads(fired["HistoryData"])["newState"]["stateReasonData"]
    timeouts = metric("t", "Shop/Payments", "GatewayTimeouts", "Sum", 60, Service="payments", Gateway="card-primary")
    assert values(cloudwatch, timeouts, since=55, until=50) == [data["recentDatapoints"]]


def test_changed_alarm_has_its_configuration_update_in_the_history(cloudwatch: Any) -> None:
    answer = cloudwatch.describe_alarm_history(
        AlarmName="shop-checkout-latency-p99", HistoryItemType="ConfigurationUpdate"
    )
    newest = json.loads(answer["AlarmHistoryItems"][0]["HistoryData"])
    assert newest["originalUpdatedFields"]["threshold"] == 3000.0


def test_pattern_query_shows_the_timeout(logs: Any) -> None:
    found = insights(logs, 'filter level = "ERROR" | pattern @message', "/ecs/shop/payments")
    assert "waiting for a connection to gateway.example.com" in found[0]["@pattern"]
    assert int(found[0]["@sampleCount"]) > 300


def test_start_up_line_shows_the_smaller_pool(logs: Any) -> None:
    query = "filter msg like /starting/ | stats count(*) by version, config.gateway.pool_max as pool"
    found = {(row["version"], row["pool"]) for row in insights(logs, query, "/ecs/shop/payments", since=1440)}
    assert found == {("2.14.0", "64"), ("2.15.0", "8")}


def test_deployment_is_in_the_deploy_log_before_the_first_error(logs: Any) -> None:
    query = 'filter msg = "deployment started" and service = "payments" | fields @timestamp, from, to'
    [deployed] = insights(logs, query, "/shop/deployments", since=1440)
    [first] = insights(logs, "filter error.type = 'GatewayTimeout' | sort @timestamp | limit 1", "/ecs/shop/payments")
    assert (deployed["from"], deployed["to"]) == ("2.14.0", "2.15.0")
    assert "2026-11-20 11:03:30.000" == deployed["@timestamp"] < first["@timestamp"] < "2026-11-20 11:06"


def test_one_request_can_be_followed_through_all_services(logs: Any) -> None:
    failed = 'filter msg = "card gateway call timed out" | fields request_id | limit 1'
    [request] = insights(logs, failed, "/ecs/shop/payments")
    everywhere = f"filter @message like '{request['request_id']}' | stats count(*) by @log"
    groups = ["/ecs/shop/checkout", "/ecs/shop/payments", "/aws/apigateway/shop-public"]
    assert {row["@log"] for row in insights(logs, everywhere, *groups)} == {f"123456789012:{group}" for group in groups}


def test_error_rate_in_the_logs_is_that_of_the_metrics(logs: Any) -> None:
    query = "stats sum(http.status >= 500) / count(*) * 100 as rate"
    [row] = insights(logs, query, "/ecs/shop/checkout", since=45)
    assert 15 < float(row["rate"]) < 21


@pytest.mark.parametrize(
    ("group", "query"),
    [
        ("/shop/batch/nightly", "filter @message like / WARN / | stats count(*) as found"),
        ("/ecs/shop/catalog", "filter msg like /is deprecated/ | stats count(*) as found"),
    ],
)
def test_most_warnings_are_noise(logs: Any, group: str, query: str) -> None:
    [row] = insights(logs, query, group, since=1440)
    assert int(row["found"]) > 100


def test_logs_have_lines_that_are_hard_to_read(logs: Any) -> None:
    [longest] = insights(logs, "stats max(strlen(@message)) as length", "/ecs/shop/catalog", since=1440)
    stack_traces = insights(logs, "filter @message like /Caused by/ | fields @message", "/ecs/shop/payments")
    [note] = insights(logs, "filter msg = 'order note received' | fields note, customer.city", "/ecs/shop/checkout")
    assert int(longest["length"]) > 29_000
    assert all(trace["@message"].count("\n") == 6 for trace in stack_traces)
    assert "IGNORE ALL PREVIOUS INSTRUCTIONS" in note["note"]
    assert note["customer.city"] == "Süßenbrück"


def test_log_groups_are_of_every_kind(logs: Any) -> None:
    groups = {group["logGroupName"]: group for group in logs.describe_log_groups()["logGroups"]}
    assert len(groups) >= 12
    assert groups["/shop/audit"]["logGroupClass"] == "INFREQUENT_ACCESS"
    assert "retentionInDays" not in groups["/aws/lambda/shop-thumbnailer"]
    assert groups["/shop/load-test"]["storedBytes"] == 0
    assert groups["/ecs/shop/checkout"]["creationTime"] < ago(60 * 24 * 365).timestamp() * 1000


def test_linked_account_has_log_groups_of_its_own(logs: Any) -> None:
    groups = logs.describe_log_groups(includeLinkedAccounts=True)["logGroups"]
    linked = {group["logGroupName"] for group in groups if ":111122223333:" in group["logGroupArn"]}
    assert linked == {"/ecs/logistics/shipping", "/shared/ingress"}


def test_every_saved_query_runs(logs: Any) -> None:
    definitions = logs.describe_query_definitions()["queryDefinitions"]
    empty = [
        definition["name"]
        for definition in definitions
        if not insights(
            logs,
            definition["queryString"],
            *(definition.get("logGroupNames") or ([] if "SOURCE" in definition["queryString"] else ["/shop/audit"])),
            since=1440,
        )
    ]
    assert len(definitions) >= 6
    assert empty == ["Shop/One request everywhere"]  # its request id is a placeholder


def test_one_detector_has_three_anomalies_and_another_is_training(logs: Any) -> None:
    detectors = {each["detectorName"]: each for each in logs.list_log_anomaly_detectors()["anomalyDetectors"]}
    arn = detectors["shop-payments-anomalies"]["anomalyDetectorArn"]
    found = logs.list_anomalies(anomalyDetectorArn=arn)["anomalies"]
    assert [anomaly["priority"] for anomaly in found] == ["HIGH", "MEDIUM", "LOW"]
    assert {name: each["anomalyDetectorStatus"] for name, each in detectors.items()} == {
        "shop-payments-anomalies": "ANALYZING",
        "shop-checkout-anomalies": "TRAINING",
    }


def test_anomaly_counts_agree_with_the_log(logs: Any) -> None:
    worst = logs.list_anomalies()["anomalies"][0]
    [row] = insights(logs, "filter error.type = 'GatewayTimeout' | stats count(*) as n", "/ecs/shop/payments")
    assert sum(worst["histogram"].values()) == int(row["n"])


def test_history_does_not_depend_on_the_time_zone(cloudwatch: Any, in_zone: Callable[[str], None]) -> None:
    in_zone("Asia/Tokyo")
    window = {"StartDate": ago(180), "EndDate": ago(0)}
    assert cloudwatch.describe_alarm_history(AlarmTypes=BOTH, **window)["AlarmHistoryItems"]
