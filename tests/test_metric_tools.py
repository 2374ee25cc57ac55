from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.conftest import NOW, Connected, StubbedServer

pytestmark = pytest.mark.anyio

LATENCY = {
    "namespace": "Shop/Checkout",
    "metric_name": "Latency",
    "dimensions": [{"name": "Service", "value": "checkout"}],
}


def result(label: str, points: dict[int, float], query_id: str = "m1", status: str = "Complete") -> dict[str, Any]:
    """A MetricDataResults entry; `points` by minutes before now."""
    return {
        "Id": query_id,
        "Label": label,
        "Timestamps": [NOW - timedelta(minutes=minutes) for minutes in points],
        "Values": list(points.values()),
        "StatusCode": status,
    }


async def test_one_metric_over_the_default_window(connected: Connected, snapshot: SnapshotAssertion) -> None:
    async with connected() as ask:
        reply = await ask("get_metric_data", **LATENCY, statistic="p99")
    (series,) = reply.data["series"]
    assert reply.data["period"] == 180
    assert len(series["values"]) == 60
    assert series["values"][0] < 500
    assert series["summary"]["max"] > 5_000
    assert reply.data == snapshot


async def test_one_series_for_each_value_of_a_dimension(connected: Connected, snapshot: SnapshotAssertion) -> None:
    async with connected() as ask:
        reply = await ask(
            "get_metric_data",
            namespace="ECS/ContainerInsights",
            metric_name="CpuUtilized",
            group_by_dimension="ServiceName",
            schema_dimension_keys=["ClusterName"],
            order_by_statistic="MAX",
            limit=2,
            target_datapoints=6,
        )
    assert [series["label"] for series in reply.data["series"]] == ["catalog", "payments"]
    assert reply.data == snapshot


async def test_metric_math_in_one_call(connected: Connected, snapshot: SnapshotAssertion) -> None:
    def stat(query_id: str, metric_name: str) -> dict[str, Any]:
        metric = {**LATENCY, "metric_name": metric_name, "statistic": "Sum"}
        return {"id": query_id, "metric_stat": metric, "return_data": False}

    async with connected() as ask:
        reply = await ask(
            "get_metric_data",
            start_time="90m",
            target_datapoints=6,
            queries=[
                stat("errors", "Errors5xx"),
                stat("requests", "Requests"),
                {"id": "rate", "expression": "100 * errors / requests", "label": "error rate"},
            ],
        )
    (series,) = reply.data["series"]
    assert (series["id"], series["label"]) == ("rate", "error rate")
    assert series["values"][0] < 1
    assert series["values"][-1] > 15
    assert reply.data == snapshot


async def test_pages_are_followed_and_merged_by_id_and_label(stubbed: StubbedServer) -> None:
    first = [result("a", {5: 1.0}), result("b", {5: 10.0})]
    second = [result("b", {3: 20.0}), result("a", {4: 2.0, 3: 3.0})]
    stubbed.answer("get_metric_data", {"MetricDataResults": first, "NextToken": "2"})
    stubbed.answer("get_metric_data", {"MetricDataResults": second})
    reply = await stubbed.ask("get_metric_data", **LATENCY, start_time="1h")
    values = {series["label"]: series["values"] for series in reply.data["series"]}
    assert values == {"a": [1, 2, 3], "b": [10, None, 20]}


async def test_a_token_that_aws_repeats_ends_in_an_error(stubbed: StubbedServer) -> None:
    for _ in range(2):
        stubbed.answer("get_metric_data", {"MetricDataResults": [result("a", {5: 1.0})], "NextToken": "again"})
    assert "repeated a page token" in (await stubbed.ask("get_metric_data", **LATENCY)).error


async def test_an_old_window_is_asked_for_in_a_period_that_is_still_kept(stubbed: StubbedServer) -> None:
    start = NOW - timedelta(days=30)
    metric = {
        "Namespace": "Shop/Checkout",
        "MetricName": "Latency",
        "Dimensions": [{"Name": "Service", "Value": "checkout"}],
    }
    stubbed.answer(
        "get_metric_data",
        {"MetricDataResults": [result("a", {30 * 1440: 1.0})]},
        {
            "MetricDataQueries": [{"Id": "m1", "MetricStat": {"Metric": metric, "Stat": "Average", "Period": 300}}],
            "StartTime": start,
            "EndTime": start + timedelta(hours=1),
        },
    )
    reply = await stubbed.ask("get_metric_data", **LATENCY, start_time="30d", end_time="2026-10-21T13:00:00Z")
    assert reply.data["period"] == 300


async def test_a_period_that_is_no_longer_kept_is_raised_and_noted(stubbed: StubbedServer) -> None:
    query = {"id": "m1", "metric_stat": {**LATENCY, "period": 60}}
    stubbed.answer("get_metric_data", {"MetricDataResults": [result("a", {30 * 1440: 1.0})]})
    reply = await stubbed.ask("get_metric_data", queries=[query], start_time="30d", end_time="29d")
    assert "m1: period 60 s raised to 300 s; CloudWatch keeps no finer points that far back." in reply.notes


async def test_what_aws_says_of_a_series_is_noted(stubbed: StubbedServer) -> None:
    forbidden = result("a", {5: 1.0}, status="Forbidden")
    messages = [{"Code": "MaxMetricsExceeded", "Value": "The query exceeded 10,000 metrics."}]
    stubbed.answer("get_metric_data", {"MetricDataResults": [forbidden], "Messages": messages})
    reply = await stubbed.ask("get_metric_data", **LATENCY)
    assert reply.notes == [
        "MaxMetricsExceeded: The query exceeded 10,000 metrics.",
        "a is Forbidden: AWS gives no reason.",
    ]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"namespace": "Shop/Chekout", "metric_name": "Latency"}, "Namespace Shop/Chekout has no metrics in us-east-1"),
        ({"namespace": "Shop/Checkout", "metric_name": "Latencies"}, "it has Latency"),
        ({"namespace": "Shop/Checkout", "metric_name": "Latency"}, "does not exist without dimensions; it does with: "),
        ({**LATENCY, "start_time": "13d", "end_time": "12d"}, "Latency exists and has no data in the window"),
        (
            {**LATENCY, "dimensions": [], "group_by_dimension": "Nope"},
            "exists and has no data in the window: try start_time='2026-11-19T09:00:00Z'. Its dimensions are ",
        ),
    ],
)
async def test_no_data_says_whether_name_dimensions_or_window_is_at_fault(
    connected: Connected, arguments: dict[str, Any], expected: str
) -> None:
    async with connected() as ask:
        reply = await ask("get_metric_data", **arguments)
    assert "series" not in reply.data
    assert expected in " ".join(reply.notes)


async def test_an_empty_expression_says_how_to_find_out(connected: Connected) -> None:
    gone = {"namespace": "Shop/Checkout", "metric_name": "Nothing"}
    queries = [
        {"id": "a", "metric_stat": gone, "return_data": False},
        {"id": "b", "expression": "a * 2"},
    ]
    async with connected() as ask:
        reply = await ask("get_metric_data", queries=queries)
    assert reply.notes == ["b: the expression gave no data; return the data of its inputs to see which is empty."]


async def test_why_there_is_no_data_stays_open_when_metrics_cannot_be_listed(stubbed: StubbedServer) -> None:
    stubbed.answer("get_metric_data", {"MetricDataResults": []})
    stubbed.refuse("list_metrics", "AccessDeniedException", "no")
    reply = await stubbed.ask("get_metric_data", **LATENCY)
    assert reply.notes[0].startswith("No data, and why is unknown, as ListMetrics failed: ")
    assert "cloudwatch:ListMetrics" in reply.notes[0]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "Give namespace and metric_name, or queries."),
        ({"namespace": "N"}, "Give namespace and metric_name, or queries."),
        (
            {**LATENCY, "target_datapoints": 0},
            "target_datapoints: input should be greater than or equal to 1 (given 0)",
        ),
        ({**LATENCY, "statistic": "median"}, "statistic: 'median' is none of Average"),
        ({**LATENCY, "start_time": "1h", "end_time": "2h"}, "is not before end_time"),
        ({**LATENCY, "statistic": "p99", "group_by_dimension": "Service"}, "not p99"),
        ({**LATENCY, "queries": [{"id": "a", "expression": "1"}]}, "queries stands alone"),
        ({"queries": [{"id": "A1", "expression": "1"}]}, "queries.0.id"),
        ({"queries": [{"id": "a"}]}, "a needs a metric_stat or an expression"),
        ({"queries": [{"id": "a", "expression": "1"}] * 2}, "repeated: a"),
        ({"queries": [{"id": "a", "expression": "1", "return_data": False}]}, "return_data is false for all"),
        ({**LATENCY, "dimensions": [{"Name": "a", "Value": "b"}]}, "dimensions.0.name: field required"),
        ({**LATENCY, "sort_order": "up"}, "sort_order"),
        ({**LATENCY, "limit": 501}, "limit"),
    ],
)
async def test_bad_input_is_refused_before_any_call(
    stubbed: StubbedServer, arguments: dict[str, Any], complaint: str
) -> None:
    assert complaint in (await stubbed.ask("get_metric_data", **arguments)).error


async def test_metadata_of_a_metric(stubbed: StubbedServer, snapshot: SnapshotAssertion) -> None:
    reply = await stubbed.ask("get_metric_metadata", namespace="AWS/Lambda", metric_name="Errors", region="eu-west-1")
    assert reply.data["found"] is True
    assert reply.data == snapshot


async def test_a_namespace_lists_its_metrics(stubbed: StubbedServer, snapshot: SnapshotAssertion) -> None:
    reply = await stubbed.ask("get_metric_metadata", namespace="sqs")
    assert len(reply.rows("metrics")) == 11
    assert reply.data == snapshot


async def test_a_long_listing_is_of_names_by_unit(stubbed: StubbedServer) -> None:
    reply = await stubbed.ask("get_metric_metadata", namespace="OpenSearch")
    names = [name for row in reply.rows("metrics") for name in row["metrics"].split(", ")]
    assert len(names) == len(set(names)) == 243
    assert "JVMMemoryPressure" in next(row["metrics"] for row in reply.rows("metrics") if row["unit"] == "Percent")
    assert reply.notes == ["243 metrics: a word of a name as metric_name describes those that hold it."]
    assert len(reply.text) < 7_000


async def test_a_word_of_a_name_describes_the_metrics_that_hold_it(stubbed: StubbedServer) -> None:
    reply = await stubbed.ask("get_metric_metadata", namespace="ALB", metric_name="5xx")
    assert (reply.data["found"], reply.data["namespace"]) == (False, "AWS/ApplicationELB")
    assert [row["metric"] for row in reply.rows("metrics")] == ["HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"]
    assert reply.notes == ["The catalogue has no metric 5xx in AWS/ApplicationELB; those with its words:"]


async def test_of_many_metrics_that_hold_a_word_some_are_described_and_all_are_counted(stubbed: StubbedServer) -> None:
    reply = await stubbed.ask("get_metric_metadata", namespace="AWS/ElastiCache", metric_name="latency")
    assert len(reply.rows("metrics")) == 8
    assert reply.notes == ["The catalogue has no metric latency in AWS/ElastiCache; 8 of the 23 with its words:"]


async def test_a_metric_of_which_no_unit_is_published_says_so(stubbed: StubbedServer) -> None:
    reply = await stubbed.ask("get_metric_metadata", namespace="AWS/SES", metric_name="Reject")
    assert "unit" not in reply.data
    assert reply.notes == ["No published unit or statistics of it are known."]


async def test_of_the_namespaces_that_a_nickname_stands_for_the_metric_decides(stubbed: StubbedServer) -> None:
    reply = await stubbed.ask("get_metric_metadata", namespace="load balancer", metric_name="TargetResponseTime")
    assert reply.data["namespace"] == "AWS/ApplicationELB"
    reply = await stubbed.ask("get_recommended_metric_alarms", namespace="EventBridge", metric_name="ThrottledRules")
    assert reply.data["namespace"] == "AWS/Events"


async def test_a_nickname_of_several_namespaces_lists_them_where_the_metric_does_not_decide(
    stubbed: StubbedServer,
) -> None:
    stands_for = "load balancer stands for AWS/ApplicationELB, AWS/NetworkELB, AWS/GatewayELB, AWS/ELB"
    reply = await stubbed.ask("get_metric_metadata", namespace="load balancer")
    assert (reply.data["found"], reply.notes) == (False, [f"{stands_for}: name one of them."])
    reply = await stubbed.ask("get_metric_metadata", namespace="load balancer", metric_name="SpilloverCount")
    assert reply.data["namespace"] == "AWS/ELB"
    reply = await stubbed.ask("get_metric_metadata", namespace="load balancer", metric_name="NewFlowCount")
    assert [row["namespace"] for row in reply.rows("metrics")] == ["AWS/NetworkELB", "AWS/GatewayELB"]
    assert reply.notes == [f"{stands_for}; name the one you mean. Its metrics:"]
    reply = await stubbed.ask("get_recommended_metric_alarms", namespace="load balancer", metric_name="NewFlowCount")
    assert reply.notes[0].endswith("Its metrics: AWS/NetworkELB NewFlowCount, AWS/GatewayELB NewFlowCount.")


@pytest.mark.parametrize(
    ("namespace", "metric_name", "note"),
    [
        ("AWS/Lamda", "Errors", "The catalogue has no namespace AWS/Lamda. Nearest: AWS/Lambda"),
        ("AWS/Lambda", "Erors", "The catalogue has no metric Erors in AWS/Lambda. Nearest:"),
        ("AWS/Lambda", "BucketSizeBytes", "The catalogue has no metric BucketSizeBytes in AWS/Lambda, but in AWS/S3."),
        ("AWS/Lambda", "CPUUtilization", " and 11 more."),
        ("AWS/Lambda", "qqq", "get_metric_metadata without metric_name lists what there is."),
        ("Zzzyqx", "x", "get_metric_data reads any, also custom ones."),
    ],
)
async def test_what_the_catalogue_does_not_have_is_not_found_with_the_nearest(
    stubbed: StubbedServer, namespace: str, metric_name: str, note: str
) -> None:
    reply = await stubbed.ask("get_metric_metadata", namespace=namespace, metric_name=metric_name)
    assert reply.data["found"] is False
    assert note in reply.notes[0]


async def test_the_nearest_metric_is_described(stubbed: StubbedServer) -> None:
    reply = await stubbed.ask("get_metric_metadata", namespace="AWS/Lambda", metric_name="Erors")
    (row,) = reply.rows("metrics")
    assert row["metric"] == "Errors"
    assert row["description"].startswith("Invocations that end in a function error")


async def test_recommended_alarms_of_a_metric(stubbed: StubbedServer, snapshot: SnapshotAssertion) -> None:
    reply = await stubbed.ask("get_recommended_metric_alarms", namespace="AWS/ApiGateway", metric_name="5XXError")
    (alarm,) = reply.data["recommendations"]
    assert (alarm["source"], alarm["threshold"]) == ("aws", 0.05)
    assert "reasoning" not in alarm
    assert reply.data == snapshot


async def test_an_alarm_of_ours_says_so_and_gives_its_reasoning(
    stubbed: StubbedServer, snapshot: SnapshotAssertion
) -> None:
    reply = await stubbed.ask("get_recommended_metric_alarms", namespace="NLB", metric_name="PortAllocationErrorCount")
    (alarm,) = reply.data["recommendations"]
    assert alarm["source"] == "ours"
    assert alarm["reasoning"].endswith(".")
    assert reply.data == snapshot


async def test_alarms_of_aws_and_of_ours_stand_side_by_side(stubbed: StubbedServer) -> None:
    metric = {"namespace": "AWS/SQS", "metric_name": "ApproximateNumberOfMessagesVisible"}
    reply = await stubbed.ask("get_recommended_metric_alarms", **metric)
    assert [alarm["source"] for alarm in reply.data["recommendations"]] == ["aws", "ours"]


async def test_only_alarms_whose_dimensions_are_given_are_recommended(stubbed: StubbedServer) -> None:
    reply = await stubbed.ask(
        "get_recommended_metric_alarms",
        namespace="AWS/ApiGateway",
        metric_name="IntegrationLatency",
        dimensions=[{"name": "ApiId", "value": "a1"}, {"name": "Stage", "value": "live"}, {"name": "X", "value": "y"}],
    )
    assert [each["dimensions"] for each in reply.data["recommendations"]] == [[{"name": "ApiId"}, {"name": "Stage"}]]


async def test_a_threshold_that_is_not_published_comes_with_how_to_choose_it(stubbed: StubbedServer) -> None:
    reply = await stubbed.ask("get_recommended_metric_alarms", namespace="AWS/Lambda", metric_name="Duration")
    (alarm,) = reply.data["recommendations"]
    assert "threshold" not in alarm
    assert alarm["threshold_guide"].endswith(".")


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        ({"namespace": "AWS/Nope", "metric_name": "Errors"}, "The catalogue has no namespace AWS/Nope."),
        ({"namespace": "AWS/Lambda", "metric_name": "Nope"}, "The catalogue has no metric Nope in AWS/Lambda."),
        (
            {"namespace": "AWS/Lambda", "metric_name": "Erors"},
            "The catalogue has no metric Erors in AWS/Lambda. Nearest: Er",
        ),
        ({"namespace": "AWS/Lambda", "metric_name": "Invocations"}, "No alarm is recommended for Invocations."),
        (
            {"namespace": "AWS/Lambda", "metric_name": "Errors", "dimensions": [{"name": "X", "value": "y"}]},
            "Errors has recommended alarms, but none with dimensions X; they are for Sum with dimensions FunctionName.",
        ),
        (
            {"namespace": "AWS/Lambda", "metric_name": "Errors", "statistic": "p99"},
            "Errors has recommended alarms, but none with statistic p99; they are for Sum with",
        ),
    ],
)
async def test_no_recommended_alarm_says_why(stubbed: StubbedServer, arguments: dict[str, Any], note: str) -> None:
    reply = await stubbed.ask("get_recommended_metric_alarms", **arguments)
    assert "recommendations" not in reply.data
    assert reply.notes[0].startswith(note)
