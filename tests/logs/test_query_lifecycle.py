"""How a query is polled, and that none is left running unread."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import anyio
import pytest
from mcp import Client

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.logs.query_lifecycle import Query, run_query
from cloudwatch_mcp.server.tool_calls import build_server
from cloudwatch_mcp.timerange import Window
from tests.support.asking import asking
from tests.support.frozen_time import Time
from tests.support.log_answers import QUERY_ID, results
from tests.support.stubbed_server import StubbedServer

pytestmark = pytest.mark.anyio

ASKED: dict[str, Any] = {"query_string": "fields @message", "start_time": "1h", "log_group_names": ["a"]}
ROW = {"@message": "one"}


async def test_a_query_is_polled_until_it_is_complete(stubbed: StubbedServer, time: Time) -> None:
    stubbed.answer("start_query", {"queryId": QUERY_ID})
    for status in ("Scheduled", "Running", "Complete"):
        stubbed.answer("get_query_results", results(status, *([ROW] if status == "Complete" else [])))
    reply = await stubbed.ask("execute_log_insights_query", **ASKED)
    assert reply.data["status"] == "Complete"
    assert 0.7 < time.slept < 1.2


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, GetQueryResults",
    behaviour="GetQueryResults returns partial rows and statistics while a query runs.",
)
async def test_a_query_not_complete_in_time_keeps_running_and_its_partial_rows_are_kept(stubbed: StubbedServer) -> None:
    stubbed.answer("start_query", {"queryId": QUERY_ID})
    for _ in range(5):
        stubbed.answer("get_query_results", results("Running", ROW))
    async with asking(stubbed.server) as ask:
        reply = await ask("execute_log_insights_query", **ASKED, max_timeout=1)
    assert (reply.data["status"], reply.rows("results")) == ("Running", [ROW])
    assert f"get_logs_insight_query_results with query_id '{QUERY_ID}' gives the rest" in reply.notes[0]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, QueryStatistics",
    behaviour="The statistics of a running query have the bytes scanned so far.",
)
async def test_a_query_that_scans_more_than_allowed_is_stopped_and_its_rows_are_kept(
    time: Time, environment: dict[str, str]
) -> None:
    stubbed = StubbedServer(build_server(Settings(max_scan_gb=1.0), environment, clock=time.clock()))
    stubbed.answer("start_query", {"queryId": QUERY_ID})
    stubbed.answer("get_query_results", results("Running", scanned=999_999_999))
    stubbed.answer("get_query_results", results("Running", ROW, scanned=1_500_000_000))
    stubbed.answer("stop_query", {"success": True}, {"queryId": QUERY_ID})
    reply = await stubbed.ask("execute_log_insights_query", **ASKED)
    assert (reply.data["status"], reply.rows("results")) == ("Cancelled", [ROW])
    assert reply.notes[0].startswith("Stopped by this server at 1.5 GB scanned, more than CLOUDWATCH_MCP_MAX_SCAN_GB")


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Pricing, Logs Insights",
    behaviour="A query costs by the bytes that it scans, 0.005 USD a GB in most US Regions.",
)
async def test_the_cost_is_an_estimate_by_bytes_scanned(stubbed: StubbedServer) -> None:
    stubbed.answer("start_query", {"queryId": QUERY_ID})
    stubbed.answer("get_query_results", results("Complete", ROW, scanned=2_000_000_000))
    reply = await stubbed.ask("execute_log_insights_query", **ASKED)
    assert reply.data["scanned"] == {"records": 10, "bytes": 2_000_000_000, "estimated_cost_usd": 0.01}


async def test_more_queries_than_allowed_wait_for_a_slot_and_report_it(time: Time, environment: dict[str, str]) -> None:
    stubbed = StubbedServer(build_server(Settings(max_queries=1), environment, clock=time.clock()))
    slots = stubbed.server.runtime.query_slots
    messages: list[str | None] = []

    async def show(progress: float, total: float | None, message: str | None) -> None:  # noqa: ARG001 - the SDK's
        messages.append(message)
        if len(messages) == 2:
            slots.release_on_behalf_of("another query")

    slots.acquire_on_behalf_of_nowait("another query")
    stubbed.answer("start_query", {"queryId": QUERY_ID})
    stubbed.answer("get_query_results", results("Complete", ROW))
    async with Client(stubbed.server) as client:
        reply = await client.call_tool("execute_log_insights_query", ASKED, progress_callback=show)
    assert not reply.is_error
    assert messages == [*["waiting for other queries: this server runs at most 1 at once"] * 2, "started"]
    assert slots.available_tokens == 1


async def test_a_query_is_not_started_if_no_slot_becomes_free(time: Time, environment: dict[str, str]) -> None:
    stubbed = StubbedServer(build_server(Settings(max_queries=1), environment, clock=time.clock()))
    stubbed.server.runtime.query_slots.acquire_on_behalf_of_nowait("another query")
    error = (await stubbed.ask("execute_log_insights_query", **ASKED, max_timeout=2)).error
    assert error.startswith("The query was not started: this server runs at most 1 at once")
    assert time.slept == pytest.approx(2)


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="cloud-carbon-footprint/cloud-carbon-footprint#261",
    behaviour="StartQuery at one query too many is a LimitExceededException: Account maximum query concurrency limit "
    "reached.",
)
async def test_a_query_waits_while_the_account_is_at_its_quota(stubbed: StubbedServer, time: Time) -> None:
    for _ in range(2):
        stubbed.refuse("start_query", "LimitExceededException", "Too many queries")
    stubbed.answer("start_query", {"queryId": QUERY_ID})
    stubbed.answer("get_query_results", results("Complete", ROW))
    assert not (await stubbed.ask("execute_log_insights_query", **ASKED)).failed
    assert time.slept > 0.3


async def test_an_account_that_stays_at_its_quota_is_an_error_after_max_timeout(
    stubbed: StubbedServer, time: Time
) -> None:
    for _ in range(5):
        stubbed.refuse("start_query", "LimitExceededException", "Too many queries")
    async with asking(stubbed.server) as ask:
        error = (await ask("execute_log_insights_query", **ASKED, max_timeout=1)).error
    assert "Too many Logs Insights queries run in this account" in error
    assert time.slept == pytest.approx(1)


@pytest.mark.parametrize("status", ["Failed", "Timeout", "Cancelled", "Unknown"])
async def test_a_query_that_ends_badly_without_rows_is_an_error(stubbed: StubbedServer, status: str) -> None:
    stubbed.answer("start_query", {"queryId": QUERY_ID})
    stubbed.answer("get_query_results", results(status))
    error = (await stubbed.ask("execute_log_insights_query", **ASKED)).error
    assert f"Query '{QUERY_ID}' ended with status {status} and no rows." in error


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="the statuses are those of the service model; no public source has such a response",
    behaviour="A query that ends as Failed, Timeout or Cancelled may still have rows.",
)
@pytest.mark.parametrize("status", ["Failed", "Timeout", "Cancelled", "Unknown"])
async def test_a_query_that_ends_badly_keeps_the_rows_it_has(stubbed: StubbedServer, status: str) -> None:
    stubbed.answer("start_query", {"queryId": QUERY_ID})
    stubbed.answer("get_query_results", results(status, ROW))
    reply = await stubbed.ask("execute_log_insights_query", **ASKED)
    assert reply.rows("results") == [ROW]
    assert reply.notes == [f"The query ended with status {status}; the rows are partial."]


async def test_a_query_whose_results_are_refused_is_stopped(stubbed: StubbedServer) -> None:
    stubbed.answer("start_query", {"queryId": QUERY_ID})
    stubbed.refuse("get_query_results", "AccessDeniedException", "not authorized")
    stubbed.answer("stop_query", {"success": True}, {"queryId": QUERY_ID})
    assert "logs:GetQueryResults" in (await stubbed.ask("execute_log_insights_query", **ASKED)).error


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, GetQueryResults",
    behaviour="GetQueryResults returns at most 10,000 rows and a nextToken for the next ones.",
)
async def test_more_than_a_page_of_rows_is_read(stubbed: StubbedServer) -> None:
    stubbed.answer("get_query_results", results("Complete", ROW) | {"nextToken": "2"})
    stubbed.answer("get_query_results", results("Complete", {"@message": "two"}))
    reply = await stubbed.ask("get_logs_insight_query_results", query_id=QUERY_ID)
    assert [row["@message"] for row in reply.rows("results")] == ["one", "two"]


class Recorder:
    """An Aws that only remembers what was called; the `cancelled` operation cancels the caller while it runs."""

    def __init__(self, cancelled: str) -> None:
        self.called: list[str] = []
        self.scope = anyio.CancelScope()
        self._cancelled = cancelled

    async def call(self, operation: str, **_: Any) -> dict[str, Any]:
        self.called.append(operation)
        if operation == self._cancelled:
            self.scope.cancel()
        await anyio.lowlevel.checkpoint()
        return {"StartQuery": {"queryId": QUERY_ID}, "GetQueryResults": results("Running")}.get(operation, {})

    async def pages(self, operation: str, **parameters: Any) -> Any:
        yield await self.call(operation, **parameters)


@pytest.mark.parametrize("operation", ["StartQuery", "GetQueryResults"])
async def test_a_cancelled_call_stops_its_query_even_while_starting_it(time: Time, operation: str) -> None:
    aws: Any = Recorder(cancelled=operation)
    recorder: Aws = aws
    query = Query("fields @message", Window(time.start - timedelta(hours=1), time.start), names=["a"])
    with aws.scope:
        await run_query(recorder, time.clock(), query, anyio.CapacityLimiter(1), max_timeout=30, max_scan_bytes=None)
    assert aws.scope.cancelled_caught
    assert aws.called[-1] == "StopQuery"
