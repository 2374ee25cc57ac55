"""The start of the server: the tools and boto3 are loaded late, and imports are not garbage-collected."""

from __future__ import annotations

import gc
import threading
from collections.abc import Mapping
from typing import Any

import anyio
import pytest
from mcp import Client
from mcp.server.mcpserver.tools import Tool

from cloudwatch_mcp import cli
from cloudwatch_mcp.server.definitions import definitions
from cloudwatch_mcp.server.lifecycle import _warm_up
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from tests.support.frozen_time import Time

METRIC = {"namespace": "AWS/Lambda", "metric_name": "Errors"}


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
async def test_the_tools_and_boto3_are_loaded_a_tenth_of_a_second_after_tools_list_and_then_frozen(
    server: CloudWatchServer, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[Any] = []

    async def import_tools() -> None:
        events.append(time.slept)

    async def warm_up() -> None:
        events.append("boto3")

    monkeypatch.setattr(server, "import_tools", import_tools)
    monkeypatch.setattr(server.runtime.clients, "warm_up", warm_up)
    monkeypatch.setattr("gc.freeze", lambda: events.append("frozen"))
    await server.list_tools()
    await _warm_up(server)
    assert events == [pytest.approx(0.1), "boto3", "frozen"]


@pytest.mark.anyio
async def test_calls_at_once_import_the_tools_once_and_in_a_thread(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def slow_definitions() -> Mapping[str, Tool]:
        threads.append(threading.current_thread())
        return definitions()

    monkeypatch.setattr("cloudwatch_mcp.server.definitions.definitions", slow_definitions)
    async with anyio.create_task_group() as group:
        for _ in range(20):
            group.start_soon(server.call_tool, "get_recommended_metric_alarms", METRIC)
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()
