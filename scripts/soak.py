#!/usr/bin/env python3
"""Calls a server thousands of times, all ten tools, and compares its threads, files and memory at the end.

They may not be more than 5% over those at the 200th call, or two threads or files. Each call must end in an answer or
an error, and each query that was started must be complete or stopped. Exits with 1 otherwise.
"""

from __future__ import annotations

if __name__ == "__main__":
    import in_venv  # noqa: F401 - restarts in .venv

import argparse
import queue
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle, islice
from random import Random
from time import perf_counter, sleep
from typing import Any, NamedTuple

from tests.support.endpoint import Endpoint
from tests.support.faulty_aws import CALLS, FAULTS, THROTTLED_REGION, Aws
from tests.support.questions import ONE_PER_TOOL
from tests.support.server_process import Message, ServerProcess, Usage, environment

_WARM = 200  # calls, all at once: as many threads and connections as there can be
_AT_ONCE = 40
_TO_THROTTLED = 0.25  # of the calls
_PATIENCE = 120  # seconds in which a call must have ended
_REST = 3  # seconds without fewer threads and files: what is given up ends a moment later
_GROWTH, _FEW = 1.05, 2
_MEMORY = 1_000  # megabytes at which a server is ended, before it takes all memory
_OFFLINE = ("get_metric_metadata", "get_recommended_metric_alarms")  # they ask AWS nothing
_CALLS = [*CALLS, *((question.tool, question.arguments) for question in ONE_PER_TOOL if question.tool in _OFFLINE)]


class Pending(NamedTuple):
    """A call under way, and when it is cancelled or given up."""

    until: float
    cancel: bool


@dataclass
class Soak:
    """Calls the server's tools in turn, and counts how the calls end."""

    server: ServerProcess
    aws: Aws
    random: Random
    pending: dict[int, Pending] = field(default_factory=dict)

    def call(self, calls: int, *, at_once: int) -> Counter[str]:
        outcomes = Counter[str]()
        for tool, arguments in islice(cycle(_CALLS), calls):
            while len(self.pending) >= at_once:
                outcomes.update(self._receive())
            self._begin(tool, arguments)
        while self.pending:
            outcomes.update(self._receive())
        if self.server.usage().peak > _MEMORY:
            sys.exit(f"FAILED: the server took more than {_MEMORY:,} MB")
        return outcomes

    def _begin(self, tool: str, arguments: dict[str, Any]) -> None:
        if self.aws.faults and self.random.random() < _TO_THROTTLED:
            arguments = {**arguments, "region": THROTTLED_REGION}
        cancel = self.random.random() < self.aws.faults.get("cancelled", 0)
        until = perf_counter() + (self.random.random() if cancel else _PATIENCE)
        self.pending[self.server.begin("tools/call", name=tool, arguments=arguments)] = Pending(until, cancel)

    def _receive(self) -> Iterator[str]:
        """How a call ended: the next one that is answered, or the first one whose time is up."""
        request, call = min(self.pending.items(), key=lambda item: item[1].until)
        try:
            message = self.server.receive(max(0.001, call.until - perf_counter()))
        except queue.Empty:
            del self.pending[request]
            if call.cancel:
                params = {"requestId": request}
                self.server.write({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params})
            yield "cancelled" if call.cancel else "without an answer"
        else:
            if "method" not in message and message["id"] in self.pending:
                del self.pending[message["id"]]
                yield _outcome(message)

    def usage_at_rest(self) -> Usage:
        """After as many calls at once as there can be, of a healthy AWS: each pool then is as full as it gets."""
        with self.aws.healthy(seconds=0.1):
            self.call(_WARM, at_once=_WARM)
            least, since = self.server.usage(), perf_counter()
            while perf_counter() - since < _REST:
                sleep(0.25)
                now = self.server.usage()
                if now[:2] < least[:2]:
                    least, since = now, perf_counter()
        return self.server.usage()


def _outcome(message: Message) -> str:
    if "error" in message:
        return "RPC error"
    text = str(message["result"]["content"][0]["text"])
    if "a defect of this server" in text:
        return "defect"
    return "error" if message["result"].get("isError") else "answer"


def soak(calls: int, faults: dict[str, float], seed: int) -> Iterator[str]:
    """What is wrong at the end, a line each."""
    of_aws, of_calls = Random(f"aws {seed}"), Random(f"calls {seed}")  # noqa: S311 - the same ones each time
    aws, begun = Aws(of_aws, faults), perf_counter()
    settings = environment(CLOUDWATCH_MCP_MAX_QUERIES="20", CLOUDWATCH_MCP_READ_TIMEOUT="1" if faults else None)
    with (
        Endpoint(aws.answer) as endpoint,
        ServerProcess(env=settings | {"AWS_ENDPOINT_URL": endpoint.url}) as server,
    ):
        server.initialize()
        server.request("tools/list")
        run = Soak(server, aws, of_calls)
        outcomes = run.call(_WARM, at_once=_WARM)
        first = run.usage_at_rest()
        _show(_WARM, first)
        for done in range(_WARM, calls, 1_000):
            outcomes += run.call(min(1_000, calls - done), at_once=_AT_ONCE)
            _show(min(done + 1_000, calls), server.usage())
        aws.faults = {}
        healthy = run.call(2 * len(_CALLS), at_once=2 * len(_CALLS))
        last = run.usage_at_rest()
    _show(calls, last)
    summary = f"{perf_counter() - begun:.0f} s, {last.peak:.0f} MB at most"
    sys.stdout.write(f"{summary}; calls: {_listed(outcomes)}; AWS: {_listed(aws.seen)}\n")
    yield from growth(first, last)
    for name in ("without an answer", "RPC error", "defect"):
        if count := (outcomes + healthy)[name]:
            yield f"{count:,} calls ended: {name}"
    if aws.running:
        yield f"{len(aws.running):,} of {aws.started:,} queries were left running"
    if set(healthy) != {"answer"}:
        yield f"calls after AWS recovered: {_listed(healthy)}"


def growth(first: Usage, last: Usage) -> Iterator[str]:
    for name, few in {"threads": _FEW, "files": _FEW, "memory": 0}.items():
        before, after = getattr(first, name), getattr(last, name)
        if not after <= max(before * _GROWTH, before + few):
            yield f"{name}: {before:.4g} became {after:.4g}"


def _show(calls: int, usage: Usage) -> None:
    sys.stdout.write(f"{calls:>7,} calls: {usage.threads:>4} threads {usage.files:>4} files {usage.memory:>7.1f} MB\n")
    sys.stdout.flush()


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in counts.most_common())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--calls", type=int, metavar="N", help="default: 10,000; with faults 2,000")
    options.add_argument("--faults", action="store_true", help=f"AWS misbehaves: {', '.join(FAULTS)}")
    options.add_argument("--without", choices=FAULTS, action="append", default=[], help="not this fault; repeatable")
    options.add_argument("--seed", type=int, default=12, help="of the faults; default: %(default)s")
    chosen = options.parse_args()
    calls = chosen.calls or (2_000 if chosen.faults else 10_000)
    faults = {name: share for name, share in FAULTS.items() if chosen.faults and name not in chosen.without}
    if problems := list(soak(calls, faults, chosen.seed)):
        sys.exit("\n".join(f"FAILED: {problem}" for problem in problems))


if __name__ == "__main__":
    main()
