"""Any MCP server as a process of its own, spoken to in JSON-RPC lines: what it takes is seen from outside."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from threading import Timer
from time import perf_counter
from typing import Any, NamedTuple

from typing_extensions import Self

_PATIENCE = 60  # seconds after which a server that does not answer is ended


class Answer(NamedTuple):
    """A tool call's: seconds from the request to the whole answer, the text that a model reads, whether it failed."""

    seconds: float
    text: str
    failed: bool


class Memory(NamedTuple):
    """Resident megabytes (10^6 bytes): now, and at the most so far."""

    now: float
    peak: float


class StdioServer:
    """A running server; `with` ends it."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.spawned = perf_counter()
        self._process = subprocess.Popen(  # noqa: S603 - the commands are this project's, or of who runs the benchmark
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._id = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(BrokenPipeError):  # what was not written yet has no reader any more
                if pipe is not None:
                    pipe.close()

    def initialize(self) -> dict[str, Any]:
        about = {"name": "bench", "version": "1"}
        answer = self.request("initialize", protocolVersion="2025-06-18", capabilities={}, clientInfo=about)
        self._write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer

    def request(self, method: str, **params: Any) -> dict[str, Any]:
        """The result.

        Raises:
            TimeoutError: it did not come.
            RuntimeError: an error came instead.
        """
        (answer,) = self._ask([{"method": method, "params": params}])
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']}")
        result: dict[str, Any] = answer["result"]
        return result

    def call(self, tool: str, arguments: Mapping[str, Any]) -> Answer:
        begun = perf_counter()
        try:
            result = self.request("tools/call", name=tool, arguments=arguments)
        except RuntimeError as error:
            return Answer(perf_counter() - begun, str(error), failed=True)
        text = "".join(content.get("text", "") for content in result["content"])
        return Answer(perf_counter() - begun, text, bool(result.get("isError")))

    def at_once(self, tool: str, arguments: Mapping[str, Any], calls: int) -> float:
        """Seconds until so many calls, sent together, are all answered.

        Raises:
            RuntimeError: one of them failed.
        """
        begun = perf_counter()
        answers = self._ask([{"method": "tools/call", "params": {"name": tool, "arguments": arguments}}] * calls)
        seconds = perf_counter() - begun
        for answer in answers:
            if "error" in answer or answer["result"].get("isError"):
                raise RuntimeError(f"{tool} failed: {answer}")
        return seconds

    def memory(self) -> Memory:
        """As Linux counts it; NaN elsewhere."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text("utf-8")
        except OSError:
            return Memory(float("nan"), float("nan"))
        kilobytes = {line.split(":")[0]: int(line.split()[1]) for line in status.splitlines() if line.endswith(" kB")}
        return Memory(kilobytes["VmRSS"] * 1024 / 1e6, kilobytes["VmHWM"] * 1024 / 1e6)

    def _ask(self, requests: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        first = self._id + 1
        self._id += len(requests)
        timer = Timer(_PATIENCE, self._process.kill)
        timer.start()
        try:
            for number, request in enumerate(requests, first):
                self._write({"jsonrpc": "2.0", "id": number, **request})
            return self._read(set(range(first, self._id + 1)))
        finally:
            timer.cancel()

    def _write(self, message: Mapping[str, Any]) -> None:
        if self._process.stdin is None:
            raise BrokenPipeError
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()

    def _read(self, wanted: set[int]) -> list[dict[str, Any]]:
        """The answers with these ids, as they come; what else the server says is passed over."""
        answers: list[dict[str, Any]] = []
        for line in self._process.stdout or ():
            message: dict[str, Any] = json.loads(line)
            if "method" not in message and message.get("id") in wanted:
                answers.append(message)
                if len(answers) == len(wanted):
                    return answers
        raise TimeoutError("the server ended, or did not answer in time")
