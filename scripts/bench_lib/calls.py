"""What the server adds to calls that run beside others."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta, timezone
from statistics import median
from time import perf_counter
from typing import Any

import anyio
from mcp import Client, StdioServerParameters

from bench_lib.endpoint import Endpoint
from bench_lib.figures import Figure
from bench_lib.front import ask_at_once, at_once_at_most

_LATENCY = 0.5  # seconds
_PATIENCE = 60  # seconds after which a call that is not answered ends the benchmark
_NOW = datetime.now(timezone.utc).replace(microsecond=0)
_HOUR = {"start_time": (_NOW - timedelta(hours=1)).isoformat(), "end_time": _NOW.isoformat()}
_METRIC = {
    "namespace": "Shop/Checkout",
    "metric_name": "Latency",
    "dimensions": [{"name": "Service", "value": "checkout"}],
}
# One AWS request each.
_PARALLEL: dict[str, dict[str, Any]] = {"get_metric_data": _METRIC | _HOUR, "get_active_alarms": {}}


async def measure(aws: Endpoint, rounds: int, rounds_of_200: int) -> list[Figure]:
    aws.delay(_LATENCY)
    figures = await _front_alone(aws, rounds)
    async with _connected(aws) as client:
        await client.list_tools()
        figures += await _parallel_calls(client, rounds)
        figures += await _too_many_calls(client, aws, rounds_of_200)
        figures += await _pings(client, rounds)
    aws.delay(0)
    return figures


@asynccontextmanager
async def _connected(aws: Endpoint) -> AsyncIterator[Client]:
    """A server process of its own, by the handshake that has pings."""
    command = StdioServerParameters(command=sys.executable, args=["-m", "cloudwatch_mcp"], env=aws.environment)
    async with Client(command, mode="legacy", read_timeout_seconds=_PATIENCE) as client:
        yield client


async def _call(client: Client, tool: str, arguments: dict[str, Any]) -> float:
    """Seconds from the client's request to its having the answer, which must be no error."""
    begun = perf_counter()
    result = await client.call_tool(tool, arguments)
    seconds = perf_counter() - begun
    if result.is_error:
        raise RuntimeError(f"{tool} failed: {result.content}")
    return seconds


async def _at_once(client: Client, tool: str, calls: int) -> float:
    begun = perf_counter()
    async with anyio.create_task_group() as group:
        for _ in range(calls):
            group.start_soon(_call, client, tool, _PARALLEL[tool])
    return perf_counter() - begun


async def _front_alone(aws: Endpoint, rounds: int) -> list[Figure]:
    """That the measuring device carries what is measured with it."""
    await ask_at_once(aws.url, 1)
    figures = []
    for requests in (50, 200):
        seconds = median([await ask_at_once(aws.url, requests) for _ in range(rounds)])
        what = f"the measuring device alone, {requests} requests at once"
        figures.append(Figure(what, seconds / _LATENCY, "× its latency", 1.3, ratio=True))
    return figures


async def _parallel_calls(client: Client, rounds: int) -> list[Figure]:
    figures = []
    for tool, arguments in _PARALLEL.items():
        await _call(client, tool, arguments)
        one = median([await _at_once(client, tool, 1) for _ in range(rounds)])
        figures.append(Figure(f"`{tool}`, one call", one / _LATENCY, "× AWS's latency", ratio=True))
        for calls, most in ((20, 1.3), (50, 2.5)):
            seconds = median([await _at_once(client, tool, calls) for _ in range(rounds)])
            figures.append(Figure(f"`{tool}`, {calls} calls at once", seconds / one, "× one call", most, ratio=True))
    return figures


async def _too_many_calls(client: Client, aws: Endpoint, rounds: int) -> list[Figure]:
    """More calls than the server has threads for."""
    one = median([await _at_once(client, "get_metric_data", 1) for _ in range(rounds)])
    aws.seen()
    seconds = median([await _at_once(client, "get_metric_data", 200) for _ in range(rounds)])
    what = "`get_metric_data`, 200 calls at once"
    return [
        Figure(what, seconds / one, "× one call", ratio=True),
        Figure(f"{what}: AWS requests under way, at most", at_once_at_most(aws.seen()), "requests", ratio=True),
    ]


async def _pings(client: Client, rounds: int) -> list[Figure]:
    figures = []
    for calls in (1, 50):
        seconds: list[float] = []
        for _ in range(rounds):
            seconds += await _pings_during(client, calls)
        during = "one slow call" if calls == 1 else f"{calls} slow calls"
        figures.append(Figure(f"ping during {during}, median", median(seconds) * 1000, "ms", most=50))
        figures.append(Figure(f"ping during {during}, maximum", max(seconds) * 1000, "ms"))
    return figures


async def _pings_during(client: Client, calls: int) -> list[float]:
    """Seconds of each ping sent, 20 ms after the last, while the calls were under way."""
    seconds: list[float] = []

    async def ping() -> None:
        while True:
            begun = perf_counter()
            await client.session.send_ping()
            seconds.append(perf_counter() - begun)
            await anyio.sleep(0.02)

    async with anyio.create_task_group() as group:
        group.start_soon(ping)
        await _at_once(client, "get_metric_data", calls)
        group.cancel_scope.cancel()
    return seconds
