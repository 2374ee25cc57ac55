"""Refuses requests that the SDK cannot read: it drops them, and their caller would wait forever."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import Any

import anyio.to_thread
from mcp.shared.message import SessionMessage
from mcp.types import INVALID_REQUEST, PARSE_ERROR, ErrorData, JSONRPCError
from pydantic import ValidationError

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]:,]|[^"{}\[\]:,\s]+')
_LONG = 100_000  # characters; a longer line is scanned in a thread
_WHY = (
    "The request was not run: this server cannot read its JSON. It accepts neither more than about 200 levels of "
    "nesting, nor numbers of thousands of digits, nor lone surrogates."
)


class ReadableRequests:
    """The SDK's incoming stream, in which a message that the SDK could not read is answered with an error."""

    def __init__(self, incoming: Any, outgoing: Any) -> None:
        self._incoming, self._outgoing = incoming, outgoing

    def __getattr__(self, name: str) -> Any:
        return getattr(self._incoming, name)

    async def __aenter__(self) -> Any:
        await self._incoming.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> Any:
        return await self._incoming.__aexit__(*error)

    def __aiter__(self) -> ReadableRequests:
        return self

    async def __anext__(self) -> Any:
        while isinstance(item := await self._incoming.__anext__(), Exception):
            if (refused := await _refusal(item)) is not None:
                await self._outgoing.send(SessionMessage(refused))
        return item


async def _refusal(error: Exception) -> JSONRPCError | None:
    """The error for a request with an id. A notification, or a line that is no message, gets no answer."""
    problems: list[Any] = error.errors(include_url=False) if isinstance(error, ValidationError) else []
    code, why = INVALID_REQUEST, "The message is not a JSON-RPC request."
    request_id = next((_usable(each["input"]["id"]) for each in problems if _has_id(each["input"])), None)
    if problems and problems[0]["type"] == "json_invalid":
        code, why, line = PARSE_ERROR, _WHY, str(problems[0]["input"])
        find = partial(request_id_in, line)
        request_id = await anyio.to_thread.run_sync(find) if len(line) > _LONG else find()
    if request_id is None:
        return None
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=why))


def _has_id(value: Any) -> bool:
    return isinstance(value, dict) and "id" in value


def request_id_in(line: str) -> str | int | None:
    """The id in a JSON object, even in one that Python's JSON parser cannot read or that is cut off."""
    depth, before = 0, ("", "")
    for token in _TOKEN.finditer(line):
        text = token[0]
        if depth == 1 and before == ('"id"', ":"):
            try:
                return _usable(json.loads(text))
            except ValueError:
                return None
        depth += (text in "{[") - (text in "}]")
        before = (before[1], text)
    return None


def _usable(value: Any) -> str | int | None:
    """The id if it can be sent back, else None."""
    if isinstance(value, str):
        return None if re.search("[\ud800-\udfff]", value) else value
    return value if type(value) is int and abs(value) < 2**63 else None
