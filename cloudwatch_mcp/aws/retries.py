"""Retries: botocore's own, except those that are useless or harmful."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from cloudwatch_mcp.aws import exchange

MAX_ATTEMPTS = 4
RetryMode: TypeAlias = Literal["adaptive", "standard"]


def retry_mode(operation: str) -> RetryMode:
    """The retry mode of an operation's client.

    An adaptive client delays requests while AWS throttles. StopQuery must not wait, as AWS bills for its query.
    """
    return "standard" if operation == "StopQuery" else "adaptive"


def retry_only_what_is_safe(operation: Any, caught_exception: Exception | None, response: Any = None, **_: Any) -> None:
    """Handle botocore's event needs-retry: end the retries, by raising, when another one is useless or harmful.

    - The call was given up, or AWS did not respond within the read timeout: there is no time left.
    - StartQuery failed after it was sent: its query may be running, and a retry would start a second one.
    - StartQuery exceeded the limit of concurrent queries. botocore treats that as throttling: it would
      send three more requests and slow down all other calls to Logs. `logs/query_lifecycle.py` waits instead.
    """
    from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

    call = exchange.current.get()
    if caught_exception is not None and call is not None and call.ended:
        raise caught_exception
    parsed = response[1] if response else {}
    if operation.name == "StartQuery" and parsed.get("Error", {}).get("Code") == "LimitExceededException":
        raise ClientError(parsed, operation.name)
    was_sent = not isinstance(caught_exception, EndpointConnectionError | ConnectTimeoutError)
    timed_out = isinstance(caught_exception, ReadTimeoutError)
    if caught_exception is not None and (timed_out or (operation.name == "StartQuery" and was_sent)):
        raise caught_exception
