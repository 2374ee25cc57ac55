"""The start of the server: boto3 is loaded late, and imports are not garbage-collected."""

from __future__ import annotations

import gc
from typing import Any

import anyio
import pytest
from mcp import Client

from cloudwatch_mcp import cli
from cloudwatch_mcp.server.lifecycle import _warm_up
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from tests.support.frozen_time import Time


def test_imports_are_frozen_in_the_garbage_collector_before_the_server_runs(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    states: list[Any] = []

    def run(*_: object) -> int:
        states.extend([gc.isenabled(), gc.get_freeze_count() > 10_000])
        return 0

    monkeypatch.setattr("anyio.run", run)
    monkeypatch.setattr("os._exit", states.append)
    monkeypatch.setattr("cloudwatch_mcp.server.logging.configure", lambda *_, **__: None)
    try:
        cli.main([])
    finally:
        gc.unfreeze()
        gc.enable()
    assert states == [True, True, 0]


@pytest.mark.anyio
async def test_boto3_is_loaded_only_after_tools_list(server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = anyio.Event()

    async def warm_up() -> None:
        loaded.set()

    monkeypatch.setattr(server.runtime.clients, "warm_up", warm_up)
    async with anyio.create_task_group() as group:
        group.start_soon(_warm_up, server)
        async with Client(server) as client:
            assert not loaded.is_set()
            await client.list_tools()
        await loaded.wait()


@pytest.mark.anyio
async def test_boto3_is_loaded_a_tenth_of_a_second_after_tools_list_and_then_frozen(
    server: CloudWatchServer, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Any] = []

    async def warm_up() -> None:
        events.append(time.slept)

    monkeypatch.setattr(server.runtime.clients, "warm_up", warm_up)
    monkeypatch.setattr("gc.freeze", lambda: events.append("frozen"))
    await server.list_tools()
    await _warm_up(server)
    assert events == [pytest.approx(0.1), "frozen"]
