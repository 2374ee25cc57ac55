"""The AWS that is measured against: the sandbox in one process and, before it, a proxy with latency in another."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import accumulate
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from cloudwatch_mcp.sandbox import Sandbox

_BACKLOG = 512
_STARTED_WITHIN, _ANSWERED_WITHIN = 20, 5  # seconds


class Seen(NamedTuple):
    """A request as the proxy saw it: from its last byte received to the last byte of its answer handed over."""

    operation: str
    body: bytes
    begun: float
    ended: float


def at_once_at_most(requests: list[Seen]) -> int:
    steps = [(request.begun, 1) for request in requests] + [(request.ended, -1) for request in requests]
    return max(accumulate(step for _, step in sorted(steps)))


def waited_for_aws(requests: list[Seen]) -> float:
    """Seconds in which a request was under way or a query's next poll was waited for; what overlaps counts once."""
    spans = [(request.begun, request.ended) for request in requests]
    started: list[float] = []
    polled: dict[str, float] = {}
    for request in requests:
        if request.operation == "StartQuery":
            started.append(request.ended)
        elif request.operation == "GetQueryResults":
            query = json.loads(request.body)["queryId"]
            if query not in polled and started:
                polled[query] = started.pop(0)
            if query in polled:
                spans.append((polled[query], request.begun))
            polled[query] = request.ended
    total, until = 0.0, 0.0
    for begun, ended in sorted(spans):
        total += max(0.0, ended - max(begun, until))
        until = max(until, ended)
    return total


class Endpoint:
    """Where the server under test finds AWS."""

    def __init__(self, url: str, environment: dict[str, str], pipe: Connection) -> None:
        self.url = url
        self.environment = environment
        self._pipe = pipe

    def delay(self, seconds: float) -> None:
        """Answer that long after each request came; with any delay, what was asked before is answered from memory."""
        self._ask(seconds)

    def seen(self) -> list[Seen]:
        """The requests answered since this was last asked."""
        seen: list[Seen] = self._ask(None)
        return seen

    def _ask(self, what: float | None) -> Any:
        self._pipe.send(what)
        if not self._pipe.poll(_ANSWERED_WITHIN):
            raise TimeoutError("the proxy does not answer")
        return self._pipe.recv()


@contextmanager
def endpoint() -> Iterator[Endpoint]:
    with _process(_run_sandbox) as sandbox:
        environment: dict[str, str] = _first(sandbox)
        with _process(_run_proxy, environment["AWS_ENDPOINT_URL"]) as proxy:
            url: str = _first(proxy)
            yield Endpoint(url, environment | {"AWS_ENDPOINT_URL": url}, proxy)


def _first(pipe: Connection) -> Any:
    if not pipe.poll(_STARTED_WITHIN):
        raise TimeoutError("the sandbox or the proxy does not start")
    return pipe.recv()


@contextmanager
def _process(run: Callable[..., None], *arguments: Any) -> Iterator[Connection]:
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=run, args=(theirs, *arguments), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def _run_sandbox(pipe: Connection) -> None:
    with Sandbox(polls_to_complete=1) as sandbox:
        pipe.send(sandbox.environment)
        pipe.poll(None)  # until the other end is closed


def _run_proxy(pipe: Connection, target: str) -> None:
    asyncio.run(_Proxy(target).run(pipe))


@dataclass
class _Proxy:
    """Speaks just the HTTP that botocore and the sandbox speak: a content length, connections that are kept."""

    target: str
    delay: float = 0.0
    seen: list[Seen] = field(default_factory=list)
    memory: dict[tuple[bytes, bytes], bytes] = field(default_factory=dict)
    left_alone: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, pipe: Connection) -> None:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=_BACKLOG)
        pipe.send(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")
        asyncio.get_running_loop().add_reader(pipe.fileno(), self._obey, pipe)
        await self.left_alone.wait()
        server.close()

    def _obey(self, pipe: Connection) -> None:
        try:
            wanted = pipe.recv()
        except EOFError:
            asyncio.get_running_loop().remove_reader(pipe.fileno())
            self.left_alone.set()
            return
        if wanted is not None:
            self.delay = wanted
        pipe.send(self.seen)
        self.seen = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                body = await reader.readexactly(int(_header(head, b"content-length") or 0))
                begun, delay = perf_counter(), self.delay
                answer = await self._answer(head, body)
                if delay:
                    await asyncio.sleep(begun + delay - perf_counter())
                writer.write(answer)
                await writer.drain()
                operation = _header(head, b"x-amz-target").decode().rpartition(".")[2]
                self.seen.append(Seen(operation, body, begun, perf_counter()))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has closed its connection
        finally:
            writer.close()

    async def _answer(self, head: bytes, body: bytes) -> bytes:
        asked = _header(head, b"x-amz-target"), body
        if not self.delay or asked not in self.memory:
            self.memory[asked] = await self._forward(head, body)
        return self.memory[asked]

    async def _forward(self, head: bytes, body: bytes) -> bytes:
        url = urlsplit(self.target)
        reader, writer = await asyncio.open_connection(url.hostname, url.port)
        writer.write(head + body)
        answer_head = await reader.readuntil(b"\r\n\r\n")
        answer_body = await reader.readexactly(int(_header(answer_head, b"content-length")))
        writer.close()
        lines = answer_head.split(b"\r\n")
        return b"\r\n".join(line for line in lines if not line.lower().startswith(b"connection:")) + answer_body


def _header(head: bytes, name: bytes) -> bytes:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.lower() == name:
            return value.strip()
    return b""


async def ask_at_once(url: str, requests: int) -> float:
    """Seconds for so many requests of one kind sent at once to `url`, without any server of ours between."""
    body = b'{"StateValue": "ALARM", "AlarmTypes": ["CompositeAlarm"], "MaxRecords": 100}'
    scope = b"Credential=bench/20250101/us-east-1/monitoring/aws4_request"
    head = [
        b"POST / HTTP/1.1",
        b"Host: 127.0.0.1",
        b"Content-Type: application/x-amz-json-1.0",
        b"X-Amz-Target: GraniteServiceVersion20100801.DescribeAlarms",
        b"Authorization: AWS4-HMAC-SHA256 " + scope + b", SignedHeaders=host, Signature=none",
        b"Content-Length: %d" % len(body),
    ]
    port = urlsplit(url).port

    async def ask() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"\r\n".join(head) + b"\r\n\r\n" + body)
        answer = await reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in answer.split(b"\r\n")[0]:
            raise ConnectionError(f"the proxy answered {answer!r}")
        await reader.readexactly(int(_header(answer, b"content-length")))
        writer.close()

    begun = perf_counter()
    await asyncio.gather(*(ask() for _ in range(requests)))
    return perf_counter() - begun
