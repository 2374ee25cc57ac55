"""Calls to which AWS does not respond: the server goes on without them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.to_thread
import pytest
from mcp import Client

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.endpoint import Endpoint, Request, Response

pytestmark = pytest.mark.anyio

SLOTS = 32
TOOL = "get_logs_insight_query_results"
NO_ROWS = Response(b'{"status": "Complete", "results": [], "statistics": {}}')


def respond_in_us_east_1(request: Request) -> Response | None:
    return NO_ROWS if request.region == "us-east-1" else None


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """Responds to requests in us-east-1 only."""
    with Endpoint(respond_in_us_east_1) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        yield endpoint


@asynccontextmanager
async def hanging_calls(endpoint: Endpoint, environment: dict[str, str], count: int) -> AsyncIterator[Client]:
    """A client with so many calls that hang."""
    server = build_server(Settings(), {**environment, "AWS_ENDPOINT_URL": endpoint.url})
    async with Client(server, mode="legacy") as client, anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(client.call_tool, TOOL, {"query_id": "one", "region": "lab-hanging-1"})
        for _ in range(min(count, SLOTS)):
            await anyio.to_thread.run_sync(endpoint.wait_for, "GetQueryResults")
        yield client
        group.cancel_scope.cancel()


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("get_recommended_metric_alarms", {"namespace": "AWS/Lambda", "metric_name": "Errors"}),
        (TOOL, {"query_id": "one"}),
    ],
    ids=["without AWS", "in another Region"],
)
async def test_other_calls_are_answered_while_50_calls_hang(
    endpoint: Endpoint, environment: dict[str, str], tool: str, arguments: dict[str, Any]
) -> None:
    async with hanging_calls(endpoint, environment, 50) as client:
        await client.session.send_ping()
        assert len((await client.list_tools()).tools) == 10
        assert not (await client.call_tool(tool, arguments)).is_error
