"""Formats of log lines and their times."""

import json
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.incident.requests import CustomerRequest


class Event(NamedTuple):
    stream: str
    time: int
    """Epoch milliseconds."""
    message: str


@lru_cache(maxsize=8192)
def _second(second: int) -> str:
    return datetime.fromtimestamp(second, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")


def iso(time: int) -> str:
    return f"{_second(time // 1000)}.{time % 1000:03d}Z"


def spaced(time: int) -> str:
    """As iso, with a space instead of the T and without the zone: `2026-11-20 12:00:00.123`."""
    return f"{_second(time // 1000).replace('T', ' ')}.{time % 1000:03d}"


@lru_cache(maxsize=8192)
def common_log(second: int) -> str:
    """As in Apache's and nginx's access logs: `20/Nov/2026:12:00:00 +0000`."""
    return datetime.fromtimestamp(second, timezone.utc).strftime("%d/%b/%Y:%H:%M:%S +0000")


def json_line(**members: Any) -> str:
    return json.dumps(members, ensure_ascii=False, separators=(",", ":"))


class Service(NamedTuple):
    name: str
    version: str

    def line(self, request: CustomerRequest, time: int, level: str, message: str, details: str) -> str:
        """A line about a request. `details` are further members as JSON text, which is faster than json.dumps."""
        return (
            f'{{"time":"{iso(time)}","level":"{level}","service":"{self.name}","version":"{self.version}",'
            f'"msg":"{message}","request_id":"{request.id}","trace_id":"{request.trace_id}",{details}}}'
        )

    def own_line(self, time: int, level: str, message: str, **details: Any) -> str:
        return json_line(time=iso(time), level=level, service=self.name, version=self.version, msg=message, **details)
