"""An AWS that misbehaves over real HTTP: every call ends in an answer or a clear error, and leaves nothing behind."""

from __future__ import annotations

import os
import socket
import sys
import threading
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import anyio.to_thread
import pytest
from botocore.retries import bucket
from botocore.retries.quota import RetryQuota
from botocore.retries.standard import RetryQuotaChecker
from mcp import Client

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.asking import Ask, Reply, asking
from tests.support.stdio import PATIENCE, Endpoint, Request, Response

pytestmark = pytest.mark.anyio

ATTEMPTS = 4
SHORT = 0.5  # seconds; a read timeout that a test can wait for, and that a busy machine keeps
FINE = Response(b'{"status": "Complete", "results": [], "statistics": {}}')
THROTTLED = Response(b'{"__type": "ThrottlingException", "message": "Rate exceeded"}', status=400)


@dataclass(frozen=True)
class Fault:
    """What the endpoint answers, what the error then says, and how often it is asked in one call."""

    response: Response | None
    said: tuple[str, ...]
    attempts: int
    settings: dict[str, Any] = field(default_factory=dict)


SILENT = {"read_timeout": SHORT}
SAID_BY_A_PROXY = ("is not one of AWS's: it is not JSON", "check proxies and AWS_ENDPOINT_URL")
BROKEN_OFF = b'{"status": "Complete", "results": [[{"fie'
FAULTS = {
    "throttling": Fault(THROTTLED, ("ThrottlingException", "wait some seconds"), ATTEMPTS),
    "failing": Fault(
        Response(b'{"__type": "InternalServiceFault", "message": "Oh"}', status=500), ("AWS's fault",), ATTEMPTS
    ),
    # After a read timeout there is no time left for another attempt.
    "hanging": Fault(None, ("cannot be reached", "call again"), 1, SILENT),
    "stalling": Fault(Response(BROKEN_OFF, promised=400, then="stall"), ("cannot be reached", "call again"), 1, SILENT),
    "resetting": Fault(Response(BROKEN_OFF, promised=400, then="reset"), ("Check the network",), ATTEMPTS),
    "garbage": Fault(Response(b"\x00\xff\xfe garbage"), SAID_BY_A_PROXY, 1),
    "truncated": Fault(Response(BROKEN_OFF, promised=400), SAID_BY_A_PROXY, 1),
}
REFUSED = Fault(None, ("Could not connect to the endpoint URL", "Check the network"), 0)
each_fault = pytest.mark.parametrize("fault", FAULTS)


async def call(ask: Ask, **where: str) -> Reply:
    """A tool call that is one call to AWS."""
    return await ask("get_logs_insight_query_results", query_id="one", **where)


def region_of(fault: str) -> str:
    return f"lab-{fault}-1"


@dataclass
class Lab:
    """An endpoint where each fault has a Region, `lab-garbage-1` say; all is well in the others.

    `heals_after` is the number of requests to a Region after which all is well there too.
    """

    heals_after: float = float("inf")
    requests: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, request: Request) -> Response | None:
        with self._lock:
            self.requests[request.region] += 1
            healed = self.requests[request.region] > self.heals_after
        fault = FAULTS.get(request.region.split("-")[1])
        return FINE if healed or fault is None else fault.response


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def endpoint(lab: Lab, environment: dict[str, str]) -> Iterator[Endpoint]:
    """The lab, for every profile but `refused`, where nobody listens."""
    with Endpoint(lab.answer) as endpoint, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # held but not listened on: who connects is refused
        keys = "aws_access_key_id = testing\naws_secret_access_key = testing\n"
        Path(environment["AWS_CONFIG_FILE"]).write_text(
            f"[default]\nendpoint_url = {endpoint.url}\n"
            f"[profile refused]\nendpoint_url = http://127.0.0.1:{closed.getsockname()[1]}\n{keys}",
            encoding="utf-8",
        )
        yield endpoint


@pytest.fixture
def server(endpoint: Endpoint) -> Callable[..., CloudWatchServer]:  # noqa: ARG001 - its address is in the config file
    """Builds servers on the lab."""
    return lambda **settings: build_server(Settings(**settings), os.environ)


@pytest.fixture
def free_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time in botocore moves on only when botocore waits, which then costs none.

    It waits up to 1, 2 and 4 s between the attempts of a call, and, once throttled, 2 s before each request: these
    tests are about what it sends. botocore reads the clock in `retries.bucket` and sleeps there and in `endpoint`.
    """
    now = [0.0]

    def wait(seconds: float) -> None:
        now[0] += seconds + 0.001  # floats: a little less than asked for would be waited for again

    class Condition(threading.Condition):
        def wait(self, timeout: float | None = None) -> bool:
            wait(timeout or 0)
            return False

    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=wait))
    monkeypatch.setattr(bucket, "threading", SimpleNamespace(Lock=threading.Lock, Condition=Condition))
    monkeypatch.setattr(bucket.Clock, "current_time", lambda _: now[0])


without_waiting = pytest.mark.usefixtures("free_waiting")


@without_waiting
async def test_a_call_that_is_throttled_twice_succeeds_at_the_third_attempt(
    server: Callable[..., CloudWatchServer], lab: Lab
) -> None:
    lab.heals_after = 2
    async with asking(server()) as ask:
        reply = await call(ask, region="lab-throttling-1")
    assert not reply.failed
    assert lab.requests == {"lab-throttling-1": 3}


@without_waiting
@each_fault
async def test_a_lasting_fault_is_a_clear_error_and_other_regions_are_fine(
    server: Callable[..., CloudWatchServer], lab: Lab, fault: str
) -> None:
    async with asking(server(**FAULTS[fault].settings)) as ask:
        error = (await call(ask, region=region_of(fault))).error
    async with asking(server()) as ask:
        assert not (await call(ask)).failed
    assert error.startswith(f"GetQueryResults in {region_of(fault)} failed: ")
    assert [said for said in FAULTS[fault].said if said not in error] == [], error
    assert lab.requests == {region_of(fault): FAULTS[fault].attempts, "us-east-1": 1}


@without_waiting
async def test_a_refused_connection_is_a_clear_error_and_other_profiles_are_fine(
    server: Callable[..., CloudWatchServer],
) -> None:
    async with asking(server()) as ask:
        error = (await call(ask, profile_name="refused")).error
        assert not (await call(ask)).failed
    assert error.startswith("GetQueryResults in us-east-1 failed: ")
    assert [said for said in REFUSED.said if said not in error] == [], error


@without_waiting
@each_fault
async def test_the_call_after_the_fault_succeeds(server: Callable[..., CloudWatchServer], lab: Lab, fault: str) -> None:
    lab.heals_after = FAULTS[fault].attempts
    async with asking(server(**FAULTS[fault].settings)) as ask:
        assert (await call(ask, region=region_of(fault))).failed
        assert not (await call(ask, region=region_of(fault))).failed


@without_waiting
@pytest.mark.parametrize(("fault", "cost"), [("throttling", 5), ("failing", RetryQuotaChecker._RETRY_COST)])
async def test_a_lasting_fault_does_not_multiply_the_load(
    server: Callable[..., CloudWatchServer], lab: Lab, fault: str, cost: int
) -> None:
    """A client's quota in botocore is 500 tokens; a repetition costs 5 after throttling, and as much or more else."""
    assert RetryQuota.INITIAL_CAPACITY == 500
    assert cost >= 5
    async with asking(server()) as ask:
        for _ in range(200):
            assert (await call(ask, region=region_of(fault))).failed
    assert lab.requests[region_of(fault)] == 200 + 500 // cost
    assert lab.requests[region_of(fault)] <= 300


@without_waiting
async def test_a_quota_that_is_spent_in_one_region_is_whole_in_another(
    server: Callable[..., CloudWatchServer], lab: Lab
) -> None:
    async with asking(server()) as ask:
        for _ in range(50):
            assert (await call(ask, region="lab-failing-1")).failed
        assert lab.requests["lab-failing-1"] < 50 * ATTEMPTS
        assert (await call(ask, region="lab-failing-2")).failed
    assert lab.requests["lab-failing-2"] == ATTEMPTS


def _threads() -> int:
    return len(threading.enumerate())


def _files() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208 - a Path would be made of each number


async def _falls_to(count: Callable[[], int], most: int) -> bool:
    """Whether it does before patience ends: a connection that was given up is closed a moment later."""
    with anyio.move_on_after(PATIENCE):
        while count() > most:  # noqa: ASYNC110 - nothing tells when a thread or a connection has ended
            await anyio.sleep(0.01)
    return count() <= most


async def _call_all_that_fail(patient: Ask, hasty: Ask) -> None:
    """25 calls of each fault, one after the other; the 8 faults go on side by side: 200."""

    async def call_25_times(ask: Ask, **where: str) -> None:
        for _ in range(25):
            assert (await call(ask, **where)).failed

    async with anyio.create_task_group() as group:
        for name, fault in FAULTS.items():
            ask = hasty if fault.settings == SILENT else patient
            group.start_soon(partial(call_25_times, ask, region=region_of(name)))
        group.start_soon(partial(call_25_times, patient, profile_name="refused"))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted where Linux lists them")
@without_waiting
async def test_200_failing_calls_leak_neither_a_thread_nor_a_file_descriptor(
    server: Callable[..., CloudWatchServer], endpoint: Endpoint
) -> None:
    """8 faults side by side leave at most 8 idle threads and 8 idle connections, which the next calls would use.

    A connection has two ends here, and at the endpoint's a thread. A call given up at the read timeout may leave its
    thread for a moment, so that the next call takes another: twice as many. A leak of each call of one fault is 25.
    """
    async with AsyncExitStack() as stack:
        patient = await stack.enter_async_context(asking(server()))
        hasty = await stack.enter_async_context(asking(server(read_timeout=0.1)))
        assert not (await call(patient)).failed
        threads, files = _threads(), _files()
        await _call_all_that_fail(patient, hasty)
        faults = len(FAULTS) + 1
        assert await _falls_to(_threads, threads + 2 * faults + faults), threading.enumerate()
        assert await _falls_to(_files, files + 2 * faults)
        endpoint.__exit__()  # also its ends of the connections: what is left is the server's
        assert await _falls_to(_threads, threads + 2 * faults), threading.enumerate()
        assert await _falls_to(_files, files + faults)


@asynccontextmanager
async def _with_hanging_calls(
    server: CloudWatchServer, lab: Lab, endpoint: Endpoint, calls: int
) -> AsyncIterator[Client]:
    """A client whose calls hang, as many of them at once as there are threads for."""
    async with Client(server, mode="legacy") as client, anyio.create_task_group() as group:
        for _ in range(calls):
            arguments = {"query_id": "one", "region": "lab-hanging-1"}
            group.start_soon(client.call_tool, "get_logs_insight_query_results", arguments)
        for _ in range(min(calls, 32)):
            await anyio.to_thread.run_sync(endpoint.wait_for, "GetQueryResults")
        assert lab.requests == {"lab-hanging-1": min(calls, 32)}
        yield client
        assert lab.requests["lab-hanging-1"] == min(calls, 32)
        group.cancel_scope.cancel()


async def test_a_ping_and_what_needs_no_aws_are_answered_while_50_calls_hang(
    server: Callable[..., CloudWatchServer], lab: Lab, endpoint: Endpoint
) -> None:
    async with _with_hanging_calls(server(), lab, endpoint, 50) as client:
        await client.session.send_ping()
        assert len((await client.list_tools()).tools) == 10
        metric = {"namespace": "AWS/Lambda", "metric_name": "Errors"}
        assert not (await client.call_tool("get_metric_metadata", metric)).is_error


async def test_other_regions_are_asked_while_31_calls_hang(
    server: Callable[..., CloudWatchServer], lab: Lab, endpoint: Endpoint
) -> None:
    async with _with_hanging_calls(server(), lab, endpoint, 31) as client:
        assert not (await client.call_tool("get_logs_insight_query_results", {"query_id": "one"})).is_error
    assert lab.requests["us-east-1"] == 1


def _in_botocore() -> int:
    """The threads that are calling AWS, or wait to."""
    stacks = [traceback.walk_stack(frame) for frame in sys._current_frames().values()]
    return sum(any("/botocore/" in frame.f_code.co_filename for frame, _ in stack) for stack in stacks)


@asynccontextmanager
async def _in_botocores_own_time(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Once throttled, it lets a request of a Region go every 2 s; at the end it has let all go."""
    yield
    lab.heals_after = 0
    monkeypatch.setattr(bucket.TokenBucket, "_sleep_amount", lambda *_: 0)
    assert await _falls_to(_in_botocore, 0)


async def test_no_call_outlasts_the_read_timeout_however_long_botocore_would_go_on(
    server: Callable[..., CloudWatchServer], lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _in_botocores_own_time(lab, monkeypatch), asking(server(read_timeout=SHORT)) as ask:
        error = (await call(ask, region="lab-throttling-1")).error
        assert "no answer within 0.5 s, retries included" in error
        assert lab.requests == {"lab-throttling-1": 1}


async def test_calls_that_were_given_up_hold_no_more_threads_than_there_are_for_aws(
    server: Callable[..., CloudWatchServer], lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with _in_botocores_own_time(lab, monkeypatch), asking(server(read_timeout=SHORT)) as ask:
        assert (await call(ask, region="lab-throttling-1")).failed
        async with anyio.create_task_group() as group:
            for _ in range(100):
                group.start_soon(partial(call, ask, region="lab-throttling-1"))
        held = _in_botocore()
    assert held <= 32
