"""The life of a Logs Insights query: start, poll, report progress, stop.

A query is billed for what it scans until it ends. So a query whose results will not be read is stopped: when the call
is cancelled, when polling fails, and when it scans more than the user allows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import anyio
import anyio.lowlevel
from loguru import logger

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.errors import AwsError, CloudWatchError, QueryFailed
from cloudwatch_mcp.logs.query_results import Results, fetch_results, require_success_or_rows
from cloudwatch_mcp.timerange import Window

_FIRST_POLL, _LONGEST_POLL, _POLL_GROWTH = 0.2, 2.0, 1.5  # seconds, seconds, factor
# Seconds for StartQuery and then StopQuery to be answered after the call is cancelled: MCP clients kill a server about
# 2 s after closing its stdin. Both requests are sent long before.
_START_SECONDS, _STOP_SECONDS = 0.9, 0.9


@dataclass(frozen=True)
class Query:
    """The parameters of StartQuery. With `limit` None the query's own limit applies, or AWS's default."""

    text: str
    window: Window
    names: list[str] | None = None
    identifiers: list[str] | None = None
    limit: int | None = None
    language: str | None = None


Progress: TypeAlias = Callable[[float, str], Awaitable[None]]  # seconds since the call began, and a message


@dataclass(frozen=True)
class Patience:
    """How long to wait for a query, in the clock's monotonic seconds, and where to report progress meanwhile."""

    clock: Clock
    start: float
    deadline: float
    progress: Progress | None = None

    def is_over(self) -> bool:
        return self.clock.monotonic() >= self.deadline

    async def wait(self, seconds: float, message: str) -> None:
        """Report `message` and sleep for about `seconds`, but not past the deadline."""
        now = self.clock.monotonic()
        if self.progress is not None:
            await self.progress(now - self.start, message)
        await self.clock.sleep(max(0.0, min(self.deadline - now, seconds * self.clock.jitter())))


async def run_query(
    aws: Aws,
    clock: Clock,
    query: Query,
    slots: anyio.CapacityLimiter,
    *,
    max_timeout: float,
    max_scan_bytes: float | None,
    progress: Progress | None = None,
) -> Results:
    """Start the query and poll until it ends; after `max_timeout` seconds it is left running.

    It waits for one of `slots`, and while AWS already runs as many queries as it allows.

    Raises:
        AwsError: AWS refused to start the query, or to give its results; it was stopped.
        QueryFailed: the query failed without rows, or no slot was free in time.
    """
    start = clock.monotonic()
    patience = Patience(clock, start, start + max_timeout, progress)
    await _acquire(slots, patience)
    try:
        query_id = await _start(aws, query, patience)
        try:
            results = await _poll(aws, query_id, patience, max_scan_bytes)
        except BaseException:
            await _stop(aws, query_id)
            raise
    finally:
        slots.release()
    return require_success_or_rows(results)


async def _acquire(slots: anyio.CapacityLimiter, patience: Patience) -> None:
    limit = f"this server runs at most {slots.total_tokens:g} at once"
    while slots.available_tokens < 1:
        if patience.is_over():
            raise QueryFailed(
                f"The query was not started: {limit}, and none ended in time. Raise max_timeout, run fewer queries at "
                "once, or raise CLOUDWATCH_MCP_MAX_QUERIES."
            )
        await patience.wait(_FIRST_POLL, f"waiting for other queries: {limit}")
    slots.acquire_nowait()


async def _poll(aws: Aws, query_id: str, patience: Patience, max_scan_bytes: float | None) -> Results:
    delay, message = _FIRST_POLL, "started"
    while True:
        # No query is complete at once: waiting first saves a call.
        await patience.wait(delay, message)
        results = await fetch_results(aws, query_id, patience.is_over)
        if results.ended or patience.is_over():
            return results
        if max_scan_bytes is not None and results.scanned_bytes > max_scan_bytes:
            await _stop(aws, query_id)
            return replace(results, status="Cancelled", stopped_after=results.scanned_bytes)
        delay = min(_LONGEST_POLL, delay * _POLL_GROWTH)
        message = f"{results.status}: {results.scanned_records:,} records, {results.scanned_bytes:,} bytes scanned"


async def _start(aws: Aws, query: Query, patience: Patience) -> str:
    """Start the query as soon as the account's quota of concurrent queries allows it, and return its id."""
    delay = _FIRST_POLL
    while True:
        try:
            return await _start_now(aws, query)
        except AwsError as error:
            if error.code != "LimitExceededException" or patience.is_over():
                raise
        await patience.wait(delay, "waiting: this account runs as many queries as AWS allows")
        delay = min(_LONGEST_POLL, delay * _POLL_GROWTH)


async def _start_now(aws: Aws, query: Query) -> str:
    """Start the query and return its id.

    To cancel StartQuery would lose the id of a query that runs and is billed. So when the caller is cancelled, the
    request still has a moment to be answered, and the query that it started is stopped.
    """
    query_id, refusal = None, None
    try:
        async with anyio.create_task_group() as group:
            with anyio.CancelScope(shield=True) as scope:
                group.start_soon(_limit_after_cancellation, scope)
                try:
                    query_id = (await aws.call("StartQuery", **_start_parameters(query)))["queryId"]
                except CloudWatchError as error:
                    refusal = error  # raised here it would come out of the group as an ExceptionGroup
            group.cancel_scope.cancel()
        await anyio.lowlevel.checkpoint_if_cancelled()
    except anyio.get_cancelled_exc_class():
        if query_id is not None:
            await _stop(aws, query_id)
        raise
    if refusal is not None:
        raise refusal
    return str(query_id)


async def _limit_after_cancellation(scope: anyio.CancelScope) -> None:
    """Once this task is cancelled, give `scope` little time."""
    try:
        await anyio.sleep_forever()
    finally:
        scope.deadline = anyio.current_time() + _START_SECONDS


async def _stop(aws: Aws, query_id: str) -> None:
    with anyio.move_on_after(_STOP_SECONDS, shield=True) as scope:
        try:
            await aws.call("StopQuery", queryId=query_id)
        except CloudWatchError as error:
            logger.debug("A query could not be stopped: {}", type(error).__name__)
    if scope.cancelled_caught:
        logger.warning("StopQuery was not answered within {} s; a query may still be running.", _STOP_SECONDS)


def _start_parameters(query: Query) -> dict[str, Any]:
    return {
        "queryString": query.text,
        "startTime": int(query.window.start.timestamp()),
        "endTime": int(query.window.end.timestamp()),
        "logGroupNames": query.names,
        "logGroupIdentifiers": query.identifiers,
        "limit": query.limit,
        "queryLanguage": query.language,
    }
