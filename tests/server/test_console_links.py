"""The links to the console, as a host with MCP Apps gets them; other hosts get none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import pytest
from mcp import Client
from mcp.client.extension import advertise
from mcp.server.apps import APP_MIME_TYPE, EXTENSION_ID
from mcp.types import CallToolResult

from cloudwatch_mcp.server.tool_calls import CONSOLE_LINKS, CloudWatchServer
from tests.support.console_links import ConsoleLink, read_link
from tests.support.frozen_time import NOW
from tests.support.stubbed_server import StubbedServer

pytestmark = pytest.mark.anyio

Mode = Literal["auto", "legacy"]
Build = Callable[..., CloudWatchServer]
HOST = "us-east-1.console.aws.amazon.com"
QUERY = "fields @timestamp, @message | limit 3"
START, END = "2026-11-20T11:00:00Z", "2026-11-20T12:00:00Z"
CALLS: dict[str, dict[str, Any]] = {
    "get_alarm_history": {"alarm_name": "shop-checkout-degraded"},
    "execute_log_insights_query": {
        "query_string": QUERY,
        "start_time": START,
        "end_time": END,
        "log_group_names": ["/ecs/shop/payments"],
    },
    "analyze_log_group": {"log_group_arn": "/ecs/shop/payments", "start_time": "10m"},
    "get_metric_data": {"namespace": "ECS/ContainerInsights", "start_time": START, "end_time": END, "limit": 2},
}


@pytest.fixture
def on_aws(on_sandbox: Build, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Builds servers on the embedded CloudWatch that take it for AWS."""
    monkeypatch.setattr("cloudwatch_mcp.aws.clients.has_own_endpoint", lambda *_: False)
    return on_sandbox


async def answer(server: CloudWatchServer, tool: str, *mime_types: str, mode: Mode = "auto") -> CallToolResult:
    """The answer to a client that shows apps of these types."""
    apps = [advertise(EXTENSION_ID, {"mimeTypes": list(mime_types)})] if mime_types else []
    async with Client(server, mode=mode, extensions=apps) as client:
        return await client.call_tool(tool, CALLS.get(tool, {}))


async def links(server: CloudWatchServer, tool: str, mode: Mode = "auto") -> list[ConsoleLink]:
    result = await answer(server, tool, APP_MIME_TYPE, mode=mode)
    assert not result.is_error
    return [read_link(link["url"]) for link in (result.meta or {}).get(CONSOLE_LINKS, [])]


@pytest.mark.parametrize("mode", ["auto", "legacy"])
async def test_an_alarms_history_has_a_link_to_the_alarm(on_aws: Build, mode: Mode) -> None:
    assert await links(on_aws(), "get_alarm_history", mode) == [
        ConsoleLink(HOST, "us-east-1", "alarm", "shop-checkout-degraded")
    ]


async def test_active_alarms_have_a_link_each_in_their_order(on_aws: Build) -> None:
    found = [link.state for link in await links(on_aws(), "get_active_alarms")]
    assert found[:2] == ["shop-checkout-degraded", "shop-storefront-page"]
    assert len(found) == 10


async def test_a_query_has_a_link_with_its_text_window_and_log_group(on_aws: Build) -> None:
    (link,) = await links(on_aws(), "execute_log_insights_query")
    assert link.state["editorString"] == QUERY
    assert (link.state["start"], link.state["end"]) == ("2026-11-20T11:00:00.000Z", "2026-11-20T12:00:00.000Z")
    assert link.state["source"] == ["/ecs/shop/payments"]


async def test_an_analysis_has_a_link_to_the_patterns_of_the_log_group(on_aws: Build) -> None:
    (link,) = await links(on_aws(), "analyze_log_group")
    assert "pattern @message" in link.state["editorString"]
    assert link.state["source"] == ["arn:aws:logs:us-east-1:123456789012:log-group:/ecs/shop/payments"]


async def test_movers_have_a_link_to_the_graph_of_the_metrics_shown(on_aws: Build) -> None:
    (link,) = await links(on_aws(), "get_metric_data")
    assert len(link.state["metrics"]) == 2
    assert (link.state["region"], link.state["start"], link.state["end"]) == ("us-east-1", START, END)


async def test_a_deleted_alarm_has_no_link(stubbed: StubbedServer) -> None:
    item = {"AlarmName": "shop-checkout-degraded", "Timestamp": NOW, "HistorySummary": "Alarm updated from OK to ALARM"}
    for kind in ("StateUpdate", "ConfigurationUpdate"):
        items = [item | {"HistoryItemType": kind}] if kind == "StateUpdate" else []
        stubbed.answer("describe_alarm_history", {"AlarmHistoryItems": items}, HistoryItemType=kind)
    stubbed.answer("describe_alarms", {})
    assert await links(stubbed.server, "get_alarm_history") == []


@pytest.mark.parametrize("types", [(), ("text/plain",)])
async def test_a_host_without_apps_gets_the_same_answer_without_meta(on_aws: Build, types: tuple[str, ...]) -> None:
    plain = await answer(on_aws(), "get_metric_data", *types)
    with_links = await answer(on_aws(), "get_metric_data", APP_MIME_TYPE)
    assert with_links.meta
    assert with_links.meta.pop(CONSOLE_LINKS)
    assert plain == with_links


async def test_a_custom_endpoint_has_no_console(on_sandbox: Build) -> None:
    assert await links(on_sandbox(), "get_active_alarms") == []
