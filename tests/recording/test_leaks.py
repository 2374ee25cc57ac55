from __future__ import annotations

import base64

import pytest

from cloudwatch_mcp.recording import leaks

KEY_ID = "AKIA" + "QWERTYUIOPASDFGH"
TOKEN = "Zx9/+" * 12
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
        ("host: 8.8.8.8 refused", "public IP address"),
        ("url: http://54.12.13.14/x", "public IP address"),
        ("host: 2600:1f18:abcd::17", "public IP address"),
        ("by: jane.doe@corp.io", "e-mail address"),
        ("body: !!binary |", "!!binary"),
        *(
            (line, "access key id")
            for line in [
                f"key_{KEY_ID}",
                f"key{KEY_ID}_old",
                f"message: a\\n{KEY_ID}",
                f"url: a%3D{KEY_ID}",
                f"text: \\u003D{KEY_ID}",
                f"role: AROA{'Q' * 17}:session",
                f"user: AIDA{'Q' * 17}",
                f"bearer: ABIA{'Q' * 16}",
            ]
        ),
        *(
            (line, "secret of 40 characters")
            for line in [
                f"aws_secret_access_key={SECRET}",
                f"aws_secret_access_key = {SECRET}",
                f"AWS_SECRET_ACCESS_KEY={SECRET}",
                f"export AWS_SECRET_ACCESS_KEY='{SECRET}'",
                f'text: {{"SecretAccessKey": "{SECRET}"}}',
                f'text: "{{\\"secretAccessKey\\":\\"{SECRET}\\"}}"',
                f"secret_access_key: {SECRET}",
                f"a=b&key={SECRET}",
                f"--secret-access-key {SECRET}",
                f"<SecretAccessKey>{SECRET}</SecretAccessKey>",
                f"secretKey%3D{SECRET}",
                f"aws_secret_access_key=\\n{SECRET}",
                f"aws_secret_access_key={'a' * 40}",
                f"secretAccessKey: {SECRET.replace('/', chr(92) + '/')}",
                f"secretAccessKey={SECRET.replace('/', '%2F')}",
            ]
        ),
        *(
            (line, "session token")
            for line in [
                f"aws_session_token={TOKEN}",
                f"AWS_SESSION_TOKEN: {TOKEN}",
                f'{{"SessionToken": "{TOKEN}"}}',
                f"sessionToken: |-\n      {TOKEN}",
                f"securityToken={TOKEN}",
            ]
        ),
        *(
            (line, "account id")
            for line in [
                "bucket: my-logs-998877665544-eu-west-1",
                "bucket: 998877665544-logs",
                "bucket: data-998877665544",
                "group: acct_998877665544",
                "group: 998877665544_prod",
                "group: acct998877665544prod",
                "arn: arn%3Aaws%3Aiam%3A%3A998877665544%3Aroot",
                "url: a?b=%20998877665544",
                "message: a\\n998877665544",
                "text: id\\u0027998877665544\\u0027",
                "host: 998877665544.dkr.ecr.us-east-1.amazonaws.com",
                "host: x.998877665544",
                "account: 9988-7766-5544",
                "text: in 9988-7766-5544.",
                "bucket: logs-9988-7766-5544-eu-west-1",
                "account_identifiers: [998877665544]",
                "accounts: {main: 998877665544}",
                "accountId: 998877665544.0",
                "accountId: 998_877_665_544",
                "accountId: 98877665544",
                "owner: 998877665544",
                "'998877665544': a",
                "998877665544: a",
                "? 998877665544\n: a",
                'text: {"accountId": 998877665544}',
            ]
        ),
    ],
)
def test_a_leak_has_its_line_and_is_never_repeated(line: str, kind: str) -> None:
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
        "accounts: 3",
        "accountId: 7",
        "account_created: 1795435200123",
        "account: 1234-5678-9012",
        "group: acct_123456789012_prod-123456789012-eu-west-1",
        "logGroups:\n- accountId: '123456789012'\n  storedBytes: 998877665544\n- storedBytes: 998877665544",
        "Values: [998877665544, 998877665544.0]",
        "time: 1795435200123, 17954352001234567",
        "id: 67bc664b-1112-2233-3444-998877665544",
        "sha: 3f998877665544abdeadbeef3f998877665544abdeadbeef",
        "sha: deadbeef998877665544",
        "aws_secret_access_key=secret-redacted",
        "aws_session_token=secret-redacted",
        "aws_secret_access_key=wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "text: the secret access key is missing, the session token has expired",
        "key: AKIA-redacted",
    ],
)
def test_harmless_text_is_not_a_leak(line: str) -> None:
    assert leaks.find(line) == []


def test_the_lines_of_accounts_in_a_list_are_named() -> None:
    text = (
        "calls:\n- arguments:\n    account_identifiers:\n    - 998877665544\n    - 123456789012\n    - 887766554433\n"
    )
    assert leaks.find(text) == [leaks.Leak(4, "account id"), leaks.Leak(6, "account id")]


def test_a_number_in_a_block_of_text_is_not_a_plain_number() -> None:
    assert leaks.find("a: |-\n  998877665544\nb: 1\n") == [leaks.Leak(2, "account id")]


def test_many_leaks_in_a_long_line_are_found_in_time() -> None:
    text = "a: " + "tenant 998877665544, " * 40_000
    assert leaks.find(text) == [leaks.Leak(1, "account id")]
