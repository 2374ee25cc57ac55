"""The chart app on the wire: clients that show MCP Apps get it, and for the others nothing changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from mcp import Client, MCPError
from mcp.client.extension import advertise
from mcp.server import apps as sdk

from cloudwatch_mcp import apps
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from tests.server.test_definitions import Mode, both_protocols
from tests.support.server_process import ForkedServer

pytestmark = pytest.mark.anyio

SHOWS_APPS = {"mimeTypes": ["text/html;profile=mcp-app"]}
LATENCY = {
    "namespace": "Shop/Checkout",
    "metric_name": "Latency",
    "dimensions": [{"name": "Service", "value": "checkout"}],
    "start_time": "30m",
}


def host(server: CloudWatchServer, mode: Mode = "auto") -> Client:
    return Client(server, mode=mode, extensions=[advertise(sdk.EXTENSION_ID, SHOWS_APPS)])


def definitions(**capabilities: Any) -> list[dict[str, Any]]:
    """tools/list as it is on the wire, for a client with these capabilities."""
    with ForkedServer() as process:
        process.initialize(**capabilities)
        tools: list[dict[str, Any]] = process.request("tools/list")["result"]["tools"]
        return tools


@both_protocols
async def test_a_host_of_apps_finds_the_chart_in_three_definitions(server: CloudWatchServer, mode: Mode) -> None:
    async with host(server, mode) as client:
        charted = {tool.name: tool.meta for tool in (await client.list_tools()).tools if tool.meta}
    uri = "ui://cloudwatch-mcp/chart.html"
    assert charted.keys() == {"get_metric_data", "get_alarm_history", "execute_log_insights_query"}
    assert all(meta == {"ui": {"resourceUri": uri}, "ui/resourceUri": uri} for meta in charted.values())


@both_protocols
async def test_the_chart_is_a_page_that_may_load_nothing(server: CloudWatchServer, mode: Mode) -> None:
    async with host(server, mode) as client:
        (page,) = (await client.read_resource(apps.CHART_URI)).contents
    assert page.mime_type == "text/html;profile=mcp-app"
    assert page.model_dump()["text"] == apps.chart_page()
    domains = ("connectDomains", "resourceDomains", "frameDomains", "baseUriDomains")
    assert page.meta == {"ui": {"csp": {name: [] for name in domains}, "prefersBorder": True}}


@both_protocols
async def test_the_chart_is_not_among_the_resources_that_a_model_may_be_offered(
    server: CloudWatchServer, mode: Mode
) -> None:
    async with host(server, mode) as client:
        assert (await client.list_resources()).resources == []


async def test_an_unknown_resource_is_still_an_error(server: CloudWatchServer) -> None:
    async with host(server) as client:
        with pytest.raises(MCPError, match="Unknown resource"):
            await client.read_resource("ui://cloudwatch-mcp/other.html")


def test_other_clients_get_the_same_definitions_without_it() -> None:
    without = definitions()
    assert [tool["name"] for tool in without if "_meta" in tool] == []
    with_chart = definitions(extensions={sdk.EXTENSION_ID: SHOWS_APPS})
    assert [{name: tool[name] for name in tool if name != "_meta"} for tool in with_chart] == without
    assert definitions(experimental={sdk.EXTENSION_ID: SHOWS_APPS}) == with_chart


@pytest.mark.parametrize(
    "settings", [{}, {"mimeTypes": ["text/html"]}, {"mimeTypes": "text/html;profile=mcp-app"}, {"mimeTypes": None}]
)
async def test_a_client_that_shows_no_such_pages_gets_no_chart(
    server: CloudWatchServer, settings: dict[str, Any]
) -> None:
    async with Client(server, extensions=[advertise(sdk.EXTENSION_ID, settings)]) as client:
        assert [tool.name for tool in (await client.list_tools()).tools if tool.meta] == []


async def test_discovery_names_the_extension_to_hosts_of_apps_only(server: CloudWatchServer) -> None:
    async with host(server) as client:
        assert client.server_capabilities.extensions == {sdk.EXTENSION_ID: {}}
    async with Client(server) as client:
        assert client.server_capabilities.extensions is None


@both_protocols
async def test_a_metric_answer_has_the_unit_beside_it_for_hosts_of_apps_only(
    on_sandbox: Callable[..., CloudWatchServer], mode: Mode
) -> None:
    server = on_sandbox()
    arguments = {"namespace": "AWS/EC2", "metric_name": "CPUUtilization", "start_time": "30m"}
    async with host(server, mode) as client:
        charted = await client.call_tool("get_metric_data", arguments)
    async with Client(server, mode=mode) as client:
        plain = await client.call_tool("get_metric_data", arguments)
    assert (charted.meta or {})["cloudwatch-mcp/units"] == {"*": "Percent"}
    assert "cloudwatch-mcp/units" not in (plain.meta or {})
    assert charted.content == plain.content
    assert charted.structured_content == plain.structured_content


async def test_an_answer_without_known_units_has_no_metadata(on_sandbox: Callable[..., CloudWatchServer]) -> None:
    async with host(on_sandbox(), "legacy") as client:
        assert (await client.call_tool("get_metric_data", LATENCY)).meta is None
        assert (await client.call_tool("get_active_alarms", {})).meta is None


async def test_a_refused_call_stays_an_error(server: CloudWatchServer) -> None:
    async with host(server) as client:
        reply = await client.call_tool("get_metric_data", {"queries": "no list", "region": "x"})
    assert reply.is_error


def test_the_names_are_the_sdks() -> None:
    assert (apps.EXTENSION, apps.MIME_TYPE) == (sdk.EXTENSION_ID, sdk.APP_MIME_TYPE)
