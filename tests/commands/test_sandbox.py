"""`cloudwatch-mcp sandbox`: what it prints, what it serves, and how it ends."""

from __future__ import annotations

import json
import shlex
import signal
import socket
from datetime import datetime, timezone

import pytest

from cloudwatch_mcp import cli
from cloudwatch_mcp.commands.options import parse
from cloudwatch_mcp.commands.sandbox import run
from cloudwatch_mcp.sandbox import Sandbox
from tests.support.endpoint import PATIENCE
from tests.support.forked_process import ForkedProcess
from tests.support.sandbox_clients import client_of
from tests.support.server_process import environment


def test_any_aws_client_writes_and_reads_until_a_signal_ends_it() -> None:
    arguments = ["sandbox", "--empty", "--json", "--at", "2026-11-20T12:00:00+01:00"]
    with ForkedProcess(arguments, environment(AWS_PROFILE="missing")) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        printed = json.loads(process.stdout.readline())
        assert printed["environment"]["AWS_ENDPOINT_URL"] == printed["endpoint_url"]
        logs = client_of("logs", printed["endpoint_url"])
        assert logs.describe_log_groups()["logGroups"] == []
        logs.create_log_group(logGroupName="/app")
        (group,) = logs.describe_log_groups()["logGroups"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 0
        messages = process.stderr.read().decode()
    assert datetime.fromtimestamp(group["creationTime"] / 1000, timezone.utc).isoformat() == printed["now"]
    assert (printed["incident"], printed["now"]) == (None, "2026-11-20T11:00:00+00:00")
    assert f"Offline CloudWatch at {printed['endpoint_url']} with no data, at 2026-11-20 11:00:00 UTC." in messages


@pytest.fixture
def in_shell(capsys: pytest.CaptureFixture[str]) -> tuple[list[list[str]], str]:
    """The shell commands and the messages of an empty sandbox."""
    assert run(Sandbox(incident=None), in_json=False, wait=lambda: None) == 0
    out, err = capsys.readouterr()
    return [shlex.split(line) for line in out.splitlines()], err


def test_a_shell_gets_the_variables_and_loses_those_that_lead_elsewhere(in_shell: tuple[list[list[str]], str]) -> None:
    (unset, *exports), messages = in_shell
    assert unset[0] == "unset"
    assert "AWS_PROFILE" in unset
    variables = dict(words[1].split("=", 1) for words in exports)
    assert variables["AWS_DEFAULT_REGION"] == variables["AWS_REGION"] == "us-east-1"
    assert f"Offline CloudWatch at {variables['AWS_ENDPOINT_URL']} with no data. Ctrl-C stops it.\n" in messages


def test_progress_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    run(Sandbox(incident="quiet-day"), in_json=True, wait=lambda: None)
    out, err = capsys.readouterr()
    assert json.loads(out)["incident"] == "quiet-day"
    assert err.splitlines()[:2] == [
        "[  0%] Loading the offline CloudWatch ...",
        "[ 30%] Writing the incident quiet-day ...",
    ]


def refusal(*arguments: str) -> str:
    with pytest.raises(SystemExit) as ended:
        cli.main(["sandbox", *arguments])
    return str(ended.value.code)


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        expected = f"cloudwatch-mcp: The sandbox cannot listen on port {port}: Address already in use."
        assert refusal("--empty", "--port", str(port)).startswith(expected)


def test_an_unknown_incident_is_refused_with_those_that_there_are() -> None:
    assert "no incident 'fire'. It has: checkout-failures, " in refusal("--incident", "fire")


def test_a_time_that_cannot_be_read_is_refused() -> None:
    assert "--at: cannot read 'noon' as a time" in refusal("--at", "noon")


@pytest.mark.parametrize("port", ["70000", "-1", "http", "1.5"])
def test_what_is_no_port_is_refused(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["sandbox", f"--port={port}"])
    assert f"'{port}' is not a port: give a number up to 65535" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (["--replay", "x", "sandbox"], "--replay cannot be used with the command sandbox."),
        (["--incident", "quiet-day"], "--incident cannot be used without --sandbox."),
    ],
)
def test_options_that_contradict_each_other_are_refused(arguments: list[str], reason: str) -> None:
    with pytest.raises(SystemExit, match=reason):
        parse(arguments)


def test_the_incident_can_stand_on_both_sides_of_the_command() -> None:
    assert parse(["sandbox", "--incident", "quiet-day"]).incident == "quiet-day"
    assert parse(["--incident", "quiet-day", "demo"]).incident == "quiet-day"
    assert parse(["sandbox"]).incident is None
