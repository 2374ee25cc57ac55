"""The README's command lines, run as they stand there."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pytest

from cloudwatch_mcp import cli
from cloudwatch_mcp.recording.__main__ import main as recording_main
from tests.support.places import ROOT
from tests.support.stdio import ServerProcess

README = (ROOT / "README.md").read_text("utf-8")
LINES = [
    line.partition("   #")[0]
    for block in re.findall(r"(?ms)^```sh\n(.+?)^```", README)
    for line in block.splitlines()
    if line
]
ELSEWHERE = {
    "scripts/demo": "scripts/gates runs what it runs after setting up",
    "claude mcp add cloudwatch -- cloudwatch-mcp --sandbox": "tests/server/test_command_line.py: sandbox_server",
}
SERVING = [line for line in LINES if line.startswith("claude mcp add ") and line not in ELSEWHERE]
PRINTING = [line for line in LINES if line.startswith("cloudwatch-mcp ")]


def test_every_command_line_is_run() -> None:
    assert sorted({*SERVING, *PRINTING, *ELSEWHERE}) == sorted(LINES)


@pytest.mark.parametrize("line", PRINTING)
def test_a_command_does_what_the_readme_says(
    line: str, sandbox: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    (tmp_path / "config").write_text("[profile prod]\naws_access_key_id = testing\naws_secret_access_key = testing\n")
    monkeypatch.setattr(cli, "_enter_sandbox", lambda: None)  # there already
    monkeypatch.setattr(cli, "_leave", sys.exit)
    with pytest.raises(SystemExit) as left:
        cli.main(shlex.split(line)[1:])
    assert left.value.code == 0
    assert "logs:StartQuery" in capsys.readouterr().out


def test_what_an_assistant_is_told_to_start_answers_and_what_it_recorded_is_replayed(
    sandbox: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config").write_text(
        f"[profile your-profile]\nendpoint_url = {sandbox}\n"
        "aws_access_key_id = testing\naws_secret_access_key = testing\n"
    )
    answers: list[str] = []
    for line in SERVING:
        options, command = line.split(" -- ")
        named = dict(pair.split("=") for pair in re.findall(r"--env (\S+)", options))
        arguments = shlex.split(command)[1:]
        with ServerProcess(*arguments, AWS_CONFIG_FILE=str(tmp_path / "config"), **named) as process:
            process.initialize()
            answers.append(process.call("get_active_alarms").text)
            process.end_input()
            assert process.wait() == 0
    on_aws, recorded, replayed = answers
    assert '"region":"eu-west-1"' in on_aws
    assert '"shop-checkout-degraded"' in recorded
    assert recorded == replayed
    assert "python -m cloudwatch_mcp.recording check incident.yaml" in README
    assert recording_main(["check", "incident.yaml"]) == 0
