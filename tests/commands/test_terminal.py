"""What a person reads who starts the server in a terminal; an MCP client reads nothing of it."""

from __future__ import annotations

import os
import pty
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import IO

import pytest

from cloudwatch_mcp import __version__
from tests.support.forked_process import ForkedProcess
from tests.support.server_process import ForkedServer, environment


@contextmanager
def in_a_terminal(*flags: str, **changes: str) -> Iterator[IO[str]]:
    """The stderr of a server whose stdin is a terminal."""
    controller, terminal = pty.openpty()
    try:
        with ForkedProcess(flags, environment(**changes), stdin=terminal) as process:
            assert process.stderr is not None
            yield TextIOWrapper(process.stderr, "utf-8")
    finally:
        os.close(terminal)
        os.close(controller)


def lines(stream: IO[str], number: int) -> list[str]:
    return [stream.readline().rstrip("\n") for _ in range(number)]


def test_aws_is_named_with_profile_and_region_and_how_to_stop() -> None:
    with in_a_terminal("--profile", "prod", AWS_REGION="eu-west-1") as stderr:
        first, second, third = lines(stderr, 3)
    assert first == f"cloudwatch-mcp {__version__} serves AWS CloudWatch (profile: prod, Region: eu-west-1)."
    assert "Ctrl-C stops it" in second
    assert "cloudwatch-mcp demo" in third


@pytest.mark.parametrize(
    ("variables", "place"),
    [
        ({"AWS_REGION": "", "AWS_PROFILE": "dev"}, "AWS CloudWatch (profile: dev, Region: that of the profile)"),
        (
            {"AWS_ENDPOINT_URL": "http://127.0.0.1:1"},
            "the CloudWatch at AWS_ENDPOINT_URL (profile: default, Region: us-east-1)",
        ),
    ],
)
def test_profile_region_and_endpoint_come_from_the_environment(variables: dict[str, str], place: str) -> None:
    with in_a_terminal(**variables) as stderr:
        assert lines(stderr, 1) == [f"cloudwatch-mcp {__version__} serves {place}."]


def test_the_sandbox_is_named_with_its_address() -> None:
    with in_a_terminal("--sandbox", "--incident", "quiet-day") as stderr:
        serving, *_, address = lines(stderr, 4)
    assert serving.endswith("serves the sandbox's sample incident, in an offline CloudWatch.")
    assert address.startswith("cloudwatch-mcp: the sandbox is at http://127.0.0.1:")


def test_the_file_of_a_recording_is_named(tmp_path: Path) -> None:
    file = tmp_path / "incident.yaml"
    with in_a_terminal("--record", str(file)) as stderr:
        assert lines(stderr, 1)[0].endswith(f" (profile: default, Region: us-east-1), recording to {file}.")


def test_a_client_gets_nothing_on_stderr() -> None:
    with ForkedServer() as process:
        process.initialize()
        process.end_input()
        assert (process.wait(), process.stderr) == (0, "")
