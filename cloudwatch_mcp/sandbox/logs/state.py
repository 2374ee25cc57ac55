"""The CloudWatch Logs state that moto's backends lack."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.insights import EventLog
from cloudwatch_mcp.sandbox.logs.running_query import RunningQuery


@dataclass
class Regional:
    """An account's state in one Region."""

    event_logs: dict[str, EventLog] = field(default_factory=dict)
    queries: dict[str, RunningQuery] = field(default_factory=dict)
    query_definitions: dict[str, dict[str, Any]] = field(default_factory=dict)
    detectors: dict[str, dict[str, Any]] = field(default_factory=dict)
    anomalies: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class State:
    """The state of all accounts and Regions, and the lock for changes to it."""

    clock: Clock
    polls_to_complete: int | None = 2
    linked_accounts: Sequence[str] = ()
    lock: RLock = field(default_factory=RLock)
    _regional: dict[tuple[str, str], Regional] = field(default_factory=lambda: defaultdict(Regional))

    def of(self, account_id: str, region: str) -> Regional:
        with self.lock:
            return self._regional[account_id, region]

    def now(self) -> int:
        """The sandbox's time in milliseconds since the epoch."""
        return int(self.clock.now().timestamp() * 1000)
