from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import anyio.to_thread
import pytest

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.aws.sending import Sender
from cloudwatch_mcp.runtime import Runtime
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from tests.support.asking import asking
from tests.support.frozen_time import NOW

Data = dict[str, Any]


@pytest.mark.anyio
async def test_answers_are_shaped_outside_the_event_loop(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop_thread = threading.get_ident()
    threads: list[tuple[str, int]] = []

    async def in_thread(runtime: Runtime, work: Callable[..., Any], *arguments: Any) -> Any:
        def record_thread() -> Any:
            threads.append((getattr(work, "__name__", ""), threading.get_ident()))
            return work(*arguments)

        return await anyio.to_thread.run_sync(record_thread, limiter=runtime.shaping_slots)

    async def send(_: Sender, __: Aws, operation: str, ___: Mapping[str, Any]) -> Data:
        times = [NOW - timedelta(minutes=minute) for minute in range(5)]
        results = [{"Id": "m1", "Label": "a", "Timestamps": times, "Values": [1.0] * 5, "StatusCode": "Complete"}]
        return {"MetricDataResults": results} if operation == "GetMetricData" else {}

    monkeypatch.setattr(Runtime, "in_thread", in_thread)
    monkeypatch.setattr(Sender, "send", send)
    async with asking(server) as ask:
        assert (await ask("get_metric_data", namespace="N", metric_name="M")).data["series"]
    assert [name for name, _ in threads] == ["_joined", "all_series", "render"]
    assert loop_thread not in {thread for _, thread in threads}
