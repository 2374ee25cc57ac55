"""What several tools share: how they get the runtime, and arguments."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from mcp.server.mcpserver import Context
from pydantic import Field

from cloudwatch_mcp.runtime import Runtime
from cloudwatch_mcp.timerange import TimeText

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
