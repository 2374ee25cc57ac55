"""How the server starts: at the floor that the SDK sets."""

from __future__ import annotations

import gc
from typing import Any

import pytest

from cloudwatch_mcp import cli
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, _warm_up
from tests.support.frozen_time import Time


def test_what_is_imported_is_never_searched_for_garbage_and_what_comes_later_is(
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
async def test_boto3_is_loaded_once_the_list_of_tools_had_time_to_go_out_and_is_then_never_searched_for_garbage(
    server: CloudWatchServer, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[Any] = []

    async def warm() -> None:
        happened.append(time.slept)

    monkeypatch.setattr(server.runtime.clients, "warm", warm)
    monkeypatch.setattr("gc.freeze", lambda: happened.append("frozen"))
    await server.list_tools()
    await _warm_up(server)
    assert happened == [pytest.approx(0.1), "frozen"]
