"""An HTTP server on loopback that stands for AWS."""

from __future__ import annotations

import http.client
import json
import queue
import socket
import struct
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import takewhile
from time import perf_counter
from typing import Any, Literal, NamedTuple, TypeAlias
from urllib.parse import urlsplit

from typing_extensions import Self

PATIENCE = 20  # seconds after which what never comes fails its test; nothing here takes nearly as long


@dataclass(frozen=True)
class Request:
    """One call of an AWS operation as it came over HTTP."""

    path: str
    operation: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
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


class Exchange(NamedTuple):
    """A request, and when its last byte came and the last byte of its answer was handed over, on `perf_counter`."""

    request: Request
    begun: float
    ended: float


Answers: TypeAlias = Callable[[Request], Response | None]


def forward(url: str, request: Request) -> Response:
    """The response of another endpoint, such as the sandbox."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc)
    try:
        connection.request("POST", request.path, request.body, dict(request.headers))
        answer = connection.getresponse()
        return Response(answer.read(), answer.status, answer.headers["Content-Type"])
    finally:
        connection.close()


class _KeepingServer(ThreadingHTTPServer):
    """Knows its connections, so that those which a client keeps open can be ended; waits for their threads."""

    daemon_threads = False
    request_queue_size = 512  # by default, of clients that connect at once, the sixth would wait for a second

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
    exchanges: list[Exchange] = field(default_factory=list)

    def __enter__(self) -> Self:
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            timeout = PATIENCE

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                operation = self.headers["X-Amz-Target"].rpartition(".")[2]
                request, begun = Request(self.path, operation, dict(self.headers), body), perf_counter()
                response = endpoint.answers(request)
                if response is not None:
                    self._send(response)
                endpoint.exchanges.append(Exchange(request, begun, perf_counter()))
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
