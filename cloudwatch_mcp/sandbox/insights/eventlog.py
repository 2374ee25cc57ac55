"""The events of one log group, ordered by timestamp."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import count
from operator import attrgetter
from threading import Lock
from typing import Any

from cloudwatch_mcp.sandbox.insights.events import Event

_TIMESTAMP = attrgetter("timestamp")
# CloudWatch Logs counts this for each event in addition to its message.
_BYTES_PER_EVENT = 26


class EventLog:
    def __init__(self, account_id: str, log_group_name: str) -> None:
        self.identifier = f"{account_id}:{log_group_name}"
        self.is_lambda = log_group_name.startswith("/aws/lambda/")
        self.stored_bytes = 0
        self.next_id = count().__next__
        self._events: list[Event] = []
        self._is_sorted = True
        self._lock = Lock()

    def put(self, stream: str, events: Iterable[dict[str, Any]], ingestion_time: int) -> list[Event]:
        added = [Event(self, stream, event, ingestion_time) for event in events]
        with self._lock:
            self._events += added
            self._is_sorted = False
            self.stored_bytes += size(added)
        return added

    def between(self, start: int, end: int) -> list[Event]:
        """The events from `start` to `end` in milliseconds, both inclusive."""
        with self._lock:
            self._sort()
            first = bisect_left(self._events, start, key=_TIMESTAMP)
            last = bisect_right(self._events, end, key=_TIMESTAMP)
            return self._events[first:last]

    def first_timestamp(self) -> int | None:
        with self._lock:
            self._sort()
            return self._events[0].timestamp if self._events else None

    def drop_stream(self, stream: str) -> None:
        with self._lock:
            self._events = [event for event in self._events if event.stream != stream]
            self.stored_bytes = size(self._events)

    def _sort(self) -> None:
        if not self._is_sorted:
            self._events.sort(key=_TIMESTAMP)
            self._is_sorted = True


def size(events: Iterable[Event]) -> int:
    """The bytes that CloudWatch Logs stores and scans for these events."""
    return sum(
        (len(message) if message.isascii() else len(message.encode())) + _BYTES_PER_EVENT
        for message in (event.message for event in events)
    )
