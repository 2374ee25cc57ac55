"""The tests' time, which stands still until the server sleeps."""

from __future__ import annotations

from datetime import datetime, timezone

from cloudwatch_mcp.clock import Clock

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)


class Time:
    """A wall clock that stands still, and a monotonic clock that only sleeping moves."""

    def __init__(self, now: datetime = NOW) -> None:
        self.start, self.slept = now, 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def clock(self) -> Clock:
        return Clock(lambda: self.start, lambda: self.slept, self.sleep)
