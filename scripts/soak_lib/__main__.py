"""Calls a server over stdio, all ten tools, and compares its threads, file descriptors and memory at the end.

They may not be more than 5% over those at the 200th call, or two threads or files. Each call must end in an answer or
an error, and each query that was started must be complete or stopped.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from dataclasses import dataclass
from random import Random
from time import perf_counter
from typing import Any

import anyio

from scripts.soak_lib.aws import THROTTLED_REGION, Aws
from scripts.soak_lib.server import Figures, Server, running
from tests.support.endpoint import Endpoint
from tests.support.server_process import environment

FAULTS = {
    "throttling": 0.3,
    "reset": 0.03,
    "stall": 0.03,
    "drip": 0.03,
    "hang": 0.03,
    "failing": 0.03,
    "garbage": 0.05,
    "mutated": 0.1,
    "cancelled": 0.05,
}
_WARM = 200  # calls, all at once: as many threads and connections as there can be
_AT_ONCE = 40
_TO_THROTTLED = 0.25  # of the calls
_PATIENCE = 120  # seconds in which a call must have ended
_GROWTH, _FEW = 1.05, 2
_QUERY = {"query_string": "fields @message", "start_time": "1h", "log_group_names": ["/app/api"]}
_METRIC = {"namespace": "App", "metric_name": "Latency"}
_CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("get_active_alarms", {}),
    ("get_alarm_history", {"alarm_name": "latency", "include_component_alarms": True}),
    ("describe_log_groups", {}),
    ("analyze_log_group", {"log_group_arn": "/app/api"}),
    ("execute_log_insights_query", _QUERY),
    ("get_logs_insight_query_results", {"query_id": "some"}),
    ("cancel_logs_insight_query", {"query_id": "some"}),
    ("get_metric_data", {"queries": [{"id": name, "expression": "1"} for name in ("m1", "m2", "e1")]}),
    ("get_metric_data", {"namespace": "App", "metric_name": "Nothing"}),
    ("get_metric_metadata", {"namespace": "AWS/Lambda", "metric_name": "Errors"}),
    ("get_recommended_metric_alarms", {"namespace": "AWS/Lambda", "metric_name": "Errors"}),
)


def main() -> None:
    options = argparse.ArgumentParser(prog="scripts/soak", description=__doc__)
    options.add_argument("--calls", type=int, metavar="N", help="default: 10,000; with faults 2,000")
    options.add_argument("--faults", action="store_true", help=f"AWS misbehaves: {', '.join(FAULTS)}")
    options.add_argument("--without", choices=FAULTS, action="append", default=[], help="not this fault; repeatable")
    options.add_argument("--seed", type=int, default=12, help="of the faults; default: %(default)s")
    chosen = options.parse_args()
    calls = chosen.calls or (2_000 if chosen.faults else 10_000)
    faults = {name: share for name, share in FAULTS.items() if chosen.faults and name not in chosen.without}
    sys.exit(anyio.run(_soak, calls, faults, chosen.seed))


async def _soak(calls: int, faults: dict[str, float], seed: int) -> int:
    of_aws, of_calls = Random(f"aws {seed}"), Random(f"calls {seed}")  # noqa: S311 - the same ones each time
    aws = Aws(of_aws, faults)
    begun = perf_counter()
    with Endpoint(aws.answer) as endpoint:
        timeouts = {"CLOUDWATCH_MCP_READ_TIMEOUT": "1"} if faults else {}
        settings = environment(AWS_ENDPOINT_URL=endpoint.url, CLOUDWATCH_MCP_MAX_QUERIES="20", **timeouts)
        async with running(settings) as server:
            soak = Soak(server, aws, of_calls)
            outcomes = await soak.call(_WARM, at_once=_WARM)
            first = await soak.figures_at_rest()
            _show(_WARM, first)
            for done in range(_WARM, calls, 1_000):
                outcomes += await soak.call(min(1_000, calls - done), at_once=_AT_ONCE)
                _show(min(done + 1_000, calls), server.figures())
            aws.faults = {}
            healthy = await soak.call(2 * len(_CALLS), at_once=2 * len(_CALLS))
            last = await soak.figures_at_rest()
    _show(calls, last)
    took = f"{perf_counter() - begun:.0f} s, {server.peak:.0f} MB at most"
    sys.stdout.write(f"{took}; calls: {_listed(outcomes)}; AWS: {_listed(aws.seen)}\n")
    wrong = [*_grown(first, last), *_unended(outcomes + healthy), *_left(aws)]
    if server.ended:
        wrong.append("the server ended, or was ended as it took too much memory")
    if set(healthy) != {"answer"}:
        wrong.append(f"calls once AWS was well again: {_listed(healthy)}")
    sys.stdout.write("".join(f"FAILED: {each}\n" for each in wrong))
    return int(bool(wrong))


@dataclass
class Soak:
    """Calls the server's ten tools in turn, and counts how the calls end."""

    server: Server
    aws: Aws
    random: Random

    async def call(self, calls: int, *, at_once: int) -> Counter[str]:
        limit, outcomes = anyio.CapacityLimiter(at_once), Counter[str]()

        async def one(tool: str, arguments: dict[str, Any], cancel_after: float | None) -> None:
            outcome = "without an answer"
            async with limit:
                with anyio.move_on_after(_PATIENCE):
                    answer = await self.server.request("tools/call", cancel_after, name=tool, arguments=arguments)
                    outcome = _outcome(answer)
            outcomes[outcome] += 1

        async with anyio.create_task_group() as group:
            for number in range(calls):
                tool, arguments = _CALLS[number % len(_CALLS)]
                if self.aws.faults and self.random.random() < _TO_THROTTLED:
                    arguments = {**arguments, "region": THROTTLED_REGION}
                cancelled = self.random.random() < self.aws.faults.get("cancelled", 0)
                group.start_soon(one, tool, arguments, self.random.random() if cancelled else None)
        return outcomes

    async def figures_at_rest(self) -> Figures:
        """After as much at once as there can be, of an AWS that is well: each pool then is as full as it gets."""
        faults, self.aws.faults, self.aws.seconds = self.aws.faults, {}, 0.1
        self.aws.dry.set()
        await self.call(_WARM, at_once=_WARM)
        figures = await self.server.figures_at_rest()
        self.aws.faults, self.aws.seconds = faults, 0
        self.aws.dry.clear()
        return figures


def _outcome(message: dict[str, Any] | None) -> str:
    if message is None:
        return "cancelled"
    if "error" in message:
        return "RPC error"
    text = str(message["result"]["content"][0]["text"])
    if "a defect of this server" in text:
        return "defect"
    return "error" if message["result"].get("isError") else "answer"


def _show(calls: int, figures: Figures) -> None:
    threads, files, megabytes = figures
    sys.stdout.write(f"{calls:>7,} calls: {threads:>4} threads {files:>4} files {megabytes:>7.1f} MB\n")
    sys.stdout.flush()


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common())


def _grown(first: Figures, last: Figures) -> list[str]:
    most = Figures(
        max(int(first.threads * _GROWTH), first.threads + _FEW),
        max(int(first.files * _GROWTH), first.files + _FEW),
        first.megabytes * _GROWTH,
    )
    names = ("threads", "files", "megabytes")
    compared = zip(names, first, last, most, strict=True)
    return [f"{name}: {before:.4g} became {after:.4g}" for name, before, after, limit in compared if after > limit]


def _unended(outcomes: Counter[str]) -> list[str]:
    bad = ("without an answer", "RPC error", "defect")
    return [f"{outcomes[name]:,} calls ended: {name}" for name in bad if outcomes[name]]


def _left(aws: Aws) -> list[str]:
    return [f"{len(aws.running):,} of {aws.begun:,} queries were left running"] if aws.running else []


if __name__ == "__main__":
    main()
