"""What large answers of AWS take: time, memory, and how both grow."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import linear_regression, median
from typing import Any, NamedTuple

from scripts.benchmarks.report import Effort, Figure
from tests.support.large_aws import answer_at_large
from tests.support.measured_aws import MeasuredAws
from tests.support.measured_server import Answer, running, without_waiting

_PEAK = 200  # MB
_POWER = 1.1  # 1 is linear; the rest is the fit's error


@dataclass(frozen=True)
class Load:
    """A call whose answer has any size: the sizes to report, and whether its growth up to the first one is computed."""

    kind: str
    tool: str
    arguments: Mapping[str, Any]
    sizes: tuple[int, ...]
    grows: bool = True
    condition: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


class Cost(NamedTuple):
    """Own seconds of a call, megabytes at the peak, characters of the answer."""

    seconds: float
    peak: float
    characters: int


_QUERY = {"query_string": "fields @timestamp, @message", "log_group_names": ["/a"], "start_time": "1h", "limit": 10_000}
_LOAD = {"namespace": "Shop", "metric_name": "Load"}
_POINTS = {**_LOAD, "start_time": "14d", "target_datapoints": 20_000}
_GROUPS = {"max_items": 10_000}
_ALL_SHOWN = ", no budget: all are read and shown"
_NO_BUDGET = {"CLOUDWATCH_MCP_MAX_RESPONSE_CHARS": "100000000"}
_LOADS = (
    Load("rows", "execute_log_insights_query", _QUERY, (10_000,)),
    Load("points", "get_metric_data", _POINTS, (20_000,)),
    Load("series", "get_metric_data", {**_LOAD, "group_by_dimension": "Host"}, (500,)),
    Load("alarms", "get_active_alarms", {"max_items": 1_000}, (1_000, 5_000)),
    Load("groups", "describe_log_groups", _GROUPS, (10_000,), grows=False),
    Load("groups", "describe_log_groups", _GROUPS, (10_000,), condition=_ALL_SHOWN, settings=_NO_BUDGET),
    Load("event", "execute_log_insights_query", _QUERY, (1,), grows=False),
)


def measure(effort: Effort) -> Iterator[Figure]:
    with MeasuredAws(answer_at_large) as aws:
        for load in _LOADS:
            yield from _measure_load(aws, load, effort(5))


def _measure_load(aws: MeasuredAws, load: Load, calls: int) -> Iterator[Figure]:
    growth = [load.sizes[0] // part for part in (8, 4, 2, 1)] if load.grows else []
    costs = _costs(aws, load, sorted({*load.sizes, *growth}), calls)
    for size in load.sizes:
        name = "one event of 256 KB" if load.kind == "event" else f"{size:,} {load.kind}{load.condition}"
        yield Figure(f"{name}: own time", costs[size].seconds * 1000, "ms")
        yield Figure(f"{name}: peak memory", costs[size].peak, "MB", _PEAK)
        yield Figure(f"{name}: answer", costs[size].characters, "characters")
    if load.grows:
        base = _costs(aws, load, [1], 1)[1].peak
        name = f"{growth[0]:,} to {growth[-1]:,} {load.kind}{load.condition}"
        seconds = power(growth, [costs[size].seconds for size in growth])
        # Less than a megabyte is the allocator's, not the answer's.
        memory = power(growth, [max(costs[size].peak - base, 1.0) for size in growth])
        yield Figure(f"{name}: own time", seconds, "= power of the size", _POWER, ratio=True)
        yield Figure(f"{name}: memory", memory, "= power of the size", _POWER, ratio=True)


def power(sizes: Sequence[int], values: list[float]) -> float:
    """The power of the size with which the values grow: 1 is linear."""
    return linear_regression([math.log(size) for size in sizes], [math.log(value) for value in values]).slope


def _costs(aws: MeasuredAws, load: Load, sizes: Sequence[int], calls: int) -> dict[int, Cost]:
    """With a server for each size, whose peak is that of this call alone; the sizes in turns."""
    answers: dict[int, list[Answer]] = {size: [] for size in sizes}
    variables = {**aws.environment, **load.settings}
    with ExitStack() as stack:
        urls = {size: f"{aws.url}/{load.kind}/{size}" for size in sizes}
        servers = {size: stack.enter_context(running(variables | {"AWS_ENDPOINT_URL": urls[size]})) for size in sizes}
        for _ in range(calls + 1):
            for size, server in servers.items():
                answers[size].append(without_waiting(server, aws, load.tool, load.arguments))
        peaks = {size: server.usage().peak for size, server in servers.items()}
    seconds = {size: median(answer.seconds for answer in answers[size][1:]) for size in sizes}
    return {size: Cost(seconds[size], peaks[size], len(answers[size][-1].text)) for size in sizes}
