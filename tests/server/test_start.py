"""Start-up: as fast as the SDK allows."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from cloudwatch_mcp import cli
from cloudwatch_mcp.server.lifecycle import _warm_up
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from tests.support.frozen_time import Time


def test_imports_are_frozen_for_the_garbage_collector_before_serving(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serving: list[Any] = []

    def run(*_: object) -> int:
        serving.extend([gc.isenabled(), gc.get_freeze_count() > 10_000])
        return 0

    monkeypatch.setattr("anyio.run", run)
    monkeypatch.setattr("os._exit", serving.append)
    monkeypatch.setattr("cloudwatch_mcp.server.logging.configure", lambda *_, **__: None)
    try:
        cli.main([])
    finally:
        gc.unfreeze()
        gc.enable()
    assert serving == [True, True, 0]


@pytest.mark.anyio
async def test_boto3_is_loaded_soon_after_tools_list_and_then_frozen_for_the_garbage_collector(
    server: CloudWatchServer, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[Any] = []

    async def warm_up() -> None:
        happened.append(time.slept)

    monkeypatch.setattr(server.runtime.clients, "warm_up", warm_up)
    monkeypatch.setattr("gc.freeze", lambda: happened.append("frozen"))
    await server.list_tools()
    await _warm_up(server)
    assert happened == [pytest.approx(0.1), "frozen"]
