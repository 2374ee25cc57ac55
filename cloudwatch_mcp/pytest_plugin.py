"""Fixtures for people who test their agents and their AWS code: an offline CloudWatch, replays, and an MCP client.

pytest loads this module in each environment that has cloudwatch-mcp, so it imports nothing heavy.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

if TYPE_CHECKING:
    from mcp import Client

    from cloudwatch_mcp.recording import Replay
    from cloudwatch_mcp.sandbox import Sandbox

CloudWatchReplay: TypeAlias = "Callable[[str | Path], Replay]"
CloudWatchMcp: TypeAlias = "Callable[..., Client]"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "cloudwatch_sandbox(incident=None, now=None, faults=None): what cloudwatch_sandbox contains, and its time",
    )


@pytest.fixture
def cloudwatch_sandbox(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """An offline CloudWatch on 127.0.0.1 for one test, empty unless the marker `cloudwatch_sandbox` names an incident.

    The environment points at it: boto3 in this process, and every AWS tool in a child process, use it without options.
    `client("logs")` is a boto3 client, `endpoint_url` and `environment` are for everything else.
    """
    from cloudwatch_mcp.sandbox import Sandbox

    marker = request.node.get_closest_marker("cloudwatch_sandbox")
    options: dict[str, Any] = {"incident": None} | (marker.kwargs if marker else {})
    with Sandbox(**options) as sandbox:
        for name in [name for name in os.environ if name.startswith("AWS_")]:
            monkeypatch.delenv(name)
        for name, value in sandbox.environment.items():
            monkeypatch.setenv(name, value)
        yield sandbox


@pytest.fixture
def cloudwatch_replay() -> CloudWatchReplay:
    """Opens the recording of a session, a file of `cloudwatch-mcp --record`.

    After `replay = cloudwatch_replay("incident.yaml")`, `replay.misses` lists what was asked and is not in the file.
    """
    from cloudwatch_mcp.recording import Replay

    return lambda path: Replay(path, repeat_last=True)


@pytest.fixture
def cloudwatch_mcp() -> CloudWatchMcp:
    """Connects an MCP client, in memory, to a server on a sandbox or a replay.

    `async with cloudwatch_mcp(cloudwatch_sandbox) as client:` gives the `mcp.Client`. Keyword arguments are settings of
    the server, such as `max_response_chars=10_000`.
    """
    return _connect


def _connect(source: Sandbox | Replay, **settings: Any) -> Client:
    from mcp import Client

    from cloudwatch_mcp.clock import Clock
    from cloudwatch_mcp.config import Settings
    from cloudwatch_mcp.sandbox import Sandbox
    from cloudwatch_mcp.server.tool_calls import build_server

    chosen = Settings(**settings)
    if isinstance(source, Sandbox):
        return Client(build_server(chosen, source.environment, clock=Clock(now=source.clock.now)))
    return Client(build_server(chosen, {}, clients=source.clients(chosen), clock=source.clock))
