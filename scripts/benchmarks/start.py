"""Time to start and memory, beside two servers of the SDK alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import NamedTuple

from scripts.benchmarks.report import Figure, ratio
from scripts.benchmarks.server import running
from tests.support.server_process import COMMAND, ServerProcess, environment

_BARE = [sys.executable, str(Path(__file__).parent / "bare_server.py")]
_OURS, _TEN, _NONE = "this server", "a bare server with ten trivial tools", "a bare server with no tools"
COMMANDS: dict[str, Sequence[str]] = {_OURS: COMMAND, _TEN: [*_BARE, "10"], _NONE: [*_BARE, "0"]}
_WARM_UP = 10  # seconds at most


class Start(NamedTuple):
    """Seconds from the spawn to each answer; megabytes after the second."""

    initialize: float
    tools_list: float
    memory: float
    peak: float


def start(command: Sequence[str], variables: Mapping[str, str]) -> Start:
    with ServerProcess(command=command, env=variables) as server:
        server.initialize()
        initialized = perf_counter() - server.spawned
        server.request("tools/list")
        listed = perf_counter() - server.spawned
        usage = server.usage()
        return Start(initialized, listed, usage.memory, usage.peak)


def memory_once_warm(command: Sequence[str], variables: Mapping[str, str]) -> float:
    """Megabytes once the server loads nothing more by itself."""
    with running(variables, command) as server:
        server.request("tools/list")
        before, since = 0.0, perf_counter()
        while perf_counter() - since < _WARM_UP and (now := server.usage().memory) != before:
            before = now
            sleep(1)
        return before


def measure(rounds: int, uncompiled_rounds: int) -> Iterator[Figure]:
    variables = environment()
    for command in COMMANDS.values():
        start(command, variables)  # compiles what is not compiled yet
    yield from _figures(_rounds(rounds, variables), "", 1.05)
    with TemporaryDirectory() as empty:
        uncompiled = variables | {"PYTHONPYCACHEPREFIX": empty, "PYTHONDONTWRITEBYTECODE": "1"}
        yield from _figures(_rounds(uncompiled_rounds, uncompiled), ", nothing compiled", None)
    warm, bare = (memory_once_warm(COMMANDS[name], variables) for name in (_OURS, _TEN))
    yield Figure("memory at rest once boto3 is loaded", warm / bare, f"× {_TEN}", ratio=True)
    yield Figure("this server: memory at rest once boto3 is loaded", warm, "MB")


def _rounds(rounds: int, variables: Mapping[str, str]) -> dict[str, list[Start]]:
    starts: dict[str, list[Start]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            starts[name].append(start(command, variables))
    return starts


def _figures(starts: Mapping[str, Sequence[Start]], condition: str, target: float | None) -> Iterator[Figure]:
    def values(name: str, member: str) -> list[float]:
        return [getattr(each, member) for each in starts[name]]

    times = {"initialize": f"spawn to `initialize`{condition}", "tools_list": f"spawn to tools/list{condition}"}
    memory = {} if condition else {"memory": "memory at rest", "peak": "memory at its peak till then"}
    for reference in (_TEN, _NONE):
        for member, about in {**times, **memory}.items():
            limit = {"memory": 1.1, "peak": None}.get(member, target) if reference == _TEN else None
            yield ratio(about, values(_OURS, member), values(reference, member), f"× {reference}", limit)
    for name in starts:
        for member, about in {**times, **memory}.items():
            unit, factor = ("MB", 1) if member in memory else ("ms", 1000)
            yield Figure(f"{name}: {about}", median(values(name, member)) * factor, unit)
