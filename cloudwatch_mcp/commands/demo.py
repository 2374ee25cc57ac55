"""`cloudwatch-mcp demo`: an on-call engineer's investigation of one of the sandbox's incidents.

That of the first one uses all ten tools; for the others, it is the incident's own solution.
The server runs as a process of its own, as an MCP client starts it, and the SDK's client talks to it over stdio.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.types import TextContent

from cloudwatch_mcp.answers.text import dumps
from cloudwatch_mcp.commands.demo_report import as_typed, digest, print_line
from cloudwatch_mcp.commands.demo_steps import SLOW_QUERY, STEPS, Data, Step
from cloudwatch_mcp.commands.options import DEFAULT_INCIDENT

_TOOLS = 10
_INDENT = "    "
_WIDTH = 110
_NEXT = """
Connect it to your assistant. With this sample incident, without AWS:

  claude mcp add cloudwatch -- {command} {flags}

With AWS, through one of your profiles:

  claude mcp add cloudwatch --env AWS_PROFILE=your-profile --env AWS_REGION=eu-west-1 -- {command}

Cursor, VS Code, Kiro, Cline and others read a JSON file; the README says which one:

  {{"mcpServers": {{"cloudwatch": {{"command": "{command}", "env": {{"AWS_PROFILE": "your-profile"}}}}}}}}
"""


@dataclass(frozen=True)
class Outcome:
    """An answer, and whether it is right."""

    tool: str
    seconds: float
    characters: int
    correct: bool
    answer: Data


def run(sandbox: Any, *, full: bool = False) -> int:
    """Investigate the incident of `sandbox`, a Sandbox not yet started; `full` prints whole answers.

    The exit code is 0 only if every answer is right and, in the first incident, all ten tools were called.
    """
    incident = sandbox.incident
    print_line(
        f"Starting an offline CloudWatch with the incident {incident.name} ...\n{incident.title}. {incident.story}"
    )
    with sandbox:
        steps = STEPS if incident.name == DEFAULT_INCIDENT else _solution(incident, sandbox.clock.now())
        outcomes = anyio.run(_investigate, sandbox, steps, full)
    if steps is not STEPS:
        print_line(f"\nThe truth: {incident.truth.cause}")
        _print_indented([f"{name} is innocent: {why}." for name, why in incident.truth.innocent.items()])
    _print_summary(outcomes, "--sandbox" if steps is STEPS else f"--sandbox --incident {incident.name}")
    complete = steps is not STEPS or len({outcome.tool for outcome in outcomes}) == _TOOLS
    return 0 if complete and all(outcome.correct for outcome in outcomes) else 1


def _solution(incident: Any, now: datetime) -> list[Step]:
    """The steps of an incident's own solution; their answers are shown in all members."""

    def shows(call: Any, answer: Data) -> bool:
        return not incident.missing(call, dumps(answer), now)

    return [Step(call.tool, call.tool, dict(call.arguments), partial(shows, call), {}) for call in incident.solution]


async def _investigate(sandbox: Any, steps: Sequence[Step], full: bool) -> list[Outcome]:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "cloudwatch_mcp"],
        env={**os.environ, **sandbox.environment},
    )
    outcomes: list[Outcome] = []
    async with Client(server) as client:
        info = client.server_info
        print_line(f"Connected to {info.name if info else '?'} {info.version if info else '?'} over stdio.")
        for number, step in enumerate(steps, start=1):
            answers = [outcome.answer for outcome in outcomes]
            arguments = step.arguments if isinstance(step.arguments, dict) else step.arguments(answers)
            print_line(f"\n[{number}/{len(steps)}] {step.question}")
            sandbox.hold_queries(step.arguments is SLOW_QUERY)
            outcomes.append(await _call(client, step, arguments, full))
    return outcomes


async def _call(client: Client, step: Step, arguments: Data, full: bool) -> Outcome:
    _print_indented([f"> {as_typed(step.tool, arguments)}"])
    started = time.monotonic()
    result = await client.call_tool(step.tool, arguments)
    seconds = time.monotonic() - started
    text = "".join(content.text for content in result.content if isinstance(content, TextContent))
    answer = result.structured_content or {}
    correct = not result.is_error and step.holds(answer)
    _print_indented(
        [text] if full or not correct else digest(answer, step.members or dict.fromkeys(answer, ()), _width())
    )
    _print_indented([f"({len(text):,} characters, {seconds:.2f} s{'' if correct else '; WRONG ANSWER'})"])
    return Outcome(step.tool, seconds, len(text), correct, answer)


def _print_summary(outcomes: list[Outcome], flags: str) -> None:
    characters, seconds = (sum(getattr(each, name) for each in outcomes) for name in ("characters", "seconds"))
    tools = len({outcome.tool for outcome in outcomes})
    print_line(f"\n{len(outcomes)} calls of {tools} tools: {characters:,} characters in {seconds:.1f} s.")
    if wrong := [outcome.tool for outcome in outcomes if not outcome.correct]:
        print_line(f"WRONG: {', '.join(wrong)}")
    print_line(_NEXT.format(command=Path(sys.executable).with_name("cloudwatch-mcp"), flags=flags))


def _width() -> int:
    return min(shutil.get_terminal_size((_WIDTH, 24)).columns, _WIDTH) - len(_INDENT)


def _print_indented(lines: list[str]) -> None:
    for line in lines:
        print_line(_INDENT + line)
