"""The results of a Logs Insights query, complete or partial."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import anyio.to_thread

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.errors import QueryFailed, quote


@dataclass(frozen=True)
class Results:
    """The status of a query and its rows so far; a row maps AWS's field names to values, without `@ptr`.

    `stopped_after` is the number of bytes at which this server stopped the query. `unread` means that there are more
    rows, which were not read in time.
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

    @property
    def complete(self) -> bool:
        return self.status == "Complete"


async def fetch_results(aws: Aws, query_id: str, is_late: Callable[[], bool] = lambda: False) -> Results:
    """The status and rows of a query; no further page is read once `is_late`."""
    page: dict[str, Any] = {}
    rows: list[dict[str, str]] = []
    async for page in aws.pages("GetQueryResults", queryId=query_id):
        rows += await anyio.to_thread.run_sync(_rows, page.pop("results", []))
        if page.get("nextToken") and is_late():
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


def _rows(page: list[Any]) -> list[dict[str, str]]:
    """The rows of a page, converted in place: ten thousand wide rows take much memory."""
    for index, row in enumerate(page):
        page[index] = {cell["field"]: cell.get("value", "") for cell in row if cell["field"] != "@ptr"}
    return page


_NEXT_STEPS = {
    "Timeout": "Queries time out after 60 minutes: narrow the window or the log groups.",
    "Cancelled": "It was cancelled: start it again if you still need its results.",
}
_START_AGAIN = "Start it again; if it fails again, simplify the query or narrow the window."


def require_success_or_rows(results: Results) -> Results:
    """The results, unless the query failed and has no rows.

    Raises:
        QueryFailed: how the query ended, and the next step.
    """
    failed = results.ended and not results.complete and results.stopped_after is None
    if failed and not results.rows:
        step = _NEXT_STEPS.get(results.status, _START_AGAIN)
        raise QueryFailed(f"Query {quote(results.query_id)} ended with status {results.status} and no rows. {step}")
    return results
