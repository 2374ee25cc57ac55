"""A server of the SDK and nothing else, to compare with: as many trivial tools as its argument is."""

import sys

from mcp.server import MCPServer

server = MCPServer("bare")


def repeat(text: str, times: int = 1) -> str:
    """Repeat a text."""
    return text * times


for number in range(int(sys.argv[1])):
    server.add_tool(repeat, name=f"repeat_{number}")
server.run()
