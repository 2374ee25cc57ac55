"""What the server adds to a call: alone, the first time, and beside others."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from datetime import timedelta
from statistics import median
from threading import Thread
from time import perf_counter, sleep
from typing import Any
from urllib.parse import urlsplit

from scripts.benchmarks.aws import NOW, Aws, most_at_once, waiting_time
from scripts.benchmarks.report import Figure
from scripts.benchmarks.server import running, time_at_once, time_of
from tests.support.endpoint import Response
from tests.support.questions import COMPLETE, ONE_PER_TOOL, Question, start_query
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
# One AWS request each.
_PARALLEL: dict[str, dict[str, Any]] = {"get_metric_data": METRIC_CALL, "get_active_alarms": {}}


class Queries:
    """Starts the queries that questions are about."""

    def __init__(self, aws: Aws) -> None:
        self._logs = client_of("logs", aws.endpoint.url)
        self._complete = start_query(self._logs, NOW)
        while self._logs.get_query_results(queryId=self._complete)["status"] != "Complete":
            pass  # the sandbox counts polls, not time

    def arguments(self, question: Question) -> dict[str, Any]:
        if question.query is None:
            return question.arguments
        return question.of_query(self._complete if question.query == COMPLETE else start_query(self._logs, NOW))


def measure_at_once(aws: Aws, rounds: int, rounds_of_200: int) -> Iterator[Figure]:
    aws.delay = LATENCY
    yield from _endpoint_alone(aws, rounds)
    with running(aws.environment, warm=True) as server:
        yield from _parallel_calls(server, rounds)
        yield from _too_many_calls(server, aws, rounds_of_200)
        yield from _pings(server, rounds)
    aws.delay = 0.0


def _endpoint_alone(aws: Aws, rounds: int) -> Iterator[Figure]:
    """Whether the endpoint carries what is measured with it."""
    aws.memory["/", "Nothing", b"{}"] = Response(b"{}")
    seconds = median(_ask_at_once(aws, 50) for _ in range(rounds))
    yield Figure("the measuring device alone, 50 requests at once", seconds / LATENCY, "× its latency", 1.3, ratio=True)


def _ask_at_once(aws: Aws, requests: int) -> float:
    """Seconds for so many requests sent together to the endpoint, without a server between."""

    def ask() -> None:
        connection = http.client.HTTPConnection(urlsplit(aws.endpoint.url).netloc)
        connection.request("POST", "/", b"{}", {"X-Amz-Target": "Any.Nothing"})
        connection.getresponse().read()
        connection.close()

    threads = [Thread(target=ask) for _ in range(requests)]
    begun = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return perf_counter() - begun


def _parallel_calls(server: ServerProcess, rounds: int) -> Iterator[Figure]:
    for tool, arguments in _PARALLEL.items():
        time_of(server, tool, arguments)
        one = median(time_of(server, tool, arguments) for _ in range(rounds))
        yield Figure(f"`{tool}`, one call", one / LATENCY, "× AWS's latency", ratio=True)
        for calls, target in ((20, 1.3), (50, 2.5)):
            seconds = median(time_at_once(server, tool, arguments, calls) for _ in range(rounds))
            yield Figure(f"`{tool}`, {calls} calls at once", seconds / one, "× one call", target, ratio=True)


def _too_many_calls(server: ServerProcess, aws: Aws, rounds: int) -> Iterator[Figure]:
    """More calls than the server has threads for."""
    one = median(time_of(server, "get_metric_data", METRIC_CALL) for _ in range(rounds))
    aws.exchanges()
    seconds = median(time_at_once(server, "get_metric_data", METRIC_CALL, 200) for _ in range(rounds))
    name = "`get_metric_data`, 200 calls at once"
    yield Figure(name, seconds / one, "× one call", ratio=True)
    yield Figure(f"{name}: AWS requests under way, at most", most_at_once(aws.exchanges()), "requests", ratio=True)


def _pings(server: ServerProcess, rounds: int) -> Iterator[Figure]:
    for calls in (1, 50):
        seconds = [each for _ in range(rounds) for each in _pings_during(server, calls)]
        during = "one slow call" if calls == 1 else f"{calls} slow calls"
        yield Figure(f"ping during {during}, median", median(seconds) * 1000, "ms", target=50)
        yield Figure(f"ping during {during}, maximum", max(seconds) * 1000, "ms")


def _pings_during(server: ServerProcess, calls: int) -> Iterator[float]:
    """Seconds of each ping, 20 ms after the one before, while the calls are under way."""
    slow = {server.begin("tools/call", name="get_metric_data", arguments=METRIC_CALL) for _ in range(calls)}
    while not slow <= server.answers.keys():
        begun = perf_counter()
        server.request("ping")
        yield perf_counter() - begun
        sleep(0.02)


def measure_own_time(aws: Aws, calls: int, starts: int) -> Iterator[Figure]:
    queries = Queries(aws)
    with running(aws.environment, warm=True) as server:
        for question in ONE_PER_TOOL:
            own = [_own_time(server, aws, question.tool, queries.arguments(question)) for _ in range(calls + 2)][2:]
            yield Figure(
                f"`{question.tool}`, own time", median(own) * 1000, "ms", target=_OWN_TIME.get(question.tool, 15)
            )
    yield from _first_calls(aws, starts)


def _own_time(server: ServerProcess, aws: Aws, tool: str, arguments: dict[str, Any]) -> float:
    aws.exchanges()
    return time_of(server, tool, arguments) - waiting_time(aws.exchanges())


def _first_calls(aws: Aws, starts: int) -> Iterator[Figure]:
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
