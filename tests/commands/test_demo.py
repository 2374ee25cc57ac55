"""What `cloudwatch-mcp demo` prints, and its exit code."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar

import pytest
from mcp import Client

from cloudwatch_mcp.commands import demo
from cloudwatch_mcp.commands.demo_report import as_typed, digest
from cloudwatch_mcp.commands.demo_steps import STEPS, Step
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.sandbox import Clock, Incident, Truth
from cloudwatch_mcp.sandbox.incidents import incident
from cloudwatch_mcp.sandbox.kit.incident import Call
from cloudwatch_mcp.server.tool_calls import build_server
from tests.server.test_definitions import TEN
from tests.support.frozen_time import NOW
from tests.support.places import ROOT

TABLE = {
    "columns": ["name", "condition", "sample"],
    "rows": [
        ["errors", "Sum > 5", {"msg": "it failed", "level": "ERROR"}],
        ["latency", "p99 > 2000 for 3 of 3 × 60 s", "no\n  JSON"],
        ["empty cells"],
    ],
    "same": {"since": "2026-11-20T11:10:07Z"},
}
LOOK_UP = Step(
    "What does it mean?",
    "get_metric_metadata",
    {"namespace": "AWS/Lambda", "metric_name": "Errors"},
    lambda answer: answer["unit"] == "Count",
    {"unit": (), "statistics": ()},
)


def test_a_table_shows_the_chosen_columns_and_what_its_rows_have_in_common() -> None:
    assert digest({"alarms": TABLE}, {"alarms": ("name", "since", "sample.msg")}, 80) == [
        "alarms: 3, since 2026-11-20T11:10:07Z",
        "  name         msg",
        "  errors       it failed",
        "  latency      no JSON",
        "  empty cells",
    ]


def test_a_table_without_chosen_columns_shows_all() -> None:
    lines = digest({"alarms": TABLE}, {"alarms": ()}, 80)
    assert lines[1].split() == ["name", "condition", "sample"]


def test_a_column_can_have_a_dot_in_its_name() -> None:
    table = {"columns": ["config.pool"], "rows": [["8"]]}
    assert digest({"results": table}, {"results": ("config.pool",)}, 80) == ["results: 1", "  pool", "  8"]


@pytest.mark.parametrize("width", [20, 30, 40])
def test_a_table_is_as_wide_as_the_terminal_at_most(width: int) -> None:
    lines = digest({"alarms": TABLE}, {"alarms": ("name", "condition")}, width)
    assert max(map(len, lines)) == width
    assert any(line.endswith("...") for line in lines)


def test_a_long_table_ends_with_the_number_of_the_other_rows() -> None:
    answer = {"alarms": [{"threshold": number} for number in range(1_000, 1_010)]}
    lines = digest(answer, {"alarms": ("threshold",)}, 80)
    assert lines[:3] == ["alarms: 10", "  threshold", "  1,000"]
    assert lines[-2:] == ["  1,007", "  ... and 2 more"]


def test_a_series_is_one_line() -> None:
    series = [{"label": "Latency", "values": [400, None, 1200.5, 800]}, {"label": "no points", "values": []}]
    assert digest({"series": series}, {"series": ()}, 80) == ["Latency: ▁█▄  from 400 to 800, at most 1,200.5"]
    assert digest({"series": [{"label": "flat", "values": [3, 3]}]}, {"series": ()}, 80)[0].startswith("flat: ▁▁ ")


def test_other_members_are_a_line_each_and_missing_ones_none() -> None:
    answer = {"done": True, "scanned": {"records": 1_234}, "statistics": ["Sum", "Average"], "hidden": 1}
    shown: dict[str, tuple[str, ...]] = {"done": (), "scanned": (), "statistics": (), "missing": (), "table": ("x",)}
    assert digest(answer, shown, 80) == ["done: yes", "scanned: records 1,234", "statistics: Sum, Average"]


def test_a_long_text_is_wrapped() -> None:
    assert digest({"text": "one two three"}, {"text": ()}, 12) == ["text: one", "  two three"]


def test_a_call_is_shown_as_it_would_be_typed() -> None:
    assert as_typed("get_metric_data", {"metric_name": "Größe", "period": 60}) == (
        'get_metric_data(metric_name="Größe", period=60)'
    )


def test_the_demo_calls_all_ten_tools() -> None:
    assert {step.tool for step in STEPS} == set(TEN)


class NoSandbox(nullcontext["NoSandbox"]):
    environment: ClassVar[dict[str, str]] = {}
    incident: ClassVar[Incident] = incident("checkout-failures")
    clock = Clock(NOW)

    def hold_queries(self, hold: bool) -> None:
        assert not hold


Demo = Callable[..., int]


@pytest.fixture(autouse=True)
def _server_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """The check `demo` starts a process."""
    monkeypatch.setattr(demo, "Client", lambda _: Client(build_server(Settings(), {})))


@pytest.fixture
def run_demo(monkeypatch: pytest.MonkeyPatch) -> Demo:
    """Runs a demo of one tool, which needs no AWS."""
    monkeypatch.setattr(demo, "_TOOLS", 1)

    def run(*steps: Step, **options: bool) -> int:
        monkeypatch.setattr(demo, "STEPS", steps)
        sandbox: AbstractContextManager[Any] = NoSandbox()
        return demo.run(sandbox, **options)

    return run


def test_each_step_is_question_call_digest_and_size(run_demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_demo(LOOK_UP) == 0
    printed = capsys.readouterr().out
    assert (
        "[1/1] What does it mean?\n"
        '    > get_metric_metadata(namespace="AWS/Lambda", metric_name="Errors")\n'
        "    unit: Count\n"
        "    statistics: "
    ) in printed
    assert " characters, " in printed
    assert "\n1 calls of 1 tools: " in printed
    assert '"unit"' not in printed


def test_full_prints_the_answer_as_the_model_gets_it(run_demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    assert run_demo(LOOK_UP, full=True) == 0
    (answer,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("    {")]
    assert json.loads(answer)["unit"] == "Count"


def test_a_wrong_answer_is_printed_in_full_and_fails(run_demo: Demo, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = Step(LOOK_UP.question, LOOK_UP.tool, LOOK_UP.arguments, lambda _: False, LOOK_UP.members)
    assert run_demo(LOOK_UP, wrong) == 1
    printed = capsys.readouterr().out
    assert "; WRONG ANSWER)" in printed
    assert printed.count('"unit":"Count"') == 1
    assert "WRONG: get_metric_metadata\n" in printed


def test_a_demo_without_some_tool_fails(run_demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "_TOOLS", 2)
    assert run_demo(LOOK_UP) == 1


@pytest.mark.parametrize(("shown", "code"), [('"unit":"Count"', 0), ("Percent", 1)])
def test_another_incident_is_solved_by_its_own_calls_and_ends_with_the_truth(
    shown: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert isinstance(LOOK_UP.arguments, dict)
    sandbox = NoSandbox()
    sandbox.incident = Incident(  # type: ignore[misc]  # of this one only
        "flood",
        "A flood",
        "It rains.",
        {"shop": "sells"},
        Truth("The rain.", 12, ["shop"], {"river": "it is dry"}),
        solution=[Call(LOOK_UP.tool, LOOK_UP.arguments, (shown,))],
    )
    assert demo.run(sandbox) == code
    printed = capsys.readouterr().out
    assert "with the incident flood ...\nA flood. It rains.\n" in printed
    assert "\nThe truth: The rain.\n    river is innocent: it is dry.\n" in printed
    assert " --sandbox --incident flood\n" in printed


def test_a_reader_that_has_enough_ends_the_demo_quietly() -> None:
    program = "from cloudwatch_mcp.commands.demo_report import print_line\nwhile True: print_line('line')"
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().split() == [b"line"]
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1
