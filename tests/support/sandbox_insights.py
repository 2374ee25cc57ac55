"""Logs Insights queries over messages, without HTTP."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from cloudwatch_mcp.sandbox.insights import EventLog, Query, QueryError

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
NOW_MS = int(NOW.timestamp() * 1000)
MINUTE = 60_000


def run(
    query: str, messages: list[Any], *, group: str = "/app/checkout", limit: int | None = None
) -> list[dict[str, str]]:
    """The rows without @ptr; the messages are a minute apart, the last one at NOW."""
    log = EventLog("123456789012", group)
    start = NOW_MS - (len(messages) - 1) * MINUTE
    log.put("stream-1", events(messages, start), NOW_MS)
    newest_first = log.between(0, NOW_MS)[::-1]
    rows = Query(query, NOW).run(newest_first, limit).rows
    return [{cell["field"]: cell["value"] for cell in row if cell["field"] != "@ptr"} for row in rows]


def events(messages: list[Any], start: int) -> list[dict[str, Any]]:
    texts = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    return [{"timestamp": start + i * MINUTE, "message": text} for i, text in enumerate(texts)]


def values(query: str, messages: list[Any], **options: Any) -> list[str | None]:
    """The values of the query's only column."""
    return [next(iter(row.values()), None) for row in run(query, messages, **options)]


def malformed(query: str) -> QueryError:
    with pytest.raises(QueryError) as raised:
        Query(query, NOW)
    return raised.value
