"""No orphans: when a call or the server ends, at any moment, no query is left running."""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import anyio
import pytest
from mcp import Client, MCPError

from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.endpoint import PATIENCE, Endpoint, Request, Response
from tests.support.frozen_time import NOW
from tests.support.server_process import ForkedServer, ServerProcess

SEED = 20_261_120
SPEED = 50  # times the speed of the real clock
DENIED = Response(b'{"__type": "AccessDeniedException", "message": "not authorized"}', status=400)
NEVER = 1_000_000


@dataclass(frozen=True)
class Moment:
    """The n-th request of an operation for a query: before its response, or right after it if `answered`."""

    operation: str
    number: int = 1
    answered: bool = False


@dataclass
class Trial:
    """One query, and the moment at which its call ends.

    At that moment `reached` is called. Unless it is after the response, the response waits for `go_on`. If `denied`, it
    is an error.
    """

    text: str
    moment: Moment
    completes_at: int = NEVER
    denied: bool = False
    reached: Callable[[], None] = lambda: None
    go_on: threading.Event = field(default_factory=threading.Event)


@dataclass
class Query:
    """The state of a query in AWS."""

    text: str
    polls: int = 0
    ended: bool = False
    stopped: bool = False


class FakeAws:
    """An AWS that starts, runs and stops the queries of the trials."""

    def __init__(self) -> None:
        self.trials: dict[str, Trial] = {}
        self.queries: dict[str, Query] = {}
        self.one_stopped = threading.Event()
        self._ids = count(1)
        self._lock = threading.Lock()

    def add(self, trial: Trial) -> Trial:
        self.trials[trial.text] = trial
        return trial

    def respond(self, request: Request) -> Response:
        with self._lock:
            text, number, body = self._handle(request)
        trial = self.trials[text]
        if trial.moment in (Moment(request.operation, number), Moment(request.operation, number, answered=True)):
            trial.reached()
            if not trial.moment.answered:
                trial.go_on.wait(PATIENCE)
            if trial.denied:
                return DENIED
        return Response(json.dumps(body).encode())

    def _handle(self, request: Request) -> tuple[str, int, dict[str, Any]]:
        """The query's text, the number of this request among those of its operation, and the response's body."""
        if request.operation == "StartQuery":
            query_id, text = f"query-{next(self._ids)}", request.json["queryString"]
            self.queries[query_id] = Query(text)
            return text, 1, {"queryId": query_id}
        query = self.queries[request.json["queryId"]]
        if request.operation == "StopQuery":
            query.stopped = True
            self.one_stopped.set()
            return query.text, 1, {"success": True}
        query.polls += 1
        trial = self.trials[query.text]
        query.ended = query.ended or query.polls >= trial.completes_at
        scanned = (
            2e9 if trial.moment.operation == "StopQuery" else 0.0
        )  # above max_scan_gb, so that the server stops it
        statistics = {"recordsScanned": 1.0, "recordsMatched": 0.0, "bytesScanned": scanned}
        status = "Complete" if query.ended else "Running"
        return query.text, query.polls, {"status": status, "results": [], "statistics": statistics}


def orphans(aws: FakeAws, kept_running: set[str]) -> dict[str, Query]:
    """The queries that still run although no answer has their id."""
    return {
        query_id: query
        for query_id, query in aws.queries.items()
        if not (query.ended or query.stopped or query_id in kept_running)
    }


def _moment(chance: random.Random) -> Moment:
    operation = chance.choice(["StartQuery", "GetQueryResults", "GetQueryResults", "GetQueryResults"])
    number = 1 if operation == "StartQuery" else chance.randint(1, 5)
    return Moment(operation, number, answered=chance.random() < 0.5)


def _arguments(trial: Trial, max_timeout: int = 3_600) -> dict[str, Any]:
    return {"query_string": trial.text, "start_time": "1h", "log_group_names": ["a"], "max_timeout": max_timeout}


def _reached_event(trial: Trial) -> anyio.Event:
    """An event that is set at the trial's moment."""
    reached, loop = anyio.Event(), asyncio.get_running_loop()

    def reach() -> None:
        loop.call_soon_threadsafe(reached.set)

    trial.reached = reach
    return reached


async def _wait_for(moment: anyio.Event) -> None:
    """Wait for a moment. If it never comes, as with a StopQuery that is not sent, the query counts as an orphan."""
    with anyio.move_on_after(PATIENCE):
        await moment.wait()


@dataclass
class Session:
    """An in-memory server and its client. Each public method is one way in which a call ends."""

    server: CloudWatchServer
    client: Client
    chance: random.Random
    kept_running: set[str] = field(default_factory=set)

    async def cancel(self, trial: Trial) -> None:
        reached = _reached_event(trial)
        async with anyio.create_task_group() as group:
            group.start_soon(self._call, self.client, trial)
            await _wait_for(reached)
            group.cancel_scope.cancel()
        await self.client.session.send_ping()  # its response means that the server has read the cancellation
        trial.go_on.set()

    async def disconnect(self, trial: Trial) -> None:
        reached = _reached_event(trial)
        async with anyio.create_task_group() as group, Client(self.server, mode="legacy") as client:
            group.start_soon(self._call_until_disconnected, client, trial)
            await _wait_for(reached)
            trial.go_on.set()

    async def _call_until_disconnected(self, client: Client, trial: Trial) -> None:
        with pytest.raises(MCPError, match="Connection closed"):
            await self._call(client, trial)

    async def time_out(self, trial: Trial) -> None:
        """The client's own timeout is on the wall clock, so its moment is random anyway."""
        trial.go_on.set()
        ask, seconds = self.client.call_tool, self.chance.uniform(0.01, 0.2)
        with pytest.raises(MCPError, match="timed out"):
            await ask("execute_log_insights_query", _arguments(trial), read_timeout_seconds=seconds)

    async def fail_to_get_results(self, trial: Trial) -> None:
        trial.moment = Moment("GetQueryResults", self.chance.randint(1, 5))
        trial.denied = True
        trial.go_on.set()
        assert (await self._call(self.client, trial)).is_error

    async def cancel_during_stop_query(self, trial: Trial) -> None:
        trial.moment = Moment("StopQuery")
        await self.cancel(trial)

    async def cancel_at_completion(self, trial: Trial) -> None:
        trial.moment = Moment("GetQueryResults", self.chance.randint(1, 5))
        trial.completes_at = trial.moment.number
        await self.cancel(trial)

    async def wait_until_max_timeout(self, trial: Trial) -> None:
        trial.go_on.set()
        answer = (await self._call(self.client, trial, self.chance.randint(1, 10))).structured_content
        if answer:  # otherwise the query never got a slot
            assert answer["status"] == "Running"
            self.kept_running.add(answer["query_id"])

    async def _call(self, client: Client, trial: Trial, max_timeout: int = 3_600) -> Any:
        return await client.call_tool("execute_log_insights_query", _arguments(trial, max_timeout))


ENDINGS: dict[Callable[[Session, Trial], Coroutine[Any, Any, None]], int] = {
    Session.cancel: 20,
    Session.disconnect: 8,
    Session.time_out: 5,
    Session.fail_to_get_results: 5,
    Session.cancel_during_stop_query: 4,
    Session.cancel_at_completion: 4,
    Session.wait_until_max_timeout: 4,
}


@pytest.fixture
def anyio_backend() -> str:
    """The endpoint's threads wake asyncio's event loop."""
    return "asyncio"


@pytest.mark.anyio
async def test_50_calls_that_end_at_random_moments_leave_no_query_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The calls are concurrent; 10 queries run at a time and the others wait for a slot."""
    chance, aws = random.Random(SEED), FakeAws()
    fast = Clock(lambda: NOW, lambda: time.monotonic() * SPEED, lambda seconds: anyio.sleep(seconds / SPEED))
    with Endpoint(aws.respond) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        server = build_server(Settings(max_scan_gb=1.0), os.environ, clock=fast)
        async with Client(server, mode="legacy") as client, anyio.create_task_group() as group:
            session = Session(server, client, chance)
            endings = [ending for ending, times in ENDINGS.items() for _ in range(times)]
            chance.shuffle(endings)
            for number, ending in enumerate(endings):
                group.start_soon(ending, session, aws.add(Trial(f"fields a # {number}", _moment(chance))))
    assert len(endings) == 50
    assert len(aws.queries) >= 40  # the calls that ended before they got a slot started none
    assert orphans(aws, session.kept_running) == {}


SHUTDOWNS = ["EOF", "SIGTERM", "EOF", "SIGTERM"]
QUERIES_EACH = 3


def _begin(process: ServerProcess, aws: FakeAws, chance: random.Random) -> Iterator[threading.Event]:
    """Start the queries of a process, the first of which is running; yields an event for the moment of each."""
    process.initialize()
    for number in range(QUERIES_EACH):
        moment = Moment("GetQueryResults", answered=True) if number == 0 else _moment(chance)
        trial = aws.add(Trial(f"fields a # {number}", moment))
        reached = threading.Event()
        trial.reached = reached.set
        process.begin_call("execute_log_insights_query", **_arguments(trial))
        yield reached


def _end(process: ServerProcess, end: str, aws: FakeAws) -> None:
    """End the process; AWS sends its pending responses once the process is ending."""
    process.end_input() if end == "EOF" else process.signal(signal.SIGTERM)
    aws.one_stopped.wait(1)
    for trial in aws.trials.values():
        trial.go_on.set()
    process.wait()


def test_a_server_that_ends_with_several_calls_at_random_moments_leaves_no_query_running() -> None:
    chance = random.Random(SEED)
    all_aws = [FakeAws() for _ in SHUTDOWNS]
    with ExitStack() as stack:
        endpoints = [stack.enter_context(Endpoint(aws.respond)) for aws in all_aws]
        processes = [stack.enter_context(ForkedServer(AWS_ENDPOINT_URL=endpoint.url)) for endpoint in endpoints]
        moments = [
            moment for process, aws in zip(processes, all_aws, strict=True) for moment in _begin(process, aws, chance)
        ]
        assert all(moment.wait(PATIENCE) for moment in moments)
        for process, end, aws in zip(processes, SHUTDOWNS, all_aws, strict=True):
            _end(process, end, aws)
    assert [len(aws.queries) for aws in all_aws] == [QUERIES_EACH] * len(SHUTDOWNS)
    assert [orphans(aws, kept_running=set()) for aws in all_aws] == [{}] * len(SHUTDOWNS)
