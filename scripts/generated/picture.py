"""docs/demo.svg: the demo's investigation, at the tests' time."""

from __future__ import annotations

import io
import os
import re
from functools import cache
from typing import Any
from unittest.mock import patch

import anyio
from mcp import Client
from rich.console import Console
from rich.text import Text

from cloudwatch_mcp.commands.demo_report import as_typed, digest
from cloudwatch_mcp.commands.demo_steps import INVESTIGATION
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.sandbox import Sandbox
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.frozen_time import NOW, Time

_WIDTH = 110
_CALLS = [(step.tool, dict(step.arguments)) for step in INVESTIGATION if not callable(step.arguments)]


@cache
def draw() -> str:
    with Sandbox(now=NOW) as sandbox, patch.dict(os.environ, sandbox.environment):
        answers = anyio.run(_ask)
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for step, (tool, arguments), answer in zip(INVESTIGATION, _CALLS, answers, strict=True):
        console.print(Text(step.question, style="bold"))
        console.print(Text(f"> {as_typed(tool, arguments)}", style="cyan"), overflow="fold")
        for line in digest(answer, step.members, _WIDTH):
            console.print(Text(line, style="green" if line.startswith(" ") else "white"))
        console.print()
    svg = console.export_svg(title="cloudwatch-mcp --sandbox", unique_id="demo")
    without_downloads = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return without_downloads.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")


async def _ask() -> list[dict[str, Any]]:
    async with Client(build_server(Settings(), os.environ, clock=Time().clock())) as client:
        return [(await client.call_tool(tool, given)).structured_content or {} for tool, given in _CALLS]
