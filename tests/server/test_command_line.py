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
from tests.support.server_process import ServerProcess, environment

LIST_TOOLS = """
import anyio, sys
from cloudwatch_mcp import cli

run = anyio.run

def list_tools(_serve, server, _leave):
    count = len(run(server.list_tools))
    print(count, *{name.split(".")[1] for name in sys.modules if name.startswith("cloudwatch_mcp.")})
    return 0

anyio.run = list_tools
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
    with ServerProcess("--sandbox", "--incident", "quiet-day", env={"PATH": os.defpath, **CONFIGURATION}) as process:
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


def test_the_server_imports_neither_boto3_nor_moto_before_the_first_aws_call() -> None:
    with ServerProcess(command=(sys.executable, "-X", "importtime", "-m", "cloudwatch_mcp")) as process:
        process.initialize()
        assert not process.call("get_recommended_metric_alarms", namespace="AWS/Lambda", metric_name="Errors").failed
        process.end_input()
        process.wait()
        assert SLOW_IMPORTS & imported_packages(process.stderr) == SLOW_IMPORTS - {"boto3", "botocore", "moto"}


def test_the_server_lists_its_tools_before_it_imports_what_only_calls_need() -> None:
    count, *imported = run("-c", LIST_TOOLS).stdout.split()
    assert count == "10"
    assert "server" in imported
    assert not {"alarms", "logs", "metrics", "recording", "sandbox", "tools"} & set(imported)


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
