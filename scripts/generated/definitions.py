"""The tools' definitions as JSON: the server answers tools/list from this file."""

from __future__ import annotations

import anyio
from mcp.server import MCPServer

from cloudwatch_mcp.server.definitions import definitions
from tests.support.readable_json import readable

FILE = "cloudwatch_mcp/server/tools.json"


def as_json() -> str:
    listed = anyio.run(MCPServer(tools=list(definitions().values())).list_tools)
    tools = [tool.model_dump(by_alias=True, exclude_none=True, mode="json") for tool in listed]
    return readable(tools)
