"""The life of a Logs Insights query: start, poll, progress, stop.

A query bills for what it scans until it ends. So one that nobody will read is stopped: when the call is cancelled,
when polling fails, and when it scans more than the user allows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import anyio
import anyio.lowlevel
import anyio.to_thread
from loguru import logger

from cloudwatch_mcp.aws.calls import Aws, settle
from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.errors import AwsError, CloudWatchError, QueryFailed, quote
from cloudwatch_mcp.timerange import Window

_FIRST_POLL, _LONGEST_POLL, _POLL_GROWTH = 0.2, 2.0, 1.5  # seconds, seconds, factor
# Seconds for StartQuery and then StopQuery to answer once nobody waits any more: MCP clients kill a server about 2 s
# after closing its stdin. Both requests are on their way long before.
_START_WITHIN, _STOP_WITHIN = 0.9, 0.9
GIGABYTE = 1_000_000_000


@dataclass(frozen=True)
class Query:
    """What StartQuery takes. `limit` None leaves it to the query."""

    text: str
    window: Window
    names: list[str] | None = None
    identifiers: list[str] | None = None
    limit: int | None = None
    language: str | None = None


@dataclass(frozen=True)
class Results:
    """What a query has found so far; counts are of log records and bytes.

    `rows` are by AWS's names of the fields, without `@ptr`. `stopped_after` is the bytes at which the server itself
    stopped it; `unread` says that there are rows which were not read in time.
    """

    query_id: str
    status: str
    rows: list[dict[str, str]] = field(default_factory=list)
    matched: int = 0
    scanned_records: int = 0
    scanned_bytes: int = 0
    stopped_after: int | None = None
    unread: bool = False

    @property
    def ended(self) -> bool:
        return self.status not in ("Scheduled", "Running")


# Seconds since the call began, and what there is to say.
Progress: TypeAlias = Callable[[float, str], Awaitable[None]]


@dataclass(frozen=True)
class Patience:
    """How a query is waited for: `until` on the clock's monotonic time, and who is told meanwhile."""

    clock: Clock
    begun: float
    until: float
    tell: Progress | None = None

    @property
    def over(self) -> bool:
        return self.clock.monotonic() >= self.until

    async def wait(self, seconds: float, message: str) -> None:
        """Tell, and sleep about so long, but not past the end."""
        now = self.clock.monotonic()
        if self.tell is not None:
            await self.tell(now - self.begun, message)
        await self.clock.sleep(max(0.0, min(self.until - now, seconds * self.clock.jitter())))


async def run(
    aws: Aws,
    clock: Clock,
    query: Query,
    slots: anyio.CapacityLimiter,
    *,
    max_timeout: float,
    max_scan_bytes: float | None,
    progress: Progress | None = None,
) -> Results:
    """Start the query and poll until it ended or `max_timeout` seconds went by; then it is left running.

    It begins when one of `slots` is free, and waits while AWS runs as many queries as it allows.

    Raises:
        AwsError: AWS refused to start it or to give its results; it was stopped.
        QueryFailed: it ended without rows and not as Complete, or no slot was free in time.
    """
    begun = clock.monotonic()
    patience = Patience(clock, begun, begun + max_timeout, progress)
    await _take(slots, patience)
    try:
        query_id = await _start(aws, query, patience)
        try:
            results = await _poll(aws, query_id, patience, max_scan_bytes)
        except BaseException:
            await _stop(aws, query_id)
            raise
    finally:
        slots.release()
    return checked(results)


async def _take(slots: anyio.CapacityLimiter, patience: Patience) -> None:
    limit = f"this server may run {slots.total_tokens:g} at once"
    while slots.available_tokens < 1:
        if patience.over:
            raise QueryFailed(
                f"The query was not started: {limit}, and none ended in time. Raise max_timeout, ask for less at once, "
                "or set CLOUDWATCH_MCP_MAX_QUERIES."
            )
        await patience.wait(_FIRST_POLL, f"waiting for a turn: {limit}")
    slots.acquire_nowait()


def checked(results: Results) -> Results:
    """The results, unless the query ended badly and left no rows.

    Raises:
        QueryFailed: it says how the query ended and what to do.
    """
    bad = results.ended and results.status != "Complete"
    if bad and not results.rows and results.stopped_after is None:
        step = {
            "Timeout": "Queries time out after 60 minutes: narrow the window or the log groups.",
            "Cancelled": "It was cancelled: start it again if its result is still wanted.",
        }.get(results.status, "Start it again; if it fails again, simplify the query or narrow the window.")
        raise QueryFailed(f"Query {quote(results.query_id)} ended with status {results.status} and no rows. {step}")
    return results


async def fetch(aws: Aws, query_id: str, over: Callable[[], bool] = lambda: False) -> Results:
    """The query's status and rows now, every page of them until it is `over`."""
    page: dict[str, Any] = {}
    rows: list[dict[str, str]] = []
    async for page in aws.pages("GetQueryResults", queryId=query_id):
        rows += await anyio.to_thread.run_sync(_rows, page.pop("results", []))
        if page.get("nextToken") and over():
            break
    statistics = page.get("statistics", {})
    return Results(
        query_id=query_id,
        status=page.get("status", "Unknown"),
        rows=rows,
        unread=bool(page.get("nextToken")),
        matched=int(statistics.get("recordsMatched", 0)),
        scanned_records=int(statistics.get("recordsScanned", 0)),
        scanned_bytes=int(statistics.get("bytesScanned", 0)),
    )


def _rows(sent: list[Any]) -> list[dict[str, str]]:
    """In place, as ten thousand wide rows take much memory."""
    for index, row in enumerate(sent):
        sent[index] = {cell["field"]: cell.get("value", "") for cell in row if cell["field"] != "@ptr"}
    return sent


async def _poll(aws: Aws, query_id: str, patience: Patience, max_scan_bytes: float | None) -> Results:
    delay, so_far = _FIRST_POLL, "started"
    while True:
        # No query is done at once: asking only after a while spares a call.
        await patience.wait(delay, so_far)
        results = await fetch(aws, query_id, lambda: patience.over)
        if results.ended or patience.over:
            return results
        if max_scan_bytes is not None and results.scanned_bytes > max_scan_bytes:
            await _stop(aws, query_id)
            return replace(results, status="Cancelled", stopped_after=results.scanned_bytes)
        delay = min(_LONGEST_POLL, delay * _POLL_GROWTH)
        so_far = f"{results.status}: {results.scanned_records:,} records, {results.scanned_bytes:,} bytes scanned"


async def _start(aws: Aws, query: Query, patience: Patience) -> str:
    """The id of the started query, once AWS has room for it."""
    delay = _FIRST_POLL
    while True:
        try:
            return await _start_now(aws, query)
        except AwsError as error:
            if error.code != "LimitExceededException" or patience.over:
                raise
        await patience.wait(delay, "waiting: AWS runs as many queries as it allows this account")
        delay = min(_LONGEST_POLL, delay * _POLL_GROWTH)


async def _start_now(aws: Aws, query: Query) -> str:
    """The id of the started query. A cancelled StartQuery would lose the id of a query that runs and bills.

    So once cancelled it still has a moment, and what it started is stopped.
    """
    outcome: list[Any] = []
    try:
        async with anyio.create_task_group() as group:
            with anyio.CancelScope(shield=True) as scope:
                group.start_soon(_hurry, scope)
                outcome = await settle(aws.call("StartQuery", **_start_parameters(query)))
            group.cancel_scope.cancel()
        await anyio.lowlevel.checkpoint_if_cancelled()
    except anyio.get_cancelled_exc_class():
        if outcome and isinstance(outcome[0], dict):
            await _stop(aws, outcome[0]["queryId"])
        raise
    (answer,) = outcome
    if isinstance(answer, CloudWatchError):
        raise answer
    query_id: str = answer["queryId"]
    return query_id


async def _hurry(scope: anyio.CancelScope) -> None:
    """Give `scope` little time once the caller is cancelled."""
    try:
        await anyio.sleep_forever()
    finally:
        scope.deadline = anyio.current_time() + _START_WITHIN


async def _stop(aws: Aws, query_id: str) -> None:
    with anyio.move_on_after(_STOP_WITHIN, shield=True) as scope:
        try:
            await aws.call("StopQuery", queryId=query_id)
        except CloudWatchError as error:
            logger.debug("A query could not be stopped: {}", type(error).__name__)
    if scope.cancelled_caught:
        logger.warning("StopQuery was not answered within {} s; a query may still run.", _STOP_WITHIN)


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
