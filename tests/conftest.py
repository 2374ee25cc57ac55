"""Fixtures: an embedded CloudWatch whose time stands still, the tests' cassettes, and clients in memory."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from functools import cache
from inspect import CO_VARKEYWORDS
from pathlib import Path
from time import tzset
from typing import Any

import hypothesis
import pytest
from botocore.client import ClientCreator
from botocore.compat import accepts_kwargs
from botocore.hooks import EventAliaser
from botocore.httpsession import create_urllib3_context
from botocore.loaders import create_loader
from botocore.useragent import sanitize_user_agent_string_component as sanitize
from mcp.client.session import ClientSession
from syrupy.assertion import SnapshotAssertion

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.recording import Recorder, Replay
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.asking import Ask, Connected, asking
from tests.support.behaviours import report
from tests.support.cassettes import AwsRun, asking_through, reason_to_keep, recording, replaying, sandbox_recorder
from tests.support.frozen_time import NOW, Time
from tests.support.readable_files import ReadableFiles
from tests.support.sandbox_process import SandboxProcess, url_at
from tests.support.stubbed_server import StubbedServer

# The same examples in each run; a slow machine is no failure.
hypothesis.settings.register_profile(
    "suite",
    deadline=None,
    derandomize=True,
    database=None,
    max_examples=40,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("suite")

gc.set_threshold(100_000, 20, 100)  # tests leave little garbage, and looking for it takes a tenth of their time


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


_sandbox: list[SandboxProcess] = []


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """The workers of pytest-xdist use the controller's sandbox; they do not wait for it before a test needs it."""
    node.workerinput["sandbox"] = _start().address


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """As --dist loadfile, but files that need the same expensive process share a worker, too."""
    if config.getvalue("dist") != "loadfile":
        return None
    from xdist.scheduler import LoadFileScheduling

    class Scheduling(LoadFileScheduling):  # type: ignore[misc]  # pytest-xdist has no types
        def _split_scope(self, nodeid: str) -> str:
            file = str(super()._split_scope(nodeid))
            return _shared_process(config.rootpath / file) or file

    return Scheduling(config, log)


@cache
def _shared_process(file: Path) -> str | None:
    if file.parent.name == "apps":
        return "browser"
    return "fork server" if "Forked" in file.read_text("utf-8") else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start the sandbox if a test of this run uses it: it is seeded while other tests run."""
    is_worker = hasattr(session.config, "workerinput")
    if not is_worker and any("sandbox" in getattr(item, "fixturenames", ()) for item in session.items):
        _start()
    gc.freeze()  # imported modules stay: do not look for garbage in them


@pytest.hookimpl(wrapper=True)
def pytest_assertrepr_compare(left: Any, right: Any) -> Generator[None, list[list[str]], list[list[str]]]:
    """Syrupy's explanation, and the command that accepts the answer."""
    explanations = yield
    for each in (left, right):
        if isinstance(each, SnapshotAssertion):
            command = f"To accept it: pytest '{each.test_location.nodeid}' --snapshot-update"
            return [[lines[0], command, *lines[1:]] for lines in explanations if lines]  # pytest cuts long ones
    return explanations


def pytest_terminal_summary(terminalreporter: Any) -> None:
    if AwsRun.from_environment():
        passed, failed = ([each.nodeid for each in terminalreporter.getreports(name)] for name in ("passed", "failed"))
        terminalreporter.write_line(report(passed, failed))


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
    of_controller: str | None = getattr(request.config, "workerinput", {}).get("sandbox")
    return url_at(of_controller or _start().address)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Made-up credentials, and no variable of the person who runs the tests; on AWS (scripts/record) their own."""
    if AwsRun.from_environment():
        return dict(os.environ)
    for name in os.environ:
        if name.startswith(("AWS_", "CLOUDWATCH_MCP_", "FASTMCP_")) or name.upper().endswith("_PROXY"):
            monkeypatch.delenv(name)
    ours = {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": "us-east-1",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    return ours


@pytest.fixture
def config_file(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """AWS's shared config file, which the test writes."""
    file = tmp_path / "config"
    environment["AWS_CONFIG_FILE"] = str(file)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(file))
    return file


@pytest.fixture(scope="session", autouse=True)
def _sessions_share_what_is_the_same_for_all() -> Iterator[None]:
    """Each test has its own boto3 sessions; service models, event names and client classes are the same for all.

    The suite opens a thousand sessions. With a client, each takes 6 ms of CPU; without this fixture, 100 ms. It sends
    ten thousand requests; without the known parts of their User-Agent, each takes 0.1 ms more.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("botocore.session.create_loader", cache(create_loader))
        patch.setattr("botocore.httpsession.create_urllib3_context", cache(create_urllib3_context))
        patch.setattr(EventAliaser, "_alias_event_name", _once(EventAliaser._alias_event_name))
        patch.setattr(ClientCreator, "_create_client_class", _once(ClientCreator._create_client_class))
        patch.setattr("botocore.hooks.accepts_kwargs", _accepts_kwargs)
        patch.setattr("botocore.useragent.sanitize_user_agent_string_component", cache(sanitize))
        yield


def _once(method: Callable[..., Any]) -> Callable[..., Any]:
    """The method with the result of its first call for a name, on any object."""
    known: dict[str, Any] = {}

    def once(owner: Any, name: str, *more: Any) -> Any:
        return known.get(name) or known.setdefault(name, method(owner, name, *more))

    return once


def _accepts_kwargs(handler: Any) -> bool:
    """As botocore finds with inspect.getfullargspec, which is slow, for each of the 150 handlers of a session."""
    code = getattr(handler, "__code__", None)
    return bool(code.co_flags & CO_VARKEYWORDS) if code else accepts_kwargs(handler)


@pytest.fixture(scope="session", autouse=True)
def _output_schemas_are_read_once() -> Iterator[None]:
    """Each test has its own clients; the tools' output schemas are the same for all.

    The suite has 750 clients. Without this fixture, each takes 5 ms of CPU more to list the tools and check a schema.
    """
    validate, schemas, validators = ClientSession.validate_tool_result, dict[str, Any](), dict[str, Any]()

    async def with_known_schemas(session: ClientSession, name: str, result: Any) -> None:
        vars(session).update(_tool_output_schemas=schemas, _tool_output_validators=validators)
        await validate(session, name, result)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ClientSession, "validate_tool_result", with_known_schemas)
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


@pytest.fixture(scope="module")
def vcr_cassette_dir(request: pytest.FixtureRequest) -> str:
    """cassettes/TOOL for the module test_TOOL."""
    return str(request.config.rootpath / "cassettes" / request.path.stem.removeprefix("test_"))


@pytest.fixture
def default_cassette_name(default_cassette_name: str) -> str:
    return default_cassette_name.removeprefix("test_")


@pytest.fixture
def cassette_path(vcr_cassette_dir: str, default_cassette_name: str) -> Path:
    return Path(vcr_cassette_dir, f"{default_cassette_name}.yaml")


@pytest.fixture
def vcr(
    request: pytest.FixtureRequest, vcr_markers: list[pytest.Mark], record_mode: str
) -> Iterator[Replay | Recorder | None]:
    """The cassette of a test marked `vcr`; in place of pytest-recording's fixture, which patches sockets.

    It is replayed in the modes none and once, and recorded again in all others, or if once does not find it.
    """
    if not vcr_markers:
        yield None
        return
    path: Path = request.getfixturevalue("cassette_path")
    if record_mode == "none" or (record_mode == "once" and path.exists()):
        with replaying(path, request.node.nodeid) as replay:
            yield replay
        return
    run = AwsRun.from_environment()
    if reason := reason_to_keep(path, on_aws=run is not None):
        pytest.skip(reason)
    if not run:
        request.getfixturevalue("environment")
        request.getfixturevalue("monkeypatch").setenv("AWS_ENDPOINT_URL", request.getfixturevalue("sandbox"))
    with recording(path, run.recorder() if run else sandbox_recorder()) as recorder:
        yield recorder


@pytest.fixture
async def ask(request: pytest.FixtureRequest, vcr: Replay | Recorder | None, time: Time) -> AsyncIterator[Ask]:
    """Calls a tool. Its AWS is the test's cassette; without the marker `vcr`, one that cannot be reached.

    The server's settings are those of the marker `settings`.
    """
    marker = request.node.get_closest_marker("settings")
    settings = Settings(**marker.kwargs) if marker else Settings()
    if vcr is None:
        async with asking(build_server(settings, os.environ, clock=time.clock())) as call:
            yield call
        return
    path = request.getfixturevalue("cassette_path")
    async with asking_through(vcr, settings, os.environ, path, request.node.nodeid) as call:
        yield call


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
