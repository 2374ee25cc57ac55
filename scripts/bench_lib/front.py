"""An HTTP server with latency that notes each request: what stands for AWS, or before the sandbox."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import accumulate
from multiprocessing.connection import Connection
from time import perf_counter
from typing import NamedTuple
from urllib.parse import urlsplit

_BACKLOG = 512


class Seen(NamedTuple):
    """A request as the front saw it: from its last byte received to the last byte of its answer handed over."""

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


class Request(NamedTuple):
    head: bytes
    body: bytes

    @property
    def path(self) -> str:
        return self.head.split(b" ", 2)[1].decode()

    @property
    def operation(self) -> str:
        return header(self.head, b"x-amz-target").decode().rpartition(".")[2]


Answers = Callable[[Request], Awaitable[bytes]]


@dataclass
class Front:
    """Speaks just the HTTP that botocore and the sandbox speak: a content length, connections that are kept.

    With a delay, what was asked before is answered from memory.
    """

    answers: Answers
    delay: float = 0.0
    seen: list[Seen] = field(default_factory=list)
    memory: dict[tuple[str, str, bytes], bytes] = field(default_factory=dict)
    left_alone: asyncio.Event = field(default_factory=asyncio.Event)

    async def run(self, pipe: Connection) -> None:
        """Serve until the other end of `pipe` is closed; it is told the URL, and sends delays or None for `seen`."""
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
                body = await reader.readexactly(int(header(head, b"content-length") or 0))
                begun, delay, request = perf_counter(), self.delay, Request(head, body)
                answer = await self._answer(request)
                if delay:
                    await asyncio.sleep(begun + delay - perf_counter())
                writer.write(answer)
                await writer.drain()
                self.seen.append(Seen(request.operation, body, begun, perf_counter()))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # the client has closed its connection
        finally:
            writer.close()

    async def _answer(self, request: Request) -> bytes:
        if not self.delay:
            return await self.answers(request)
        asked = request.path, request.operation, request.body
        if asked not in self.memory:
            self.memory[asked] = await self.answers(request)
        return self.memory[asked]


def forwarding_to(url: str) -> Answers:
    where = urlsplit(url)

    async def forward(request: Request) -> bytes:
        reader, writer = await asyncio.open_connection(where.hostname, where.port)
        writer.write(request.head + request.body)
        head = await reader.readuntil(b"\r\n\r\n")
        body = await reader.readexactly(int(header(head, b"content-length")))
        writer.close()
        lines = head.split(b"\r\n")
        return b"\r\n".join(line for line in lines if not line.lower().startswith(b"connection:")) + body

    return forward


def header(head: bytes, name: bytes) -> bytes:
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
            raise ConnectionError(f"the front answered {answer!r}")
        await reader.readexactly(int(header(answer, b"content-length")))
        writer.close()

    begun = perf_counter()
    await asyncio.gather(*(ask() for _ in range(requests)))
    return perf_counter() - begun
