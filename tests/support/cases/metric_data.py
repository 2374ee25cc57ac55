"""Metrics over time: one, several, grouped, computed and old."""

from __future__ import annotations

from typing import Any

from tests.support.asking import Reply
from tests.support.cases.case import Case

SERVICE = [{"name": "Service", "value": "checkout"}]
LATENCY: dict[str, Any] = {"namespace": "Shop/Checkout", "metric_name": "Latency", "dimensions": SERVICE}
_TIMEOUTS = {"namespace": "Shop/Payments", "metric_name": "GatewayTimeouts", "statistic": "Sum"}
APP: dict[str, Any] = {
    "namespace": "App",
    "metric_name": "Latency",
    "dimensions": [{"name": "Service", "value": "api"}],
}


def _stat(query_id: str, metric_name: str, **more: Any) -> dict[str, Any]:
    metric = {**LATENCY, "metric_name": metric_name, "statistic": "Sum"}
    return {"id": query_id, "metric_stat": metric, **more}


def _labels(reply: Reply) -> list[str]:
    return [series["label"] for series in reply.data.get("series", [])]


def _values(reply: Reply) -> dict[str, list[float | None]]:
    return {series["label"]: series["values"] for series in reply.data["series"]}


CASES = (
    Case(
        name="get_metric_data/percentile",
        arguments={**LATENCY, "statistic": "p99"},
        target="aws",
        says="The default window is three hours, in about 60 points, and the summary tells of the incident.",
        holds=lambda reply: (
            reply.data["period"] == 180
            and len(reply.data["series"][0]["values"]) == 60
            and reply.data["series"][0]["values"][0] < 500
            and reply.data["series"][0]["summary"]["max"] > 5_000
        ),
    ),
    Case(
        name="get_metric_data/trimmed_mean",
        arguments={**LATENCY, "statistic": "TM(:90%)", "start_time": "1h", "target_datapoints": 4},
        target="aws",
        says="Statistics other than the five basic ones and percentiles are sent as CloudWatch spells them.",
        holds=lambda reply: len(reply.data["series"][0]["values"]) == 4,
    ),
    Case(
        name="get_metric_data/shorter_than_the_window",
        arguments={
            "namespace": "Shop/Batch",
            "metric_name": "Heartbeat",
            "dimensions": [{"name": "Job", "value": "nightly"}],
            "statistic": "Maximum",
            "start_time": "7h",
            "target_datapoints": 14,
        },
        target="aws",
        says="A series begins at its first point and ends at its last, whatever the window.",
        holds=lambda reply: (
            reply.data["start"] == "2026-11-20T06:00:00Z" and len(reply.data["series"][0]["values"]) == 2
        ),
    ),
    Case(
        name="get_metric_data/several_metrics",
        arguments={"queries": [_stat("errors", "Errors5xx"), _stat("requests", "Requests")], "target_datapoints": 6},
        target="aws",
        says="Several metrics come in one call, each with its id.",
        holds=lambda reply: [series["id"] for series in reply.data["series"]] == ["errors", "requests"],
    ),
    Case(
        name="get_metric_data/metric_math",
        arguments={
            "start_time": "90m",
            "target_datapoints": 6,
            "queries": [
                _stat("errors", "Errors5xx", return_data=False),
                _stat("requests", "Requests", return_data=False),
                {"id": "rate", "expression": "100 * errors / requests", "label": "error rate"},
            ],
        },
        target="aws",
        says="Metric math gives its own series, and its inputs only when asked for.",
        holds=lambda reply: (
            (reply.data["series"][0]["id"], _labels(reply)) == ("rate", ["error rate"])
            and reply.data["series"][0]["values"][0] < 1
            and reply.data["series"][0]["values"][-1] > 15
        ),
    ),
    Case(
        name="get_metric_data/anomaly_band",
        arguments={
            "start_time": "1h",
            "target_datapoints": 6,
            "queries": [
                _stat("orders", "OrdersPerMinute"),
                {"id": "band", "expression": "ANOMALY_DETECTION_BAND(orders, 2)"},
            ],
        },
        target="sandbox",
        says="An anomaly band is two series of one id, each with its label.",
        holds=lambda reply: (
            [series["id"] for series in reply.data["series"]] == ["orders", "band", "band"]
            and len(set(_labels(reply))) == 3
        ),
    ),
    Case(
        name="get_metric_data/search",
        arguments={
            "start_time": "30m",
            "target_datapoints": 3,
            "queries": [
                {
                    "id": "each",
                    "expression": "SEARCH('{Shop/Payments,Gateway,Service} GatewayTimeouts', 'Sum', 600)",
                }
            ],
        },
        target="authored",
        says="A search gives a series for each metric it finds.",
        holds=lambda reply: len(reply.data["series"]) == 2,
    ),
    Case(
        name="get_metric_data/grouped",
        arguments={
            **_TIMEOUTS,
            "group_by_dimension": "Gateway",
            "schema_dimension_keys": ["Service"],
            "start_time": "2h",
            "target_datapoints": 6,
        },
        target="aws",
        says="One series for each value of a dimension, which is added to the schema where it was left out.",
        holds=lambda reply: set(_labels(reply)) == {"card-primary", "wallet"},
    ),
    Case(
        name="get_metric_data/grouped_and_ordered",
        arguments={
            "namespace": "ECS/ContainerInsights",
            "metric_name": "CpuUtilized",
            "group_by_dimension": "ServiceName",
            "schema_dimension_keys": ["ClusterName"],
            "order_by_statistic": "MAX",
            "limit": 2,
            "target_datapoints": 6,
        },
        target="sandbox",
        says="The first series by a statistic, and no others.",
        holds=lambda reply: _labels(reply) == ["catalog", "payments"],
    ),
    Case(
        name="get_metric_data/over_the_budget",
        arguments={**LATENCY, "start_time": "1d", "target_datapoints": 1440},
        settings={"max_response_chars": 2_000},
        target="aws",
        says="An answer over the budget says so, and how to ask for less.",
        holds=lambda reply: len(reply.text) <= 2_000 and "target_datapoints" in reply.notes[-1],
    ),
    Case(
        name="get_metric_data/pages",
        arguments={**APP, "start_time": "5m", "target_datapoints": 5},
        target="authored",
        says="Pages are one series for each id and label, oldest point first; a gap is null.",
        holds=lambda reply: _values(reply) == {"eu": [1, 2, 3], "us": [10, None, 20]},
    ),
    Case(
        name="get_metric_data/old_window",
        arguments={**APP, "start_time": "30d", "end_time": "2026-10-21T13:00:00Z"},
        target="authored",
        says="An old window is asked for in a period that is still kept.",
        holds=lambda reply: reply.data["period"] == 300,
    ),
    Case(
        name="get_metric_data/period_raised",
        arguments={
            "queries": [{"id": "m1", "metric_stat": {**APP, "period": 60}}],
            "start_time": "100d",
            "end_time": "2026-08-12T15:00:00Z",
        },
        target="authored",
        says="A period that is no longer kept is raised, and a note says so.",
        holds=lambda reply: (
            "m1: period 60 s raised to 3600 s; CloudWatch keeps no finer points that far back." in reply.notes
        ),
    ),
    Case(
        name="get_metric_data/grouped_before_two_weeks",
        arguments={"namespace": "App", "metric_name": "Latency", "group_by_dimension": "Service", "start_time": "20d"},
        target="authored",
        says="Metrics Insights reaches two weeks back: that earlier points are missing is noted.",
        holds=lambda reply: "Metrics Insights reads the last 2 weeks only: earlier points are missing." in reply.notes,
    ),
    Case(
        name="get_metric_data/invalid_expression",
        arguments={"queries": [{"id": "rate", "expression": "errors / requests"}]},
        target="authored",
        fails=True,
        says="An expression that AWS does not accept is an error with AWS's reason.",
        holds=lambda reply: "Error in expression 'rate'" in reply.error,
    ),
    Case(
        name="get_metric_data/unknown_statistic",
        arguments={**LATENCY, "statistic": "median"},
        target="none",
        fails=True,
        says="A statistic that CloudWatch does not have is refused, with those it has.",
        holds=lambda reply: "statistic: 'median' is not one of Average" in reply.error,
    ),
)
