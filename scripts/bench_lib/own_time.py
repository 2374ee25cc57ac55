"""What the server adds to a call that is alone: usually, and the first time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from statistics import median
from time import sleep
from typing import Any

import boto3
from botocore.config import Config

from bench_lib.endpoint import Endpoint
from bench_lib.figures import Figure
from bench_lib.front import waited_for_aws
from bench_lib.start import OURS
from bench_lib.stdio_server import StdioServer

_NOW = datetime.now(timezone.utc).replace(microsecond=0)
_HOUR = {"start_time": (_NOW - timedelta(hours=1)).isoformat(), "end_time": _NOW.isoformat()}
_PAYMENTS = "/ecs/shop/payments"
_ROWS = "fields @timestamp, @message | sort @timestamp desc"
_METRIC = {
    "namespace": "Shop/Checkout",
    "metric_name": "Latency",
    "dimensions": [{"name": "Service", "value": "checkout"}],
}


def measure(aws: Endpoint, calls: int, starts: int) -> Iterator[Figure]:
    with _warmed_up(aws) as server:
        for tool, arguments in default_calls(aws).items():
            own = [_own_time(server, aws, tool, arguments()) for _ in range(calls + 2)][2:]
            yield Figure(f"`{tool}`, own time", median(own) * 1000, "ms", most=15)
    yield from _first_calls(aws, starts)


@contextmanager
def _warmed_up(aws: Endpoint) -> Iterator[StdioServer]:
    with StdioServer(OURS, aws.environment) as server:
        server.initialize()
        server.request("tools/list")
        sleep(2)
        yield server


def default_calls(aws: Endpoint) -> dict[str, Callable[[], dict[str, Any]]]:
    """For each of the ten tools, what makes the arguments of a call that gives an answer of ordinary size."""
    logs = boto3.client(
        "logs",
        aws.environment["AWS_REGION"],
        endpoint_url=aws.url,
        aws_access_key_id=aws.environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=aws.environment["AWS_SECRET_ACCESS_KEY"],
        config=Config(read_timeout=5, retries={"total_max_attempts": 1}, proxies={}),
    )
    start, end = (int((_NOW - timedelta(hours=hours)).timestamp()) for hours in (1, 0))

    def begun() -> str:
        query = logs.start_query(logGroupName=_PAYMENTS, queryString=_ROWS, startTime=start, endTime=end, limit=100)
        query_id: str = query["queryId"]
        return query_id

    done = begun()
    for _ in range(2):  # the sandbox completes a query at its second poll
        logs.get_query_results(queryId=done)
    return {
        "get_active_alarms": dict,
        "get_alarm_history": lambda: {"alarm_name": "shop-checkout-degraded"},
        "get_metric_data": lambda: _METRIC,
        "get_metric_metadata": lambda: {"namespace": "AWS/EC2", "metric_name": "CPUUtilization"},
        "get_recommended_metric_alarms": lambda: {"namespace": "AWS/ECS", "metric_name": "CPUUtilization"},
        "describe_log_groups": dict,
        "analyze_log_group": lambda: {"log_group_arn": _PAYMENTS},
        "execute_log_insights_query": lambda: {"query_string": _ROWS, "log_group_names": [_PAYMENTS], **_HOUR},
        "get_logs_insight_query_results": lambda: {"query_id": done},
        "cancel_logs_insight_query": lambda: {"query_id": begun()},
    }


def _seconds(server: StdioServer, tool: str, arguments: dict[str, Any]) -> float:
    answer = server.call(tool, arguments)
    if answer.failed:
        raise RuntimeError(f"{tool} failed: {answer.text}")
    return answer.seconds


def _own_time(server: StdioServer, aws: Endpoint, tool: str, arguments: dict[str, Any]) -> float:
    aws.seen()
    return _seconds(server, tool, arguments) - waited_for_aws(aws.seen())


def _first_calls(aws: Endpoint, starts: int) -> Iterator[Figure]:
    cold, warm, later = [], [], []
    for _ in range(starts):
        with StdioServer(OURS, aws.environment) as server:
            server.initialize()
            cold.append(_seconds(server, "get_active_alarms", {}))
        with _warmed_up(aws) as server:
            warm.append(_seconds(server, "get_active_alarms", {}))
            later += [_seconds(server, "get_active_alarms", {}) for _ in range(10)]
    for what, seconds in (("at once after the handshake", cold), ("2 s after tools/list", warm)):
        yield Figure(f"first call, {what}", median(seconds) / median(later), "× a later call", ratio=True)
        yield Figure(f"first call, {what}", median(seconds) * 1000, "ms")
