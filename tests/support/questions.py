"""The questions that scripts ask of the server on the sandbox's incident: each of the ten tools, at least once.

`tests.support.full_sandbox` adds the log groups, alarms and usage that some answers hold.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

Data = dict[str, Any]
Holds = Callable[[Data], bool]

PAYMENTS = "/ecs/shop/payments"
ROWS = "fields @timestamp, @message | sort @timestamp desc | limit 50"
COMPLETE, RUNNING = "the id of a complete query", "the id of a running query"
_LATENCY = {"namespace": "Shop/Checkout", "metric_name": "Latency", "statistic": "p99"}


@dataclass(frozen=True)
class Question:
    """A tool call, and what its answer must hold for it to be the answer to `about`.

    A `query_id` of COMPLETE or RUNNING stands for a query of ROWS that the caller has started.
    """

    about: str
    tool: str
    arguments: Data
    holds: Holds
    fails: bool = False

    @property
    def query(self) -> str | None:
        """COMPLETE, RUNNING, or None when no query has to be started before."""
        query: str | None = self.arguments.get("query_id")
        return query

    def at(self, now: datetime) -> Question:
        """The same with start and end as times, and the log group by its ARN, as other servers ask for them."""
        arguments = dict(self.arguments)
        if start := arguments.get("start_time"):
            since = now - timedelta(hours=int(start.removesuffix("h")))
            arguments |= {"start_time": since.isoformat(), "end_time": now.isoformat()}
        if group := arguments.get("log_group_arn"):
            arguments["log_group_arn"] = f"arn:aws:logs:us-east-1:123456789012:log-group:{group}"
        return Question(self.about, self.tool, arguments, self.holds, self.fails)


def _rows(table: str, count: int) -> Holds:
    return lambda data: len(data[table]["rows"]) == count


def _series(count: int) -> Holds:
    return lambda data: len(data.get("series", [])) == count


def _query(text: str, start_time: str, log_group: str = PAYMENTS) -> Data:
    return {"query_string": text, "start_time": start_time, "log_group_names": [log_group]}


def _service(name: str) -> Data:
    return {"dimensions": [{"name": "Service", "value": name}]}


QUESTIONS = (
    Question("50 active alarms", "get_active_alarms", {}, lambda data: sum(data["counts"].values()) == 50),
    Question(
        "24 h of a flapping alarm's history",
        "get_alarm_history",
        {"alarm_name": "shop-batch-host-cpu", "start_time": "24h"},
        lambda data: "flapping" in data,
    ),
    Question(
        "A composite alarm's history, with its children",
        "get_alarm_history",
        {"alarm_name": "shop-checkout-degraded", "include_component_alarms": True, "start_time": "24h"},
        _rows("components", 5),
    ),
    Question("50 log groups", "describe_log_groups", {"max_items": 50}, _rows("log_groups", 50)),
    Question(
        "A log group with anomalies and patterns",
        "analyze_log_group",
        {"log_group_arn": PAYMENTS, "start_time": "1h"},
        lambda data: {"anomalies", "top_patterns", "error_patterns"} <= data.keys(),
    ),
    Question("50 rows of JSON logs", "execute_log_insights_query", _query(ROWS, "1h"), _rows("results", 50)),
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
        "The results of a complete query",
        "get_logs_insight_query_results",
        {"query_id": COMPLETE},
        _rows("results", 50),
    ),
    Question(
        "A query cancelled",
        "cancel_logs_insight_query",
        {"query_id": RUNNING},
        lambda data: data["success"] is True,
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
            "start_time": "3h",
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
ONE_PER_TOOL = tuple(
    question for number, question in enumerate(QUESTIONS) if question.tool not in {q.tool for q in QUESTIONS[:number]}
)


def arguments_of(question: Question, logs: Any, now: datetime) -> Data:
    """A question's arguments; the query that it is about, if any, is started with a boto3 client.

    A COMPLETE one has ended: the sandbox counts a query's polls, not its time.
    """
    if question.query is None:
        return question.arguments
    end = int(now.timestamp())
    query = logs.start_query(logGroupName=PAYMENTS, queryString=ROWS, startTime=end - 3600, endTime=end)
    while question.query == COMPLETE and logs.get_query_results(queryId=query["queryId"])["status"] != "Complete":
        pass
    return {**question.arguments, "query_id": query["queryId"]}
