"""Where the time goes: of a start by `-X importtime`, of calls by cProfile; both come with Python."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from cProfile import Profile
from pathlib import Path
from typing import Any

import anyio
from loguru import logger
from mcp import Client

from bench_lib.endpoint import Endpoint, large_answers, sandbox
from bench_lib.own_time import default_calls
from bench_lib.start import OURS
from cloudwatch_mcp.aws import clients
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.tool_calls import build_server

_CALLS = 20
_LINES = 40
_MODULE = re.compile(r"import time: +(\d+) \| +\d+ \| *(\S+)")
_PACKAGE = re.compile(r".*/(?:site-packages|lib/python3\.\d+)/([^/]+?)(?:\.py)?(?:/.*)?$")


def of_start() -> Iterator[str]:
    """Milliseconds of import, its own without what it imports, by package; the least of five starts."""
    least: dict[str, float] = {}
    for _ in range(5):
        command = [OURS[0], "-X", "importtime", *OURS[1:]]
        said = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True).stderr  # noqa: S603 - our own server
        for microseconds, module in _MODULE.findall(said):
            least[module] = min(least.get(module, float("inf")), int(microseconds) / 1000)
    packages = Counter[str]()
    for module, milliseconds in least.items():
        packages[module.partition(".")[0]] += milliseconds  # type: ignore[assignment]  # a Counter of floats
    yield f"imports of a start: {sum(least.values()):.0f} ms; importtime itself slows them"
    yield from _rows("ms", packages.most_common(_LINES))
    ours = {module: spent for module, spent in least.items() if module.startswith("cloudwatch_mcp")}
    yield "the modules of this server"
    yield from _rows("ms", sorted(ours.items(), key=lambda item: -item[1]))


def of_calls() -> Iterator[str]:
    """Own time by package and by function, of the ten calls that own time is measured of, and of 10,000 rows."""
    logger.remove()
    with sandbox() as aws:
        yield f"each tool called {_CALLS} times"
        yield from _profiled(aws, lambda: [(tool, make()) for tool, make in default_calls(aws).items()], _CALLS)
    with large_answers() as aws:
        query = {"query_string": "fields @message", "start_time": "1h", "log_group_names": ["a"], "limit": 10_000}
        yield "a query of 10,000 rows"
        yield from _profiled(aws, lambda: [("execute_log_insights_query", query)], 3, path="/rows/10000")


class _Inline(Executor):
    """A profile is of one thread: what else runs in a thread of the pool runs here at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - as the executor of threads does it
            future.set_exception(error)
        return future


def _profiled(
    aws: Endpoint, questions: Callable[[], Iterable[tuple[str, dict[str, Any]]]], times: int, path: str = ""
) -> Iterator[str]:
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= aws.environment | {"AWS_ENDPOINT_URL": aws.url + path}
    vars(clients)["ThreadPoolExecutor"] = lambda *_: _Inline()
    profile = Profile()

    async def ask() -> None:
        async with Client(build_server(Settings(), os.environ)) as client:
            for tool, arguments in questions():
                await client.call_tool(tool, arguments)
            for _ in range(times):
                asked = list(questions())
                profile.enable()
                for tool, arguments in asked:
                    await client.call_tool(tool, arguments)
                profile.disable()

    anyio.run(ask)
    profile.create_stats()
    yield from _tables(profile.stats, times)


def _tables(stats: dict[tuple[str, int, str], Any], times: int) -> Iterator[str]:
    packages, functions = Counter[str](), list[tuple[str, float]]()
    for (path, line, name), (_, _, own, cumulative, _) in stats.items():
        if name in ("<method 'poll' of 'select.epoll' objects>", "<method 'recv_into' of '_socket.socket' objects>"):
            continue  # waits
        packages[_package(path)] += own * 1000 / times
        if "cloudwatch_mcp" in path:
            functions.append((f"{Path(path).name}:{line} {name}", cumulative * 1000 / times))
    yield "own time by package"
    yield from _rows("ms", packages.most_common(15))
    yield "functions of this server, what they call included"
    yield from _rows("ms", sorted(functions, key=lambda item: -item[1])[:_LINES])


def _package(path: str) -> str:
    if "cloudwatch_mcp" in path:
        return "cloudwatch_mcp"
    found = _PACKAGE.match(path)
    return found[1] if found else "built in"


def _rows(unit: str, items: Iterable[tuple[str, float]]) -> Iterator[str]:
    for name, value in items:
        yield f"{value:10.1f} {unit}  {name}"


def write(which: str) -> None:
    for line in of_start() if which == "start" else of_calls():
        sys.stdout.write(line + "\n")
