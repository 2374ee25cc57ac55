"""HTTP connections on which a call can be given up.

botocore limits the time of each read, not of an answer: one that drips would hold its thread for ever. And it reads
an answer of any size.
"""

from __future__ import annotations

import io
import logging
import socket
import threading
from contextlib import suppress
from contextvars import ContextVar
from http.client import HTTPResponse
from typing import Any

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool, AWSHTTPSConnection, AWSHTTPSConnectionPool

MAX_ANSWER_BYTES = 32_000_000
GIVEN_UP, TOO_LARGE = "the call was given up", "the answer is too large"


_lock = threading.Lock()


class Exchange:
    """One call's requests to AWS, retries included; `ended` says why there are to be no more."""

    def __init__(self) -> None:
        self.ended: str | None = None
        self._connection: Any = None

    def give_up(self) -> None:
        """End the call's request wherever it is; its thread gets an error."""
        with _lock:
            self.ended = self.ended or GIVEN_UP
            # A connection that was put back may be another exchange's by now.
            connected = getattr(self._connection, "sock", None) if _is_used_by(self._connection, self) else None
        if isinstance(connected, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(connected, socket.SHUT_RDWR)  # also TLS, without its closing handshake

    def use(self, connection: Any) -> None:
        with _lock:
            if self.ended:
                raise ConnectionAbortedError(self.ended)
            self._connection, connection.exchange = connection, self

    def count(self, size: int) -> None:
        if size > MAX_ANSWER_BYTES:
            self.ended = self.ended or TOO_LARGE
            raise ConnectionAbortedError(self.ended)


def _is_used_by(connection: Any, exchange: Exchange) -> bool:
    return getattr(connection, "exchange", None) is exchange


current: ContextVar[Exchange | None] = ContextVar("current", default=None)


def watch(client: Any) -> None:
    """Let a boto3 client's calls be given up."""
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it warns of each connection that is not kept
    # botocore has no public way to other connections; proxies share this mapping
    client._endpoint.http_session._pool_classes_by_scheme.update(http=_Pool, https=_SecurePool)  # noqa: SLF001


class _Counted(io.RawIOBase):
    """A response's bytes as they arrive, no more of them than an answer may have."""

    def __init__(self, arriving: Any) -> None:
        self._arriving, self._size = arriving, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size: int = self._arriving.readinto1(buffer)
        self._size += size
        if (exchange := current.get()) is not None:
            exchange.count(self._size)
        return size

    def close(self) -> None:
        self._arriving.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Counted(self.fp))


class _Watched:
    """Tells the current exchange which connection it uses."""

    response_class = _Response

    def connect(self) -> None:
        _use(self)
        super().connect()  # type: ignore[misc]  # the class that this one is mixed into

    def send(self, data: Any) -> None:
        _use(self)
        super().send(data)  # type: ignore[misc]  # as above


def _use(connection: Any) -> None:
    if (exchange := current.get()) is not None:
        exchange.use(connection)


class _Connection(_Watched, AWSHTTPConnection):  # type: ignore[misc]  # botocore has no types
    pass


class _SecureConnection(_Watched, AWSHTTPSConnection):  # type: ignore[misc]  # botocore has no types
    pass


class _Pool(AWSHTTPConnectionPool):  # type: ignore[misc]  # botocore has no types
    ConnectionCls = _Connection


class _SecurePool(AWSHTTPSConnectionPool):  # type: ignore[misc]  # botocore has no types
    ConnectionCls = _SecureConnection
