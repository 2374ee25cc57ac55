"""This server beside other CloudWatch servers: the same questions on the same sandbox."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from scripts.benchmarks.aws import NOW, Aws, sandbox
from scripts.benchmarks.calls import LATENCY, METRIC_CALL, Queries
from scripts.benchmarks.server import Answer, call, running, time_at_once, time_of
from scripts.benchmarks.start import memory_once_warm, start
from scripts.generated.tokens import Count, count
from tests.support.questions import QUESTIONS
from tests.support.server_process import COMMAND, ServerProcess

_AT_ONCE = 20


@dataclass
class Result:
    """A server's figures; None stands for a question that it failed, and `failures` say why."""

    name: str
    facts: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float | None] = field(default_factory=dict)
    counts: dict[str, Count | None] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, about: str, answers: Sequence[Answer]) -> None:
        last = answers[-1]
        failed = any(answer.failed or _is_error(answer.text) for answer in answers)
        if failed:
            self.failures.append(f"{self.name}: {about}: {last.text[:300]}")
        self.seconds[about] = None if failed else median(answer.seconds for answer in answers)
        self.counts[about] = None if failed else count(last.text)


def _is_error(text: str) -> bool:
    """Some servers report an error in an answer that MCP does not mark as one."""
    try:
        content = json.loads(text)
    except ValueError:
        return False
    return isinstance(content, dict) and content.get("status") == "Error"


def compare(peers: Sequence[str], calls: int) -> list[Result]:
    """This server's figures and those of each `NAME=COMMAND`, measured in turns."""
    commands = {"this server": COMMAND, **dict(map(_parse, peers))}
    results = {name: Result(name) for name in commands}
    with sandbox(full=True) as aws, ExitStack() as stack:
        for name, command in commands.items():
            starts = [start(command, aws.environment).tools_list for _ in range(calls)]
            results[name].facts["spawn to tools/list, s"] = median(starts)
            results[name].facts["memory at rest, all loaded, MB"] = memory_once_warm(command, aws.environment)
        servers = {name: stack.enter_context(running(aws.environment, command)) for name, command in commands.items()}
        _ask(servers, results, aws, calls)
        for name, server in servers.items():
            definitions = [_definition(tool) for tool in server.request("tools/list")["result"]["tools"]]
            results[name].facts |= {
                "memory at its peak, MB": server.usage().peak,
                f"{_AT_ONCE} calls at once, × one call": _calls_at_once(server, aws),
                "tools": len(definitions),
                "tokens of their definitions": sum(count(definition).tokens for definition in definitions),
            }
    return list(results.values())


def _parse(peer: str) -> tuple[str, list[str]]:
    name, _, command = peer.partition("=")
    if not name or not command:
        sys.exit(f"--peer {peer}: expected NAME=COMMAND")
    return name, shlex.split(command)


def _ask(servers: Mapping[str, ServerProcess], results: Mapping[str, Result], aws: Aws, calls: int) -> None:
    queries = Queries(aws)
    for question in QUESTIONS:
        if question.fails:
            continue
        asked = question.at(NOW)
        rounds = [
            {name: call(server, asked.tool, queries.arguments(asked)) for name, server in servers.items()}
            for _ in range(calls + 1)
        ]
        for name, result in results.items():
            result.add(question.about, [answers[name] for answers in rounds[1:]])


def _calls_at_once(server: ServerProcess, aws: Aws) -> float:
    aws.delay = LATENCY
    try:
        time_of(server, "get_metric_data", METRIC_CALL)
        one = median(time_of(server, "get_metric_data", METRIC_CALL) for _ in range(3))
        return median(time_at_once(server, "get_metric_data", METRIC_CALL, _AT_ONCE) for _ in range(3)) / one
    except RuntimeError:
        return float("nan")
    finally:
        aws.delay = 0.0


def _definition(tool: Mapping[str, Any]) -> str:
    members = {"name": tool["name"], "description": tool.get("description"), "inputSchema": tool["inputSchema"]}
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


def as_markdown(results: Sequence[Result]) -> str:
    ours, *others = results
    return "\n\n".join("\n".join(_table(ours, other)) for other in others)


def _table(ours: Result, other: Result) -> Iterator[str]:
    yield f"| {other.name} and this server | ratio | {other.name} | this server |"
    yield "|---|--:|--:|--:|"
    for fact, value in ours.facts.items():
        yield f"| {fact} | {other.facts[fact] / value:.2f} | {_short(other.facts[fact])} | {_short(value)} |"
    yield ""
    yield "| question | ratio of time | of characters | of tokens | ms | tokens |"
    yield "|---|--:|--:|--:|--:|--:|"
    both = []
    for about, our in ours.counts.items():
        theirs, seconds, their_seconds = other.counts[about], ours.seconds[about], other.seconds[about]
        if our is None or theirs is None or seconds is None or their_seconds is None:
            failed = " and ".join(result.name for result in (ours, other) if result.counts[about] is None)
            yield f"| {about} | {failed} failed | | | | |"
            continue
        both.append((our, theirs))
        ratios = (their_seconds / seconds, theirs.characters / our.characters, theirs.tokens / our.tokens)
        milliseconds = f"{their_seconds * 1000:,.0f} / {seconds * 1000:,.0f}"
        cells = [*(f"{ratio:.2f}" for ratio in ratios), milliseconds, f"{theirs.tokens:,} / {our.tokens:,}"]
        yield f"| {about} | {' | '.join(cells)} |"
    total, their_total = (sum(pair[side].tokens for pair in both) for side in (0, 1))
    yield f"| **all that both answered** | | | {their_total / total:.2f} | | {their_total:,} / {total:,} |"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"
