"""cancel_logs_insight_query: queries that run, have ended, or are unknown."""

from __future__ import annotations

from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.support.asking import Ask
from tests.support.sandbox_process import HELD

pytestmark = pytest.mark.anyio

ERRORS = 'filter level = "ERROR" | fields @timestamp, msg, error.type | sort @timestamp desc'
LAST_HOUR: dict[str, Any] = {"log_group_names": ["/ecs/shop/payments"], "start_time": "1h", "limit": 3}
QUERY_ID = "a1b2c3d4-0000-4000-8000-000000000000"


@pytest.mark.vcr
async def test_running(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A running query is cancelled."""
    query = await ask("execute_log_insights_query", query_string=f"{ERRORS} {HELD}", max_timeout=1, **LAST_HOUR)
    reply = await ask("cancel_logs_insight_query", query_id=query.data["query_id"])

    assert reply.data["success"] is True
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, StopQuery",
    behaviour="StopQuery on a query that has ended is an error that says so.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_ended(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Cancelling a query that has ended is an error that says where its rows are."""
    query = await ask("execute_log_insights_query", query_string=ERRORS, **LAST_HOUR)
    reply = await ask("cancel_logs_insight_query", query_id=query.data["query_id"])

    assert "It has already ended: get_logs_insight_query_results gives its rows." in reply.error
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_unknown_query(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An unknown query id is an error with the likely reason."""
    reply = await ask("cancel_logs_insight_query", query_id=QUERY_ID)

    assert "Check the query_id and the region" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_denied(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The error names the IAM action to allow."""
    reply = await ask("cancel_logs_insight_query", query_id=QUERY_ID)

    assert "logs:StopQuery" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_not_stopped(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If AWS did not stop the query, the answer does not claim success."""
    reply = await ask("cancel_logs_insight_query", query_id=QUERY_ID)

    assert reply.data["success"] is False
    assert reply == snapshot
