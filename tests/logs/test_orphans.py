"""No query is left running unread, however and whenever a call or the server ends."""

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
from tests.support.frozen_time import NOW
from tests.support.stdio import PATIENCE, Endpoint, Request, Response, ServerProcess

SEED = 20_261_120
FASTER = 50  # a query's second takes a fiftieth
DENIED = Response(b'{"__type": "AccessDeniedException", "message": "not authorized"}', status=400)
NEVER = 1_000_000


@dataclass(frozen=True)
class Moment:
    """The n-th request of an operation for one query: while its answer is awaited, or right after it."""

    operation: str
    number: int = 1
    answered: bool = False


@dataclass
class Trial:
    """One query, and the moment at which something befalls it.

    `reached` is called then; an answer that is awaited is given once `go_on` is set, as a refusal if `refused`.
    """

    text: str
    moment: Moment
    completes_at: int = NEVER
    refused: bool = False
    reached: Callable[[], None] = lambda: None
    go_on: threading.Event = field(default_factory=threading.Event)


@dataclass
class Query:
    """A query as AWS knows it."""

    text: str
    polls: int = 0
    ended: bool = False
    stopped: bool = False


class Recorder:
    """An AWS that starts, runs and stops the queries of the trials, and keeps the record."""

    def __init__(self) -> None:
        self.trials: dict[str, Trial] = {}
        self.queries: dict[str, Query] = {}
        self.one_stopped = threading.Event()
        self._ids = count(1)
        self._lock = threading.Lock()

    def add(self, trial: Trial) -> Trial:
        self.trials[trial.text] = trial
        return trial

    def answer(self, request: Request) -> Response:
        with self._lock:
            text, number, answer = self._do(request)
        trial = self.trials[text]
        if trial.moment in (Moment(request.operation, number), Moment(request.operation, number, answered=True)):
            trial.reached()
            if not trial.moment.answered:
                trial.go_on.wait(PATIENCE)
            if trial.refused:
                return DENIED
        return Response(json.dumps(answer).encode())

    def _do(self, request: Request) -> tuple[str, int, dict[str, Any]]:
        """The query's text, which request of its operation this is, and the answer."""
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
        scanned = 2e9 if trial.moment.operation == "StopQuery" else 0.0  # more than is allowed, or nothing
        statistics = {"recordsScanned": 1.0, "recordsMatched": 0.0, "bytesScanned": scanned}
        status = "Complete" if query.ended else "Running"
        return query.text, query.polls, {"status": status, "results": [], "statistics": statistics}


def orphans(recorder: Recorder, left_by_contract: set[str]) -> dict[str, Query]:
    """The queries that were started, neither ended nor were stopped, and whose id nobody was given to go on with."""
    return {
        query_id: query
        for query_id, query in recorder.queries.items()
        if not (query.ended or query.stopped or query_id in left_by_contract)
    }


def _moment(chance: random.Random) -> Moment:
    operation = chance.choice(["StartQuery", "GetQueryResults", "GetQueryResults", "GetQueryResults"])
    number = 1 if operation == "StartQuery" else chance.randint(1, 5)
    return Moment(operation, number, answered=chance.random() < 0.5)


def _arguments(trial: Trial, max_timeout: int = 3_600) -> dict[str, Any]:
    return {"query_string": trial.text, "start_time": "1h", "log_group_names": ["a"], "max_timeout": max_timeout}


def _events(trial: Trial) -> anyio.Event:
    """Set on the event loop when the trial's moment comes."""
    reached, loop = anyio.Event(), asyncio.get_running_loop()

    def reach() -> None:
        loop.call_soon_threadsafe(reached.set)

    trial.reached = reach
    return reached


async def _come(moment: anyio.Event) -> None:
    """A moment that never comes, a StopQuery that is not sent, is for the record to tell."""
    with anyio.move_on_after(PATIENCE):
        await moment.wait()


@dataclass
class Session:
    """A server in memory and a client of it; each coroutine is one way in which a query comes to its end."""

    server: CloudWatchServer
    client: Client
    chance: random.Random
    left_by_contract: set[str] = field(default_factory=set)

    async def cancels(self, trial: Trial) -> None:
        reached = _events(trial)
        async with anyio.create_task_group() as group:
            group.start_soon(self._call, self.client, trial)
            await _come(reached)
            group.cancel_scope.cancel()
        await self.client.session.send_ping()  # once it is answered, what was sent before has been read
        trial.go_on.set()

    async def disconnects(self, trial: Trial) -> None:
        reached = _events(trial)
        async with anyio.create_task_group() as group, Client(self.server, mode="legacy") as leaving:
            group.start_soon(self._is_cut_off, leaving, trial)
            await _come(reached)
            trial.go_on.set()

    async def _is_cut_off(self, leaving: Client, trial: Trial) -> None:
        with pytest.raises(MCPError, match="Connection closed"):
            await self._call(leaving, trial)

    async def has_no_patience(self, trial: Trial) -> None:
        """The client's own timeout is on the wall clock: a moment that is random without our help."""
        trial.go_on.set()
        ask, seconds = self.client.call_tool, self.chance.uniform(0.01, 0.2)
        with pytest.raises(MCPError, match="timed out"):
            await ask("execute_log_insights_query", _arguments(trial), read_timeout_seconds=seconds)

    async def is_refused_the_results(self, trial: Trial) -> None:
        trial.moment = Moment("GetQueryResults", self.chance.randint(1, 5))
        trial.refused = True
        trial.go_on.set()
        assert (await self._call(self.client, trial)).is_error

    async def cancels_while_it_is_stopped(self, trial: Trial) -> None:
        trial.moment = Moment("StopQuery")
        await self.cancels(trial)

    async def cancels_as_it_completes(self, trial: Trial) -> None:
        trial.moment = Moment("GetQueryResults", self.chance.randint(1, 5))
        trial.completes_at = trial.moment.number
        await self.cancels(trial)

    async def waits_max_timeout(self, trial: Trial) -> None:
        trial.go_on.set()
        answer = (await self._call(self.client, trial, self.chance.randint(1, 10))).structured_content
        if answer:  # else it was never started: so many others are running
            assert answer["status"] == "Running"
            self.left_by_contract.add(answer["query_id"])

    async def _call(self, client: Client, trial: Trial, max_timeout: int = 3_600) -> Any:
        return await client.call_tool("execute_log_insights_query", _arguments(trial, max_timeout))


WAYS: dict[Callable[[Session, Trial], Coroutine[Any, Any, None]], int] = {
    Session.cancels: 40,
    Session.disconnects: 15,
    Session.has_no_patience: 10,
    Session.is_refused_the_results: 10,
    Session.cancels_while_it_is_stopped: 5,
    Session.cancels_as_it_completes: 5,
    Session.waits_max_timeout: 5,
}


@pytest.fixture
def anyio_backend() -> str:
    """What a trial's thread wakes is asyncio's event loop."""
    return "asyncio"


@pytest.mark.anyio
async def test_no_query_is_orphaned_in_90_calls_that_end_at_random_moments(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All at once; 10 queries run at a time, the others wait their turn."""
    chance, recorder = random.Random(SEED), Recorder()
    fast = Clock(lambda: NOW, lambda: time.monotonic() * FASTER, lambda seconds: anyio.sleep(seconds / FASTER))
    with Endpoint(recorder.answer) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        server = build_server(Settings(max_scan_gb=1.0), os.environ, clock=fast)
        async with Client(server, mode="legacy") as client, anyio.create_task_group() as group:
            session = Session(server, client, chance)
            ways = [way for way, times in WAYS.items() for _ in range(times)]
            chance.shuffle(ways)
            for number, way in enumerate(ways):
                group.start_soon(way, session, recorder.add(Trial(f"fields a # {number}", _moment(chance))))
    assert len(ways) == 90
    assert len(recorder.queries) >= 75  # those that ended before their turn were never started
    assert orphans(recorder, session.left_by_contract) == {}


ENDS = ["EOF", "SIGTERM", "EOF", "SIGTERM"]
EACH = 3


def _begin(process: ServerProcess, recorder: Recorder, chance: random.Random) -> Iterator[threading.Event]:
    """Begins the trials of a process, the first of them a query that runs; an event for the moment of each."""
    process.initialize()
    for number in range(EACH):
        moment = Moment("GetQueryResults", answered=True) if number == 0 else _moment(chance)
        trial = recorder.add(Trial(f"fields a # {number}", moment))
        reached = threading.Event()
        trial.reached = reached.set
        process.begin_call("execute_log_insights_query", **_arguments(trial))
        yield reached


def _end(process: ServerProcess, end: str, recorder: Recorder) -> None:
    """Ends the process; AWS gives the answers it owes once the process is seen to end."""
    process.end_input() if end == "EOF" else process.signal(signal.SIGTERM)
    recorder.one_stopped.wait(1)
    for trial in recorder.trials.values():
        trial.go_on.set()
    process.wait()


def test_no_query_is_orphaned_when_a_server_with_several_at_random_moments_is_ended() -> None:
    chance = random.Random(SEED)
    recorders = [Recorder() for _ in ENDS]
    with ExitStack() as stack:
        endpoints = [stack.enter_context(Endpoint(recorder.answer)) for recorder in recorders]
        processes = [stack.enter_context(ServerProcess(AWS_ENDPOINT_URL=endpoint.url)) for endpoint in endpoints]
        moments = [
            moment
            for process, recorder in zip(processes, recorders, strict=True)
            for moment in _begin(process, recorder, chance)
        ]
        assert all(moment.wait(PATIENCE) for moment in moments)
        for process, end, recorder in zip(processes, ENDS, recorders, strict=True):
            _end(process, end, recorder)
    assert [len(recorder.queries) for recorder in recorders] == [EACH] * len(ENDS)
    assert [orphans(recorder, left_by_contract=set()) for recorder in recorders] == [{}] * len(ENDS)
