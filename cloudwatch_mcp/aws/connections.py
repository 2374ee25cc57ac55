"""HTTP connections that belong to an exchange.

botocore limits the time of each read, not of an answer: a server that sends a byte now and then would hold its thread
forever. Nor does it limit the size of an answer.
"""

from __future__ import annotations

import io
import logging
from http.client import HTTPResponse
from typing import Any

from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool, AWSHTTPSConnection, AWSHTTPSConnectionPool

from cloudwatch_mcp.aws import exchange


def use_our_connections(client: Any) -> None:
    """Make a boto3 client open connections that its calls can be given up on."""
    logging.getLogger("urllib3.connectionpool").setLevel(logging.ERROR)  # it warns of each connection it does not keep
    # botocore has no public way to set the connection class; proxies share this mapping
    client._endpoint.http_session._pool_classes_by_scheme.update(http=_Pool, https=_SecurePool)  # noqa: SLF001


class _LimitedBody(io.RawIOBase):
    """A response's bytes as they arrive, up to the limit of an answer."""

    def __init__(self, arriving: Any) -> None:
        self._arriving, self._size = arriving, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        size: int = self._arriving.readinto1(buffer)
        self._size += size
        if (call := exchange.current.get()) is not None:
            call.limit(self._size)
        return size

    def close(self) -> None:
        self._arriving.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: Any, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_LimitedBody(self.fp))


class _OfExchange:
    """Tells the current exchange which connection it uses."""

    response_class = _Response

    def connect(self) -> None:
        _use(self)
        super().connect()  # type: ignore[misc]  # the class that this one is mixed into

    def send(self, data: Any) -> None:
        _use(self)
        super().send(data)  # type: ignore[misc]  # as above


def _use(connection: Any) -> None:
    if (call := exchange.current.get()) is not None:
        call.use(connection)


class _Connection(_OfExchange, AWSHTTPConnection):  # type: ignore[misc]  # botocore has no types
    pass


class _SecureConnection(_OfExchange, AWSHTTPSConnection):  # type: ignore[misc]  # botocore has no types
    pass


class _Pool(AWSHTTPConnectionPool):  # type: ignore[misc]  # botocore has no types
    ConnectionCls = _Connection


class _SecurePool(AWSHTTPSConnectionPool):  # type: ignore[misc]  # botocore has no types
    ConnectionCls = _SecureConnection
