"""The errors for AWS's error codes: what failed, AWS's reason, and what to do next."""

from __future__ import annotations

import botocore.exceptions
import pytest

from cloudwatch_mcp.aws.failures import from_botocore
from tests.support.stubbed_server import StubbedServer

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("code", "message", "step"),
    [
        ("AccessDeniedException", "User: x is not authorized", "Allow the IAM action cloudwatch:GetMetricData"),
        ("AccessDenied", "User: x is not authorized", "Allow the IAM action cloudwatch:GetMetricData"),
        ("UnrecognizedClientException", "The security token is invalid", "AWS does not accept these credentials"),
        ("InvalidClientTokenId", "The security token is invalid", "AWS does not accept these credentials"),
        ("SignatureDoesNotMatch", "The signature does not match", "AWS does not accept these credentials"),
        ("RequestTimeTooSkewed", "Too far apart", "The machine's clock is wrong"),
        ("InternalServiceError", "", "This is AWS's fault"),
        ("502", "Bad Gateway", "check proxies and AWS_ENDPOINT_URL"),
        ("SomethingNew", "Not known yet", "SomethingNew: Not known yet"),
    ],
)
async def test_the_error_for_an_aws_error_code_says_what_failed_why_and_what_to_do(
    stubbed: StubbedServer, code: str, message: str, step: str
) -> None:
    stubbed.refuse("get_metric_data", code, message)
    error = (await stubbed.ask("get_metric_data", namespace="N", metric_name="M")).error
    assert error.startswith("GetMetricData in us-east-1 failed: ")
    assert message in error
    assert step in error


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, StartQuery",
    behaviour="A MalformedQueryException has the character offsets of the error in queryCompileError.",
    service="CloudWatch Logs",
)
async def test_the_error_for_a_malformed_query_has_the_position(stubbed: StubbedServer) -> None:
    compile_error = {"location": {"startCharOffset": 7, "endCharOffset": 10}, "message": "unexpected symbol found bla"}
    stubbed.refuse("start_query", "MalformedQueryException", "Bad query", queryCompileError=compile_error)
    arguments = {"query_string": "filter bla", "start_time": "1h", "log_group_names": ["a"]}
    error = (await stubbed.ask("execute_log_insights_query", **arguments)).error
    assert "unexpected symbol found bla" in error
    assert "(characters 7 to 10 of the query as AWS expands it)" in error


async def test_the_error_for_a_missing_log_group_says_how_to_list_them(stubbed: StubbedServer) -> None:
    stubbed.refuse("start_query", "ResourceNotFoundException", "Log group 'a' does not exist")
    arguments = {"query_string": "fields @message", "start_time": "1h", "log_group_names": ["a"]}
    assert (
        "describe_log_groups lists what exists" in (await stubbed.ask("execute_log_insights_query", **arguments)).error
    )


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
def test_the_error_for_unreachable_aws_says_what_to_do(error: Exception, step: str) -> None:
    failure = from_botocore(error, "us-east-1", "prod", "logs", "StartQuery")
    assert str(failure).startswith("StartQuery in us-east-1 failed: ")
    assert step in str(failure)
