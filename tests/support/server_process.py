"""The server as its users run it: a process that speaks JSON-RPC lines."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import IO, Any, NamedTuple, TypeAlias

from mcp.client.stdio import get_default_environment
from typing_extensions import Self

from tests.support.asking import Reply
from tests.support.endpoint import PATIENCE
from tests.support.forked_process import ForkedProcess

COMMAND = [sys.executable, "-m", "cloudwatch_mcp"]
SECRET = "made-up/secret+key"
Message: TypeAlias = dict[str, Any]


def environment(**changes: str | None) -> dict[str, str]:
    """What an MCP client hands down, and made-up credentials; a variable that is None is left out."""
    ours: dict[str, str | None] = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    merged = {**get_default_environment(), **ours, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def use_environment(**changes: str) -> dict[str, str]:
    """Give this process that environment, and nothing of the person who runs it."""
    os.environ.clear()
    os.environ.update(environment(**changes))
    return dict(os.environ)


class Usage(NamedTuple):
    """Threads, open file descriptors, and resident megabytes (10^6 bytes): now, and at the peak."""

    threads: int
    files: int
    memory: float
    peak: float


class ServerProcess:
    """A running MCP server, this one by default. Each line on its stdout must be a JSON-RPC message."""

    def __init__(
        self, *flags: str, command: Sequence[str] = COMMAND, env: Mapping[str, str] | None = None, **changes: str
    ) -> None:
        self.spawned = perf_counter()
        self._process = self._start([*command, *flags], environment(**changes) if env is None else env)
        self.messages: list[Message] = []
        self.answers: dict[int, Message] = {}
        self._errors: list[bytes] = []
        self._arriving: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._last_id = 0
        self._readers = [
            threading.Thread(target=_pump, args=(self._process.stdout, self._arriving.put), daemon=True),
            threading.Thread(target=_pump, args=(self._process.stderr, self._errors.append), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def _start(self, command: Sequence[str], env: Mapping[str, str]) -> subprocess.Popen[bytes] | ForkedProcess:
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=env, stdin=pipe, stdout=pipe, stderr=pipe)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with suppress(BrokenPipeError):  # what was not written yet has no reader any more
                    pipe.close()

    def initialize(self, version: str = "2025-06-18", **capabilities: Any) -> Message:
        about = {"name": "tests", "version": "1"}
        result = self.request("initialize", protocolVersion=version, capabilities=capabilities, clientInfo=about)[
            "result"
        ]
        self.write({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return dict(result)

    def write(self, message: Message | bytes) -> None:
        """Send a message, or a line of whatever bytes."""
        line = message if isinstance(message, bytes) else json.dumps(message).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()

    def begin(self, method: str, **params: Any) -> int:
        """Send a request; its id is for `answer`."""
        self._last_id += 1
        self.write({"jsonrpc": "2.0", "id": self._last_id, "method": method, "params": params})
        return self._last_id

    def begin_call(self, tool: str, **arguments: Any) -> int:
        return self.begin("tools/call", name=tool, arguments=arguments, _meta={"progressToken": "progress"})

    def request(self, method: str, **params: Any) -> Message:
        return self.answer(self.begin(method, **params))

    def call(self, tool: str, **arguments: Any) -> Reply:
        return self.reply(self.begin_call(tool, **arguments))

    def answer(self, request_id: int) -> Message:
        while request_id not in self.answers:
            self.receive()
        return self.answers[request_id]

    def reply(self, request_id: int) -> Reply:
        answer = self.answer(request_id)
        if "error" in answer:
            return Reply({}, str(answer["error"]), failed=True)
        result = answer["result"]
        text = "".join(content.get("text", "") for content in result["content"])
        return Reply(result.get("structuredContent") or {}, text, bool(result.get("isError")))

    def wait_for(self, wanted: Callable[[Message], bool]) -> Message:
        """The first message so wanted, among those that have come or will."""
        for message in self.messages:
            if wanted(message):
                return message
        while not wanted(message := self.receive()):
            pass
        return message

    def receive(self, patience: float = PATIENCE) -> Message:
        """The next message.

        Raises:
            queue.Empty: none came in that many seconds.
        """
        line = self._arriving.get(timeout=patience)
        assert line, f"stdout ended; stderr: {self.stderr}"
        return self._keep(line)

    def usage(self) -> Usage:
        """As Linux counts it; NaN and zeros elsewhere."""
        home = Path("/proc") / str(self._process.pid)
        try:
            lines = (line.split() for line in (home / "status").read_text("utf-8").splitlines())
            status = {words[0]: words[1] for words in lines if len(words) > 1}
            files = sum(1 for _ in (home / "fd").iterdir())
        except OSError:
            return Usage(0, 0, float("nan"), float("nan"))
        memory, peak = (int(status[name]) * 1024 / 1e6 for name in ("VmRSS:", "VmHWM:"))
        return Usage(int(status["Threads:"]), files, memory, peak)

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def end_input(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()

    def wait_at_most(self, seconds: float) -> int | None:
        """The exit code; None when the process has not ended by then."""
        try:
            return self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def wait(self) -> int:
        """The exit code, once all that was written has been read."""
        code = self._process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        while line := self._arriving.get(timeout=PATIENCE):
            self._keep(line)
        return code

    @property
    def stderr(self) -> str:
        return b"".join(self._errors).decode()

    def _keep(self, line: bytes) -> Message:
        message: Message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        self.messages.append(message)
        if "method" not in message:
            self.answers[message["id"]] = message
        return message


class ForkedServer(ServerProcess):
    """This server, as tests.support.forked_process starts it."""

    def _start(self, command: Sequence[str], env: Mapping[str, str]) -> ForkedProcess:
        return ForkedProcess(command[len(COMMAND) :], env)


def _pump(pipe: IO[bytes], put: Callable[[bytes], None]) -> None:
    for line in pipe:
        put(line)
    put(b"")
