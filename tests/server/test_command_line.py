"""The command line as a process: flags, settings, imports, and the sandbox."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from cloudwatch_mcp import __version__, cli
from cloudwatch_mcp.commands import demo
from tests.server.test_definitions import TEN
from tests.support.endpoint import PATIENCE
from tests.support.server_process import ForkedServer, ServerProcess, environment

SHOW_MODULES = """
import os, sys
from cloudwatch_mcp import cli
from cloudwatch_mcp.server import lifecycle
from cloudwatch_mcp.server.tool_calls import CloudWatchServer

def showing(function):
    async def wrapper(*arguments):
        result = await function(*arguments)
        print(*sys.modules, file=sys.stderr, flush=True)
        return result
    return wrapper

async def never(server):
    pass

CloudWatchServer.list_tools = showing(CloudWatchServer.list_tools)
CloudWatchServer.call_tool = showing(CloudWatchServer.call_tool)
lifecycle._warm_up = never
cli.main([])
"""
SLOW_IMPORTS = {"anyio", "boto3", "botocore", "loguru", "mcp", "moto", "pydantic"}
CONFIGURATION = {
    "AWS_PROFILE": "missing",
    "AWS_ENDPOINT_URL_LOGS": "http://127.0.0.1:1",
    "CLOUDWATCH_MCP_PROFILES": "missing",
    "http_proxy": "http://127.0.0.1:1",
    "no_proxy": "aws.test",
}


@pytest.fixture(scope="module", autouse=True)
def sandbox_server() -> Iterator[ServerProcess]:
    """A server with its own sandbox, without a home or credentials."""
    with ForkedServer("--sandbox", "--incident", "quiet-day", env={"PATH": os.defpath, **CONFIGURATION}) as process:
        yield process


def run(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(**changes),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def imported_packages(import_times: str) -> set[str]:
    """The top-level packages in the output of `python -X importtime`."""
    return {
        line.rpartition("|")[2].strip().partition(".")[0]
        for line in import_times.splitlines()
        if line.startswith("import time:")
    }


def test_version_prints_the_version() -> None:
    done = run("-m", "cloudwatch_mcp", "--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"cloudwatch-mcp {__version__}\n", "")


def test_help_prints_the_usage_and_the_settings() -> None:
    done = run("-m", "cloudwatch_mcp", "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("usage: cloudwatch-mcp ")
    assert "CLOUDWATCH_MCP_LOG_LEVEL" in done.stdout


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_help_and_version_import_no_slow_package(flag: str) -> None:
    packages = imported_packages(run("-X", "importtime", "-m", "cloudwatch_mcp", flag).stderr)
    assert "argparse" in packages
    assert not packages & SLOW_IMPORTS


@pytest.fixture(scope="module")
def imported() -> tuple[set[str], set[str]]:
    """The modules of a server that has listed its tools, and those after a call that needs no AWS."""
    with ServerProcess(command=(sys.executable, "-c", SHOW_MODULES)) as process:
        process.initialize()
        assert len(process.request("tools/list")["result"]["tools"]) == len(TEN)
        assert not process.call("get_recommended_metric_alarms", namespace="AWS/Lambda", metric_name="Errors").failed
        process.end_input()
        assert process.wait() == 0
        listed, called = process.stderr.splitlines()
    return set(listed.split()), set(called.split())


def test_the_server_imports_neither_boto3_nor_moto_before_the_first_aws_call(
    imported: tuple[set[str], set[str]],
) -> None:
    _, called = imported
    assert SLOW_IMPORTS & called == SLOW_IMPORTS - {"boto3", "botocore", "moto"}


def test_the_server_lists_its_tools_before_it_imports_what_only_calls_need(
    imported: tuple[set[str], set[str]],
) -> None:
    ours = [{name.split(".")[1] for name in names if name.startswith("cloudwatch_mcp.")} for names in imported]
    only_calls = {"alarms", "logs", "metrics", "tools"}
    assert "server" in ours[0]
    assert not {*only_calls, "recording", "sandbox"} & ours[0]
    assert only_calls <= ours[1]


def test_without_configuration_opentelemetrys_sdk_is_not_imported(imported: tuple[set[str], set[str]]) -> None:
    _, called = imported
    assert "opentelemetry.trace" in called
    assert not {"opentelemetry.sdk", "opentelemetry.exporter"} & called


def test_an_invalid_setting_ends_the_command_with_one_line() -> None:
    done = run("-m", "cloudwatch_mcp", CLOUDWATCH_MCP_MAX_SCAN_GB="lots")
    assert (done.returncode, done.stdout) == (1, "")
    message = "CLOUDWATCH_MCP_MAX_SCAN_GB='lots' is invalid: it must be a positive number."
    assert done.stderr == f"cloudwatch-mcp: {message}\n"


def test_the_demo_runs_without_the_users_aws_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CONFIGURATION.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(demo, "run", lambda _, **__: len(CONFIGURATION.keys() & os.environ.keys()))
    monkeypatch.setattr(cli, "_leave", sys.exit)
    with pytest.raises(SystemExit) as ended:
        cli.main(["demo"])
    assert ended.value.code == 2  # http_proxy and no_proxy stay: the sandbox's environment overrides them


def test_a_sandbox_session_ignores_the_users_configuration_and_writes_only_json_rpc_to_stdout(
    sandbox_server: ServerProcess,
) -> None:
    assert sandbox_server.initialize()["serverInfo"]["version"] == __version__
    tools = sandbox_server.request("tools/list")["result"]["tools"]
    assert sorted(tool["name"] for tool in tools) == TEN
    for tool in ("get_active_alarms", "describe_log_groups"):
        request = sandbox_server.begin("tools/call", name=tool, arguments={})
        assert not sandbox_server.reply(request).failed
    sandbox_server.end_input()
    assert sandbox_server.wait() == 0
    assert re.fullmatch(r"cloudwatch-mcp: the sandbox is at http://127\.0\.0\.1:\d+\n", sandbox_server.stderr)
    assert [message["id"] for message in sandbox_server.messages] == [1, 2, 3, 4]
