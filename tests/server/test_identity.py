"""What hosts show of the server and its tools: titles, icons, the website."""

from __future__ import annotations

from base64 import b64decode
from typing import Literal
from xml.etree import ElementTree as ET

import pytest
from mcp import Client
from mcp.types import SERVER_INFO_META_KEY, Icon

from cloudwatch_mcp import WEBSITE, __version__
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from cloudwatch_mcp.tools import TOOLS

pytestmark = pytest.mark.anyio

both_protocols = pytest.mark.parametrize("mode", ["auto", "legacy"])
Mode = Literal["auto", "legacy"]
CATALOG_ONLY = ("get_recommended_metric_alarms", {"namespace": "AWS/Lambda", "metric_name": "Errors"})


def drawing(icons: list[Icon] | None) -> str:
    """The SVG of the only icon, which is well-formed and has neither scripts nor links."""
    (icon,) = icons or []
    assert (icon.mime_type, icon.sizes) == ("image/svg+xml", ["any"])
    assert len(icon.src) < 400
    svg = b64decode(icon.src.removeprefix("data:image/svg+xml;base64,"), validate=True).decode()
    root = ET.fromstring(svg)  # noqa: S314 - the server's own drawing
    assert {each.tag.rpartition("}")[2] for each in root.iter()} == {"svg", "path"}
    return svg


@both_protocols
async def test_the_server_has_a_title_a_website_and_an_icon(server: CloudWatchServer, mode: Mode) -> None:
    async with Client(server, mode=mode) as client:
        info = client.server_info
    assert info is not None
    assert (info.title, info.website_url) == ("AWS CloudWatch", WEBSITE)
    assert drawing(info.icons)


async def test_each_tool_has_the_icon_of_its_subject(server: CloudWatchServer) -> None:
    icons = {tool.name: drawing(tool.icons) for tool in await server.list_tools()}
    of_subject = {entry.subject: icons[entry.function.__name__] for entry in TOOLS}
    assert len({*of_subject.values(), drawing(server.icons)}) == 4
    assert icons == {entry.function.__name__: of_subject[entry.subject] for entry in TOOLS}


@both_protocols
async def test_an_answer_repeats_neither_icon_nor_website(server: CloudWatchServer, mode: Mode) -> None:
    name, arguments = CATALOG_ONLY
    async with Client(server, mode=mode) as client:
        result = await client.call_tool(name, arguments)
    short = {"name": "cloudwatch-mcp", "title": "AWS CloudWatch", "version": __version__}
    assert result.meta == ({SERVER_INFO_META_KEY: short} if mode == "auto" else None)
