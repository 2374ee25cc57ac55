from __future__ import annotations

import base64

import pytest

from cloudwatch_mcp.recording import leaks

KEY_ID = "AKIA" + "QWERTYUIOPASDFGH"
SECRET = "k3Jd8fLq0Zx7Vb2Nm5Tt/9Rr+1Ww6YyHhGgEeCcA"


def _zipped(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (f"message: signed in as {KEY_ID}", "access key id"),
        (f"value: {KEY_ID.replace('AKIA', 'ASIA')}", "access key id"),
        (f"token: IQoJb3JpZ2lu{'Zx9' * 20}", "session token"),
        ("X-Amz-Security-Token: abc", "session token"),
        ("Authorization: Bearer abc", "request signature"),
        ("auth: AWS4-HMAC-SHA256 Credential=a", "request signature"),
        (f"secret: {SECRET}", "secret of 40 characters"),
        ("arn: arn:aws:iam::998877665544:role/a", "account id"),
        ("AccountId: '998877665544'", "account id"),
        ("account: 998877665544", "account id"),
        (f"value: {_zipped('998877665544:/aws/lambda/a')}", "account id in base64"),
        ("host: 8.8.8.8 said no", "public IP address"),
        ("url: http://54.12.13.14/x", "public IP address"),
        ("host: 2600:1f18:abcd::17", "public IP address"),
        ("by: jane.doe@corp.io", "e-mail address"),
        ("body: !!binary |", "!!binary"),
    ],
)
def test_a_leak_is_found_with_its_line_and_never_repeated(line: str, kind: str) -> None:
    assert leaks.find(f"version: 1\n{line}\n") == [leaks.Leak(2, kind)]


@pytest.mark.parametrize(
    "line",
    [
        "key: AKIAIOSFODNN7EXAMPLE",
        "secret: wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "arn: arn:aws:sns:us-east-1:123456789012:shop",
        "linked: '111122223333'",
        "other: '000000000007'",
        "storedBytes: 998877665544",
        "- 998877665544",
        "id: 67bc664b-86a3-4873-80e2-998877665544",
        "trace: 1-6b04602a-fb09d7c7019e49fca58241e0",
        "value: 0.998877665544",
        "commit: 3f786850e387550fdab836ed7e6dc881de23001b",
        "group: /aws/containerinsights/production/performance",
        f"value: {_zipped('123456789012:/aws/lambda/a')}",
        "hosts: 10.0.0.1 192.168.1.1 127.0.0.1 192.0.2.7 198.51.100.9 203.0.113.3 2001:db8::1",
        "agent: Chrome/120.1.2.3 version 1.2.3.4.5",
        "at: 2026-11-20T12:00:00Z",
        "by: jane@example.com, joe@mail.example.org, x@shop.test",
        "fields: '@timestamp, @message'",
    ],
)
def test_what_is_no_secret_is_no_leak(line: str) -> None:
    assert leaks.find(line) == []
