"""Log events, ordered by timestamp, and their discovered fields."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import count
from operator import attrgetter
from threading import Lock
from typing import Any

from cloudwatch_mcp.sandbox.insights.values import Expression, Kind

_TIMESTAMP = attrgetter("timestamp")
# CloudWatch Logs counts this for each event in addition to its message.
_BYTES_PER_EVENT = 26
_DECODER = json.JSONDecoder()
# Lambda's line at the end of an invocation; its figures are discovered as @duration and so on.
_LAMBDA_LINE = re.compile(r"(?P<type>START|END|REPORT|INIT_START) (?:RequestId: (?P<requestId>[\w-]+))?")
_LAMBDA_FIGURES = {
    "@duration": (re.compile(r"(?<!Init )(?<!Billed )(?<!Restore )Duration: ([\d.]+) ms"), 1),
    "@billedDuration": (re.compile(r"Billed Duration: ([\d.]+) ms"), 1),
    "@initDuration": (re.compile(r"Init Duration: ([\d.]+) ms"), 1),
    "@memorySize": (re.compile(r"Memory Size: (\d+) MB"), 1_000_000),
    "@maxMemoryUsed": (re.compile(r"Max Memory Used: (\d+) MB"), 1_000_000),
}


class Event:
    """One log event. Its fields are decoded on first use."""

    __slots__ = ("_fields", "event_id", "ingestion_time", "log", "message", "stream", "timestamp")

    def __init__(self, log: EventLog, stream: str, event: dict[str, Any], ingestion_time: int) -> None:
        self.log = log
        self.stream = stream
        self.timestamp: int = event["timestamp"]
        self.message: str = event["message"]
        self.ingestion_time = ingestion_time
        self.event_id = log.next_id()
        self._fields: dict[str, Any] | None = None

    @property
    def fields(self) -> dict[str, Any]:
        if self._fields is None:
            self._fields = _discover(self.message, is_lambda=self.log.is_lambda)
        return self._fields

    @property
    def ptr(self) -> str:
        return b64encode(f"{self.log.identifier}/{self.stream}/{self.event_id}".encode()).decode()

    def to_response_dict(self) -> dict[str, Any]:
        """The event as moto's GetLogEvents returns it."""
        return {"timestamp": self.timestamp, "ingestionTime": self.ingestion_time, "message": self.message}

    def to_filter_dict(self) -> dict[str, Any]:
        """The event as moto's FilterLogEvents returns it."""
        return {**self.to_response_dict(), "eventId": f"{self.event_id:056d}"}


class EventLog:
    def __init__(self, account_id: str, log_group_name: str) -> None:
        self.identifier = f"{account_id}:{log_group_name}"
        self.is_lambda = log_group_name.startswith("/aws/lambda/")
        self.stored_bytes = 0
        self.next_id = count().__next__
        self._events: list[Event] = []
        self._lock = Lock()

    def put(self, stream: str, events: Iterable[dict[str, Any]], ingestion_time: int) -> list[Event]:
        added = [Event(self, stream, event, ingestion_time) for event in events]
        with self._lock:
            self._events += added
            self._events.sort(key=_TIMESTAMP)
            self.stored_bytes += size(added)
        return added

    def between(self, start: int, end: int) -> list[Event]:
        """The events from `start` to `end` in milliseconds, both inclusive."""
        with self._lock:
            first = bisect_left(self._events, start, key=_TIMESTAMP)
            last = bisect_right(self._events, end, key=_TIMESTAMP)
            return self._events[first:last]

    def first_timestamp(self) -> int | None:
        with self._lock:
            return self._events[0].timestamp if self._events else None

    def drop_stream(self, stream: str) -> None:
        with self._lock:
            self._events = [event for event in self._events if event.stream != stream]
            self.stored_bytes = size(self._events)


def size(events: Iterable[Event]) -> int:
    """The bytes that CloudWatch Logs stores and scans for these events."""
    return sum(
        (len(message) if message.isascii() else len(message.encode())) + _BYTES_PER_EVENT
        for message in (event.message for event in events)
    )


def _discover(message: str, *, is_lambda: bool) -> dict[str, Any]:
    members = _json_object(message, anywhere=is_lambda)
    return {**members, **_lambda_fields(message)} if is_lambda else members


def _json_object(message: str, *, anywhere: bool) -> dict[str, Any]:
    """A JSON message's members; in Lambda's logs, those of the first embedded JSON object."""
    start = message.find("{")
    if start < 0 or (start and not anywhere and message[:start].strip()):
        return {}
    try:
        decoded, end = _DECODER.raw_decode(message, start)
    except ValueError:
        return {}
    return decoded if anywhere or end == len(message) or not message[end:].strip() else {}


def _lambda_fields(message: str) -> dict[str, Any]:
    line = _LAMBDA_LINE.match(message)
    if not line:
        return {}
    fields = {f"@{name}": value for name, value in line.groupdict().items() if value}
    if line["type"] == "REPORT":
        for name, (pattern, unit) in _LAMBDA_FIGURES.items():
            figure = pattern.search(message)
            if figure:
                fields[name] = float(figure[1]) * unit
    return fields


SYSTEM_FIELDS = {
    "@timestamp": Expression(_TIMESTAMP, Kind.TIME),
    "@ingestionTime": Expression(attrgetter("ingestion_time"), Kind.TIME),
    "@message": Expression(attrgetter("message"), Kind.RAW),
    "@logStream": Expression(attrgetter("stream"), Kind.RAW),
    "@log": Expression(attrgetter("log.identifier"), Kind.RAW),
    "@ptr": Expression(lambda event: event.ptr, Kind.RAW),
}


def field(name: str) -> Expression:
    """A system field, or a discovered one: `level`, `error.type`, `items.0.sku`.

    A discovered field whose name starts with @ gets another @ (docs: CWL_AnalyzeLogData-discoverable-fields).
    """
    if name in SYSTEM_FIELDS:
        return SYSTEM_FIELDS[name]
    discovered = name.removeprefix("@") if name.startswith("@@") else name
    parts = discovered.split(".")
    if len(parts) == 1:
        return Expression(lambda event: _leaf(event.fields.get(discovered)), Kind.RAW)
    return Expression(lambda event: _leaf(walk(event.fields, parts)), Kind.RAW)


def walk(node: Any, parts: list[str]) -> Any:
    for position, part in enumerate(parts):
        if isinstance(node, dict):
            rest = ".".join(parts[position:])
            if rest in node:
                return node[rest]
            node = node.get(part)
        elif isinstance(node, list) and part.isdigit() and int(part) < len(node):
            node = node[int(part)]
        else:
            return None
    return node


def _leaf(value: Any) -> Any:
    """Objects and arrays are no values of their own, only their leaves are; truth values are 1 and 0."""
    kind = value.__class__
    if kind is str or kind is int or kind is float:
        return value
    return int(value) if kind is bool else None
