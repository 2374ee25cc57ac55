"""Time to start and memory, beside two servers of the SDK alone."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

from scripts.benchmarks.report import Effort, Figure, ratio
from tests.support.measured_server import running
from tests.support.server_process import COMMAND, ServerProcess, environment

_BARE = [sys.executable, str(Path(__file__).parent / "bare_server.py")]
_OURS, _TEN, _NONE = "this server", "a bare server with ten trivial tools", "a bare server with no tools"
COMMANDS: dict[str, Sequence[str]] = {_OURS: COMMAND, _TEN: [*_BARE, "10"], _NONE: [*_BARE, "0"]}
LISTED = "spawn to tools/list"
_TIMES = {"spawn to `initialize`": 1.05, LISTED: 1.05}  # with targets, as times those of ten trivial tools
_MEMORY = {"memory at rest": 1.1, "memory at its peak till then": None}
_WARM_UP = 10  # seconds at most


def start(command: Sequence[str], variables: Mapping[str, str]) -> dict[str, float]:
    """Milliseconds from the spawn to each answer; megabytes after the second."""
    with ServerProcess(command=command, env=variables) as server:
        server.initialize()
        initialized = perf_counter()
        server.request("tools/list")
        seconds = (initialized - server.spawned, perf_counter() - server.spawned)
        usage = server.usage()
    values = (*(each * 1000 for each in seconds), usage.memory, usage.peak)
    return dict(zip((*_TIMES, *_MEMORY), values, strict=True))


def memory_once_warm(command: Sequence[str], variables: Mapping[str, str]) -> float:
    """Megabytes once the server loads nothing more by itself."""
    with running(variables, command) as server:
        server.request("tools/list")
        before, since = 0.0, perf_counter()
        while perf_counter() - since < _WARM_UP and (now := server.usage().memory) != before:
            before = now
            sleep(1)
        return before


def measure(effort: Effort) -> Iterator[Figure]:
    variables = environment()
    _starts(1, variables)  # compiles what is not compiled yet
    yield from _figures(_starts(effort(25), variables), _TIMES | _MEMORY)
    with TemporaryDirectory() as empty:
        uncompiled = variables | {"PYTHONPYCACHEPREFIX": empty, "PYTHONDONTWRITEBYTECODE": "1"}
        yield from _figures(_starts(effort(7), uncompiled), dict.fromkeys(_TIMES), ", nothing compiled")
    warm, bare = (memory_once_warm(COMMANDS[name], variables) for name in (_OURS, _TEN))
    yield Figure("memory at rest once boto3 is loaded", warm / bare, f"× {_TEN}", ratio=True)
    yield Figure("this server: memory at rest once boto3 is loaded", warm, "MB")


_Starts = dict[str, list[dict[str, float]]]


def _starts(rounds: int, variables: Mapping[str, str]) -> _Starts:
    """The servers in turns."""
    turns = [{name: start(command, variables) for name, command in COMMANDS.items()} for _ in range(rounds)]
    return {name: [turn[name] for turn in turns] for name in COMMANDS}


def _figures(starts: _Starts, targets: Mapping[str, float | None], condition: str = "") -> Iterator[Figure]:
    for about, target in targets.items():
        values = {name: [each[about] for each in some] for name, some in starts.items()}
        yield ratio(about + condition, values[_OURS], values[_TEN], f"× {_TEN}", target)
        yield ratio(about + condition, values[_OURS], values[_NONE], f"× {_NONE}")
        for name, some in values.items():
            yield Figure(f"{name}: {about}{condition}", median(some), "ms" if about in _TIMES else "MB")
