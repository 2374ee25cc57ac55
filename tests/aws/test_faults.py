"""An AWS that misbehaves over real HTTP: every call ends with a clear error, within its time and its attempts."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from botocore.retries.quota import RetryQuota

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.asking import Ask, Reply, asking
from tests.support.endpoint import PATIENCE, Endpoint, Request, Response
from tests.support.instant_backoff import instant_backoff

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("instant_backoff")]

MAX_ATTEMPTS = 4
SHORT_TIMEOUT = {"read_timeout": 0.5}  # seconds: short for a test, and long enough for a busy machine
NO_ROWS = Response(b'{"status": "Complete", "results": [], "statistics": {}}')
NO_ALARMS = Response(b'{"MetricAlarms": []}')
HALF_A_BODY = b'{"status": "Complete", "results": [[{"fie'


@dataclass(frozen=True)
class Fault:
    """What AWS responds, texts of the error that follows, and the attempts of one call."""

    response: Response | None
    errors: tuple[str, ...]
    attempts: int = MAX_ATTEMPTS
    settings: dict[str, Any] = field(default_factory=dict)


FAULTS = {
    "throttling": Fault(
        Response(b'{"__type": "ThrottlingException", "message": "Rate exceeded"}', status=400),
        ("ThrottlingException", "wait some seconds"),
    ),
    "failing": Fault(
        Response(b'{"__type": "InternalServiceFault", "message": "Oh"}', status=500), ("This is AWS's fault",)
    ),
    # After a read timeout there is no time left for another attempt.
    "hanging": Fault(None, ("cannot be reached", "call again"), attempts=1, settings=SHORT_TIMEOUT),
    "stalling": Fault(
        Response(HALF_A_BODY, promised=400, then="stall"),
        ("cannot be reached", "call again"),
        attempts=1,
        settings=SHORT_TIMEOUT,
    ),
    "resetting": Fault(Response(HALF_A_BODY, promised=400, then="reset"), ("Check the network",)),
    "truncated": Fault(Response(HALF_A_BODY, promised=400), ("it is not JSON", "AWS_ENDPOINT_URL"), attempts=1),
}
each_fault = pytest.mark.parametrize("fault", FAULTS)


async def call(ask: Ask, **scope: str) -> Reply:
    """A tool call that sends one request to AWS."""
    return await ask("get_logs_insight_query_results", query_id="one", **scope)


@dataclass
class FaultyAws:
    """Each fault has a Region, such as `lab-hanging-1`; the other Regions work.

    After `recovers_after` requests, a Region with a fault works too.
    """

    recovers_after: float = float("inf")
    requests: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def respond(self, request: Request) -> Response | None:
        with self._lock:
            self.requests[request.region] += 1
            recovered = self.requests[request.region] > self.recovers_after
        fault = FAULTS.get(request.region.split("-")[1])
        return NO_ROWS if recovered or fault is None else fault.response


def region_of(fault: str) -> str:
    return f"lab-{fault}-1"


@pytest.fixture
def aws() -> FaultyAws:
    return FaultyAws()


@pytest.fixture
def endpoint(aws: FaultyAws, config_file: Path) -> Iterator[Endpoint]:
    """The endpoint of every profile, except `refused`, whose connections are refused."""
    with Endpoint(aws.respond) as endpoint, socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # a bound socket that does not listen refuses connections
        keys = "aws_access_key_id = testing\naws_secret_access_key = testing\n"
        config_file.write_text(
            f"[default]\nendpoint_url = {endpoint.url}\n"
            f"[profile refused]\nendpoint_url = http://127.0.0.1:{closed.getsockname()[1]}\n{keys}",
            encoding="utf-8",
        )
        yield endpoint


@pytest.fixture
def server(
    endpoint: Endpoint,  # noqa: ARG001 - its URL is in the config file
    environment: dict[str, str],
) -> Callable[..., CloudWatchServer]:
    return lambda **settings: build_server(Settings(**settings), environment)


@pytest.fixture(name="instant_backoff")
def _instant_backoff(monkeypatch: pytest.MonkeyPatch) -> None:
    instant_backoff(monkeypatch)


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="cloud-custodian/cloud-custodian "
    "tests/data/placebo/test_query_pagination_retry/logs.DescribeLogGroups_2.json",
    behaviour="A throttled request gets a ThrottlingException, which may have no message.",
)
async def test_a_call_that_is_throttled_twice_succeeds_at_the_third_attempt(
    server: Callable[..., CloudWatchServer], aws: FaultyAws
) -> None:
    aws.recovers_after = 2
    async with asking(server()) as ask:
        reply = await call(ask, region="lab-throttling-1")
    assert not reply.failed
    assert aws.requests == {"lab-throttling-1": 3}


@each_fault
async def test_a_fault_is_a_clear_error_and_other_regions_work(
    server: Callable[..., CloudWatchServer], aws: FaultyAws, fault: str
) -> None:
    async with asking(server(**FAULTS[fault].settings)) as ask:
        error = (await call(ask, region=region_of(fault))).error
    async with asking(server()) as ask:
        assert not (await call(ask)).failed
    assert error.startswith(f"GetQueryResults in {region_of(fault)} failed: ")
    assert [text for text in FAULTS[fault].errors if text not in error] == [], error
    assert aws.requests == {region_of(fault): FAULTS[fault].attempts, "us-east-1": 1}


async def test_a_refused_connection_is_a_clear_error_and_other_profiles_work(
    server: Callable[..., CloudWatchServer],
) -> None:
    async with asking(server()) as ask:
        error = (await call(ask, profile_name="refused")).error
        assert not (await call(ask)).failed
    assert error.startswith("GetQueryResults in us-east-1 failed: Could not connect to the endpoint URL")
    assert "Check the network" in error


@each_fault
async def test_the_call_after_a_fault_succeeds(
    server: Callable[..., CloudWatchServer], aws: FaultyAws, fault: str
) -> None:
    aws.recovers_after = FAULTS[fault].attempts
    async with asking(server(**FAULTS[fault].settings)) as ask:
        assert (await call(ask, region=region_of(fault))).failed
        assert not (await call(ask, region=region_of(fault))).failed


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (Response(b"<html>Please sign in.</html>", content_type="text/html"), "check proxies and AWS_ENDPOINT_URL"),
        (Response(b"<html>Bad Gateway</html>", status=502, content_type="text/html"), "check proxies"),
        (Response(b"[]"), "it is not a JSON object"),
        (Response(b"\x00\xff\xfe garbage"), "it is not JSON"),
    ],
)
async def test_a_proxys_error_page_is_not_reported_as_no_alarms(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, response: Response, reason: str
) -> None:
    with Endpoint(lambda _: response) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        async with asking(build_server(Settings(), environment)) as ask:
            error = (await ask("get_active_alarms")).error
    assert error.startswith("DescribeAlarms in us-east-1 failed: ")
    assert reason in error


@pytest.mark.parametrize("fault", ["throttling", "failing"])
async def test_retries_of_a_lasting_fault_are_limited(
    server: Callable[..., CloudWatchServer], aws: FaultyAws, fault: str
) -> None:
    """The retry quota of a botocore client is 500 tokens, and a retry costs at least 5."""
    assert RetryQuota.INITIAL_CAPACITY == 500
    async with asking(server()) as ask:
        for _ in range(60):
            assert (await call(ask, region=region_of(fault))).failed
    assert 60 < aws.requests[region_of(fault)] <= 160


async def test_each_region_has_its_own_retry_quota(server: Callable[..., CloudWatchServer], aws: FaultyAws) -> None:
    async with asking(server()) as ask:
        for _ in range(50):
            assert (await call(ask, region="lab-failing-1")).failed
        assert aws.requests["lab-failing-1"] < 50 * MAX_ATTEMPTS
        assert (await call(ask, region="lab-failing-2")).failed
    assert aws.requests["lab-failing-2"] == MAX_ATTEMPTS


async def falls_to(count: Callable[[], int], limit: int) -> bool:
    """Whether a count falls to the limit in time; a connection closes a moment after its call was given up."""
    with anyio.move_on_after(PATIENCE):
        while count() > limit:  # noqa: ASYNC110 - the end of a thread or connection raises no event
            await anyio.sleep(0.01)
    return count() <= limit


async def call_25_times(ask: Ask, **scope: str) -> None:
    for _ in range(25):
        assert (await call(ask, **scope)).failed


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="open files are counted in /proc")
async def test_failing_calls_leak_neither_threads_nor_file_descriptors(
    server: Callable[..., CloudWatchServer], endpoint: Endpoint
) -> None:
    """A leak would be 25 for each fault.

    Each fault may leave one idle connection and two threads: after a read timeout, the next call may start before the
    thread of the last one has ended. While the endpoint is open, its own connections and threads count too.
    """

    def open_files() -> int:
        return sum(1 for _ in Path("/proc/self/fd").iterdir())

    async with AsyncExitStack() as stack:
        patient = await stack.enter_async_context(asking(server()))
        impatient = await stack.enter_async_context(asking(server(read_timeout=0.1)))
        assert not (await call(patient)).failed
        threads, files = threading.active_count(), open_files()
        async with anyio.create_task_group() as group:
            for name, fault in FAULTS.items():
                ask = impatient if fault.settings == SHORT_TIMEOUT else patient
                group.start_soon(partial(call_25_times, ask, region=region_of(name)))
            group.start_soon(partial(call_25_times, patient, profile_name="refused"))
        faults = len(FAULTS) + 1
        assert await falls_to(threading.active_count, threads + 3 * faults), threading.enumerate()
        assert await falls_to(open_files, files + 2 * faults)
        endpoint.__exit__()
        assert await falls_to(threading.active_count, threads + 2 * faults), threading.enumerate()
        assert await falls_to(open_files, files + faults)
