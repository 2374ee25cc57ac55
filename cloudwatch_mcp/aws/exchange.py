"""One call's HTTP exchange with AWS, which another thread can end."""

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
    """The requests of one call, retries included. `ended` is the reason why no more may be sent."""

    def __init__(self) -> None:
        self.ended: str | None = None
        self._connection: Any = None

    def give_up(self) -> None:
        """Close the connection that the call uses; the thread that waits on it gets an error."""
        with _lock:
            self.ended = self.ended or GIVEN_UP
            # A connection that went back to the pool may serve another exchange by now.
            ours = getattr(self._connection, "exchange", None) is self
            connected = getattr(self._connection, "sock", None) if ours else None
        if isinstance(connected, socket.socket):
            with suppress(OSError):
                socket.socket.shutdown(connected, socket.SHUT_RDWR)  # also TLS, without its closing handshake

    def use(self, connection: Any) -> None:
        """Note the connection of the next request.

        Raises:
            ConnectionAbortedError: the exchange has ended.
        """
        with _lock:
            if self.ended:
                raise ConnectionAbortedError(self.ended)
            self._connection, connection.exchange = connection, self

    def limit(self, size: int) -> None:
        """End the exchange when its answer has more than 32 MB so far.

        Raises:
            ConnectionAbortedError: it has.
        """
        if size > MAX_RESPONSE_BYTES:
            self.ended = self.ended or TOO_LARGE
            raise ConnectionAbortedError(self.ended)


current: ContextVar[Exchange | None] = ContextVar("current", default=None)
