"""Counts what a model reads: the answers to the suite's questions, on the sandbox, and the tools' definitions."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import anyio
from mcp import Client
from mcp.types import CallToolResult, TextContent, Tool

from cloudwatch_mcp.answers.text import dumps
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.sandbox import Sandbox
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from scripts.generated.markdown import table
from tests.support.frozen_time import NOW, Time
from tests.support.full_sandbox import fill_up
from tests.support.questions import QUESTIONS, Question
from tests.support.server_process import use_environment

GROWTH = 1.05
QUERY_ID = "3d8c42fe-5b1a-4c07-9e66-a0f2b7d91c54"


class Count(NamedTuple):
    characters: int
    tokens: int


Counts = dict[str, Count]
ALL_ANSWERS, ALL_DEFINITIONS = "**all answers**", "**all definitions**"
LIMITS = (
    (ALL_ANSWERS, "tokens", 21_000),
    (ALL_DEFINITIONS, "characters", 13_500),
    (ALL_DEFINITIONS, "tokens", 3_200),
)


def count(text: str) -> Count:
    import bpe_openai  # noqa: PLC0415 - the import reads two vocabularies

    return Count(len(text), len(bpe_openai.get_encoding("o200k_base").encode_ordinary(text)))


def measure() -> Counts:
    """Answers, definitions and their totals, by their names in the table."""
    questions = [question for question in QUESTIONS if question.query is None]
    with Sandbox(now=NOW) as sandbox:
        fill_up(sandbox)
        environment = use_environment(**sandbox.environment)
        server = build_server(Settings(), environment, clock=Time().clock())
        results, tools = anyio.run(_ask, server, questions)
    asked = zip(questions, results, strict=True)
    answers = {f"{question.about}: `{question.tool}`": _count_answer(question, result) for question, result in asked}
    definitions = {f"`{tool.name}`": definition(tool.name, tool.description, tool.input_schema) for tool in tools}
    return {**answers, ALL_ANSWERS: _total(answers), **definitions, ALL_DEFINITIONS: _total(definitions)}


def definition(name: str, description: str | None, inputSchema: Mapping[str, Any], **_: Any) -> Count:  # noqa: N803 - as in MCP
    """Counts what a model reads of a tool."""
    return count(dumps({"name": name, "description": description, "inputSchema": inputSchema}))


async def _ask(server: CloudWatchServer, questions: list[Question]) -> tuple[list[CallToolResult], list[Tool]]:
    async with Client(server) as client:
        answers = [await client.call_tool(question.tool, question.arguments) for question in questions]
        return answers, (await client.list_tools()).tools


def _count_answer(question: Question, result: CallToolResult) -> Count:
    """With a fixed query id: random ones differ in their number of tokens."""
    text = "".join(content.text for content in result.content if isinstance(content, TextContent))
    if bool(result.is_error) != question.fails or not question.holds(result.structured_content or {}):
        sys.exit(f"{question.about}: {question.tool} answered something else: {text[:1_000]}")
    return count(re.sub(r'(?<="query_id":")[0-9a-f-]{36}', QUERY_ID, text))


def _total(counts: Counts) -> Count:
    characters, tokens = zip(*counts.values(), strict=True)
    return Count(sum(characters), sum(tokens))


def as_markdown(counts: Counts) -> str:
    rows = [(name, f"{each.characters:,}", f"{each.tokens:,}") for name, each in counts.items()]
    answers = list(counts).index(ALL_ANSWERS) + 1
    parts = {"answer": rows[:answers], "definition": rows[answers:]}
    return "\n\n".join(table([name, *Count._fields], some, "--:") for name, some in parts.items())


def parse(table: str) -> Counts:
    rows = re.findall(r"(?m)^\| (.+) \| ([\d,]+) \| ([\d,]+) \|$", table)
    return {name: Count(*(int(number.replace(",", "")) for number in numbers)) for name, *numbers in rows}


def complaints(measured: Counts, committed: Counts) -> Iterator[str]:
    for name, now in measured.items():
        before = committed.get(name)
        if before is None:
            yield f"{name} is not in the table of tokens"
            continue
        for unit, old, new in zip(Count._fields, before, now, strict=True):
            if new > old * GROWTH:
                yield f"{name} grew from {old:,} to {new:,} {unit}, by {new / old - 1:.1%}"
    yield from (f"{name} is in the table of tokens, but gone" for name in sorted(committed.keys() - measured.keys()))
    for name, unit, limit in LIMITS:
        new = getattr(measured[name], unit)
        if new > limit:
            yield f"{name}: {new:,} {unit}, {new - limit:,} over the limit of {limit:,}"
