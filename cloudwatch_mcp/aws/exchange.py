"""The HTTP exchange of one call with AWS, which another thread can end."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from contextvars import ContextVar
from typing import Any

MAX_RESPONSE_BYTES = 32_000_000
GIVEN_UP, TOO_LARGE = "the call was given up", "the answer is too large"

_lock = threading.Lock()


class Exchange:
    """The requests of one call, retries included. `ended` is the reason why it may send no more."""

    def __init__(self) -> None:
        self.ended: str | None = None
        self._connection: Any = None

    def give_up(self) -> None:
        """Close the connection that the call uses; the thread that waits on it gets an error."""
        with _lock:
            self.ended = self.ended or GIVEN_UP
            # A connection that has gone back to the pool may belong to another exchange now.
            ours = getattr(self._connection, "exchange", None) is self
            open_socket = getattr(self._connection, "sock", None) if ours else None
        if isinstance(open_socket, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(open_socket, socket.SHUT_RDWR)  # for TLS, this skips the closing handshake

    def use(self, connection: Any) -> None:
        """Register the connection of the next request.

        Raises:
            ConnectionAbortedError: the exchange has ended.
        """
        with _lock:
            if self.ended:
                raise ConnectionAbortedError(self.ended)
            self._connection, connection.exchange = connection, self

    def limit(self, size: int) -> None:
        """End the exchange if its response has more than 32 MB so far.

        Raises:
            ConnectionAbortedError: the response is too large.
        """
        if size > MAX_RESPONSE_BYTES:
            self.ended = self.ended or TOO_LARGE
            raise ConnectionAbortedError(self.ended)


current: ContextVar[Exchange | None] = ContextVar("current", default=None)
