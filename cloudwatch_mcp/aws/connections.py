"""HTTP connections whose responses are limited in size, and which another thread can close.

botocore limits the time of each read, but neither the time nor the size of a whole response: a server that sends a
byte now and then would occupy a thread forever.
"""

from __future__ import annotations

import io
import logging
from http.client import HTTPResponse
from typing import Any

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool, AWSHTTPSConnection, AWSHTTPSConnectionPool

from cloudwatch_mcp.aws import exchange


def use_limited_connections(client: Any) -> None:
    """Make a boto3 client open connections of this module."""
    logging.getLogger("urllib3.connectionpool").setLevel(
        logging.ERROR
    )  # it warns of each connection that it closes after use
    # botocore has no public way to set the connection class; connections through proxies use this mapping too
    client._endpoint.http_session._pool_classes_by_scheme.update(http=_Pool, https=_SecurePool)  # noqa: SLF001


class _LimitedBody(io.RawIOBase):
    """The bytes of a response as they arrive, up to the limit."""

    def __init__(self, body: Any) -> None:
        self._body, self._size = body, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size: int = self._body.readinto1(buffer)
        self._size += size
        if (call := exchange.current.get()) is not None:
            call.limit(self._size)
        return size

    def close(self) -> None:
        self._body.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_LimitedBody(self.fp))


class _ExchangeConnection:
    """Registers the connection with the current exchange."""

    response_class = _Response

    def connect(self) -> None:
        _use(self)
        super().connect()  # type: ignore[misc]  # of the class that this one is mixed into

    def send(self, data: Any) -> None:
        _use(self)
        super().send(data)  # type: ignore[misc]  # as above


def _use(connection: Any) -> None:
    if (call := exchange.current.get()) is not None:
        call.use(connection)


class _Connection(_ExchangeConnection, AWSHTTPConnection):  # type: ignore[misc]  # botocore has no types
    pass


class _SecureConnection(_ExchangeConnection, AWSHTTPSConnection):  # type: ignore[misc]  # botocore has no types
    pass


class _Pool(AWSHTTPConnectionPool):  # type: ignore[misc]  # botocore has no types
    ConnectionCls = _Connection


class _SecurePool(AWSHTTPSConnectionPool):  # type: ignore[misc]  # botocore has no types
    ConnectionCls = _SecureConnection
