"""What large answers of AWS take: time, memory, and how both grow."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import linear_regression, median
from typing import Any, NamedTuple

from scripts.benchmarks.aws import Aws, waiting_time
from scripts.benchmarks.report import Figure
from scripts.benchmarks.server import call, running

_PEAK = 200  # MB
_POWER = 1.1  # 1 is linear; the rest is the fit's error


@dataclass(frozen=True)
class Load:
    """A call whose answer can have any size: the sizes to report, and those from which growth is computed."""

    kind: str
    tool: str
    arguments: Callable[[int], dict[str, Any]]
    sizes: tuple[int, ...]
    growth: tuple[int, ...] = ()
    condition: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


class Cost(NamedTuple):
    """Own seconds of a call, megabytes at the peak, characters of the answer."""

    seconds: float
    peak: float
    characters: int


def _query(size: int) -> dict[str, Any]:
    query = {"query_string": "fields @timestamp, @message", "log_group_names": ["/ecs/shop/payments"]}
    return {**query, "start_time": "1h", "limit": size}


def _points(size: int) -> dict[str, Any]:
    return {"namespace": "Shop", "metric_name": "Load", "start_time": "14d", "target_datapoints": size}


def _series(_: int) -> dict[str, Any]:
    return {"namespace": "Shop", "metric_name": "Load", "group_by_dimension": "Host"}


def _items(most: int) -> Callable[[int], dict[str, Any]]:
    return lambda _: {"max_items": most}


def _halves(size: int) -> tuple[int, ...]:
    return tuple(size // part for part in (8, 4, 2, 1))


_LOADS = (
    Load("rows", "execute_log_insights_query", _query, (10_000,), _halves(10_000)),
    Load("points", "get_metric_data", _points, (20_000,), _halves(20_000)),
    Load("series", "get_metric_data", _series, (500,), _halves(500)),
    Load("alarms", "get_active_alarms", _items(1_000), (1_000, 5_000), _halves(1_000)),
    Load("groups", "describe_log_groups", _items(10_000), (10_000,)),
    Load(
        "groups",
        "describe_log_groups",
        _items(10_000),
        (10_000,),
        _halves(10_000),
        condition=", no budget: all are read and shown",
        settings={"CLOUDWATCH_MCP_MAX_RESPONSE_CHARS": "100000000"},
    ),
    Load("event", "execute_log_insights_query", _query, (1,)),
)


def measure(aws: Aws, calls: int) -> Iterator[Figure]:
    for load in _LOADS:
        costs = _costs(aws, load, sorted({*load.sizes, *load.growth}), calls)
        for size in load.sizes:
            name = "one event of 256 KB" if load.kind == "event" else f"{size:,} {load.kind}{load.condition}"
            yield Figure(f"{name}: own time", costs[size].seconds * 1000, "ms")
            yield Figure(f"{name}: peak memory", costs[size].peak, "MB", _PEAK)
            yield Figure(f"{name}: answer", costs[size].characters, "characters")
        if load.growth:
            yield from _growth(aws, load, [costs[size] for size in load.growth])


def _growth(aws: Aws, load: Load, costs: list[Cost]) -> Iterator[Figure]:
    base = _costs(aws, load, [1], 1)[1].peak
    name = f"{load.growth[0]:,} to {load.growth[-1]:,} {load.kind}{load.condition}"
    seconds = [cost.seconds for cost in costs]
    yield Figure(f"{name}: own time", power(load.growth, seconds), "= power of the size", _POWER, ratio=True)
    # Less than a megabyte is the allocator's, not the answer's.
    megabytes = [max(cost.peak - base, 1.0) for cost in costs]
    yield Figure(f"{name}: memory", power(load.growth, megabytes), "= power of the size", _POWER, ratio=True)


def power(sizes: Sequence[int], values: list[float]) -> float:
    """The power of the size with which the values grow: 1 is linear."""
    return linear_regression([math.log(size) for size in sizes], [math.log(value) for value in values]).slope


def _costs(aws: Aws, load: Load, sizes: Sequence[int], calls: int) -> dict[int, Cost]:
    """With a server for each size, whose peak is that of this call alone; the sizes in turns."""
    seconds: dict[int, list[float]] = {size: [] for size in sizes}
    characters: dict[int, int] = {}
    with ExitStack() as stack:
        servers = {size: stack.enter_context(running(_environment(aws, load, size))) for size in sizes}
        for _ in range(calls + 1):
            for size, server in servers.items():
                aws.exchanges()
                answer = call(server, load.tool, load.arguments(size))
                if answer.failed:
                    raise RuntimeError(f"{load.tool} failed: {answer.text}")
                seconds[size].append(answer.seconds - waiting_time(aws.exchanges()))
                characters[size] = len(answer.text)
        return {size: Cost(median(seconds[size][1:]), servers[size].usage().peak, characters[size]) for size in sizes}


def _environment(aws: Aws, load: Load, size: int) -> dict[str, str]:
    return {**aws.environment, **load.settings, "AWS_ENDPOINT_URL": f"{aws.endpoint.url}/{load.kind}/{size}"}
