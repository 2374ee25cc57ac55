"""What the server says about itself: icons and website once, not with every result."""

from __future__ import annotations

from typing import Any

from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.types import SERVER_INFO_META_KEY


async def short_server_info(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Shorten the server's description, which the protocol of 2026 adds to every result; server/discover has it all."""
    result = await call_next(ctx)
    if ctx.method != "server/discover" and isinstance(result, dict):
        info = (result.get("_meta") or {}).get(SERVER_INFO_META_KEY, {})
        for member in ("icons", "websiteUrl"):
            info.pop(member, None)
    return result
