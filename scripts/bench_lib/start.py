"""How long the server takes to answer first, and how much memory: against the SDK's own floor, in turns."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import NamedTuple

from mcp.client.stdio import get_default_environment

from bench_lib.figures import Figure, times
from bench_lib.stdio_server import StdioServer

OURS = [sys.executable, "-m", "cloudwatch_mcp"]
_BARE = [sys.executable, str(Path(__file__).parent / "bare_server.py")]
_TEN, _NONE = "a bare server with ten trivial tools", "a bare server with no tools"
COMMANDS: dict[str, Sequence[str]] = {"this server": OURS, _TEN: [*_BARE, "10"], _NONE: [*_BARE, "0"]}
_WARMED_UP_WITHIN = 10  # seconds


class Start(NamedTuple):
    """Seconds from the spawn to each answer; megabytes after the second."""

    initialize: float
    tools_list: float
    at_rest: float
    peak: float


def start(command: Sequence[str], environment: Mapping[str, str]) -> Start:
    with StdioServer(command, environment) as server:
        server.initialize()
        initialized = perf_counter() - server.spawned
        server.request("tools/list")
        listed = perf_counter() - server.spawned
        return Start(initialized, listed, *server.memory())


def after_warm_up(command: Sequence[str], environment: Mapping[str, str]) -> float:
    """Megabytes once nothing more is loaded by itself."""
    with StdioServer(command, environment) as server:
        server.initialize()
        server.request("tools/list")
        before, since = 0.0, perf_counter()
        while perf_counter() - since < _WARMED_UP_WITHIN and (now := server.memory().now) != before:
            before = now
            sleep(1)
        return before


def measure(rounds: int, uncompiled_rounds: int) -> Iterator[Figure]:
    environment = get_default_environment() | {"AWS_EC2_METADATA_DISABLED": "true"}
    for command in COMMANDS.values():
        start(command, environment)  # whatever was not compiled yet is now
    yield from _figures(_in_turns(rounds, environment), "", 1.05)
    with TemporaryDirectory() as empty:
        nothing_compiled = environment | {"PYTHONPYCACHEPREFIX": empty, "PYTHONDONTWRITEBYTECODE": "1"}
        yield from _figures(_in_turns(uncompiled_rounds, nothing_compiled), ", nothing compiled", None)
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1"}
    nowhere = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    warm = after_warm_up(OURS, environment | keys | nowhere)
    bare = after_warm_up(COMMANDS[_TEN], environment)
    yield Figure("memory at rest once boto3 is loaded", warm / bare, f"× {_TEN}", ratio=True)
    yield Figure("this server: memory at rest once boto3 is loaded", warm, "MB")


def _in_turns(rounds: int, environment: Mapping[str, str]) -> dict[str, list[Start]]:
    found: dict[str, list[Start]] = {name: [] for name in COMMANDS}
    for _ in range(rounds):
        for name, command in COMMANDS.items():
            found[name].append(start(command, environment))
    return found


def _figures(found: Mapping[str, Sequence[Start]], how: str, most: float | None) -> Iterator[Figure]:
    def each(name: str, field: str) -> list[float]:
        return [getattr(one, field) for one in found[name]]

    answers = {"initialize": f"spawn to `initialize`{how}", "tools_list": f"spawn to tools/list{how}"}
    memory = {} if how else {"at_rest": "memory at rest", "peak": "memory at its peak till then"}
    for reference in (_TEN, _NONE):
        for field, what in {**answers, **memory}.items():
            limit = {"at_rest": 1.1, "peak": None}.get(field, most) if reference == _TEN else None
            yield times(what, each("this server", field), each(reference, field), f"× {reference}", limit)
    for name in found:
        for field, what in {**answers, **memory}.items():
            unit, factor = ("MB", 1) if field in memory else ("ms", 1000)
            yield Figure(f"{name}: {what}", median(each(name, field)) * factor, unit)
