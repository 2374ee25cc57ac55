"""The questions that scripts/tokens asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Data = dict[str, Any]
Holds = Callable[[Data], bool]

_PAYMENTS = "/ecs/shop/payments"
_LATENCY = {"namespace": "Shop/Checkout", "metric_name": "Latency", "statistic": "p99"}


@dataclass(frozen=True)
class Question:
    """A tool call, and what its answer must hold for its count to be that of what `about` says."""

    about: str
    tool: str
    arguments: Data
    holds: Holds
    fails: bool = False


def _rows(table: str, count: int) -> Holds:
    return lambda data: len(data[table]["rows"]) == count


def _series(count: int) -> Holds:
    return lambda data: len(data.get("series", [])) == count


def _query(text: str, start_time: str, log_group: str = _PAYMENTS) -> Data:
    return {"query_string": text, "start_time": start_time, "log_group_names": [log_group]}


def _service(name: str) -> Data:
    return {"dimensions": [{"name": "Service", "value": name}]}


QUESTIONS = (
    Question("50 active alarms", "get_active_alarms", {}, lambda data: sum(data["counts"].values()) == 50),
    Question(
        "24 h of a flapping alarm's history",
        "get_alarm_history",
        {"alarm_name": "shop-batch-host-cpu"},
        lambda data: "flapping" in data,
    ),
    Question(
        "A composite alarm's history, with its children",
        "get_alarm_history",
        {"alarm_name": "shop-checkout-degraded", "include_component_alarms": True},
        _rows("components", 5),
    ),
    Question("50 log groups", "describe_log_groups", {}, _rows("log_groups", 50)),
    Question(
        "A log group with anomalies and patterns",
        "analyze_log_group",
        {"log_group_arn": _PAYMENTS},
        lambda data: {"anomalies", "top_patterns", "error_patterns"} <= data.keys(),
    ),
    Question(
        "50 rows of JSON logs",
        "execute_log_insights_query",
        _query("fields @timestamp, @message | sort @timestamp desc | limit 50", "1h"),
        _rows("results", 50),
    ),
    Question(
        "24 hourly rows of stats",
        "execute_log_insights_query",
        _query("stats count(*) as events, avg(duration_ms) as avg_ms by bin(1h) as hour | sort hour", "24h"),
        _rows("results", 24),
    ),
    Question(
        "A query that nothing matches",
        "execute_log_insights_query",
        _query('filter level = "FATAL"', "1h"),
        lambda data: "results" not in data,
    ),
    Question(
        "A query of a misspelt log group",
        "execute_log_insights_query",
        _query("fields @message", "1h", "/ecs/shop/payment"),
        lambda data: not data,
        fails=True,
    ),
    Question(
        "One day of one metric",
        "get_metric_data",
        {**_LATENCY, **_service("checkout"), "start_time": "24h"},
        _series(1),
    ),
    Question(
        "Five series by group",
        "get_metric_data",
        {
            "namespace": "ECS/ContainerInsights",
            "metric_name": "CpuUtilized",
            "group_by_dimension": "ServiceName",
            "schema_dimension_keys": ["ClusterName", "ServiceName"],
            "limit": 5,
        },
        _series(5),
    ),
    Question("A metric of a misspelt dimension", "get_metric_data", {**_LATENCY, **_service("chekout")}, _series(0)),
    Question(
        "What a metric means",
        "get_metric_metadata",
        {"namespace": "AWS/Lambda", "metric_name": "Errors"},
        lambda data: bool(data["found"]),
    ),
    Question(
        "The alarms recommended for a metric",
        "get_recommended_metric_alarms",
        {"namespace": "AWS/ECS", "metric_name": "CPUUtilization"},
        lambda data: bool(data["recommendations"]),
    ),
)
