"""`cloudwatch-mcp --record` and `--replay`, as processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from cloudwatch_mcp import cli
from cloudwatch_mcp.recording import Replay, check, load
from cloudwatch_mcp.recording.redaction import Redaction
from cloudwatch_mcp.server.definitions import definitions
from tests.support.endpoint import PATIENCE, Endpoint
from tests.support.exchanges import ACCOUNT, answer, interaction, one_group, room_for
from tests.support.server_process import SECRET, ForkedServer, environment

Write = Callable[..., Path]
QUESTIONS: list[tuple[str, dict[str, Any]]] = [
    ("get_active_alarms", {}),
    ("describe_log_groups", {"log_group_name_prefix": "/ecs", "include_linked_accounts": True}),
    ("get_alarm_history", {"alarm_name": "no-such-alarm"}),
]


def test_an_investigation_is_recorded_and_replayed_without_aws(sandbox: str, tmp_path: Path) -> None:
    file = tmp_path / "incident.yaml"
    with ForkedServer("--record", str(file), "--redact", "shop", AWS_ENDPOINT_URL=sandbox) as process:
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
    assert len(growing) == len(load(file).requests) == 7
    assert not check(file)
    nothing_of_aws = {"PATH": "/usr/bin:/bin", "AWS_PROFILE": "missing", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
    with ForkedServer("--replay", str(file), env=nothing_of_aws) as process:
        process.initialize()
        played = [process.call(tool, **arguments) for tool, arguments in QUESTIONS * 2]
        other = process.call("get_active_alarms", region="eu-west-1")
    assert "redacted-1-checkout-degraded" in played[0].text
    assert [reply.failed for reply in played] == [reply.failed for reply in seen * 2]
    assert played[:3] == played[3:]
    assert "Recorded calls nearest to this one: get_active_alarms {}" in other.error


def test_a_recording_is_sorted_when_its_input_ends(sandbox: str, tmp_path: Path) -> None:
    file = tmp_path / "incident.yaml"
    with ForkedServer("--record", str(file), AWS_ENDPOINT_URL=sandbox) as process:
        process.initialize()
        seen = process.call("describe_log_groups")
        process.end_input()
        assert process.wait() == 0
    assert file.read_text().startswith("version: 1\n")
    assert load(file).get_metadata("calls", [])[0]["tool"] == "describe_log_groups"
    assert len(Replay(file).unplayed) == 2
    assert "/ecs/shop/payments" in seen.text


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT, None], ids=["SIGTERM", "SIGINT", "end of input"])
def test_a_full_disk_costs_the_end_of_the_recording_and_nothing_else(
    sandbox: str, tmp_path: Path, end: signal.Signals | None
) -> None:
    file = tmp_path / "incident.yaml"
    with room_for(1_000):
        process = ForkedServer("--record", str(file), AWS_ENDPOINT_URL=sandbox)
    with process:
        process.initialize()
        assert not process.call("describe_log_groups").failed
        process.end_input() if end is None else process.signal(end)
        assert process.wait() == (0 if end is None else 128 + end)
    lines = process.stderr.splitlines()
    assert len(lines) == 2
    assert lines[0].endswith(f"ERROR {file} cannot be written: File too large.")
    assert f"ERROR {file} lacks its last " in lines[1]
    assert load(file).get_metadata("calls", None)
    assert list(tmp_path.iterdir()) == [file]


def test_a_disk_that_is_full_at_the_start_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    file = tmp_path / "incident.yaml"
    with room_for(0):
        assert _complaint(capsys, "--record", str(file)) == f"{file} cannot be written: File too large."
    assert not file.exists()


def test_an_account_recognised_late_is_not_in_the_file_of_a_killed_process(tmp_path: Path) -> None:
    file = tmp_path / "incident.yaml"
    answers = iter(
        [answer(logGroups=[{"logGroupName": f"tenant-{ACCOUNT}"}]), answer(queryDefinitions=[])] + [one_group(None)] * 2
    )
    with (
        Endpoint(lambda _: next(answers)) as aws,
        ForkedServer("--record", str(file), AWS_ENDPOINT_URL=aws.url) as process,
    ):
        process.initialize()
        process.call("describe_log_groups", log_group_name_prefix=f"tenant-{ACCOUNT}", max_items=1)
        assert ACCOUNT in file.read_text()
        process.call("describe_log_groups", max_items=1)
        process.signal(signal.SIGKILL)
        process.wait()
    assert ACCOUNT not in file.read_text()
    assert len(load(file).get_metadata("calls", None)) == 2


def test_redact_keeps_the_names_of_tools_and_arguments() -> None:
    redaction = Redaction(["."], names=cli._names_of_tools())
    tools = definitions()
    names = {*tools, *(name for tool in tools.values() for name in _properties(tool.parameters))}
    assert {"get_metric_data", "log_group_name_prefix", "metric_stat", "return_data"} < names
    assert {name for name in names if redaction.name(name) != name} == set()


def _properties(schema: Any) -> Iterator[str]:
    """The names of all members of a JSON schema."""
    if isinstance(schema, list):
        schema = dict(enumerate(schema))
    if isinstance(schema, dict):
        yield from schema["properties"] if isinstance(schema.get("properties"), dict) else ()
        for each in schema.values():
            yield from _properties(each)


def _complaint(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The message with which the command line exits before it serves."""
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
    assert complaint == f"{flags[0]} cannot be used with --replay, which has its own account, Region and time."


def test_redacting_is_for_recording(capsys: pytest.CaptureFixture[str]) -> None:
    assert _complaint(capsys, "--redact", "x") == "--redact cannot be used without --record."


def _record(*arguments: str, call: bool, endpoint: str) -> str:
    """Records a session, with a tool call or without; what the server wrote to stderr."""
    with ForkedServer("--record", *arguments, AWS_ENDPOINT_URL=endpoint) as process:
        process.initialize()
        if call:
            assert not process.call("describe_log_groups").failed
        process.end_input()
        assert process.wait() == 0
        return process.stderr


def test_a_session_after_a_restart_has_a_file_of_its_own_and_both_are_replayed(sandbox: str, tmp_path: Path) -> None:
    file, second = tmp_path / "incident.yaml", tmp_path / "incident-2.yaml"
    with ForkedServer("--record", str(file), AWS_ENDPOINT_URL=sandbox) as process:
        process.initialize()
        alarms = process.call("get_active_alarms")
        process.signal(signal.SIGKILL)
        process.wait()
    before = file.read_bytes()
    stderr = _record(str(file), call=True, endpoint=sandbox)
    assert stderr.endswith(f"WARNING {file} exists, recording to {second}.\n")
    assert stderr.count("\n") == 1
    assert file.read_bytes() == before
    with ForkedServer("--replay", str(file), "--replay", str(second)) as process:
        process.initialize()
        assert not process.call("describe_log_groups").failed
        assert process.call("get_active_alarms") == alarms


def test_sessions_of_different_regions_are_not_replayed_together(
    write: Write, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = write(region="eu-west-1").rename(tmp_path / "other.yaml")
    complaint = _complaint(capsys, "--replay", str(write()), "--replay", str(other))
    assert complaint == "The recordings have different default profiles or Regions: replay one at a time."


def test_a_health_check_leaves_no_file_so_that_the_session_gets_the_name(sandbox: str, tmp_path: Path) -> None:
    file = tmp_path / "incident.yaml"
    assert _record(str(file), call=False, endpoint=sandbox) == ""
    assert list(tmp_path.iterdir()) == []
    assert _record(str(file), call=True, endpoint=sandbox) == ""
    assert list(tmp_path.iterdir()) == [file]


def test_a_directory_is_no_file_to_record_to(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert _complaint(capsys, "--record", str(tmp_path)) == f"{tmp_path} is a directory: name a file in it."


def test_a_path_that_cannot_be_written_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    complaint = _complaint(capsys, "--record", str(tmp_path / "no" / "a.yaml"))
    assert complaint.endswith("a.yaml cannot be written: No such file or directory.")


def test_an_error_of_replay_is_one_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
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
