"""get_metric_data: one metric, several, grouped, computed, old, and why there is no data."""

from __future__ import annotations

from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from cloudwatch_mcp.recording import Recorder, Replay
from tests.support.asking import Ask, Reply
from tests.support.cassettes import answers, requests

pytestmark = pytest.mark.anyio

LATENCY: dict[str, Any] = {
    "namespace": "Shop/Checkout",
    "metric_name": "Latency",
    "dimensions": [{"name": "Service", "value": "checkout"}],
}
APP: dict[str, Any] = {
    "namespace": "App",
    "metric_name": "Latency",
    "dimensions": [{"name": "Service", "value": "api"}],
}


def _sum(query_id: str, metric_name: str, **more: Any) -> dict[str, Any]:
    return {"id": query_id, "metric_stat": {**LATENCY, "metric_name": metric_name, "statistic": "Sum"}, **more}


def _ids(reply: Reply) -> list[str]:
    return [series["id"] for series in reply.data["series"]]


def _labels(reply: Reply) -> list[str]:
    return [series["label"] for series in reply.data["series"]]


def _values(reply: Reply) -> dict[str, list[Any]]:
    return {series["label"]: series["values"] for series in reply.data["series"]}


def _results(vcr: Replay | Recorder) -> list[dict[str, Any]]:
    """The series of AWS's answer."""
    (answer,) = answers(vcr, "GetMetricData")
    results: list[dict[str, Any]] = answer["MetricDataResults"]
    return results


@pytest.mark.vcr
@pytest.mark.aws
async def test_percentile(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The default window is three hours in about 60 points, and the summary shows the incident."""
    reply = await ask("get_metric_data", **LATENCY, statistic="p99")

    assert reply.data["period"] == 180
    assert len(reply.data["series"][0]["values"]) == 60
    assert reply.data["series"][0]["values"][0] < 500
    assert reply.data["series"][0]["summary"]["max"] > 5000
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_trimmed_mean(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Statistics such as TM(:90%) are sent as CloudWatch spells them."""
    reply = await ask("get_metric_data", **LATENCY, statistic="TM(:90%)", start_time="1h", target_datapoints=4)

    assert len(reply.data["series"][0]["values"]) == 4
    assert reply == snapshot


@pytest.mark.vcr
async def test_shorter_than_the_window(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A series starts at its first point and ends at its last."""
    reply = await ask(
        "get_metric_data",
        namespace="Shop/Batch",
        metric_name="Heartbeat",
        dimensions=[{"name": "Job", "value": "nightly"}],
        statistic="Maximum",
        start_time="7h",
        target_datapoints=14,
    )

    assert reply.data["start"] == "2026-11-20T06:00:00Z"
    assert len(reply.data["series"][0]["values"]) == 2
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_several_metrics(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Several metrics are read in one call, each with its id."""
    reply = await ask(
        "get_metric_data", queries=[_sum("errors", "Errors5xx"), _sum("requests", "Requests")], target_datapoints=6
    )

    assert _ids(reply) == ["errors", "requests"]
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/89f169052bc0.json",
    behaviour="Results that differ by their statistic alone have it in their labels.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_labels_of_statistics(ask: Ask, vcr: Replay | Recorder) -> None:
    queries = [{"id": name.lower(), "metric_stat": {**LATENCY, "statistic": name}} for name in ("Average", "Maximum")]
    await ask("get_metric_data", queries=queries, start_time="1h", target_datapoints=2)

    labels = {result["Id"]: result["Label"] for result in _results(vcr)}
    assert [name for name in ("Average", "Maximum") if name in labels[name.lower()]] == ["Average", "Maximum"]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, CloudWatch statistics definitions",
    behaviour="Trimmed and winsorized means, percentile ranks and percentiles are written TM(10%:90%), WM(80%:), "
    "PR(100:2000) and p99.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_spellings_of_statistics(ask: Ask, vcr: Replay | Recorder) -> None:
    statistics = ("TM(10%:90%)", "WM(80%:)", "PR(100:2000)", "p99")
    queries = [{"id": f"m{i}", "metric_stat": {**LATENCY, "statistic": name}} for i, name in enumerate(statistics)]
    await ask("get_metric_data", queries=queries, start_time="1h", target_datapoints=2)

    assert [bool(result["Values"]) for result in _results(vcr)] == [True] * 4


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, GetMetricData",
    behaviour="GetMetricData returns the newest point first unless ScanBy says otherwise.",
)
@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, GetMetricData",
    behaviour="The end of a GetMetricData window is exclusive.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_order_and_end(ask: Ask, vcr: Replay | Recorder) -> None:
    await ask("get_metric_data", **LATENCY, start_time="2h", end_time="1h", target_datapoints=4)

    (request,) = requests(vcr, "GetMetricData")
    (result,) = _results(vcr)
    assert "ScanBy" not in request
    assert result["Timestamps"] == sorted(result["Timestamps"], reverse=True)
    assert len(result["Timestamps"]) == 4  # the point at the end would be the fifth


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="grafana/grafana pkg/tsdb/cloudwatch/test-data/multiple-outputs.json",
    behaviour="A point that is not a number is dropped; the result has an ArithmeticError message and is PartialData.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_division_by_zero(ask: Ask, vcr: Replay | Recorder) -> None:
    queries = [_sum("errors", "Errors5xx", return_data=False), {"id": "none", "expression": "errors / (errors * 0)"}]
    await ask("get_metric_data", queries=queries, start_time="1h", target_datapoints=2)

    (result,) = _results(vcr)
    assert (result["Values"], result["StatusCode"]) == ([], "PartialData")
    assert [message["Code"] for message in result["Messages"]] == ["ArithmeticError"]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, search-expression-syntax",
    behaviour="SEARCH finds metrics by schema, by exact and partial terms, by designators and with boolean operators.",
)
@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="grafana/grafana#26794",
    behaviour="All series of a SEARCH expression have its id, and their labels need not differ.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_search_terms(ask: Ask, vcr: Replay | Recorder) -> None:
    terms = 'MetricName="GatewayTimeouts" (card OR Gateway="wallet") NOT MetricName="GatewayPoolWaiting"'
    search = f"SEARCH('{{Shop/Payments,Gateway,Service}} {terms}', 'Sum', 600)"
    await ask("get_metric_data", queries=[{"id": "each", "expression": search}], start_time="30m", target_datapoints=3)

    assert [result["Id"] for result in _results(vcr)] == ["each", "each"]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Metrics Insights query components and syntax",
    behaviour="Metrics Insights takes names in double quotes and values in single ones.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_quotes_of_metrics_insights(ask: Ask, vcr: Replay | Recorder) -> None:
    await ask("get_metric_data", **LATENCY, group_by_dimension="Service", start_time="1h", target_datapoints=2)

    (request,) = requests(vcr, "GetMetricData")
    assert "\"Service\" = 'checkout'" in request["MetricDataQueries"][0]["Expression"]
    assert [bool(result["Values"]) for result in _results(vcr)] == [True]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, Metrics Insights query components and syntax",
    behaviour="SCHEMA selects the metrics with exactly the named dimensions.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_schema(ask: Ask, vcr: Replay | Recorder) -> None:
    """Latency also exists with the dimensions Endpoint, Region and Service, which would add samples."""
    window: dict[str, Any] = {"start_time": "1h", "target_datapoints": 2, "statistic": "SampleCount"}
    await ask("get_metric_data", **LATENCY, **window)
    await ask("get_metric_data", **LATENCY, **window, group_by_dimension="Service")

    one, grouped = [answer["MetricDataResults"][0]["Values"] for answer in answers(vcr, "GetMetricData")]
    assert one == grouped


@pytest.mark.vcr
@pytest.mark.aws
async def test_metric_math(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Metric math returns its own series, and its inputs only on request."""
    reply = await ask(
        "get_metric_data",
        start_time="90m",
        target_datapoints=6,
        queries=[
            _sum("errors", "Errors5xx", return_data=False),
            _sum("requests", "Requests", return_data=False),
            {"id": "rate", "expression": "100 * errors / requests", "label": "error rate"},
        ],
    )

    assert _ids(reply) == ["rate"]
    assert _values(reply)["error rate"][0] < 1
    assert _values(reply)["error rate"][-1] > 15
    assert reply == snapshot


@pytest.mark.vcr
async def test_anomaly_band(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An anomaly band is two series with one id and different labels."""
    reply = await ask(
        "get_metric_data",
        start_time="1h",
        target_datapoints=6,
        queries=[_sum("orders", "OrdersPerMinute"), {"id": "band", "expression": "ANOMALY_DETECTION_BAND(orders, 2)"}],
    )

    assert _ids(reply) == ["orders", "band", "band"]
    assert len(set(_labels(reply))) == 3
    assert reply == snapshot


@pytest.mark.vcr
async def test_search(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A search returns one series for each metric it finds."""
    reply = await ask(
        "get_metric_data",
        start_time="30m",
        target_datapoints=3,
        queries=[{"id": "each", "expression": "SEARCH('{Shop/Payments,Gateway,Service} GatewayTimeouts', 'Sum', 600)"}],
    )

    assert len(reply.data["series"]) == 2
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_grouped(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """There is one series for each value of the dimension, which is added to the schema if it is missing there."""
    reply = await ask(
        "get_metric_data",
        namespace="Shop/Payments",
        metric_name="GatewayTimeouts",
        statistic="Sum",
        group_by_dimension="Gateway",
        schema_dimension_keys=["Service"],
        start_time="2h",
        target_datapoints=6,
    )

    assert set(_labels(reply)) == {"card-primary", "wallet"}
    assert reply == snapshot


@pytest.mark.vcr
async def test_grouped_and_ordered(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Only the first series by a statistic are returned."""
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

    assert _labels(reply) == ["catalog", "payments"]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.settings(max_response_chars=2000)
async def test_over_the_budget(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The note says how to get fewer points."""
    reply = await ask("get_metric_data", **LATENCY, start_time="1d", target_datapoints=1440)

    assert reply.notes[-1].endswith("lower target_datapoints, set limit, or narrow the window.")
    assert reply == snapshot


@pytest.mark.vcr
async def test_pages(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Points from several pages are one series for each id and label, oldest first; a gap is null."""
    reply = await ask("get_metric_data", **APP, start_time="5m", target_datapoints=5)

    assert _values(reply) == {"eu": [1, 2, 3], "us": [10, None, 20]}
    assert reply == snapshot


@pytest.mark.vcr
async def test_old_window(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The period of an old window is one that CloudWatch still keeps."""
    reply = await ask("get_metric_data", **APP, start_time="30d", end_time="2026-10-21T13:00:00Z")

    assert reply.data["period"] == 300
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, GetMetricData",
    behaviour="A start 15 days ago needs a period of 300 s or a multiple, one 63 days ago 3,600 s; data is kept for 455"
    " days.",
)
@pytest.mark.vcr
async def test_period_raised(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A period that CloudWatch no longer keeps is raised, and a note says so."""
    reply = await ask(
        "get_metric_data",
        queries=[{"id": "m1", "metric_stat": {**APP, "period": 60}}],
        start_time="100d",
        end_time="2026-08-12T15:00:00Z",
    )

    assert "m1: period 60 s raised to 3600 s; CloudWatch keeps no finer points that far back." in reply.notes
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, CloudWatch Metrics Insights service quotas",
    behaviour="Metrics Insights reads the last two weeks.",
)
@pytest.mark.vcr
async def test_grouped_before_two_weeks(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Metrics Insights reaches two weeks back: a note says that earlier points are missing."""
    reply = await ask(
        "get_metric_data", namespace="App", metric_name="Latency", group_by_dimension="Service", start_time="20d"
    )

    assert "Metrics Insights reads the last 2 weeks only: earlier points are missing." in reply.notes
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_unknown_namespace(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A namespace without metrics is named as the cause."""
    reply = await ask("get_metric_data", namespace="Shop/Chekout", metric_name="Latency")

    assert "Namespace 'Shop/Chekout' has no metrics in us-east-1" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_unknown_metric(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A metric that the namespace does not have is named as the cause, with the nearest name."""
    reply = await ask("get_metric_data", namespace="Shop/Checkout", metric_name="Latencies")

    assert "it has 'Latency'" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_other_dimensions(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If the metric exists with other dimensions only, the note lists some of them."""
    reply = await ask("get_metric_data", namespace="Shop/Checkout", metric_name="Latency")

    assert "does not exist without dimensions; it exists with: " in reply.notes[0]
    assert "Service=checkout" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_no_data_in_the_window(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A metric that exists but has no data in the window is not reported as unknown."""
    reply = await ask("get_metric_data", **LATENCY, start_time="13d", end_time="12d")

    assert "'Latency' exists but has no data in the window" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_grouped_by_another_schema(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If the metric has no such schema, the note lists the schemas it has."""
    reply = await ask("get_metric_data", namespace="Shop/Checkout", metric_name="Latency", group_by_dimension="Nope")

    assert reply.notes[0].endswith("can be one of: 'Endpoint', 'Region', 'Service'; 'Service'.")
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_empty_expression(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """For an expression without data, a note says how to find the cause."""
    reply = await ask(
        "get_metric_data",
        queries=[
            {"id": "a", "metric_stat": {"namespace": "Shop/Checkout", "metric_name": "Nothing"}, "return_data": False},
            {"id": "b", "expression": "a * 2"},
        ],
    )

    assert reply.notes == ["b: the expression gave no data; return the data of its inputs to see which is empty."]
    assert reply == snapshot


@pytest.mark.vcr
async def test_cause_unknown(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If metrics cannot be listed, the cause stays open, and the note names the IAM action to allow."""
    reply = await ask("get_metric_data", **APP)

    assert "cloudwatch:ListMetrics" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
async def test_messages(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """AWS's messages about the request and about a series are notes."""
    reply = await ask("get_metric_data", **APP)

    assert reply.notes[0] == "MaxMetricsExceeded: Maximum number of allowed metrics exceeded"
    assert reply.notes[1].startswith("'Latency' is Forbidden: Access denied when getting data - please check")
    assert reply == snapshot


@pytest.mark.vcr
async def test_invalid_expression(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An invalid expression is an error with AWS's reason."""
    reply = await ask("get_metric_data", queries=[{"id": "rate", "expression": "errors / requests"}])

    assert "Error in expression 'rate'" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_access_denied(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The error names the IAM action to allow."""
    reply = await ask("get_metric_data", **APP)

    assert "cloudwatch:GetMetricData" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_internal_fault(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An internal error of AWS is reported as AWS's own, after retries."""
    reply = await ask("get_metric_data", **APP)

    assert "This is AWS's fault: call again in a moment." in reply.error
    assert reply == snapshot
