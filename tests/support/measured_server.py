"""A client that measures: a server process, this one unless another command is given, and the time of its answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from time import perf_counter, sleep
from typing import Any, NamedTuple

from tests.support.measured_aws import MeasuredAws, waiting_time
from tests.support.server_process import COMMAND, ServerProcess


class Answer(NamedTuple):
    """The text that a model reads, whether it is an error, and seconds from the request to the whole answer."""

    text: str
    failed: bool
    seconds: float


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


def call(server: ServerProcess, tool: str, arguments: Mapping[str, Any], calls: int = 1) -> Answer:
    """Calls sent together: the first answer that failed, or else the last, and the seconds until all have come."""
    begun = perf_counter()
    requests = [server.begin("tools/call", name=tool, arguments=arguments) for _ in range(calls)]
    replies = [server.reply(request) for request in requests]
    seconds = perf_counter() - begun
    reply = next((each for each in replies if each.failed), replies[-1])
    return Answer(reply.text, reply.failed, seconds)


def successful(server: ServerProcess, tool: str, arguments: Mapping[str, Any], calls: int = 1) -> Answer:
    """The same, but a RuntimeError if a call failed."""
    answer = call(server, tool, arguments, calls)
    if answer.failed:
        raise RuntimeError(f"{tool} failed: {answer.text}")
    return answer


def without_waiting(server: ServerProcess, aws: MeasuredAws, tool: str, arguments: Mapping[str, Any]) -> Answer:
    """A successful answer; its seconds are less those in which the server waited for AWS."""
    aws.new_exchanges()
    answer = successful(server, tool, arguments)
    return answer._replace(seconds=answer.seconds - waiting_time(aws.new_exchanges()))


def time_of(server: ServerProcess, tool: str, arguments: Mapping[str, Any], calls: int = 1) -> float:
    return successful(server, tool, arguments, calls).seconds
