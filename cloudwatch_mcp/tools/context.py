"""The context of a tool: the runtime, and the arguments that several tools share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias, TypeVar

import anyio
import anyio.to_thread
from mcp.server.mcpserver import Context
from pydantic import Field

from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.logs.cost import GIGABYTE
from cloudwatch_mcp.timerange import TimeText

_T = TypeVar("_T")


@dataclass(frozen=True)
class Runtime:
    """The state of a running server that its tools use."""

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


Ctx: TypeAlias = Context[Runtime, Any]


def runtime(ctx: Ctx) -> Runtime:
    state: Runtime = ctx.request_context.lifespan_context
    return state


Region: TypeAlias = Annotated[str | None, Field(description="AWS Region. Default: AWS_REGION, else the profile's.")]
ProfileName: TypeAlias = Annotated[str | None, Field(description="Profile of the AWS config. Default: AWS_PROFILE.")]
StartTime: TypeAlias = Annotated[
    TimeText, Field(description='ISO 8601 (UTC unless it has an offset), epoch, or relative: "3h", "now-1d".')
]
EndTime: TypeAlias = Annotated[TimeText | None, Field(description="As start_time. Default: now.")]
