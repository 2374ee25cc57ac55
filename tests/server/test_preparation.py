"""A server that is still being prepared: it answers the handshake and tools/list, and tool calls wait."""

from __future__ import annotations

import threading
from typing import Any

import anyio
import pytest
from mcp import Client

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.lifecycle import _warm_up
from cloudwatch_mcp.server.preparation import Preparation, Report
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.frozen_time import Time

pytestmark = pytest.mark.anyio


class Gate:
    """Work that goes on until it is opened, or fails."""

    def __init__(self, failure: Exception | None = None) -> None:
        self.opened, self.started, self.failure = threading.Event(), threading.Event(), failure
        self.runs = 0

    def work(self, report: Report) -> None:
        self.runs += 1
        report(0.25, "Writing log events")
        self.started.set()
        assert self.opened.wait(20)
        if self.failure:
            raise self.failure


def prepared_by(gate: Gate, time: Time) -> CloudWatchServer:
    return build_server(Settings(), {}, clock=time.clock(), preparation=Preparation(gate.work))


async def test_tools_are_listed_before_the_work_ends_and_calls_wait_with_progress(time: Time) -> None:
    gate = Gate()
    server = prepared_by(gate, time)
    reports: list[tuple[float, str | None]] = []

    async def note(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001  # the SDK names them
        reports.append((progress, message))
        gate.opened.set()

    async with anyio.create_task_group() as group, Client(server) as client:
        group.start_soon(_warm_up, server)
        assert len((await client.list_tools()).tools) == 10
        assert not gate.opened.is_set()
        await anyio.to_thread.run_sync(gate.started.wait)
        result = await client.call_tool("get_recommended_metric_alarms", QUESTION, progress_callback=note)
    assert reports[0] == (0.25, "Writing log events")
    assert not result.is_error, result.content
    assert gate.runs == 1


async def test_the_first_call_starts_the_work_if_the_tools_were_not_listed(time: Time) -> None:
    gate = Gate()
    gate.opened.set()
    server = prepared_by(gate, time)
    async with anyio.create_task_group() as group, Client(server) as client:
        group.start_soon(_warm_up, server)
        await client.call_tool("get_recommended_metric_alarms", QUESTION)
    assert gate.runs == 1


async def test_each_call_says_why_the_work_failed(time: Time) -> None:
    gate = Gate(OSError("no space left"))
    gate.opened.set()
    server = prepared_by(gate, time)
    async with anyio.create_task_group() as group, Client(server) as client:
        group.start_soon(_warm_up, server)
        for _ in range(2):
            result: Any = await client.call_tool("get_recommended_metric_alarms", QUESTION)
            assert result.is_error
            assert result.content[0].text == "The server could not be prepared: no space left. Restart it."


QUESTION = {"namespace": "AWS/EC2", "metric_name": "CPUUtilization"}
