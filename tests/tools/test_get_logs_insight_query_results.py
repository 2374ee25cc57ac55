"""get_logs_insight_query_results: the results of a query that was started before."""

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
@pytest.mark.aws
async def test_complete(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Results have the same shape as those of execute_log_insights_query."""
    query = await ask("execute_log_insights_query", query_string=ERRORS, **LAST_HOUR)
    reply = await ask("get_logs_insight_query_results", query_id=query.data["query_id"])

    assert reply.data["status"] == "Complete"
    assert len(reply.rows("results")) == 3
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_nothing_matched(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If events were scanned and none matched, a note says so."""
    query = await ask(
        "execute_log_insights_query", query_string='filter msg = "no such message" | fields @message', **LAST_HOUR
    )
    reply = await ask("get_logs_insight_query_results", query_id=query.data["query_id"])

    assert "were scanned and none matched" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
async def test_still_running(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A note says that the query still runs, and is billed."""
    query = await ask("execute_log_insights_query", query_string=f"{ERRORS} {HELD}", max_timeout=1, **LAST_HOUR)
    reply = await ask("get_logs_insight_query_results", query_id=query.data["query_id"])

    assert reply.data["status"] == "Running"
    assert reply.notes[0].startswith("Still running and billed; the rows are partial.")
    assert reply == snapshot


@pytest.mark.vcr
async def test_cancelled_with_rows(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A cancelled query keeps its rows, marked as partial."""
    reply = await ask("get_logs_insight_query_results", query_id=QUERY_ID)

    assert reply.notes == ["The query ended with status Cancelled; the rows are partial."]
    assert reply == snapshot


@pytest.mark.vcr
async def test_unknown_status(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A query with status Unknown and no rows is an error."""
    reply = await ask("get_logs_insight_query_results", query_id=QUERY_ID)

    assert "status Unknown and no rows" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_unknown_query(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An unknown query id is an error with the likely reason."""
    reply = await ask("get_logs_insight_query_results", query_id=QUERY_ID)

    assert "results are kept for 7 days, in the Region they were queried in" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_access_denied(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The error names the IAM action to allow."""
    reply = await ask("get_logs_insight_query_results", query_id=QUERY_ID)

    assert "logs:GetQueryResults" in reply.error
    assert reply == snapshot
