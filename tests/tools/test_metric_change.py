"""get_metric_data tells change: baselines, onset, movers of a namespace, percentiles by group."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.aws.sending import Sender
from cloudwatch_mcp.errors import AwsError
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from tests.support.asking import Connected, Reply, asking
from tests.support.frozen_time import NOW

pytestmark = pytest.mark.anyio

PAYMENTS = {"namespace": "Shop/Payments", "start_time": "3h"}
QUEUE = {**PAYMENTS, "metric_name": "RetryQueueDepth", "dimensions": [{"name": "Service", "value": "payments"}]}
LATENCY = {**PAYMENTS, "metric_name": "AuthorizationLatency", "group_by_dimension": "Region"}


class Metrics:
    """An AWS with metrics of constant values: one value in the last hour, another one before."""

    def __init__(self, levels: Mapping[str, tuple[float | None, float | None]]) -> None:
        self.levels = levels
        self.requests: list[tuple[str, Mapping[str, Any]]] = []

    async def send(self, _: Aws, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        self.requests.append((operation, parameters))
        if operation == "ListMetrics":
            dimensions = [{"Name": "Host", "Value": "a"}]
            return {"Metrics": [{"MetricName": name, "Dimensions": dimensions} for name in self.levels]}
        start: datetime = parameters["StartTime"]
        results = [self._result(query, start) for query in parameters["MetricDataQueries"]]
        return {"MetricDataResults": results}

    def _result(self, query: Mapping[str, Any], start: datetime) -> dict[str, Any]:
        name, period = query["MetricStat"]["Metric"]["MetricName"], query["MetricStat"]["Period"]
        level = self.levels[name][0 if start >= NOW - timedelta(hours=1) else 1]
        times = [start + timedelta(seconds=period * place) for place in range(12)] if level is not None else []
        values = [level + place % 2 if level else 0.0 for place, _ in enumerate(times)]
        return {"Id": query["Id"], "Label": name, "Timestamps": times, "Values": values, "StatusCode": "Complete"}


class WithoutBaseline(Metrics):
    """The earlier window cannot be read."""

    async def send(self, aws: Aws, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "GetMetricData" and parameters["StartTime"] < NOW - timedelta(hours=1):
            raise AwsError("GetMetricData failed.", code="Throttling", operation=operation)
        return await super().send(aws, operation, parameters)


async def ask(server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch, metrics: Metrics, **arguments: Any) -> Reply:
    async def send(_: Sender, aws: Aws, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return await metrics.send(aws, operation, parameters)

    monkeypatch.setattr(Sender, "send", send)
    async with asking(server) as ask_tool:
        return await ask_tool("get_metric_data", namespace="Shop", start_time="1h", target_datapoints=12, **arguments)


async def test_a_series_has_its_baseline_change_and_onset(connected: Connected) -> None:
    async with connected() as ask_tool:
        reply = await ask_tool("get_metric_data", **QUEUE, compare_to="3h")
    (series,) = reply.data["series"]
    assert series["baseline"] == {"avg": 8.94444, "min": 6.66667, "max": 11}
    assert series["change"].startswith("×4")
    assert series["summary"]["onset"]["at"] == "2026-11-20T11:15:00Z"
    assert series["summary"]["onset"]["before"] == 9
    assert "Baseline: 2026-11-20T06:00:00Z to 2026-11-20T09:00:00Z." in reply.notes


async def test_an_onset_needs_no_baseline(connected: Connected) -> None:
    async with connected() as ask_tool:
        reply = await ask_tool("get_metric_data", **QUEUE)
    (series,) = reply.data["series"]
    assert series["summary"]["onset"]["at"] == "2026-11-20T11:15:00Z"
    assert "baseline" not in series
    assert "change" not in series


async def test_a_baseline_without_data_is_noted(connected: Connected) -> None:
    async with connected() as ask_tool:
        reply = await ask_tool("get_metric_data", **QUEUE, compare_to="30d")
    assert any(note.startswith("The baseline, ") and note.endswith("has no data.") for note in reply.notes)
    assert reply.data["series"]


async def test_a_baseline_that_cannot_be_read_costs_only_itself(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await ask(server, monkeypatch, WithoutBaseline({"Orders": (5, 5)}), metric_name="Orders", compare_to="1d")
    assert len(reply.data["series"]) == 1
    assert "There is no baseline: GetMetricData failed." in reply.notes


async def test_without_a_baseline_no_metric_is_called_new_and_ten_are_shown(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    reply = await ask(server, monkeypatch, WithoutBaseline({f"Metric{number}": (5, 5) for number in range(15)}))
    assert len(reply.rows("movers")) == 10
    assert "change" not in reply.rows("movers")[0]
    assert "There is no baseline: GetMetricData failed." in reply.notes
    assert "The first 10 of 15 series are shown." in reply.notes


async def test_movers_sorted_by_value_are_limited_too(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics({f"Metric{number}": (float(number), 5) for number in range(1, 16)})
    reply = await ask(server, monkeypatch, metrics, sort_order="ASC", limit=2)
    assert [row["metric"] for row in reply.rows("movers")] == ["Metric1", "Metric2"]


async def test_the_period_of_a_query_is_retained_in_the_earlier_window_too(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send(_: Sender, aws: Aws, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return await metrics.send(aws, operation, parameters)

    metrics = Metrics({"Orders": (5, 5)})
    monkeypatch.setattr(Sender, "send", send)
    stat = {"namespace": "Shop", "metric_name": "Orders", "period": 60}
    async with asking(server) as ask_tool:
        reply = await ask_tool(
            "get_metric_data", queries=[{"id": "a", "metric_stat": stat}], start_time="1h", compare_to="30d"
        )
    assert any("period 60 s raised to 300 s" in note for note in reply.notes)


async def test_a_change_from_zero_is_a_difference(server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    reply = await ask(server, monkeypatch, Metrics({"Orders": (5, 0)}), metric_name="Orders", compare_to="1h")
    assert reply.data["series"][0]["change"] == "+5.5"


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, GetMetricData",
    behaviour="A start 15 days ago needs a period of 300 s or a multiple, one 63 days ago 3,600 s; data is kept for 455"
    " days.",
)
async def test_both_windows_have_one_period_that_is_retained_in_both(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics({"Orders": (5, 5)})
    reply = await ask(server, monkeypatch, metrics, metric_name="Orders", compare_to="30d")
    periods = {parameters["MetricDataQueries"][0]["MetricStat"]["Period"] for _, parameters in metrics.requests}
    assert periods == {reply.data["period"]} == {300}


async def test_the_metrics_of_a_namespace_that_moved_most_come_first(connected: Connected) -> None:
    async with connected() as ask_tool:
        reply = await ask_tool("get_metric_data", **PAYMENTS, limit=3)
    rows = reply.rows("movers")
    assert [row["metric"] for row in rows] == ["GatewayPoolWaiting", "GatewayTimeouts", "RetryQueueDepth"]
    assert [row["onset"] for row in rows] == ["2026-11-20T11:06:00Z"] * 2 + ["2026-11-20T11:15:00Z"]
    assert "9 of 12 series moved by more than their noise; the first 3 are shown." in reply.notes


async def test_a_metric_that_appeared_or_disappeared_is_new_or_gone(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics({"Old": (None, 7), "New": (7, None), "Same": (7, 7), "Never": (None, None)})
    reply = await ask(server, monkeypatch, metrics)
    changes = {row["metric"]: row["change"] for row in reply.rows("movers")}
    assert changes == {"Old": "gone", "New": "new", "Same": "×1"}


async def test_a_metric_of_the_namespace_has_its_usual_statistic(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics({"RequestCount": (7, 7), "Latency": (7, 7)})
    rows = (await ask(server, monkeypatch, metrics)).rows("movers")
    assert {row["metric"]: row["statistic"] for row in rows} == {"RequestCount": "Sum", "Latency": "Average"}


async def test_500_metrics_of_a_larger_namespace_are_read_at_a_stated_price(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics({f"Metric{number}": (float(number % 7 + 1), 3.0) for number in range(5_000)})
    reply = await ask(server, monkeypatch, metrics)
    requested = [parameters["MetricDataQueries"] for operation, parameters in metrics.requests if operation[0] == "G"]
    assert [len(queries) for queries in requested] == [500, 500]
    assert "More than 500 metrics match: only the first 500 are read." in reply.notes[0]
    assert "500 metrics were read in two windows; AWS charges about $0.0100." in reply.notes
    assert len(reply.rows("movers")) == 10


async def test_dimensions_filter_the_metrics_of_a_namespace(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics({"Orders": (5, 5)})
    await ask(server, monkeypatch, metrics, dimensions=[{"name": "Host", "value": "a"}])
    operation, parameters = metrics.requests[0]
    assert operation == "ListMetrics"
    assert parameters["Dimensions"] == [{"Name": "Host", "Value": "a"}]


async def test_an_unknown_namespace_is_an_error_that_says_what_to_call(connected: Connected) -> None:
    async with connected() as ask_tool:
        error = (await ask_tool("get_metric_data", namespace="Shop/Nothing")).error
    assert "'Shop/Nothing' has no matching metrics" in error
    assert "get_metric_metadata without arguments lists the namespaces" in error


async def test_a_percentile_by_group_is_read_group_by_group(connected: Connected) -> None:
    async with connected() as ask_tool:
        reply = await ask_tool("get_metric_data", **LATENCY, statistic="p99", sort_order="ASC")
    averages = [series["summary"]["avg"] for series in reply.data["series"]]
    assert sorted(series["label"] for series in reply.data["series"]) == ["ap", "eu", "us"]
    assert averages == sorted(averages)


async def test_a_group_that_no_metric_has_is_an_error(connected: Connected) -> None:
    async with connected() as ask_tool:
        error = (await ask_tool("get_metric_data", **{**LATENCY, "group_by_dimension": "Zone"}, statistic="p99")).error
    assert "No 'AuthorizationLatency' in 'Shop/Payments' has the dimension 'Zone'" in error


async def test_compared_groups_are_ordered_by_change(connected: Connected) -> None:
    arguments = {**PAYMENTS, "metric_name": "GatewayTimeouts", "group_by_dimension": "Gateway"}
    async with connected() as ask_tool:
        reply = await ask_tool(
            "get_metric_data", **arguments, schema_dimension_keys=["Gateway", "Service"], compare_to="3h", limit=1
        )
    assert [series["label"] for series in reply.data["series"]] == ["card-primary"]
    assert "1 of 2 series moved by more than their noise; the first 1 are shown." in reply.notes


async def test_66_minutes_and_some_seconds_in_66_points_are_minutes(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = Metrics({"Orders": (5, 5)})

    async def send(_: Sender, aws: Aws, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        return await metrics.send(aws, operation, parameters)

    monkeypatch.setattr(Sender, "send", send)
    async with asking(server) as ask_tool:
        window = {"start_time": "2026-11-20T10:50:00Z", "end_time": "2026-11-20T11:56:21Z"}
        reply = await ask_tool(
            "get_metric_data", namespace="Shop", metric_name="Orders", target_datapoints=66, **window
        )
    assert reply.data["period"] == 60
