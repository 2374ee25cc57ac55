"""The server as its users run it: a process that speaks JSON-RPC lines; and endpoints on loopback for it to call."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import takewhile
from typing import IO, Any, Literal, TypeAlias

from mcp.client.stdio import get_default_environment
from typing_extensions import Self

from tests.support.asking import Reply

COMMAND = [sys.executable, "-m", "cloudwatch_mcp"]
PATIENCE = 20  # seconds after which what never comes fails its test; nothing here takes nearly as long
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


class ServerProcess:
    """A running server. Each line on its stdout must be a JSON-RPC message, whoever reads it."""

    def __init__(
        self, *flags: str, interpreter: tuple[str, ...] = (), env: Mapping[str, str] | None = None, **changes: str
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *interpreter, "-m", "cloudwatch_mcp", *flags],
            env=environment(**changes) if env is None else env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.messages: list[Message] = []
        self._errors: list[bytes] = []
        self._arriving: queue.SimpleQueue[bytes] = queue.SimpleQueue()
        self._last_id = 0
        self._readers = [
            threading.Thread(target=_pump, args=(self._process.stdout, self._arriving.put), daemon=True),
            threading.Thread(target=_pump, args=(self._process.stderr, self._errors.append), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)
        for reader in self._readers:
            reader.join(PATIENCE)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None and not pipe.closed:
                pipe.close()

    def initialize(self, version: str = "2025-06-18") -> Message:
        about = {"name": "tests", "version": "1"}
        result = self.request("initialize", protocolVersion=version, capabilities={}, clientInfo=about)["result"]
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
        return self.wait_for(lambda message: message.get("id") == request_id and "method" not in message)

    def reply(self, request_id: int) -> Reply:
        result = self.answer(request_id)["result"]
        (content,) = result["content"]
        return Reply(result.get("structuredContent") or {}, content["text"], bool(result.get("isError")))

    def wait_for(self, wanted: Callable[[Message], bool]) -> Message:
        """The first message so wanted, among those that have come or will."""
        for message in self.messages:
            if wanted(message):
                return message
        while True:
            line = self._arriving.get(timeout=PATIENCE)
            assert line, f"stdout ended; stderr: {self.stderr}"
            if wanted(message := self._keep(line)):
                return message

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
        return message


def _pump(pipe: IO[bytes], put: Callable[[bytes], None]) -> None:
    for line in pipe:
        put(line)
    put(b"")


@dataclass(frozen=True)
class Request:
    """One call of an AWS operation as it came over HTTP."""

    operation: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Message:
        return dict(json.loads(self.body))

    @property
    def region(self) -> str:
        """The Region that it is signed for."""
        return self.headers["Authorization"].split("/")[2]


@dataclass(frozen=True)
class Response:
    """What an endpoint answers.

    `promised` is a Content-Length that is not the body's; `then` is what becomes of the connection after such a body.
    Of a body that `drips` each byte is sent when that says so; it ends the body by saying False.
    """

    body: bytes
    status: int = 200
    content_type: str = "application/x-amz-json-1.1"
    promised: int | None = None
    then: Literal["close", "reset", "stall"] = "close"
    drips: Callable[[], bool] | None = None


Answers: TypeAlias = Callable[[Request], Response | None]


class _KeepingServer(ThreadingHTTPServer):
    """Knows its connections, so that those which a client keeps open can be ended; waits for their threads."""

    daemon_threads = False
    request_queue_size = 64  # of who connects at once, the sixth would wait for a second to be heard again

    def __init__(self, handler: type[BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self._open: set[socket.socket] = set()

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: a client that has gone is what a test asked for."""

    def hang_up(self) -> None:
        for connection in tuple(self._open):
            with suppress(OSError):  # it has gone by itself
                connection.shutdown(socket.SHUT_RDWR)


def _pieces(response: Response) -> Iterable[bytes]:
    if response.drips is None:
        return [response.body]
    drops = (bytes([byte]) for byte in response.body)
    return takewhile(lambda _: response.drips is not None and response.drips(), drops)


@dataclass
class Endpoint:
    """An HTTP server on loopback; it leaves a request unanswered for which `answers` gives None.

    `seen` has each request once its answer was sent, or at once if it gets none. Connections are kept as AWS keeps
    them; a connection whose request is not answered ends when its client ends it.
    """

    answers: Answers
    seen: queue.SimpleQueue[Request] = field(default_factory=queue.SimpleQueue)

    def __enter__(self) -> Self:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            timeout = PATIENCE

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                operation = self.headers["X-Amz-Target"].rpartition(".")[2]
                request = Request(operation, dict(self.headers), body)
                response = endpoint.answers(request)
                if response is not None:
                    self._send(response)
                endpoint.seen.put(request)
                if response is None or response.promised is not None:
                    self._break_off("stall" if response is None else response.then)

            def _send(self, response: Response) -> None:
                self.send_response(response.status)
                self.send_header("Content-Type", response.content_type)
                self.send_header("Content-Length", str(response.promised or len(response.body)))
                self.end_headers()
                for piece in _pieces(response):
                    self.wfile.write(piece)

            def _break_off(self, how: str) -> None:
                self.close_connection = True
                if how == "stall":
                    self.connection.recv(1)  # nothing comes until the client, or this endpoint, closes
                if how == "reset":
                    self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                    self.rfile.close()
                    self.connection.close()

            def log_message(self, *_: object) -> None:
                """Say nothing: what a test prints is its own."""

        self._server = _KeepingServer(Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join(PATIENCE)
        self._server.hang_up()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}"

    def wait_for(self, operation: str) -> Request:
        """The next request of this operation; those before it are passed over."""
        while (request := self.seen.get(timeout=PATIENCE)).operation != operation:
            pass
        return request
