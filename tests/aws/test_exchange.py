"""Calls that are given up, and answers without an end, on real connections."""

from __future__ import annotations

import socket
import sys
import threading
import traceback
from functools import partial
from types import SimpleNamespace

import anyio
import pytest

from cloudwatch_mcp.aws import exchange
from cloudwatch_mcp.aws.exchange import Exchange
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.asking import Ask, asking
from tests.support.stdio import Endpoint, Request, Response

_NO_ALARMS = Response(b'{"MetricAlarms": []}')


def test_giving_up_a_call_leaves_a_connection_that_another_call_uses_by_now_open() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        connection, first, second = SimpleNamespace(sock=ours), Exchange(), Exchange()
        first.use(connection)
        second.use(connection)
        first.give_up()
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"
        second.give_up()
        assert ours.recv(1) == b""
        with pytest.raises(ConnectionAbortedError):
            second.use(connection)


@pytest.mark.anyio
async def test_an_endless_answer_is_read_only_up_to_the_limit(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "MAX_ANSWER_BYTES", 100_000)
    asked: list[str] = []

    def answers(request: Request) -> Response:
        asked.append(request.operation)
        return Response(b" " * 200_000, promised=10**12)

    with Endpoint(answers) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        async with asking(build_server(Settings(), {**environment, "AWS_ENDPOINT_URL": endpoint.url})) as ask:
            error = (await ask("get_active_alarms")).error
    assert "the answer has more than" in error
    assert asked == ["DescribeAlarms"]


@pytest.mark.anyio
async def test_a_call_given_up_during_a_slow_answer_frees_its_slot(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    recovered = threading.Event()

    def answers(_: Request) -> Response:
        return _NO_ALARMS if recovered.is_set() else Response(b" " * 100_000, drips=lambda: not recovered.wait(0.02))

    with Endpoint(answers) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        server = build_server(Settings(read_timeout=0.4), {**environment, "AWS_ENDPOINT_URL": endpoint.url})
        errors: list[str] = []

        async def call(ask: Ask) -> None:
            errors.append((await ask("get_active_alarms")).error)

        async with asking(server) as ask:
            async with anyio.create_task_group() as group:
                for _ in range(32):
                    group.start_soon(call, ask)
            assert all("no answer within 0.4 s" in error for error in errors)
            while threads := [each for each in threading.enumerate() if each.name.startswith("aws")]:
                if not any(_is_calling(each) for each in threads):
                    break
                await anyio.sleep(0.01)
            recovered.set()
            assert not (await ask("get_active_alarms")).failed


def _is_calling(thread: threading.Thread) -> bool:
    frame = sys._current_frames().get(thread.ident or 0)
    return any("/botocore/" in each.f_code.co_filename for each, _ in traceback.walk_stack(frame))


@pytest.mark.anyio
async def test_sixty_regions_share_64_threads_and_32_clients(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = set(threading.enumerate())
    with Endpoint(lambda _: _NO_ALARMS) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        server = build_server(Settings(), {**environment, "AWS_ENDPOINT_URL": endpoint.url})
        async with asking(server) as ask:
            async with anyio.create_task_group() as group:
                for number in range(1, 61):
                    for _ in range(4):
                        group.start_soon(partial(ask, "get_active_alarms", region=f"lab-region-{number}"))
            ours = [each for each in set(threading.enumerate()) - before if each.name.startswith("aws")]
        assert len(ours) <= 64
        assert len(server.runtime.clients._clients) <= 32
