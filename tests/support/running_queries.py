"""Logs Insights queries that run until they are stopped, on the tests' sandbox."""

from __future__ import annotations

from typing import Any

import boto3

from tests.support.server_process import ServerProcess

# The window starts in the past by any machine's clock, and ends at the sandbox's NOW.
QUERY: dict[str, Any] = {
    "log_group_names": ["/ecs/shop/payments"],
    "start_time": "2020-01-01T00:00:00Z",
    "end_time": "2026-11-20T12:00:00Z",
    "max_timeout": 600,
}


def begin_query(process: ServerProcess, query: str) -> int:
    """Start a query and wait until its progress is reported; the result is the request's id."""
    request_id = process.begin_call("execute_log_insights_query", query_string=query, **QUERY)
    process.wait_for(lambda message: message.get("method") == "notifications/progress")
    return request_id


def cancelled_queries(endpoint: str) -> list[str]:
    """The texts of the queries that were stopped."""
    client = boto3.Session(region_name="us-east-1").client("logs", endpoint_url=endpoint)
    return [query["queryString"] for query in client.describe_queries(status="Cancelled")["queries"]]
