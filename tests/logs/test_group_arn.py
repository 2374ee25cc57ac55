from __future__ import annotations

import pytest

from cloudwatch_mcp.errors import InputError
from cloudwatch_mcp.logs.group_arn import LogGroupArn, is_log_group_name

ARN = "arn:aws-cn:logs:cn-north-1:123456789012:log-group:/ecs/shop/payments"


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, StartQuery",
    behaviour="An ARN in logGroupIdentifiers does not end with the asterisk that DescribeLogGroups puts there.",
)
@pytest.mark.parametrize("text", [ARN, f"{ARN}:*"])
def test_an_arn_is_parsed_with_and_without_its_star(text: str) -> None:
    arn = LogGroupArn.parse(text, "log_group_arn")
    assert arn == LogGroupArn("aws-cn", "cn-north-1", "123456789012", "/ecs/shop/payments")
    assert str(arn) == ARN


@pytest.mark.parametrize(
    "text",
    [
        "/ecs/shop/payments",
        "arn:aws:s3:::bucket",
        "arn:aws:logs:eu-west-1:1234:log-group:a",
        "arn:aws:logs:eu-west-1:123456789012:log-group:",
        "arn:aws:logs:eu-west-1:123456789012:log-group:a:log-stream:b",
    ],
)
def test_another_text_is_refused_with_the_form_of_an_arn(text: str) -> None:
    with pytest.raises(InputError, match="is not a log group's ARN; use arn:aws:logs:REGION"):
        LogGroupArn.parse(text, "log_group_arn")


@pytest.mark.parametrize("text", ["arn:aws:logs:*:*:log-group:a", "arn:aws:logs:eu-west-1:123456789012:log-group:a*"])
def test_wildcards_are_for_policies_only(text: str) -> None:
    assert LogGroupArn.match(text) is None
    assert str(LogGroupArn.match(text, wildcards=True)) == text
    assert not is_log_group_name("a*")
    assert is_log_group_name("a*", wildcards=True)
