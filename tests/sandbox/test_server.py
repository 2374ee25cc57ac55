"""The sandbox's server: its address, its start and stop, its silence."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import textwrap
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError
from botocore.utils import get_environ_proxies
from werkzeug.test import Client

from cloudwatch_mcp.sandbox import Clock, Sandbox
from cloudwatch_mcp.sandbox.server import Application
from tests.support.sandbox_clients import client_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 20, 12, 2, 33, tzinfo=timezone.utc)


def client(sandbox: Sandbox, service: str) -> Any:
    return client_of(service, sandbox.endpoint_url)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(now=NOW, incident=None) as running:
        yield running


@pytest.mark.parametrize(
    ("service", "operation", "answer"),
    [
        ("logs", "describe_log_groups", {"logGroups": []}),
        ("cloudwatch", "list_metrics", {"Metrics": []}),
        ("sts", "get_caller_identity", {"Account": "123456789012"}),
    ],
)
def test_serves_logs_metrics_and_identity(
    sandbox: Sandbox, service: str, operation: str, answer: dict[str, Any]
) -> None:
    assert getattr(client(sandbox, service), operation)().items() >= answer.items()


def test_listens_on_loopback_only(sandbox: Sandbox) -> None:
    assert urlsplit(sandbox.endpoint_url).hostname == "127.0.0.1"


def test_other_services_are_refused_by_name(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError) as refused:
        client(sandbox, "sqs").list_queues()
    assert refused.value.response["Error"]["Code"] == "UnknownOperationException"


@pytest.mark.usefixtures("sandbox")
def test_compressed_form_is_answered() -> None:
    response = Client(Application()).post(
        "/",
        data=gzip.compress(b"Action=ListMetrics&Version=2010-08-01"),
        headers={
            "Authorization": "AWS4-HMAC-SHA256 Credential=a/20261120/us-east-1/monitoring/aws4_request",
            "Content-Encoding": "gzip",
            "Content-Type": "application/x-www-form-urlencoded; charset=utf-8",
        },
    )
    assert "<ListMetricsResult>" in response.text


def test_unknown_operation_is_a_client_error(sandbox: Sandbox) -> None:
    with pytest.raises(ClientError) as refused:
        client(sandbox, "logs").describe_configuration_templates()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


@pytest.mark.parametrize("spelled", [str.lower, str.upper])
def test_the_sandbox_is_reached_without_a_proxy(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, spelled: Callable[[str], str]
) -> None:
    for name, value in [("http_proxy", "http://192.0.2.1"), ("all_proxy", "http://192.0.2.1"), ("no_proxy", "x.test")]:
        monkeypatch.setenv(spelled(name), value)
    assert get_environ_proxies(sandbox.endpoint_url) != {}
    for name, value in sandbox.environment.items():
        monkeypatch.setenv(name, value)
    assert get_environ_proxies(sandbox.endpoint_url) == {}


def test_stop_frees_the_port() -> None:
    with Sandbox(incident=None) as running:
        port = urlsplit(running.endpoint_url).port
    with socket.socket() as one_more:
        one_more.bind(("127.0.0.1", port))


def test_stopping_twice_is_safe() -> None:
    running = Sandbox(incident=None).start()
    running.stop()
    running.stop()


def test_sandbox_that_is_not_running_has_no_address() -> None:
    with pytest.raises(RuntimeError, match="not running"):
        _ = Sandbox().endpoint_url


def test_second_sandbox_starts_clean() -> None:
    with Sandbox(now=NOW, incident=None) as first:
        client(first, "logs").create_log_group(logGroupName="left-behind")
    with Sandbox(now=NOW, incident=None) as second:
        assert client(second, "logs").describe_log_groups()["logGroups"] == []


def test_same_requests_get_the_same_ids() -> None:
    ids = []
    for _ in range(2):
        with Sandbox(now=NOW, incident=None) as running:
            saved = client(running, "logs").put_query_definition(name="one", queryString="fields @message")
            ids.append(saved["queryDefinitionId"])
    assert ids[0] == ids[1]


def test_second_sandbox_at_the_same_time_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(RuntimeError, match="stop it first"):
        Sandbox(incident=None).start()
    assert client(sandbox, "logs").describe_log_groups()["logGroups"] == []


def test_sandbox_that_failed_to_start_does_not_block_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cloudwatch_mcp.sandbox.kit.seed_sandbox.seed_sandbox", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        Sandbox().start()
    with Sandbox(incident=None) as running:
        assert running.endpoint_url


@pytest.fixture(scope="module")
def outside() -> subprocess.CompletedProcess[str]:
    """A process that starts a sandbox, sends a request, and exits without stopping it."""
    script = """
        import os
        os.environ["AWS_PROFILE"] = "nobody"
        os.environ["HTTP_PROXY"] = "http://127.0.0.1:9"
        from unittest.mock import patch
        from cloudwatch_mcp.sandbox import Sandbox
        with patch("lark.Lark.__init__", side_effect=AssertionError("a grammar is built at the start")):
            sandbox = Sandbox(incident=None).start()
        del os.environ["AWS_PROFILE"], os.environ["HTTP_PROXY"]

        import boto3
        logs, cloudwatch = (
            boto3.client(name, endpoint_url=sandbox.endpoint_url, region_name=sandbox.region,
                         aws_access_key_id="a", aws_secret_access_key="b")
            for name in ("logs", "cloudwatch")
        )
        logs.create_log_group(logGroupName="one")
        cloudwatch.describe_alarms()
        try:
            logs.describe_log_streams(logGroupName="none")
        except logs.exceptions.ClientError:
            pass
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, timeout=60, check=False
    )


def test_nothing_is_written_to_stdout_or_stderr(outside: subprocess.CompletedProcess[str]) -> None:
    assert (outside.stdout, outside.stderr) == ("", "")


def test_running_sandbox_does_not_keep_the_process_alive(outside: subprocess.CompletedProcess[str]) -> None:
    assert outside.returncode == 0


def test_starting_builds_no_grammar(outside: subprocess.CompletedProcess[str]) -> None:
    """They take as long as all else; the first request that needs one waits for it."""
    assert "grammar" not in outside.stderr


def test_an_incident_is_written_without_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Application, "__call__", lambda *_: pytest.fail("a request"))
    with Sandbox(now=NOW, incident="quiet-day") as running:
        monkeypatch.undo()
        assert len(client(running, "logs").describe_log_groups()["logGroups"]) == 3


def test_fixed_clock_stands_still() -> None:
    clock = Clock(NOW)
    assert (clock.now(), clock.now()) == (NOW, NOW)


def test_clock_follows_the_wall_clock_when_not_fixed() -> None:
    assert abs(Clock().now() - datetime.now(timezone.utc)) < timedelta(minutes=1)


def test_clock_is_in_utc() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=9)))
    assert Clock(elsewhere).now().isoformat() == "2026-11-20T12:02:33+00:00"


def test_clock_refuses_a_time_without_a_time_zone() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        Clock(datetime(2026, 11, 20))  # noqa: DTZ001  # that is the point


def test_clock_returns_to_its_anchor_after_travelling() -> None:
    clock = Clock(NOW)
    clock.travel(NOW - timedelta(days=3))
    away = clock.now()
    clock.resume()
    assert (away, clock.now()) == (NOW - timedelta(days=3), NOW)
