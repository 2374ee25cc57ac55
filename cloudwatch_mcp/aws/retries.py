"""Retries: botocore's own, less those that would only cost."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from cloudwatch_mcp.aws import exchange

MAX_ATTEMPTS = 4
RetryMode: TypeAlias = Literal["adaptive", "standard"]


def retry_mode(operation: str) -> RetryMode:
    """An adaptive client delays requests while AWS throttles; StopQuery must not wait, as its query is being billed."""
    return "standard" if operation == "StopQuery" else "adaptive"


def retry_only_what_is_safe(operation: Any, caught_exception: Exception | None, response: Any = None, **_: Any) -> None:
    """Handle botocore's event needs-retry: raise, and so end the retries, where another one is useless or harmful.

    - The call was given up, or had no answer within the read timeout: there is no time left.
    - StartQuery failed after it was sent: it may have started a query, which a retry would leave running and billed.
    - StartQuery had one query too many. botocore takes LimitExceededException for throttling: it would send three more
      requests, and slow down every other call to Logs. The query waits in `logs/query_lifecycle.py` instead.
    """
    from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

    call = exchange.current.get()
    if caught_exception is not None and call is not None and call.ended:
        raise caught_exception
    answer = response[1] if response else {}
    if operation.name == "StartQuery" and answer.get("Error", {}).get("Code") == "LimitExceededException":
        raise ClientError(answer, operation.name)
    was_sent = not isinstance(caught_exception, EndpointConnectionError | ConnectTimeoutError)
    timed_out = isinstance(caught_exception, ReadTimeoutError)
    if caught_exception is not None and (timed_out or (operation.name == "StartQuery" and was_sent)):
        raise caught_exception
