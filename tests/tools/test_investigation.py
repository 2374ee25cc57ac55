"""The demo's investigation, as a model sees it: the cause in few calls and few tokens."""

from __future__ import annotations

from typing import Any

import pytest

from cloudwatch_mcp.commands.demo_steps import INVESTIGATION
from scripts.generated.tokens import count
from tests.support.asking import Connected, Reply

MAX_CALLS, MAX_TOKENS = 6, 6_000


@pytest.mark.anyio
async def test_the_cause_of_the_incident_is_established_in_six_calls_and_6_000_tokens(connected: Connected) -> None:
    assert len(INVESTIGATION) <= MAX_CALLS
    replies: list[Reply] = []
    async with connected() as ask:
        for step in INVESTIGATION:
            assert isinstance(step.arguments, dict)
            reply = await ask(step.tool, **step.arguments)
            assert not reply.failed
            assert step.holds(reply.data)
            replies.append(reply)
    alarms, metrics, logs, deployments = replies
    assert sum(count(reply.text).tokens for reply in replies) <= MAX_TOKENS
    assert "fired first" in alarms.notes[0]
    assert {row["onset"] for row in metrics.rows("movers")[:2]} == {"2026-11-20T11:06:00Z"}
    assert "pool.wait_ms" in [row["field"] for row in logs.rows("differs")]
    assert _pool_sizes(deployments) == {"2.15.0": "8", "2.14.0": "64"}


def _pool_sizes(reply: Reply) -> dict[str, Any]:
    rows = reply.rows("results")
    sizes = {str(row.get("version")): row.get("config.gateway.pool_max") for row in rows}
    return {version: size for version, size in sizes.items() if size is not None}
