from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from cloudwatch_mcp import cli
from tests.support.checking import Check, OnEndpoint, Result
from tests.support.endpoint import Endpoint, Request, Response, forward


@pytest.fixture
def run_check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs the command in this process."""
    monkeypatch.setattr(cli, "_leave", sys.exit)
    monkeypatch.setattr(cli, "_configure_log", lambda _: None)

    def run(*arguments: str, before: tuple[str, ...] = ()) -> Result:
        with pytest.raises(SystemExit) as ended:
            cli.main([*before, "check", *arguments])
        assert isinstance(ended.value.code, int)
        return Result(ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def _retries_without_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket._sleep_amount", lambda *_: 0)


@pytest.fixture
def on_endpoint(monkeypatch: pytest.MonkeyPatch, sandbox: str) -> OnEndpoint:
    """An endpoint in front of the sandbox, which answers whatever `answers` returns None for."""

    @contextmanager
    def on(answers: Callable[[Request], Response | None] = lambda _: None) -> Iterator[list[Request]]:
        requests: list[Request] = []

        def answer(request: Request) -> Response:
            requests.append(request)
            return answers(request) or forward(sandbox, request)

        with Endpoint(answer) as endpoint:
            monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
            monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sandbox)
            yield requests

    return on


@pytest.fixture
def configured(config_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Removes the keys from the environment and writes the config file."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))

    def configure(text: str) -> None:
        config_file.write_text(text, "utf-8")

    return configure
