"""A started Logs Insights query, which advances with each poll."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.insights import (
    EARLIER_WINDOWS,
    Event,
    EventLog,
    OverBudgetError,
    Query,
    QueryError,
    Results,
    size,
)

_DAY = 86_400_000


class LogGroupRange(NamedTuple):
    """A log group's events in a query's time range, in milliseconds, both ends included."""

    log: EventLog
    start: int
    end: int


def _newest_first(ranges: Sequence[LogGroupRange], shift: int = 0) -> list[Event]:
    events = [event for log, start, end in ranges for event in log.between(start - shift, end - shift)]
    return sorted(events, key=lambda event: event.timestamp)[::-1]


class QueryResponse(NamedTuple):
    status: str
    rows: list[list[dict[str, str]]]
    statistics: dict[str, float]


@dataclass
class RunningQuery:
    """A started query: Scheduled at the first poll, then Running with partial results, then Complete.

    A query over its time limit ends as Timeout. It can be stopped while it runs.
    """

    query_id: str
    text: str
    query: Query
    ranges: Sequence[LogGroupRange]
    limit: int | None
    created: int
    polls_to_complete: int | None
    window: int = 0
    subquery_ranges: Sequence[Sequence[LogGroupRange]] = ()
    status: str = "Scheduled"
    _polls: int = 0
    _progress: float = 0.0
    """The share of the events that has been scanned."""
    _response: QueryResponse | None = None
    _lock: Lock = field(default_factory=Lock)
    _running: Lock = field(default_factory=Lock)

    @property
    def ended(self) -> bool:
        return self.status in ("Complete", "Cancelled", "Failed", "Timeout")

    def poll(self) -> QueryResponse:
        with self._running:
            with self._lock:
                before = self._progress
                if not self.ended:
                    self._advance()
            if self._response is None or self._progress != before:
                self._response = self._run()
            return self._response._replace(status=self.status)

    def stop(self) -> bool:
        """Stop the query; False when it had already ended."""
        with self._lock:
            running = not self.ended
            if running:
                self.status = "Cancelled"
            return running

    def _advance(self) -> None:
        if self.polls_to_complete is not None and self._polls >= self.polls_to_complete:
            self.status, self._progress = "Complete", 1.0
        elif self._polls:
            self.status = "Running"
            self._progress = self._polls / self.polls_to_complete if self.polls_to_complete else 0.5
        self._polls += 1

    def _run(self) -> QueryResponse:
        """Run the query over the scanned share of the events, newest first."""
        events = _newest_first(self.ranges)
        events = events[: round(len(events) * self._progress)]
        results = self._results(events) if self._progress else Results([], 0)
        return QueryResponse(self.status, results.rows, self._statistics(events, results))

    def _results(self, events: Sequence[Event]) -> Results:
        """The results; without any, the query ends as Failed or Timeout."""
        try:
            return self.query.run(
                events,
                self.limit,
                earlier=lambda modifier: _newest_first(self.ranges, self._shift(modifier)),
                subquery_events=lambda index: _newest_first(self.subquery_ranges[index]),
            )
        except (OverBudgetError, QueryError) as error:
            with self._lock:
                if self.status != "Cancelled":
                    self.status = "Failed" if isinstance(error, QueryError) else "Timeout"
            return Results([], 0)

    def _shift(self, modifier: str) -> int:
        """How many milliseconds before the window the one of a diff command is."""
        return EARLIER_WINDOWS[modifier] * _DAY or self.window + 1

    def _statistics(self, events: Sequence[Event], results: Results) -> dict[str, float]:
        return {
            "recordsMatched": float(results.matched),
            "recordsScanned": float(len(events)),
            "estimatedRecordsSkipped": 0.0,
            "bytesScanned": float(size(events)),
            "estimatedBytesSkipped": 0.0,
            "logGroupsScanned": float(len(self.ranges)) if self._progress else 0.0,
            "resultCount": float(len(results.rows)),
        }

    def description(self) -> dict[str, Any]:
        """The query as an item of DescribeQueries."""
        return {
            "queryId": self.query_id,
            "queryString": self.text,
            "queryLanguage": "CWLI",
            "status": self.status,
            "createTime": self.created,
            "logGroupName": self.ranges[0].log.identifier.partition(":")[2] if self.ranges else "",
        }
