"""What a reader of a tool error is told: what failed, AWS's reason, and the next step."""

from __future__ import annotations

from typing import Any

import botocore.exceptions
import pytest
from loguru import logger
from syrupy.assertion import SnapshotAssertion

from cloudwatch_mcp.errors import from_botocore, nearest
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from tests.support.asking import asking
from tests.support.stubbed_server import StubbedServer

pytestmark = pytest.mark.anyio

LISTING: dict[str, Any] = {"namespace": "N", "metric_name": "M"}


@pytest.mark.parametrize(
    ("code", "message", "step"),
    [
        ("AccessDeniedException", "User: x is not authorized", "Allow the IAM action cloudwatch:GetMetricData"),
        ("AccessDenied", "User: x is not authorized", "Allow the IAM action cloudwatch:GetMetricData"),
        ("UnrecognizedClientException", "The security token is invalid", "AWS does not accept these credentials"),
        ("InvalidClientTokenId", "The security token is invalid", "AWS does not accept these credentials"),
        ("SignatureDoesNotMatch", "The signature does not match", "AWS does not accept these credentials"),
        ("RequestTimeTooSkewed", "Too far apart", "The machine's clock is off"),
        ("InternalServiceError", "", "This is AWS's fault"),
        ("502", "Bad Gateway", "check proxies and AWS_ENDPOINT_URL"),
        ("SomethingNew", "Nobody knows this yet", "SomethingNew: Nobody knows this yet"),
    ],
)
async def test_a_refusal_says_what_failed_why_and_what_to_do(
    stubbed: StubbedServer, code: str, message: str, step: str
) -> None:
    stubbed.refuse("get_metric_data", code, message)
    error = (await stubbed.ask("get_metric_data", **LISTING)).error
    assert error.startswith("GetMetricData in us-east-1 failed: ")
    assert message in error
    assert step in error


async def test_a_malformed_query_is_told_with_its_position(stubbed: StubbedServer) -> None:
    compile_error = {"location": {"startCharOffset": 7, "endCharOffset": 10}, "message": "unexpected symbol found bla"}
    stubbed.refuse("start_query", "MalformedQueryException", "Bad query", queryCompileError=compile_error)
    asked = {"query_string": "filter bla", "start_time": "1h", "log_group_names": ["a"]}
    error = (await stubbed.ask("execute_log_insights_query", **asked)).error
    assert "unexpected symbol found bla" in error
    assert "(characters 7 to 10)" in error


async def test_a_missing_log_group_says_how_to_list_them(stubbed: StubbedServer) -> None:
    stubbed.refuse("start_query", "ResourceNotFoundException", "Log group 'a' does not exist")
    asked = {"query_string": "fields @message", "start_time": "1h", "log_group_names": ["a"]}
    assert "describe_log_groups lists what exists" in (await stubbed.ask("execute_log_insights_query", **asked)).error


@pytest.mark.parametrize(
    ("error", "step"),
    [
        (botocore.exceptions.NoCredentialsError(), "Set AWS_PROFILE or pass profile_name"),
        (
            botocore.exceptions.PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
            "Set AWS_PROFILE or pass profile_name",
        ),
        (botocore.exceptions.SSOTokenLoadError(error_msg="no token"), "run `aws sso login --profile prod`"),
        (botocore.exceptions.UnauthorizedSSOTokenError(), "run `aws sso login --profile prod`"),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="http://x"), "Check the network"),
        (botocore.exceptions.ConnectTimeoutError(endpoint_url="http://x"), "Check the network"),
        (botocore.exceptions.ReadTimeoutError(endpoint_url="http://x"), "AWS throttles, is slow or cannot be reached"),
        (botocore.exceptions.SSLError(endpoint_url="http://x", error="bad"), "The TLS certificate was not accepted"),
        (botocore.exceptions.ProxyConnectionError(proxy_url="http://x"), "Check HTTPS_PROXY and NO_PROXY"),
    ],
)
def test_a_failure_on_the_way_to_aws_says_what_to_do(error: Exception, step: str) -> None:
    told = from_botocore(error, "us-east-1", "prod", "logs", "StartQuery")
    assert str(told).startswith("StartQuery in us-east-1 failed: ")
    assert step in str(told)


async def test_an_error_is_at_most_a_thousand_characters_on_one_line(stubbed: StubbedServer) -> None:
    stubbed.refuse("get_metric_data", "ValidationError", "long\n" * 5_000)
    error = (await stubbed.ask("get_metric_data", **LISTING)).error
    assert len(error) <= 1_000
    assert "\n" not in error
    assert "characters]" in error


async def test_bad_arguments_are_told_together_without_a_link(
    server: CloudWatchServer, snapshot: SnapshotAssertion
) -> None:
    async with asking(server) as ask:
        reply = await ask("get_alarm_history", alarm_name="", max_items="many", history_item_type="Nope")
    assert "https://" not in reply.error
    assert reply.text == snapshot


async def test_an_unknown_argument_is_refused_by_name_with_the_valid_ones(server: CloudWatchServer) -> None:
    async with asking(server) as ask:
        reply = await ask("get_active_alarms", max_item=3)
    assert reply.error == (
        "get_active_alarms has no argument 'max_item'. Did you mean max_items? "
        "Its arguments are max_items, region, profile_name."
    )


async def test_an_unknown_tool_is_refused_with_the_nearest(server: CloudWatchServer) -> None:
    async with asking(server) as ask:
        assert (await ask("get_active_alarm")).error.endswith("There is get_active_alarms.")


async def test_null_for_an_optional_argument_is_its_default(stubbed: StubbedServer) -> None:
    reply = await stubbed.ask("get_metric_metadata", namespace="AWS/Lambda", metric_name="Errors", region=None)
    assert not reply.failed


async def test_a_defect_of_ours_is_told_by_place_and_never_quotes_data(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("customer secret")

    said: list[str] = []
    sink = logger.add(said.append, level="TRACE")
    monkeypatch.setattr(server.runtime.clients, "session", broken)
    async with asking(server) as ask:
        error = (await ask("get_active_alarms")).error
        assert not (await ask("get_metric_metadata", namespace="AWS/Lambda")).failed
    logger.remove(sink)
    assert "get_active_alarms failed by a defect of this server (KeyError at test_errors.py:" in error
    assert "customer secret" not in error + "".join(said)


async def test_a_defect_in_calls_that_ran_at_once_is_told_by_its_own_place(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise KeyError("customer secret")

    monkeypatch.setattr(server.runtime.clients, "_send", broken)
    async with asking(server) as ask:
        assert "(KeyError at test_errors.py:" in (await ask("describe_log_groups")).error


async def test_one_audit_line_tells_a_call_without_its_arguments(stubbed: StubbedServer) -> None:
    said: list[str] = []
    sink = logger.add(said.append, level="INFO", format="{message}")
    stubbed.refuse("get_metric_data", "ValidationError", "secret reason")
    await stubbed.ask("get_metric_data", namespace="Secret/Namespace", metric_name="M")
    logger.remove(sink)
    (line,) = said
    assert line.startswith(
        "tool=get_metric_data region=us-east-1 outcome=AwsError seconds=0.000 aws_calls=1 characters="
    )
    assert "secret" not in line.lower()


def test_nearest_names_are_the_like_ones_best_first() -> None:
    known = ["/ecs/shop/payments", "/ecs/shop/catalog", "/ecs/shop/payment-worker"]
    assert nearest("/ecs/shop/paymets", known)[0] == "/ecs/shop/payments"
    assert "/ecs/shop/catalog" not in nearest("/ecs/shop/paymets", known)
    assert nearest("zzz", known) == []
