from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.aws.sending import Sender
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from tests.support.asking import asking
from tests.support.frozen_time import Time


@pytest.mark.anyio
async def test_paging_through_a_querys_rows_stops_at_max_timeout(
    server: CloudWatchServer, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def send(_: Sender, __: Aws, operation: str, ___: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "StartQuery":
            return {"queryId": "one"}
        time.slept += 2
        return {"status": "Complete", "results": [[{"field": "a", "value": "1"}]], "nextToken": f"{time.slept}"}

    monkeypatch.setattr(Sender, "send", send)
    arguments = {"query_string": "fields a", "start_time": "1h", "log_group_names": ["g"], "max_timeout": 1}
    async with asking(server) as ask:
        reply = await ask("execute_log_insights_query", **arguments)
    assert reply.notes[0] == (
        "Only the first 1 rows were read within max_timeout; get_logs_insight_query_results with query_id 'one' reads "
        "all."
    )
