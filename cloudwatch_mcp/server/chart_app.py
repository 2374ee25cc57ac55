"""The chart app, for clients that show MCP Apps; for the others nothing changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anyio.to_thread
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.lowlevel.helper_types import ReadResourceContents
from mcp.server.session import ServerSession

from cloudwatch_mcp import apps


async def offer_chart(ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
    """Middleware that names the app in the definitions of the tools it charts, and adds units to metric answers."""
    result = await call_next(ctx)
    if not isinstance(result, dict) or not shows_apps(ctx.session):
        return result
    if ctx.method == "server/discover":
        capabilities = result["capabilities"]
        capabilities["extensions"] = {**capabilities.get("extensions", {}), apps.EXTENSION: {}}
    elif ctx.method == "tools/list":
        for tool in result["tools"]:
            if tool["name"] in apps.CHARTED_TOOLS:
                tool["_meta"] = {**tool.get("_meta", {}), **apps.TOOL_META}
    elif ctx.method == "tools/call" and _is_metric_answer(ctx, result) and (known := await _units(ctx)):
        result["_meta"] = {**result.get("_meta", {}), apps.UNITS_KEY: known}
    return result


async def chart_contents() -> ReadResourceContents:
    page = await anyio.to_thread.run_sync(apps.chart_page)
    return ReadResourceContents(page, apps.MIME_TYPE, apps.PAGE_META)


def shows_apps(session: ServerSession) -> bool:
    """Whether the client declares the extension and its kind of page; some declare it as experimental."""
    declared = session.client_capabilities
    if declared is None:
        return False
    settings = {**(declared.experimental or {}), **(declared.extensions or {})}.get(apps.EXTENSION)
    kinds = settings.get("mimeTypes") if isinstance(settings, dict) else None
    return isinstance(kinds, list) and apps.MIME_TYPE in kinds


def _is_metric_answer(ctx: ServerRequestContext[Any, Any], result: Mapping[str, Any]) -> bool:
    return (ctx.params or {}).get("name") == "get_metric_data" and not result.get("isError")


async def _units(ctx: ServerRequestContext[Any, Any]) -> dict[str, str]:
    from cloudwatch_mcp.apps.units import units

    return await anyio.to_thread.run_sync(units, (ctx.params or {}).get("arguments") or {})
