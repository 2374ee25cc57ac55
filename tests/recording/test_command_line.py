"""`cloudwatch-mcp --record` and `--replay`, as processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudwatch_mcp import cli
from cloudwatch_mcp.recording import Replay, check, load
from tests.recording.exchanges import interaction
from tests.stdio import PATIENCE, SECRET, ServerProcess, environment

Write = Callable[..., Path]
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("get_active_alarms", {}),
    ("describe_log_groups", {"log_group_name_prefix": "/ecs", "include_linked_accounts": True}),
    ("get_alarm_history", {"alarm_name": "no-such-alarm"}),
]


def test_an_investigation_is_recorded_and_replayed_without_aws(sandbox: str, tmp_path: Path) -> None:
    file = tmp_path / "incident.yaml"
    with ServerProcess("--record", str(file), "--redact", "shop", AWS_ENDPOINT_URL=sandbox) as process:
        process.initialize()
        seen = [process.call(tool, **arguments) for tool, arguments in QUESTIONS]
        growing = [operation.body for operation in load(file).requests]
        process.signal(signal.SIGTERM)
        assert process.wait() == 143
    assert "shop-checkout-degraded" in seen[0].text
    text = file.read_text()
    assert text.startswith("version: 1\n")
    assert "shop" not in text
    assert SECRET not in text
    assert len(growing) == len(load(file).requests) == 6
    assert not check(file)
    nothing_of_aws = {"PATH": "/usr/bin:/bin", "AWS_PROFILE": "missing", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    with ServerProcess("--replay", str(file), env=nothing_of_aws) as process:
        process.initialize()
        played = [process.call(tool, **arguments) for tool, arguments in QUESTIONS * 2]
        other = process.call("get_active_alarms", region="eu-west-1")
    assert "redacted-1-checkout-degraded" in played[0].text
    assert [reply.failed for reply in played] == [reply.failed for reply in seen * 2]
    assert played[:3] == played[3:]
    assert "Recorded calls nearest to this one: get_active_alarms {}" in other.error


def test_a_recording_is_put_in_order_when_its_input_ends(sandbox: str, tmp_path: Path) -> None:
    file = tmp_path / "incident.yaml"
    with ServerProcess("--record", str(file), AWS_ENDPOINT_URL=sandbox) as process:
        process.initialize()
        seen = process.call("describe_log_groups")
        process.end_input()
        assert process.wait() == 0
    assert file.read_text().startswith("version: 1\n")
    assert load(file).get_metadata("calls", [])[0]["tool"] == "describe_log_groups"
    assert len(Replay(file).unplayed) == 2
    assert "/ecs/shop/payments" in seen.text


def _complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command line says and leaves with, before it serves."""
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert capsys.readouterr().out == ""
    text = str(left.value)
    assert text.startswith("cloudwatch-mcp: ")
    assert "\n" not in text
    return text.removeprefix("cloudwatch-mcp: ")


@pytest.mark.parametrize(
    "flags", [("--record", "b"), ("--sandbox",), ("--profile", "p"), ("--region", "r"), ("--redact", "x")]
)
def test_a_replay_stands_alone(capsys: pytest.CaptureFixture[str], flags: tuple[str, ...]) -> None:
    complaint = _complaint(capsys, "--replay", "a", *flags)
    assert complaint == f"--replay has its own account, Region and time: leave {flags[0]} out."


def test_redacting_is_for_recording(capsys: pytest.CaptureFixture[str]) -> None:
    assert _complaint(capsys, "--redact", "x") == "--redact is for --record: leave --redact out."


def test_a_recording_replaces_no_file(capsys: pytest.CaptureFixture[str], write: Write) -> None:
    file = write()
    before = file.read_bytes()
    assert _complaint(capsys, "--record", str(file)) == f"{file} exists: name another file, or remove it."
    assert file.read_bytes() == before


def test_a_path_that_cannot_be_written_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    complaint = _complaint(capsys, "--record", str(tmp_path / "no" / "a.yaml"))
    assert complaint.endswith("a.yaml cannot be written: No such file or directory.")


def test_what_cannot_be_replayed_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert "cannot be read: No such file" in _complaint(capsys, "--replay", str(tmp_path / "none.yaml"))


@pytest.mark.parametrize("flag", ["--record", "--replay"])
def test_the_extra_is_named_where_vcrpy_is_missing(write: Write, flag: str) -> None:
    file = write(interaction("DescribeAlarms", {}, {}))
    code = f"import sys; sys.modules['vcr'] = None; from cloudwatch_mcp.cli import main; main(['{flag}', '{file}'])"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"cloudwatch-mcp: {flag} needs the extra `record`: install cloudwatch-mcp[record] (")
    assert done.stderr.count("\n") == 1
