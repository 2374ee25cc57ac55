"""A server process under measurement: this server unless another command is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter, sleep
from typing import Any, NamedTuple

from tests.support.server_process import COMMAND, Message, ServerProcess


class Answer(NamedTuple):
    """Seconds from the request to the whole answer, the text that a model reads, and whether it is an error."""

    seconds: float
    text: str
    failed: bool


@contextmanager
def running(
    environment: Mapping[str, str], command: Sequence[str] = COMMAND, *, warm: bool = False
) -> Iterator[ServerProcess]:
    """An initialized server; a warm one has had the time to load boto3."""
    with ServerProcess(command=command, env=environment) as server:
        server.initialize()
        if warm:
            server.request("tools/list")
            sleep(2)
        yield server


def call(server: ServerProcess, tool: str, arguments: Mapping[str, Any]) -> Answer:
    begun = perf_counter()
    message = server.request("tools/call", name=tool, arguments=arguments)
    return _answer(message, perf_counter() - begun)


def time_of(server: ServerProcess, tool: str, arguments: Mapping[str, Any]) -> float:
    """Seconds of a call, which must not fail."""
    return time_at_once(server, tool, arguments, 1)


def time_at_once(server: ServerProcess, tool: str, arguments: Mapping[str, Any], calls: int) -> float:
    """Seconds until so many calls, sent together, are all answered; a RuntimeError if one failed."""
    begun = perf_counter()
    requests = [server.begin("tools/call", name=tool, arguments=arguments) for _ in range(calls)]
    messages = [server.answer(request) for request in requests]
    seconds = perf_counter() - begun
    for message in messages:
        if (answer := _answer(message, seconds)).failed:
            raise RuntimeError(f"{tool} failed: {answer.text}")
    return seconds


def _answer(message: Message, seconds: float) -> Answer:
    if "error" in message:
        return Answer(seconds, str(message["error"]), failed=True)
    result = message["result"]
    text = "".join(content.get("text", "") for content in result["content"])
    return Answer(seconds, text, bool(result.get("isError")))
