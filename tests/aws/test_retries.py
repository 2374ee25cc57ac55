from __future__ import annotations

from types import SimpleNamespace

import pytest
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.aws.retries import retry_mode, retry_only_what_is_safe
from cloudwatch_mcp.config import Settings

_URL = "http://127.0.0.1:1"


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("DescribeAlarms", EndpointConnectionError(endpoint_url=_URL)),
        ("DescribeAlarms", ConnectionClosedError(endpoint_url=_URL)),
        ("StartQuery", EndpointConnectionError(endpoint_url=_URL)),
        ("StartQuery", ConnectTimeoutError(endpoint_url=_URL)),
    ],
)
def test_a_failed_request_that_had_no_effect_is_retried(operation: str, error: Exception) -> None:
    retry_only_what_is_safe(SimpleNamespace(name=operation), error)


@pytest.mark.parametrize(
    ("operation", "error"),
    [
        ("DescribeAlarms", ReadTimeoutError(endpoint_url=_URL)),
        ("StartQuery", ReadTimeoutError(endpoint_url=_URL)),
        ("StartQuery", ConnectionClosedError(endpoint_url=_URL)),
    ],
)
def test_a_timeout_or_a_query_that_may_have_started_is_not_retried(operation: str, error: Exception) -> None:
    with pytest.raises(type(error)):
        retry_only_what_is_safe(SimpleNamespace(name=operation), error)


@pytest.mark.parametrize(("operation", "mode"), [("StartQuery", "adaptive"), ("StopQuery", "standard")])
def test_only_stop_query_uses_a_client_without_adaptive_delays(
    environment: dict[str, str], operation: str, mode: str
) -> None:
    client = Clients(Settings(), environment).client(None, "us-east-1", "logs", retry_mode(operation))
    assert client.meta.config.retries["mode"] == mode
