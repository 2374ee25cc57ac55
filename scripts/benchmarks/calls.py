"""What the server adds to a call: alone, the first time, and beside others."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from statistics import median
from time import perf_counter, sleep
from typing import Any

from scripts.benchmarks.report import Effort, Figure
from tests.support.endpoint import Request, Response, forward
from tests.support.measured_aws import NOW, MeasuredAws, measured_sandbox, most_at_once
from tests.support.measured_server import running, time_of, without_waiting
from tests.support.questions import ONE_PER_TOOL, arguments_of
from tests.support.sandbox_clients import client_of
from tests.support.server_process import ServerProcess

_OWN_TIME = {"analyze_log_group": 150}  # milliseconds at most; it compares thousands of events
LATENCY = 0.5  # seconds
METRIC_CALL: dict[str, Any] = {
    "namespace": "Shop/Checkout",
    "metric_name": "Latency",
    "dimensions": [{"name": "Service", "value": "checkout"}],
    "start_time": (NOW - timedelta(hours=1)).isoformat(),
    "end_time": NOW.isoformat(),
}
_NOTHING = Request("/", "Nothing", {"X-Amz-Target": "Any.Nothing"}, b"{}")


def measure(effort: Effort) -> Iterator[Figure]:
    with measured_sandbox() as aws:
        yield from _at_once(aws, effort)
        yield from _own_time(aws, effort)
        yield from _first_calls(aws, effort(5))


def _at_once(aws: MeasuredAws, effort: Effort) -> Iterator[Figure]:
    aws.delay = LATENCY
    rounds = range(effort(5))
    seconds = median(_ask_endpoint(aws, 50) for _ in rounds)
    yield Figure("the measuring device alone, 50 requests at once", seconds / LATENCY, "× its latency", 1.3, ratio=True)
    with running(aws.environment, warm=True) as server:
        # One AWS request each. 200 calls are more than the server has threads for.
        for tool, arguments in (("get_active_alarms", {}), ("get_metric_data", METRIC_CALL)):
            time_of(server, tool, arguments)
            one = median(time_of(server, tool, arguments) for _ in rounds)
            yield Figure(f"`{tool}`, one call", one / LATENCY, "× AWS's latency", ratio=True)
            for calls, target in ((20, 1.3), (50, 2.5), (200, None)):
                aws.new_exchanges()
                seconds = median(time_of(server, tool, arguments, calls) for _ in rounds)
                yield Figure(f"`{tool}`, {calls} calls at once", seconds / one, "× one call", target, ratio=True)
        under_way = most_at_once(aws.new_exchanges())
        yield Figure("AWS requests under way during 200 calls, at most", under_way, "requests", ratio=True)
        for calls, during in ((1, "one slow call"), (50, "50 slow calls")):
            pings = [each for _ in rounds for each in _pings_during(server, calls)]
            yield Figure(f"ping during {during}, median", median(pings) * 1000, "ms", target=50)
            yield Figure(f"ping during {during}, maximum", max(pings) * 1000, "ms")
    aws.delay = 0.0


def _ask_endpoint(aws: MeasuredAws, requests: int) -> float:
    """Seconds for so many requests sent together to the endpoint, without a server between."""
    aws.memory["/", "Nothing", b"{}"] = Response(b"{}")
    begun = perf_counter()
    with ThreadPoolExecutor(requests) as pool:
        list(pool.map(partial(forward, aws.url), [_NOTHING] * requests))
    return perf_counter() - begun


def _pings_during(server: ServerProcess, calls: int) -> Iterator[float]:
    """Seconds of each ping, 20 ms after the one before, while the calls are under way."""
    slow = {server.begin("tools/call", name="get_metric_data", arguments=METRIC_CALL) for _ in range(calls)}
    while not slow <= server.answers.keys():
        begun = perf_counter()
        server.request("ping")
        yield perf_counter() - begun
        sleep(0.02)


def _own_time(aws: MeasuredAws, effort: Effort) -> Iterator[Figure]:
    logs = client_of("logs", aws.url)
    with running(aws.environment, warm=True) as server:
        for question in ONE_PER_TOOL:
            asked = (arguments_of(question, logs, NOW) for _ in range(effort(20) + 2))
            own = [without_waiting(server, aws, question.tool, arguments).seconds for arguments in asked]
            target = _OWN_TIME.get(question.tool, 15)
            yield Figure(f"`{question.tool}`, own time", median(own[2:]) * 1000, "ms", target)


def _first_calls(aws: MeasuredAws, starts: int) -> Iterator[Figure]:
    cold, warm, later = [], [], []
    for _ in range(starts):
        with running(aws.environment) as server:
            cold.append(time_of(server, "get_active_alarms", {}))
        with running(aws.environment, warm=True) as server:
            warm.append(time_of(server, "get_active_alarms", {}))
            later += [time_of(server, "get_active_alarms", {}) for _ in range(10)]
    for about, seconds in (("at once after the handshake", cold), ("2 s after tools/list", warm)):
        yield Figure(f"first call, {about}", median(seconds) / median(later), "× a later call", ratio=True)
        yield Figure(f"first call, {about}", median(seconds) * 1000, "ms")
