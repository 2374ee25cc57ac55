"""Calls that are given up, and endless responses, on real connections."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count
from types import SimpleNamespace

import anyio
import pytest

from cloudwatch_mcp.aws import exchange
from cloudwatch_mcp.aws.exchange import Exchange
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.asking import Ask, asking
from tests.support.endpoint import PATIENCE, Endpoint, Request, Response

NO_ALARMS = Response(b'{"MetricAlarms": []}')


@pytest.fixture
def server_on(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., CloudWatchServer]:
    """Builds a server whose AWS is an endpoint."""

    def build(endpoint: Endpoint, settings: Settings | None = None) -> CloudWatchServer:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        return build_server(settings or Settings(), {**environment, "AWS_ENDPOINT_URL": endpoint.url})

    return build


def test_giving_up_a_call_does_not_close_a_connection_that_another_call_uses() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection, first, second = SimpleNamespace(sock=ours), Exchange(), Exchange()
        first.use(connection)
        second.use(connection)
        first.give_up()
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"


def test_giving_up_a_call_closes_its_connection_and_allows_no_further_request() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection, call = SimpleNamespace(sock=ours), Exchange()
        call.use(connection)
        call.give_up()
        assert ours.recv(1) == b""
        with pytest.raises(ConnectionAbortedError):
            call.use(connection)


@pytest.mark.anyio
async def test_an_endless_response_is_read_only_up_to_the_limit_and_not_requested_again(
    server_on: Callable[..., CloudWatchServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MAX_RESPONSE_BYTES", 100_000)
    requests: list[str] = []

    def respond(request: Request) -> Response:
        requests.append(request.operation)
        return Response(b" " * 200_000, promised=10**12)

    with Endpoint(respond) as endpoint:
        async with asking(server_on(endpoint)) as ask:
            error = (await ask("get_active_alarms")).error
    assert "the answer has more than" in error
    assert requests == ["DescribeAlarms"]


@pytest.fixture
def test_ended() -> Iterator[threading.Event]:
    event = threading.Event()
    yield event
    event.set()


@pytest.mark.anyio
async def test_a_call_given_up_during_a_slow_response_frees_its_slot(
    server_on: Callable[..., CloudWatchServer], test_ended: threading.Event
) -> None:
    slow = Response(b" " * 100_000, drips=lambda: not test_ended.wait(0.02))
    responses = iter([slow] * 32)  # one for each slot

    async def call(ask: Ask) -> None:
        assert "no answer within 0.4 s" in (await ask("get_active_alarms")).error

    with Endpoint(lambda _: next(responses, NO_ALARMS)) as endpoint:
        async with asking(server_on(endpoint, Settings(read_timeout=0.4))) as ask:
            async with anyio.create_task_group() as group:
                for _ in range(32):
                    group.start_soon(call, ask)
            with anyio.fail_after(PATIENCE):
                while (await ask("get_active_alarms")).failed:  # a thread ends a moment after its call
                    pass
        test_ended.set()


@pytest.mark.anyio
async def test_forty_regions_share_64_threads_and_32_clients(server_on: Callable[..., CloudWatchServer]) -> None:
    before, requests, all_threads_send = set(threading.enumerate()), count(1), threading.Event()

    def respond(_: Request) -> Response:
        if next(requests) == 64:
            all_threads_send.set()
        all_threads_send.wait(PATIENCE)
        return NO_ALARMS

    with Endpoint(respond) as endpoint:
        server = server_on(endpoint)
        async with asking(server) as ask:
            async with anyio.create_task_group() as group:
                for number in [*range(1, 41)] * 2:
                    group.start_soon(partial(ask, "get_active_alarms", region=f"lab-region-{number}"))
            threads = [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("aws")]
        assert len(threads) <= 64
        assert len(server.runtime.clients._clients) <= 32
