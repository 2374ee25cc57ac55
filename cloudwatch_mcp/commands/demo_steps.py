"""The demo's investigation: its questions, the calls that answer them, and what a person sees of the answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Data = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """A question and the call that answers it.

    Attributes:
        arguments: of the call; they can depend on the answers so far.
        holds: whether the answer is right.
        members: the members of the answer to show, with the columns of those that are tables.
    """

    question: str
    tool: str
    arguments: Data | Callable[[list[Data]], Data]
    holds: Callable[[Data], bool]
    members: Mapping[str, Sequence[str]]


def _contains(member: str, text: str) -> Callable[[Data], bool]:
    return lambda answer: text in json.dumps(answer.get(member, {}))


def _is_running(answer: Data) -> bool:
    return answer["status"] in ("Scheduled", "Running")


def _last_query(answers: list[Data]) -> Data:
    return {"query_id": answers[-1].get("query_id", "")}


_PAYMENTS = "/ecs/shop/payments"
SLOW_QUERY = {
    "query_string": "stats count(*) by bin(1m), level",
    "start_time": "24h",
    "log_group_names": [_PAYMENTS],
    "max_timeout": 1,
}
INVESTIGATION = (
    Step(
        "I was paged. Which alarms are firing?",
        "get_active_alarms",
        {},
        _contains("composite_alarms", "shop-checkout-degraded"),
        {"composite_alarms": ("name", "since", "triggered_by"), "metric_alarms": ("name", "since", "condition")},
    ),
    Step(
        "What moved in payments, against the hours before, and since when?",
        "get_metric_data",
        {"namespace": "Shop/Payments", "start_time": "3h"},
        _contains("movers", "GatewayPoolWaiting"),
        {"movers": ("metric", "dimensions", "before", "avg", "change", "onset")},
    ),
    Step(
        "What stands out in the logs of the payments service?",
        "analyze_log_group",
        {"log_group_arn": _PAYMENTS, "start_time": "1h"},
        _contains("top_patterns", "card gateway call timed out"),
        {
            "anomalies": ("priority", "description", "occurrences"),
            "differs": ("field", "condition", "in_question", "elsewhere"),
            "top_patterns": ("count", "before", "severity", "sample.msg"),
        },
    ),
    Step(
        "The pool of gateway connections is exhausted. What was deployed, and how large was the pool?",
        "execute_log_insights_query",
        {
            "query_string": "fields @timestamp, service, version, change, config.gateway.pool_max "
            '| filter msg = "deployment started" or msg like /^payments .* starting/',
            "start_time": "24h",
            "log_group_names": ["/shop/deployments", _PAYMENTS],
        },
        _contains("results", "2.15.0"),
        {"results": ("@timestamp", "service", "version", "config.gateway.pool_max", "change")},
    ),
)
"""The steps that establish the cause."""

STEPS = (
    *INVESTIGATION,
    Step(
        "The cause: payments 2.15.0 cut the pool from 64 to 8. When did the checkout alarm go off, and why?",
        "get_alarm_history",
        {"alarm_name": "shop-checkout-degraded", "include_component_alarms": True},
        _contains("components", "shop-payments-gateway-timeouts"),
        {"transitions": ("time", "from", "to"), "components": ("name", "state", "since", "watches")},
    ),
    Step(
        "How bad is it for customers? Show the slowest 1% of checkouts.",
        "get_metric_data",
        {
            "namespace": "Shop/Checkout",
            "metric_name": "Latency",
            "dimensions": [{"name": "Service", "value": "checkout"}],
            "statistic": "p99",
            "target_datapoints": 30,
        },
        lambda answer: answer["series"][0]["summary"]["max"] > 5_000,
        {"series": ()},
    ),
    Step(
        "Which log groups are there?",
        "describe_log_groups",
        {"log_group_name_prefix": "/"},
        _contains("log_groups", _PAYMENTS),
        {"log_groups": ("name", "retention_days", "stored_bytes"), "saved_queries": ("name", "query")},
    ),
    Step(
        "What does CpuUtilized mean for these containers?",
        "get_metric_metadata",
        {"namespace": "ECS/ContainerInsights", "metric_name": "CpuUtilized"},
        lambda answer: bool(answer["found"]),
        {"description": (), "unit": (), "statistics": (), "dimensions": ()},
    ),
    Step(
        "Which CPU alarm does AWS recommend for them?",
        "get_recommended_metric_alarms",
        {"namespace": "AWS/ECS", "metric_name": "CPUUtilization"},
        lambda answer: bool(answer["recommendations"]),
        {"recommendations": ("statistic", "comparison", "threshold", "period", "evaluation_periods")},
    ),
    Step(
        "How many events per minute and level were there? (A slow query, of which the server waits for one second.)",
        "execute_log_insights_query",
        SLOW_QUERY,
        _is_running,
        {"status": (), "scanned": (), "results": ("bin(1m)", "level", "count(*)")},
    ),
    Step(
        "Has it finished?",
        "get_logs_insight_query_results",
        _last_query,
        _is_running,
        {"status": (), "scanned": ()},
    ),
    Step(
        "Then stop it, as it costs money.",
        "cancel_logs_insight_query",
        _last_query,
        lambda answer: answer["success"] is True,
        {"success": ()},
    ),
)
