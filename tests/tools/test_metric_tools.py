from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.support.frozen_time import NOW
from tests.support.stubbed_server import StubbedServer

pytestmark = pytest.mark.anyio

LATENCY = {
    "namespace": "Shop/Checkout",
    "metric_name": "Latency",
    "dimensions": [{"name": "Service", "value": "checkout"}],
}


def result(label: str, minutes_ago: list[float], values: list[Any], **more: Any) -> dict[str, Any]:
    """A MetricDataResults entry."""
    times = [NOW - timedelta(minutes=minutes) for minutes in minutes_ago]
    return {"Id": "m1", "Label": label, "Timestamps": times, "Values": values, "StatusCode": "Complete", **more}


async def test_a_repeated_page_token_is_an_error(stubbed: StubbedServer) -> None:
    for _ in range(2):
        stubbed.answer("get_metric_data", {"MetricDataResults": [result("a", [5], [1.0])], "NextToken": "again"})
    assert "repeated a page token" in (await stubbed.ask("get_metric_data", **LATENCY)).error


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        ({}, "Give namespace, with or without metric_name, or queries."),
        (
            {"namespace": "N", "group_by_dimension": "D"},
            "group_by_dimension and schema_dimension_keys need metric_name",
        ),
        ({**LATENCY, "compare_to": "soon"}, "compare_to: cannot read 'soon' as a length of time"),
        ({**LATENCY, "compare_to": "0d"}, "compare_to: cannot read '0d' as a length of time"),
        ({**LATENCY, "compare_to": "460d"}, "over 455 days ago"),
        ({**LATENCY, "group_by_dimension": "Service", "compare_to": "15d"}, "over 14 days ago"),
        (
            {**LATENCY, "target_datapoints": 0},
            "target_datapoints: input should be greater than or equal to 1 (given 0)",
        ),
        ({**LATENCY, "statistic": "median"}, "statistic: 'median' is not one of Average"),
        ({**LATENCY, "start_time": "1h", "end_time": "2h"}, "is not before end_time"),
        ({**LATENCY, "statistic": "p99", "schema_dimension_keys": ["Service"]}, "not p99"),
        ({**LATENCY, "queries": [{"id": "a", "expression": "1"}]}, "queries stands alone"),
        ({"queries": [{"id": "A1", "expression": "1"}]}, "queries.0.id"),
        ({"queries": [{"id": "a"}]}, "a needs either a metric_stat or an expression"),
        ({"queries": [{"id": "a", "expression": "1"}] * 2}, "repeated: a"),
        ({"queries": [{"id": "a", "expression": "1", "return_data": False}]}, "return_data is false in all of them"),
        ({**LATENCY, "dimensions": [{"Name": "a", "Value": "b"}]}, "dimensions.0.name: field required"),
        ({**LATENCY, "sort_order": "up"}, "sort_order"),
        ({**LATENCY, "limit": 501}, "limit"),
    ],
)
async def test_bad_input_is_refused_before_any_call(
    stubbed: StubbedServer, arguments: dict[str, Any], complaint: str
) -> None:
    assert complaint in (await stubbed.ask("get_metric_data", **arguments)).error


NONE_IN_ACCOUNT = "The account has none in us-east-1 (CloudWatch lists metrics that had data in the last 2 weeks)."


async def test_a_long_listing_has_names_by_unit(stubbed: StubbedServer) -> None:
    stubbed.answer("list_metrics", {"Metrics": []}, Namespace="AWS/ES")
    reply = await stubbed.ask("get_metric_metadata", namespace="OpenSearch")
    names = [name for row in reply.rows("metrics") for name in row["metrics"].split(", ")]
    assert len(names) == len(set(names)) == 279
    assert "JVMMemoryPressure" in next(row["metrics"] for row in reply.rows("metrics") if row["unit"] == "Percent")
    assert reply.notes == [
        "279 metrics: pass a word as metric_name to describe those whose names contain it.",
        NONE_IN_ACCOUNT,
    ]
    assert len(reply.text) < 8_000


async def test_a_word_describes_the_metrics_whose_names_contain_it(stubbed: StubbedServer) -> None:
    stubbed.answer("list_metrics", {"Metrics": []})
    reply = await stubbed.ask("get_metric_metadata", namespace="ALB", metric_name="5xx")
    assert (reply.data["found"], reply.data["namespace"]) == (False, "AWS/ApplicationELB")
    assert [row["metric"] for row in reply.rows("metrics")] == ["HTTPCode_ELB_5XX_Count", "HTTPCode_Target_5XX_Count"]
    assert reply.notes == ["The catalogue has no metric '5xx' in AWS/ApplicationELB; names that contain it:"]


async def test_many_metrics_that_contain_a_word_are_counted_and_eight_described(stubbed: StubbedServer) -> None:
    stubbed.answer("list_metrics", {"Metrics": []})
    reply = await stubbed.ask("get_metric_metadata", namespace="AWS/ElastiCache", metric_name="latency")
    assert len(reply.rows("metrics")) == 8
    assert reply.notes == ["The catalogue has no metric 'latency' in AWS/ElastiCache; 8 of 23 names that contain it:"]


async def test_a_note_says_that_unit_and_statistics_are_unknown(stubbed: StubbedServer) -> None:
    stubbed.answer("list_metrics", {"Metrics": []})
    reply = await stubbed.ask("get_metric_metadata", namespace="AWS/SES", metric_name="Reject")
    assert "unit" not in reply.data
    assert reply.notes == ["Its unit and statistics are not in the catalogue.", NONE_IN_ACCOUNT]


async def test_the_metric_decides_among_the_namespaces_of_a_nickname(stubbed: StubbedServer) -> None:
    stubbed.answer("list_metrics", {"Metrics": []}, MetricName="TargetResponseTime")
    reply = await stubbed.ask("get_metric_metadata", namespace="load balancer", metric_name="TargetResponseTime")
    assert reply.data["namespace"] == "AWS/ApplicationELB"
    reply = await stubbed.ask("get_recommended_metric_alarms", namespace="EventBridge", metric_name="ThrottledRules")
    assert reply.data["namespace"] == "AWS/Events"


async def test_a_nickname_lists_its_namespaces_when_the_metric_does_not_decide(
    stubbed: StubbedServer,
) -> None:
    can_mean = "'load balancer' can mean AWS/ApplicationELB, AWS/NetworkELB, AWS/GatewayELB, AWS/ELB"
    reply = await stubbed.ask("get_metric_metadata", namespace="load balancer")
    assert (reply.data["found"], reply.notes) == (False, [f"{can_mean}: pass one of them."])
    stubbed.answer("list_metrics", {"Metrics": []}, MetricName="SpilloverCount")
    reply = await stubbed.ask("get_metric_metadata", namespace="load balancer", metric_name="SpilloverCount")
    assert reply.data["namespace"] == "AWS/ELB"
    reply = await stubbed.ask("get_metric_metadata", namespace="load balancer", metric_name="NewFlowCount")
    assert [row["namespace"] for row in reply.rows("metrics")] == ["AWS/NetworkELB", "AWS/GatewayELB"]
    assert reply.notes == [f"{can_mean}; pass one of them. Metrics of this name:"]
    reply = await stubbed.ask("get_recommended_metric_alarms", namespace="load balancer", metric_name="NewFlowCount")
    assert reply.notes[0].endswith("Metrics of this name: AWS/NetworkELB NewFlowCount, AWS/GatewayELB NewFlowCount.")


@pytest.mark.parametrize(
    ("namespace", "metric_name", "note"),
    [
        (
            "AWS/Lambda",
            "BucketSizeBytes",
            "The catalogue has no metric 'BucketSizeBytes' in AWS/Lambda; it is in AWS/S3.",
        ),
        ("AWS/SQS", "CPUUtilization", " and 12 more."),
        ("AWS/Lambda", "qqq", "get_metric_metadata without metric_name lists its metrics."),
        ("Zzzyqx", "x", "get_metric_data reads any, custom ones too."),
    ],
)
async def test_an_unknown_metric_is_not_found_but_has_a_hint(
    stubbed: StubbedServer, namespace: str, metric_name: str, note: str
) -> None:
    stubbed.answer("list_metrics", {"Metrics": []}, MetricName=metric_name)
    if namespace in ("AWS/Lamda", "Zzzyqx"):
        stubbed.answer("list_metrics", {"Metrics": []}, Namespace=namespace)
    reply = await stubbed.ask("get_metric_metadata", namespace=namespace, metric_name=metric_name)
    assert reply.data["found"] is False
    assert note in reply.notes[0]


async def test_the_nearest_metric_is_described(stubbed: StubbedServer) -> None:
    stubbed.answer("list_metrics", {"Metrics": []})
    reply = await stubbed.ask("get_metric_metadata", namespace="AWS/Lambda", metric_name="Erors")
    (row,) = reply.rows("metrics")
    assert row["metric"] == "Errors"
    assert row["description"].startswith("Invocations that end in a function error")


async def test_an_alarm_of_ours_gives_its_reasoning(stubbed: StubbedServer, snapshot: SnapshotAssertion) -> None:
    reply = await stubbed.ask("get_recommended_metric_alarms", namespace="NLB", metric_name="PortAllocationErrorCount")
    (alarm,) = reply.data["recommendations"]
    assert alarm["source"] == "ours"
    assert alarm["reasoning"].endswith(".")
    assert reply.data == snapshot


async def test_a_metric_can_have_alarms_of_aws_and_of_ours(stubbed: StubbedServer) -> None:
    metric = {"namespace": "AWS/SQS", "metric_name": "ApproximateNumberOfMessagesVisible"}
    reply = await stubbed.ask("get_recommended_metric_alarms", **metric)
    assert [alarm["source"] for alarm in reply.data["recommendations"]] == ["aws", "ours"]


@pytest.mark.parametrize(
    ("arguments", "note"),
    [
        ({"namespace": "AWS/Nope", "metric_name": "Errors"}, "The catalogue has no namespace 'AWS/Nope'."),
        ({"namespace": "AWS/Lambda", "metric_name": "Qqq"}, "The catalogue has no metric 'Qqq' in AWS/Lambda."),
        (
            {"namespace": "AWS/Lambda", "metric_name": "Erors"},
            "The catalogue has no metric 'Erors' in AWS/Lambda. Nearest: Er",
        ),
        (
            {"namespace": "AWS/Lambda", "metric_name": "Errors", "dimensions": [{"name": "X", "value": "y"}]},
            "Errors has recommended alarms, but none with dimensions 'X'; they are for Sum with dimensions",
        ),
        (
            {"namespace": "AWS/Lambda", "metric_name": "Errors", "statistic": "p99"},
            "Errors has recommended alarms, but none with statistic 'p99'; they are for Sum with",
        ),
    ],
)
async def test_a_note_says_why_no_alarm_is_recommended(
    stubbed: StubbedServer, arguments: dict[str, Any], note: str
) -> None:
    reply = await stubbed.ask("get_recommended_metric_alarms", **arguments)
    assert "recommendations" not in reply.data
    assert reply.notes[0].startswith(note)


PARTIAL = (
    "'Latency' is PartialData: points are missing; try a shorter window, fewer metrics or fewer target_datapoints."
)


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="philipp-classen/awscr-cloudwatch spec/fixtures/get_metric_data.xml",
    behaviour="A result can be PartialData without a message and without a NextToken.",
)
@pytest.mark.parametrize(
    ("metric_result", "note"),
    [
        (
            result("Latency", [2, 1], [1.0, 2.0], StatusCode="PartialData"),
            PARTIAL,
        ),
        (
            result("Latency", [], [], StatusCode="PartialData"),
            PARTIAL,
        ),
        (
            result("Latency", [3, 2, 1], [1.0, 2.0]),
            "'Latency': points without a time or a finite value are left out: 1.",
        ),
        (
            result("Latency", [2, 1], [1.0, float("nan")]),
            "'Latency': points without a time or a finite value are left out: 1.",
        ),
    ],
)
async def test_partial_data_is_reported_without_blaming_the_name(
    stubbed: StubbedServer, metric_result: dict[str, Any], note: str
) -> None:
    stubbed.answer("get_metric_data", {"MetricDataResults": [metric_result]})
    assert (await stubbed.ask("get_metric_data", **LATENCY)).notes == [note]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, MetricDataResult",
    behaviour="A series that goes on in the next page is PartialData until its last page.",
)
async def test_the_last_page_decides_whether_data_is_partial(stubbed: StubbedServer) -> None:
    first = result("Latency", [2], [1.0], StatusCode="PartialData")
    stubbed.answer("get_metric_data", {"MetricDataResults": [first], "NextToken": "more"})
    stubbed.answer("get_metric_data", {"MetricDataResults": [result("Latency", [1], [2.0])]})
    reply = await stubbed.ask("get_metric_data", **LATENCY)
    assert reply.notes == []
    assert reply.data["series"][0]["values"] == [1, 2]


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="grafana/grafana pkg/tsdb/cloudwatch/test-data/multiple-outputs.json, whose authors may have removed the "
    "texts",
    behaviour="A message about the whole request, such as MaxMetricsExceeded, can have no text.",
)
async def test_a_message_of_aws_without_a_text_is_its_code_and_what_it_means(stubbed: StubbedServer) -> None:
    messages = [{"Code": "MaxMetricsExceeded", "Value": ""}, {"Code": "MaxMetricsExceeded"}]
    stubbed.answer("get_metric_data", {"MetricDataResults": [result("Latency", [1], [1.0])], "Messages": messages})
    assert (await stubbed.ask("get_metric_data", **LATENCY)).notes == [
        "MaxMetricsExceeded: AWS gives no text; series or points may be missing."
    ]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/cloudwatch/test_cloudwatch.snapshot.json",
    behaviour="A metric of several units is Complete with a MultipleUnits message if the request names none.",
)
async def test_a_message_on_a_complete_series_does_not_look_like_a_reason_for_its_status(
    stubbed: StubbedServer,
) -> None:
    message = {"Code": "MultipleUnits", "Value": "Multiple units returned: '[Milliseconds, Seconds]'"}
    stubbed.answer("get_metric_data", {"MetricDataResults": [result("Latency", [1], [1.0], Messages=[message])]})
    reply = await stubbed.ask("get_metric_data", **LATENCY)
    assert reply.notes == ["'Latency': Multiple units returned: '[Milliseconds, Seconds]'."]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="philipp-classen/awscr-cloudwatch spec/fixtures/get_metric_data.xml",
    behaviour="A result can be PartialData without a message and without a NextToken.",
)
async def test_partial_data_of_one_series_names_it_and_not_the_complete_one(stubbed: StubbedServer) -> None:
    queries = [{"id": "a", "metric_stat": LATENCY}, {"id": "b", "expression": "a * 2"}]
    results = [result("a", [1], [1.0], Id="a"), result("b", [1], [2.0], Id="b", StatusCode="PartialData")]
    stubbed.answer("get_metric_data", {"MetricDataResults": results})
    reply = await stubbed.ask("get_metric_data", queries=queries)
    assert reply.notes == [
        "'b' is PartialData: points are missing; try a shorter window, fewer metrics or fewer target_datapoints."
    ]


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="grafana/grafana pkg/tsdb/cloudwatch/testdata/permissions-error-output.json",
    behaviour="A Forbidden result has an id, a status and a message, and no label, timestamps or values.",
)
async def test_a_result_without_a_label_has_the_name_of_its_metric(stubbed: StubbedServer) -> None:
    message = {"Code": "Forbidden", "Value": "Access denied when getting data"}
    forbidden = {"Id": "m1", "StatusCode": "Forbidden", "Messages": [message]}
    stubbed.answer("get_metric_data", {"MetricDataResults": [forbidden]})
    reply = await stubbed.ask("get_metric_data", **LATENCY)
    assert reply.notes == ["'Latency' is Forbidden: Access denied when getting data."]


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="grafana/grafana#26794",
    behaviour="All series of a SEARCH expression have its id, and their labels need not differ.",
)
async def test_two_results_with_one_id_and_label_are_two_series(stubbed: StubbedServer) -> None:
    twice = [result("Latency", [1], [1.0]), result("Latency", [1], [2.0])]
    stubbed.answer("get_metric_data", {"MetricDataResults": twice, "NextToken": "more"})
    more = [result("Latency", [0], [3.0]), result("Latency", [0], [4.0])]
    stubbed.answer("get_metric_data", {"MetricDataResults": more})
    reply = await stubbed.ask("get_metric_data", **LATENCY)
    assert [series["values"] for series in reply.data["series"]] == [[1, 3], [2, 4]]


async def test_points_within_a_second_are_shown_with_their_times(stubbed: StubbedServer) -> None:
    points = result("Latency", [1, 0.99], [1.0, 2.0])
    stubbed.answer("get_metric_data", {"MetricDataResults": [points]})
    (series,) = (await stubbed.ask("get_metric_data", **LATENCY)).data["series"]
    assert series["points"] == [["2026-11-20T11:59:00Z", 1], ["2026-11-20T11:59:00.600Z", 2]]
    assert series["summary"]["max_at"] == "2026-11-20T11:59:00.600Z"


async def test_whole_values_are_shown_to_the_last_digit(stubbed: StubbedServer) -> None:
    values = [123456789012.0, 1234567.891, 1 / 3, 9007199254740991.0]
    stubbed.answer("get_metric_data", {"MetricDataResults": [result("Latency", [4, 3, 2, 1], values)]})
    (series,) = (await stubbed.ask("get_metric_data", **LATENCY)).data["series"]
    assert series["values"] == [123456789012, 1234568, 0.333333, 9007199254740991]
