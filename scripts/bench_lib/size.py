"""What large answers of AWS take: time, memory, and how both grow."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import linear_regression, median
from typing import Any, NamedTuple

from bench_lib.endpoint import Endpoint
from bench_lib.figures import Figure
from bench_lib.front import waited_for_aws
from bench_lib.start import OURS
from bench_lib.stdio_server import StdioServer

_PEAK = 200  # MB
_SLOPE = 1.1  # 1 is linear; the rest is the fit's error
_EVERYTHING = {"CLOUDWATCH_MCP_MAX_RESPONSE_CHARS": "100000000"}


@dataclass(frozen=True)
class Load:
    """A question of whose answer there can be any amount; `grows` are the sizes fitted, `sizes` those told."""

    kind: str
    tool: str
    arguments: Callable[[int], dict[str, Any]]
    sizes: tuple[int, ...]
    grows: tuple[int, ...] = ()
    how: str = ""
    settings: tuple[tuple[str, str], ...] = ()


class Taken(NamedTuple):
    """Own seconds of a call, megabytes at the peak, characters of the answer."""

    seconds: float
    peak: float
    characters: int


def _query(size: int) -> dict[str, Any]:
    words = {"query_string": "fields @timestamp, @message", "log_group_names": ["/ecs/shop/payments"]}
    return {**words, "start_time": "1h", "limit": size}


def _metric(**more: Any) -> dict[str, Any]:
    return {"namespace": "Shop", "metric_name": "Load", **more}


def _halves(size: int) -> tuple[int, ...]:
    return tuple(size // part for part in (8, 4, 2, 1))


_ALL = tuple(_EVERYTHING.items())
_LOADS = (
    Load("rows", "execute_log_insights_query", _query, (10_000,), _halves(10_000)),
    Load(
        "points",
        "get_metric_data",
        lambda size: _metric(start_time="14d", target_datapoints=size),
        (20_000,),
        _halves(20_000),
    ),
    Load("series", "get_metric_data", lambda _: _metric(group_by_dimension="Host"), (500,), _halves(500)),
    Load("alarms", "get_active_alarms", lambda _: {"max_items": 1_000}, (1_000, 5_000), _halves(1_000)),
    Load("groups", "describe_log_groups", lambda _: {"max_items": 10_000}, (10_000,)),
    Load(
        "groups",
        "describe_log_groups",
        lambda _: {"max_items": 10_000},
        (10_000,),
        _halves(10_000),
        how=", no budget: all are read and shown",
        settings=_ALL,
    ),
    Load("event", "execute_log_insights_query", _query, (1,)),
)


def measure(aws: Endpoint, calls: int) -> Iterator[Figure]:
    for load in _LOADS:
        taken = _take(aws, load, sorted({*load.sizes, *load.grows}), calls)
        for size in load.sizes:
            what = f"{_named(load, size)}{load.how}"
            yield Figure(f"{what}: own time", taken[size].seconds * 1000, "ms")
            yield Figure(f"{what}: peak memory", taken[size].peak, "MB", _PEAK)
            yield Figure(f"{what}: answer", taken[size].characters, "characters")
        if load.grows:
            yield from _growth(aws, load, [taken[size] for size in load.grows])


def _named(load: Load, size: int) -> str:
    return "one event of 256 KB" if load.kind == "event" else f"{size:,} {load.kind}"


def _growth(aws: Endpoint, load: Load, taken: list[Taken]) -> Iterator[Figure]:
    base = _take(aws, load, [1], 1)[1].peak
    sizes = f"{load.grows[0]:,} to {load.grows[-1]:,} {load.kind}{load.how}"
    seconds = [each.seconds for each in taken]
    yield Figure(f"{sizes}: own time", slope(load.grows, seconds), "= power of the size", _SLOPE, ratio=True)
    # What is below a megabyte is the allocator's, not the answer's.
    megabytes = [max(each.peak - base, 1.0) for each in taken]
    yield Figure(f"{sizes}: memory", slope(load.grows, megabytes), "= power of the size", _SLOPE, ratio=True)


def slope(sizes: tuple[int, ...], values: list[float]) -> float:
    """The power of the size with which the values grow: 1 is linear."""
    return linear_regression([math.log(size) for size in sizes], [math.log(value) for value in values]).slope


def _take(aws: Endpoint, load: Load, sizes: Sequence[int], calls: int) -> dict[int, Taken]:
    """By a server for each size, whose peak is that of this question alone; the sizes in turns."""
    seconds: dict[int, list[float]] = {size: [] for size in sizes}
    characters: dict[int, int] = {}
    with ExitStack() as stack:
        servers = {size: stack.enter_context(_server(aws, load, size)) for size in sizes}
        for _ in range(calls + 1):
            for size, server in servers.items():
                aws.seen()
                answer = server.call(load.tool, load.arguments(size))
                if answer.failed:
                    raise RuntimeError(f"{load.tool} failed: {answer.text}")
                seconds[size].append(answer.seconds - waited_for_aws(aws.seen()))
                characters[size] = len(answer.text)
        return {size: Taken(median(seconds[size][1:]), servers[size].memory().peak, characters[size]) for size in sizes}


@contextmanager
def _server(aws: Endpoint, load: Load, size: int) -> Iterator[StdioServer]:
    environment = {**aws.environment, **dict(load.settings), "AWS_ENDPOINT_URL": f"{aws.url}/{load.kind}/{size}"}
    with StdioServer(OURS, environment) as server:
        server.initialize()
        yield server
