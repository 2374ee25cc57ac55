"""No credential appears in any text: neither in tool errors nor in the output of `check`."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from cloudwatch_mcp import cli
from cloudwatch_mcp.aws.secrets import hide, known_secrets
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.asking import asking

TOKEN = "FwoGZXIvYXdzEJr//////////example+token=="
SECRET = "wJalrXUtnFEMI/K7MDENG/exampleSECRETkey99"


@pytest.mark.parametrize("ending", ["", "\r", "\n", "\r\nX-Injected: 1", "\t", "\u2028", "é", "\x00"])
@pytest.mark.parametrize("written", [str, repr, lambda text: repr(text.encode()), lambda text: text.strip()])
def test_a_secret_is_hidden_in_any_quotation(ending: str, written: Any) -> None:
    secret = TOKEN + ending
    text = hide(f"Invalid header value {written(secret)}", known_secrets(None, {"AWS_SESSION_TOKEN": secret}))
    assert TOKEN not in text
    assert "Invalid header value" in text


@pytest.mark.parametrize(
    "url", ["http://user:pa%20ss@host:1/", "http://user:p@ss@host", "https://token@proxy.example.com:8080/x?y=z"]
)
def test_the_user_and_password_of_a_url_are_hidden(url: str) -> None:
    text = hide(f"Could not connect to {url!r}: refused")
    assert not {"user", "pa%20ss", "p@ss", "token"} & set(text.replace("@", "/").replace(":", "/").split("/"))
    assert "[hidden]@" in text


def test_a_proxys_password_is_hidden_outside_its_url() -> None:
    secrets = known_secrets(None, {"HTTPS_PROXY": "http://me:hunter2%21@proxy:1"})
    assert hide("407: bad password hunter2! (hunter2%21)", secrets) == "407: bad password [hidden] ([hidden])"


def test_a_text_without_secrets_is_unchanged() -> None:
    text = "User: arn:aws:iam::123456789012:user/me is not authorized: see https://example.com/a@b"
    assert hide(text, known_secrets(None, {"AWS_REGION": "us-east-1", "AWS_PROFILE": "me"})) == text


# botocore, or a library that it calls, quotes each of these mistakes in an error.
MISTAKES: list[dict[str, str]] = [
    {"AWS_SESSION_TOKEN": TOKEN + "\r"},
    {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPL3\r\n"},
    {"AWS_SESSION_TOKEN": TOKEN + "\u20ac"},
    {"AWS_ENDPOINT_URL": f"http://me:{SECRET}@127.0.0.1:99999"},
    {"AWS_ENDPOINT_URL": f"http://me:{SECRET}@127.0.0.1:1"},
    {"AWS_ENDPOINT_URL": f"http://me:{SECRET}@["},
    {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "HTTP_PROXY": f"http://me:{SECRET}@127.0.0.1:1"},
    {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "HTTP_PROXY": f"http://me:{SECRET}@["},
]


@pytest.fixture(params=MISTAKES, ids="-".join)
def mistake(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"AWS_ENDPOINT_URL": "http://127.0.0.1:1", **request.param}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


def _has_secret(text: str) -> bool:
    return any(secret in text for secret in (TOKEN, SECRET, "AKIAIOSFODNN7EXAMPL3"))


@pytest.mark.anyio
@pytest.mark.usefixtures("mistake")
async def test_no_tool_error_has_a_credential() -> None:
    async with asking(build_server(Settings(), os.environ)) as ask:
        error = (await ask("get_active_alarms")).error
    assert not _has_secret(error)
    assert "defect" not in error


@pytest.mark.usefixtures("mistake")
@pytest.mark.parametrize("form", [[], ["--json"]])
def test_check_prints_no_credential(
    form: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "http://127.0.0.1:1")
    monkeypatch.setattr(cli, "_configure_log", lambda _: None)
    monkeypatch.setattr("os._exit", _raise_exit)
    with pytest.raises(SystemExit):
        cli.main(["check", *form])
    output = capsys.readouterr()
    assert not _has_secret(output.out + output.err)


def _raise_exit(code: int) -> None:
    raise SystemExit(code)


@pytest.fixture(
    params=[
        "[default\nregion = x",
        "no section",
        "[default]\nretry_mode = nonsense",
        "[default]\nmax_attempts = many",
        "[default]\nendpoint_url = http://127.0.0.1:99999",
        "[default]\ncredential_process = no-such-command",
        "[default]\nrole_arn = x\nsource_profile = missing",
        "\x00",
    ]
)
def _invalid_configuration(request: pytest.FixtureRequest, config_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config_file.write_text(request.param, encoding="utf-8")
    if "credential_process" in request.param or "role_arn" in request.param:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)


@pytest.mark.anyio
@pytest.mark.usefixtures("_invalid_configuration")
async def test_an_invalid_configuration_is_not_reported_as_a_defect() -> None:
    async with asking(build_server(Settings(), os.environ)) as ask:
        error = (await ask("get_active_alarms")).error
    assert "defect" not in error
    assert "check" in error.lower()  # the variables to check, or `cloudwatch-mcp check`
