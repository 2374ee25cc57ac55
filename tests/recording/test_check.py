"""`python -m cloudwatch_mcp.recording check`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudwatch_mcp.recording.__main__ import main
from tests.support.exchanges import interaction

Write = Callable[..., Path]


def alarm(**members: Any) -> dict[str, Any]:
    return interaction("DescribeAlarms", {}, {"MetricAlarms": [{"AlarmName": "a", **members}]})


def test_clean_files_are_counted(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(write(alarm()).parent)]) == 0
    assert capsys.readouterr().out == "1 checked: no leak, nothing that AWS's model does not allow.\n"


def test_a_leak_has_its_file_and_line_and_what_to_do(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(alarm(AlarmDescription="ask jane@corp.io"))
    number = next(n for n, line in enumerate(path.read_text().splitlines(), start=1) if "jane" in line)
    assert main(["check", str(path)]) == 1
    out = capsys.readouterr().out
    assert out.startswith(f"{path}:{number}: e-mail address\nLeaks: record again with --redact REGEX")
    assert "jane" not in out


def test_a_violation_of_the_model_says_what_to_do(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(alarm(Period="1"))
    assert main(["check", str(path)]) == 1
    assert capsys.readouterr().out == (
        f"{path}: DescribeAlarms, answer: MetricAlarms[0].Period is str, not integer\n"
        "Not of AWS's model: record again, or fix what was written by hand.\n"
    )


def test_a_file_that_is_not_a_cassette_is_a_finding(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none.yaml")]) == 1
    assert "none.yaml cannot be read: No such file or directory" in capsys.readouterr().out
