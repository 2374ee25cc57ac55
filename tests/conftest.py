"""A server over an embedded CloudWatch whose time stands still, and a client in memory to call it with."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from time import tzset
from typing import Any

import pytest
from botocore.hooks import EventAliaser
from botocore.loaders import create_loader
from mcp.client.session import ClientSession
from syrupy.assertion import SnapshotAssertion

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.asking import Connected, asking
from tests.support.frozen_time import NOW, Time
from tests.support.readable_files import ReadableFiles
from tests.support.sandbox_process import SandboxProcess
from tests.support.stubbed_server import StubbedServer

gc.set_threshold(100_000, 20, 100)  # what tests leave behind is little; looking for it takes a tenth of their time


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


_sandbox: list[SandboxProcess] = []


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Of several workers (pytest-xdist), none starts a sandbox: they are told of the controller's."""
    node.workerinput["sandbox"] = _start().url


def pytest_collection_finish(session: pytest.Session) -> None:
    """Starts it at once when a test of this run will want it, so that it is seeded while others are run."""
    told = hasattr(session.config, "workerinput")
    if not told and any("sandbox" in getattr(item, "fixturenames", ()) for item in session.items):
        _start()
    gc.freeze()  # all that was imported stays: no garbage is looked for among it


def pytest_sessionfinish() -> None:
    for process in _sandbox:
        process.stop()


def _start() -> SandboxProcess:
    if not _sandbox:
        _sandbox.append(SandboxProcess(NOW))
    return _sandbox[0]


@pytest.fixture(scope="session")
def sandbox(request: pytest.FixtureRequest) -> str:
    """The URL of an embedded CloudWatch with the seeded incident; its time is NOW."""
    told: str | None = getattr(request.config, "workerinput", {}).get("sandbox")
    return told or _start().url


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, str]:
    """No setting and no credential of whoever runs the tests; made-up ones instead."""
    for name in os.environ:
        if name.startswith(("AWS_", "CLOUDWATCH_MCP_", "FASTMCP_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    ours = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    return ours


@pytest.fixture(scope="session", autouse=True)
def _models_are_read_once() -> Iterator[None]:
    """Each test has sessions of its own; botocore's service models and event names are the same for all."""
    name_of, names = EventAliaser._alias_event_name, dict[str, str]()

    def once(aliaser: EventAliaser, event: str) -> str:
        return names.get(event) or names.setdefault(event, name_of(aliaser, event))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(create_loader))
        patch.setattr(EventAliaser, "_alias_event_name", once)
        yield


@pytest.fixture(scope="session", autouse=True)
def _schemas_are_checked_once() -> Iterator[None]:
    """Each test has clients of its own; the tools' output schemas are the same for all."""
    check, checked = ClientSession._output_schema_validator, dict[str, Any]()

    def once(session: ClientSession, name: str, schema: dict[str, Any]) -> Any:
        key = json.dumps(schema)
        checked[key] = checked.get(key) or check(session, name, schema)
        return checked[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientSession, "_output_schema_validator", once)
        yield


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def server(time: Time) -> CloudWatchServer:
    """A server on AWS that no network reaches: for what must fail before, and for stubs."""
    return build_server(Settings(), os.environ, clock=time.clock())


@pytest.fixture
def on_sandbox(sandbox: str, time: Time, monkeypatch: pytest.MonkeyPatch) -> Callable[..., CloudWatchServer]:
    """Builds servers on the embedded CloudWatch."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)

    def build(**settings: Any) -> CloudWatchServer:
        return build_server(Settings(**settings), os.environ, clock=time.clock())

    return build


@pytest.fixture
def connected(on_sandbox: Callable[..., CloudWatchServer]) -> Connected:
    """An in-memory client on the embedded CloudWatch."""
    return lambda **settings: asking(on_sandbox(**settings))


@pytest.fixture
def stubbed(server: CloudWatchServer) -> StubbedServer:
    return StubbedServer(server)


@pytest.fixture
def in_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Moves the machine to a time zone."""

    def move(zone: str) -> None:
        monkeypatch.setenv("TZ", zone)
        tzset()

    yield move
    monkeypatch.undo()
    tzset()


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(ReadableFiles)
