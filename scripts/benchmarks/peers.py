"""This server beside other CloudWatch servers: the same questions on the same sandbox."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from scripts.benchmarks.calls import LATENCY, METRIC_CALL
from scripts.benchmarks.report import Effort
from scripts.benchmarks.start import LISTED, memory_once_warm, start
from scripts.generated.markdown import table
from scripts.generated.tokens import count, definition
from tests.support.measured_aws import NOW, MeasuredAws, measured_sandbox
from tests.support.measured_server import Answer, call, running, time_of
from tests.support.questions import QUESTIONS, arguments_of
from tests.support.sandbox_clients import client_of
from tests.support.server_process import COMMAND, ServerProcess

_AT_ONCE = 20


class Cost(NamedTuple):
    milliseconds: float
    characters: int
    tokens: int


@dataclass
class Result:
    """A server's figures, what each question cost that it answered, and why it failed the others."""

    name: str
    facts: dict[str, float] = field(default_factory=dict)
    costs: dict[str, Cost] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    def add(self, about: str, answers: Sequence[Answer]) -> None:
        text = answers[-1].text
        if any(answer.failed or _is_error(answer.text) for answer in answers):
            self.failures[about] = text[:300]
        else:
            self.costs[about] = Cost(median(answer.seconds for answer in answers) * 1000, *count(text))


def _is_error(text: str) -> bool:
    """Some servers report an error in an answer that MCP does not mark as one."""
    try:
        content = json.loads(text)
    except ValueError:
        return False
    return isinstance(content, dict) and content.get("status") == "Error"


def compare(peers: Sequence[str], effort: Effort) -> list[Result]:
    """This server's figures and those of each `NAME=COMMAND`, measured in turns."""
    commands = {"this server": COMMAND, **dict(map(_parse, peers))}
    results = {name: Result(name) for name in commands}
    with measured_sandbox(full=True) as aws, ExitStack() as stack:
        for name, command in commands.items():
            starts = [start(command, aws.environment)[LISTED] for _ in range(effort(5))]
            results[name].facts["spawn to tools/list, s"] = median(starts) / 1000
            results[name].facts["memory at rest, all loaded, MB"] = memory_once_warm(command, aws.environment)
        servers = {name: stack.enter_context(running(aws.environment, command)) for name, command in commands.items()}
        _ask(servers, results, aws, effort(5))
        for name, server in servers.items():
            tools = server.request("tools/list")["result"]["tools"]
            results[name].facts |= {
                "memory at its peak, MB": server.usage().peak,
                f"{_AT_ONCE} calls at once, × one call": _calls_at_once(server, aws),
                "tools": len(tools),
                "tokens of their definitions": sum(definition(**tool).tokens for tool in tools),
            }
    return list(results.values())


def _parse(peer: str) -> tuple[str, list[str]]:
    name, _, command = peer.partition("=")
    if not name or not command:
        sys.exit(f"--peer {peer}: expected NAME=COMMAND")
    return name, shlex.split(command)


def _ask(servers: Mapping[str, ServerProcess], results: Mapping[str, Result], aws: MeasuredAws, calls: int) -> None:
    logs = client_of("logs", aws.url)
    for question in [question.at(NOW) for question in QUESTIONS if not question.fails]:
        answers: dict[str, list[Answer]] = {name: [] for name in servers}
        for _ in range(calls + 1):
            for name, server in servers.items():
                answers[name].append(call(server, question.tool, arguments_of(question, logs, NOW)))
        for name, result in results.items():
            result.add(question.about, answers[name][1:])


def _calls_at_once(server: ServerProcess, aws: MeasuredAws) -> float:
    aws.delay = LATENCY
    try:
        time_of(server, "get_metric_data", METRIC_CALL)
        one, many = (
            median(time_of(server, "get_metric_data", METRIC_CALL, calls) for _ in range(3)) for calls in (1, _AT_ONCE)
        )
    except RuntimeError:
        return float("nan")
    finally:
        aws.delay = 0.0
    return many / one


def as_markdown(results: Sequence[Result]) -> str:
    ours, *others = results
    return "\n\n".join("\n\n".join(_tables(ours, other)) for other in others)


def _tables(ours: Result, other: Result) -> Iterator[str]:
    facts = [(fact, other.facts[fact], value) for fact, value in ours.facts.items()]
    rows = [(fact, f"{theirs / value:.2f}", _short(theirs), _short(value)) for fact, theirs, value in facts]
    yield table([f"{other.name} and this server", "ratio", other.name, "this server"], rows, "--:")
    both = {about: (other.costs[about], cost) for about, cost in ours.costs.items() if about in other.costs}
    theirs, own = (Cost(*map(sum, zip(*costs, strict=True))) for costs in zip(*both.values(), strict=True))
    answers = [_compared(about, *costs) for about, costs in both.items()]
    answers.append(_compared("**all that both answered**", theirs, own))
    for result in (ours, other):
        answers += [(about, f"{result.name} failed", "", "", "", "") for about in result.failures]
    yield table(["question", "ratio of time", "of characters", "of tokens", "ms", "tokens"], answers, "--:")


def _compared(about: str, theirs: Cost, own: Cost) -> tuple[str, ...]:
    ratios = (f"{their / our:.2f}" for their, our in zip(theirs, own, strict=True))
    milliseconds = f"{theirs.milliseconds:,.0f} / {own.milliseconds:,.0f}"
    return about, *ratios, milliseconds, f"{theirs.tokens:,} / {own.tokens:,}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:.2f}"
