"""The state of a running server that its tools use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

import anyio
import anyio.to_thread

from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.config import GIGABYTE, Settings

_T = TypeVar("_T")


@dataclass(frozen=True)
class Runtime:
    settings: Settings
    clients: Clients
    clock: Clock
    query_slots: anyio.CapacityLimiter
    shaping_slots: anyio.CapacityLimiter

    async def in_thread(self, work: Callable[..., _T], *arguments: Any) -> _T:
        """Run `work` in a thread: shaping a large answer must not block the event loop, where pings are answered."""
        return await anyio.to_thread.run_sync(work, *arguments, abandon_on_cancel=True, limiter=self.shaping_slots)

    @property
    def max_scan_bytes(self) -> float | None:
        gigabytes = self.settings.max_scan_gb
        return None if gigabytes is None else gigabytes * GIGABYTE
