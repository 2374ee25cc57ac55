"""Answers requests that the SDK cannot read with an error. The SDK drops them, and the client would wait forever."""

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
_LONG = 100_000  # characters; longer lines are scanned in a thread
_UNREADABLE = (
    "The request was not run: this server cannot read its JSON. It accepts neither more than about 200 levels of "
    "nesting, nor numbers of thousands of digits, nor lone surrogates."
)


class ReadableRequests:
    """The SDK's incoming stream without the messages that it could not read; those requests get an error."""

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
            if (response := await _error_response(item)) is not None:
                await self._outgoing.send(SessionMessage(response))
        return item


async def _error_response(error: Exception) -> JSONRPCError | None:
    """The error for a request with an id. A notification, or a line that is not a message, gets no response."""
    problems: list[Any] = error.errors(include_url=False) if isinstance(error, ValidationError) else []
    code, message = INVALID_REQUEST, "The message is not a JSON-RPC request."
    request_id = next((_usable(each["input"]["id"]) for each in problems if _has_id(each["input"])), None)
    if problems and problems[0]["type"] == "json_invalid":
        code, message, line = PARSE_ERROR, _UNREADABLE, str(problems[0]["input"])
        find = partial(request_id_in, line)
        request_id = await anyio.to_thread.run_sync(find) if len(line) > _LONG else find()
    if request_id is None:
        return None
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=message))


def _has_id(value: Any) -> bool:
    return isinstance(value, dict) and "id" in value


def request_id_in(line: str) -> str | int | None:
    """The id of a JSON object, even of one that is cut off or that Python's JSON parser cannot read."""
    depth, previous = 0, ("", "")
    for token in _TOKEN.finditer(line):
        text = token[0]
        if depth == 1 and previous == ('"id"', ":"):
            try:
                return _usable(json.loads(text))
            except ValueError:
                return None
        depth += (text in "{[") - (text in "}]")
        previous = (previous[1], text)
    return None


def _usable(value: Any) -> str | int | None:
    """The id if a response can have it, else None."""
    if isinstance(value, str):
        return None if re.search("[\ud800-\udfff]", value) else value
    return value if type(value) is int and abs(value) < 2**63 else None
