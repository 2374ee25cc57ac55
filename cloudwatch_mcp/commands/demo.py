"""`cloudwatch-mcp demo`: an on-call engineer's investigation with all ten tools, on the embedded CloudWatch.

The server runs as a process of its own, as an IDE would start it, and is spoken to by the SDK's client over stdio.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
from mcp import Client, StdioServerParameters
from mcp.types import TextContent

_TOOLS = 10
_PLUG_IN = """
Plug it into your assistant. Without AWS, on the incident you just saw:

  claude mcp add cloudwatch -- {command} --sandbox

With AWS, on the account of a profile:

  claude mcp add cloudwatch --env AWS_PROFILE=your-profile --env AWS_REGION=eu-west-1 -- {command}

or, for Cursor, VS Code, Kiro, Cline and others, in the client's MCP configuration:

  {{"mcpServers": {{"cloudwatch": {{"command": "{command}", "args": [], "env": {{"AWS_PROFILE": "your-profile"}}}}}}}}
"""

Data = dict[str, Any]


@dataclass(frozen=True)
class Step:
    """A call, the question it answers, and what its answer must hold. Arguments may depend on answers so far."""

    question: str
    tool: str
    arguments: Data | Callable[[list[Data]], Data]
    holds: Callable[[Data], bool]


@dataclass
class Outcome:
    tool: str
    seconds: float
    characters: int
    as_it_should: bool
    data: Data = field(repr=False)


_PAYMENTS = "/ecs/shop/payments"
_SLOW_QUERY = {
    "query_string": "stats count(*) by bin(1m), level",
    "start_time": "24h",
    "log_group_names": [_PAYMENTS],
    "max_timeout": 1,
}


def _has(table: str, text: str) -> Callable[[Data], bool]:
    return lambda data: text in json.dumps(data.get(table, {}))


STEPS = (
    Step("I was paged. What is alarming?", "get_active_alarms", {}, _has("composite_alarms", "shop-checkout-degraded")),
    Step(
        "Since when, and because of which of its children?",
        "get_alarm_history",
        {"alarm_name": "shop-checkout-degraded", "include_component_alarms": True},
        _has("components", "shop-payments-gateway-timeouts"),
    ),
    Step(
        "How bad is it for customers? The slowest 1% of checkouts.",
        "get_metric_data",
        {
            "namespace": "Shop/Checkout",
            "metric_name": "Latency",
            "dimensions": [{"name": "Service", "value": "checkout"}],
            "statistic": "p99",
            "target_datapoints": 30,
        },
        lambda data: data["series"][0]["summary"]["max"] > 5_000,
    ),
    Step(
        "Are the containers busy? What does this metric mean, again?",
        "get_metric_metadata",
        {"namespace": "ECS/ContainerInsights", "metric_name": "CpuUtilized"},
        lambda data: bool(data["found"]),
    ),
    Step(
        "Should it have alarmed? What does AWS recommend?",
        "get_recommended_metric_alarms",
        {"namespace": "AWS/ECS", "metric_name": "CPUUtilization"},
        lambda data: bool(data["recommendations"]),
    ),
    Step("Which logs are there?", "describe_log_groups", {"log_group_name_prefix": "/"}, _has("log_groups", _PAYMENTS)),
    Step(
        "What stands out in the payments service?",
        "analyze_log_group",
        {"log_group_arn": _PAYMENTS},
        _has("top_patterns", "card gateway call timed out"),
    ),
    Step(
        "The pool of gateway connections is exhausted. What was deployed, and with what pool?",
        "execute_log_insights_query",
        {
            "query_string": "fields @timestamp, service, version, change, config.gateway.pool_max "
            '| filter msg = "deployment started" or msg like /^payments .* starting/',
            "start_time": "24h",
            "log_group_names": ["/shop/deployments", _PAYMENTS],
        },
        _has("results", "2.15.0"),
    ),
    Step(
        "A larger question, that is not done in a second.",
        "execute_log_insights_query",
        _SLOW_QUERY,
        lambda data: data["status"] in ("Scheduled", "Running"),
    ),
    Step(
        "Is it done by now?",
        "get_logs_insight_query_results",
        lambda answers: {"query_id": answers[-1].get("query_id", "")},
        lambda data: data["status"] in ("Scheduled", "Running"),
    ),
    Step(
        "No need: 2.15.0 of payments cut the pool from 64 to 8; roll it back. Stop the query, it bills.",
        "cancel_logs_insight_query",
        lambda answers: {"query_id": answers[-1].get("query_id", "")},
        lambda data: data["success"] is True,
    ),
)


def run(sandbox: Any) -> int:
    """Investigate the incident of `sandbox`, a Sandbox not yet started.

    The exit code is 0 only if every tool was called and answered as it should.
    """
    _say("Starting an embedded CloudWatch with an incident in it ...")
    with sandbox:
        outcomes = anyio.run(_investigate, sandbox)
    _summary(outcomes)
    return int(not (all(outcome.as_it_should for outcome in outcomes) and len({o.tool for o in outcomes}) == _TOOLS))


async def _investigate(sandbox: Any) -> list[Outcome]:
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "cloudwatch_mcp"],
        env={**os.environ, **sandbox.environment},
    )
    outcomes: list[Outcome] = []
    async with Client(server) as client:
        info = client.server_info
        _say(f"Connected to {info.name if info else '?'} {info.version if info else '?'} over stdio.")
        for number, step in enumerate(STEPS, start=1):
            arguments = step.arguments if isinstance(step.arguments, dict) else step.arguments(_data(outcomes))
            _say(
                f"\n[{number}/{len(STEPS)}] {step.question}\n> {step.tool} {json.dumps(arguments, ensure_ascii=False)}"
            )
            sandbox.hold_queries(step.arguments is _SLOW_QUERY)
            outcomes.append(await _call(client, step, arguments))
    return outcomes


async def _call(client: Client, step: Step, arguments: Data) -> Outcome:
    async def show(progress: float, total: float | None, message: str | None) -> None:
        _say(f"  ... {progress:.1f} of {total:.0f} s: {message}")

    begun = time.monotonic()
    result = await client.call_tool(step.tool, arguments, progress_callback=show)
    seconds = time.monotonic() - begun
    text = "".join(content.text for content in result.content if isinstance(content, TextContent))
    data = result.structured_content or {}
    good = not result.is_error and step.holds(data)
    _say(f"{text}\n  ({len(text):,} characters, {seconds:.2f} s{'' if good else '; NOT AS IT SHOULD BE'})")
    return Outcome(step.tool, seconds, len(text), good, data)


def _data(outcomes: list[Outcome]) -> list[Data]:
    return [outcome.data for outcome in outcomes]


def _summary(outcomes: list[Outcome]) -> None:
    _say(f"\n{'tool':<34}{'characters':>11}{'seconds':>9}")
    for outcome in outcomes:
        mark = "" if outcome.as_it_should else "  FAILED"
        _say(f"{outcome.tool:<34}{outcome.characters:>11,}{outcome.seconds:>9.2f}{mark}")
    _say(_PLUG_IN.format(command=Path(sys.executable).with_name("cloudwatch-mcp")))


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
