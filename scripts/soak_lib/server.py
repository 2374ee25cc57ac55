"""A server process that many calls are made of at once; its threads, files and memory as Linux counts them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import anyio
from anyio.abc import Process
from anyio.streams.buffered import BufferedByteReceiveStream

_LONGEST_LINE = 10_000_000
_MOST_MEGABYTES = 1_000  # a server that takes more is ended, before it takes all there is
_ENDED = {"error": "the server has ended"}


class Figures(NamedTuple):
    """Threads, open file descriptors, and resident megabytes."""

    threads: int
    files: int
    megabytes: float


@dataclass
class Server:
    """Speaks JSON-RPC with the process; each request waits for its own answer."""

    process: Process
    ended: bool = False
    peak: float = 0
    _ids: count[int] = field(default_factory=lambda: count(1))
    _waiting: dict[int, tuple[anyio.Event, list[dict[str, Any]]]] = field(default_factory=dict)

    async def request(self, method: str, cancel_after: float | None = None, **params: Any) -> dict[str, Any] | None:
        """The answer; None of a request that was cancelled after so many seconds."""
        if self.ended:
            return _ENDED
        number, came, answer = next(self._ids), anyio.Event(), list[dict[str, Any]]()
        self._waiting[number] = came, answer
        await self._write({"id": number, "method": method, "params": params})
        with anyio.move_on_after(cancel_after):
            await came.wait()
            return answer[0]
        await self._write({"method": "notifications/cancelled", "params": {"requestId": number}})
        return None

    async def notify(self, method: str) -> None:
        await self._write({"method": method})

    async def _write(self, message: Mapping[str, Any]) -> None:
        assert self.process.stdin is not None  # noqa: S101 - for the type checker: it is a pipe
        with suppress(anyio.BrokenResourceError, anyio.ClosedResourceError):  # `read` tells
            await self.process.stdin.send(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    async def read(self) -> None:
        """Hand out the answers, until the server ends."""
        assert self.process.stdout is not None  # noqa: S101 - as above
        lines = BufferedByteReceiveStream(self.process.stdout)
        with suppress(anyio.EndOfStream, anyio.IncompleteRead):
            while True:
                message = json.loads(await lines.receive_until(b"\n", _LONGEST_LINE))
                if "method" not in message:
                    self._hand_out(message["id"], message)
        self.ended = True
        for number in tuple(self._waiting):
            self._hand_out(number, _ENDED)

    def _hand_out(self, number: int, message: dict[str, Any]) -> None:
        if number in self._waiting:
            came, answer = self._waiting.pop(number)
            answer.append(message)
            came.set()

    async def watch(self) -> None:
        while not self.ended:
            self.peak = max(self.peak, self.figures().megabytes)
            if self.peak > _MOST_MEGABYTES:
                self.process.kill()
            await anyio.sleep(0.1)

    def figures(self) -> Figures:
        home = Path("/proc") / str(self.process.pid)
        if self.process.returncode is not None or self.ended:
            return Figures(0, 0, 0)
        resident = int((home / "statm").read_text("utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")
        threads, files = (sum(1 for _ in (home / name).iterdir()) for name in ("task", "fd"))
        return Figures(threads, files, resident / 1e6)

    async def figures_at_rest(self, patience: float = 20) -> Figures:
        """Once fewer threads and files are left for no longer: what was given up ends a moment later."""
        with anyio.move_on_after(patience):
            least, since = self.figures(), anyio.current_time()
            while anyio.current_time() - since < 3:
                await anyio.sleep(0.25)
                now = self.figures()
                if (now.threads, now.files) < (least.threads, least.files):
                    least, since = now, anyio.current_time()
        return self.figures()


@asynccontextmanager
async def running(environment: Mapping[str, str]) -> AsyncIterator[Server]:
    command = [sys.executable, "-m", "cloudwatch_mcp"]
    async with await anyio.open_process(command, env=environment, stderr=subprocess.DEVNULL) as process:
        server = Server(process)
        async with anyio.create_task_group() as group:
            group.start_soon(server.read)
            group.start_soon(server.watch)
            about = {"name": "soak", "version": "1"}
            await server.request("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=about)
            await server.notify("notifications/initialized")
            await server.request("tools/list")
            yield server
            group.cancel_scope.cancel()
        with suppress(ProcessLookupError):
            process.kill()
