"""An in-memory MCP client, and a tool's reply."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any, TypeAlias

from mcp import Client

from cloudwatch_mcp.server.tool_calls import CloudWatchServer


@dataclass(frozen=True)
class Reply:
    """A tool's answer: its data if it succeeded, else the error's text.

    `calls` counts the requests to AWS by operation, where a cassette knows them.
    """

    data: dict[str, Any]
    text: str
    failed: bool
    calls: dict[str, int] = field(default_factory=dict)

    @property
    def error(self) -> str:
        assert self.failed, self.text
        return self.text

    @property
    def notes(self) -> list[str]:
        notes: list[str] = self.data.get("notes", [])
        return notes

    def for_snapshot(self) -> dict[str, Any]:
        answer = {"error": self.text} if self.failed else {"answer": self.data}
        return {**({"calls": self.calls} if self.calls else {}), **answer}

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table, with the values in `same`."""
        table = self.data.get(name, {"columns": [], "rows": []})
        same = table.get("same", {})
        return [same | dict(zip_longest(table["columns"], row)) for row in table["rows"]]


Ask: TypeAlias = Callable[..., Coroutine[Any, Any, Reply]]
Connected: TypeAlias = Callable[..., AbstractAsyncContextManager[Ask]]


@asynccontextmanager
async def asking(server: CloudWatchServer, mode: Any = "auto") -> AsyncIterator[Ask]:
    """Connect a client to the server; the function that this yields calls a tool."""
    async with Client(server, mode=mode) as client:

        async def ask(tool: str, **arguments: Any) -> Reply:
            result = await client.call_tool(tool, arguments)
            (content,) = result.content
            assert content.type == "text"
            if not result.is_error:
                assert json.loads(content.text) == result.structured_content
            return Reply(result.structured_content or {}, content.text, bool(result.is_error))

        yield ask
