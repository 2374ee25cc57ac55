"""A server over an embedded CloudWatch whose time stands still, and a client in memory to call it with."""

from __future__ import annotations

import gc
import json
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cache
from itertools import zip_longest
from pathlib import Path
from threading import Lock
from time import tzset
from typing import Any, TypeAlias

import pytest
from botocore import xform_name
from botocore.hooks import EventAliaser
from botocore.loaders import create_loader
from botocore.stub import Stubber
from mcp import Client
from mcp.client.session import ClientSession
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

from cloudwatch_mcp.aws.calls import OPERATIONS
from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.readable_json import readable
from tests.support.sandbox_process import SandboxProcess

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
ROOT = Path(__file__).parent.parent

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


class Time:
    """A day that stands still, and a stopwatch that moves only when somebody sleeps."""

    def __init__(self, now: datetime = NOW) -> None:
        self.start, self.slept = now, 0.0

    async def sleep(self, seconds: float) -> None:
        self.slept += seconds

    def clock(self) -> Clock:
        return Clock(lambda: self.start, lambda: self.slept, self.sleep)


@pytest.fixture
def time() -> Time:
    return Time()


@dataclass(frozen=True)
class Reply:
    """A tool's answer: its data when all went well, else the error's text."""

    data: dict[str, Any]
    text: str
    failed: bool

    @property
    def error(self) -> str:
        assert self.failed, self.text
        return self.text

    @property
    def notes(self) -> list[str]:
        notes: list[str] = self.data.get("notes", [])
        return notes

    def rows(self, name: str) -> list[dict[str, Any]]:
        """The rows of a table, what they share included."""
        shaped = self.data.get(name, {"columns": [], "rows": []})
        shared = shaped.get("same", {})
        return [shared | dict(zip_longest(shaped["columns"], row)) for row in shaped["rows"]]


Ask: TypeAlias = Callable[..., Coroutine[Any, Any, Reply]]


@asynccontextmanager
async def asking(server: CloudWatchServer, mode: Any = "auto") -> AsyncIterator[Ask]:
    async with Client(server, mode=mode) as client:

        async def ask(tool: str, **arguments: Any) -> Reply:
            result = await client.call_tool(tool, arguments)
            (content,) = result.content
            assert content.type == "text"
            if not result.is_error:
                assert json.loads(content.text) == result.structured_content
            return Reply(result.structured_content or {}, content.text, bool(result.is_error))

        yield ask


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


Connected: TypeAlias = Callable[..., AbstractAsyncContextManager[Ask]]


@pytest.fixture
def connected(on_sandbox: Callable[..., CloudWatchServer]) -> Connected:
    """An in-memory client on the embedded CloudWatch."""
    return lambda **settings: asking(on_sandbox(**settings))


class _AnyOrder(Stubber):  # type: ignore[misc]  # botocore has no types
    """A Stubber for calls that run at once: each operation has a queue of its own."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._lock = Lock()

    def _assert_expected_params(self, model: Any, params: Any, context: Any, **more: Any) -> None:
        with self._lock:
            self._bring_forward(model.name)
            super()._assert_expected_params(model, params, context, **more)

    def _get_response_handler(self, model: Any, params: Any, context: Any, **more: Any) -> Any:
        with self._lock:
            self._bring_forward(model.name)
            return super()._get_response_handler(model, params, context, **more)

    def _bring_forward(self, operation: str) -> None:
        first = next((answer for answer in self._queue if answer["operation_name"] == operation), None)
        if first is not None:
            self._queue.remove(first)
            self._queue.appendleft(first)


class StubbedServer:
    """A server whose boto3 clients answer what a test tells them to, in that order for each operation."""

    def __init__(self, server: CloudWatchServer) -> None:
        self.server = server
        clients = server.runtime.clients
        self._stubs = {
            service: _AnyOrder(clients.client(None, "us-east-1", service)) for service in ("cloudwatch", "logs")
        }
        self._stubs["stop"] = _AnyOrder(clients.client(None, "us-east-1", "logs", "standard"))
        for stub in self._stubs.values():
            stub.activate()

    def _stub(self, method: str) -> Stubber:
        names = {xform_name(operation): service for operation, service in OPERATIONS.items()} | {"stop_query": "stop"}
        return self._stubs[names[method]]

    def answer(self, method: str, answer: dict[str, Any], expected: dict[str, Any] | None = None) -> None:
        self._stub(method).add_response(method, answer, expected)

    def refuse(self, method: str, code: str, message: str = "", status: int = 400, **more: Any) -> None:
        self._stub(method).add_client_error(method, code, message, status, modeled_fields=more or None)

    async def ask(self, tool: str, **arguments: Any) -> Reply:
        """Call the tool; every answer that was told must have been asked for."""
        async with asking(self.server) as ask:
            reply = await ask(tool, **arguments)
        for stub in self._stubs.values():
            stub.assert_no_pending_responses()
        return reply


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


class _ReadableFiles(SingleFileSnapshotExtension):
    """One file a case under snapshots/, as JSON that a reviewer can read."""

    _write_mode = WriteMode.TEXT
    file_extension = "json"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(ROOT / "snapshots" / test_location.basename)

    @classmethod
    def discovery_dirname(cls, *, test_location: PyTestLocation) -> str:  # noqa: ARG003 - syrupy's own signature
        return str(ROOT / "snapshots")

    def serialize(self, data: Any, **_: Any) -> str:
        return readable(data)


@pytest.fixture
def snapshot(snapshot: SnapshotAssertion) -> SnapshotAssertion:
    return snapshot.use_extension(_ReadableFiles)
