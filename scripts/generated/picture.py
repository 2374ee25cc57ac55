"""docs/demo.svg: an investigation whose answers are the tests' snapshots."""

from __future__ import annotations

import io
import json
import re

from rich.console import Console
from rich.text import Text

from cloudwatch_mcp.commands.demo_report import as_typed, digest
from cloudwatch_mcp.recording import load
from tests.support.places import ROOT

# A question, the case that answers it, and the members of the answer to show, as in demo_steps.py.
CONVERSATION = (
    (
        "I was paged. Which alarms are firing?",
        "get_active_alarms/incident",
        {"composite_alarms": ("name", "triggered_by"), "metric_alarms": ("name", "since", "condition")},
    ),
    (
        "When did the checkout alarm go off, and which of its component alarms caused it?",
        "get_alarm_history/composite_with_children",
        {"transitions": ("time", "from", "to"), "components": ("name", "state", "since")},
    ),
    (
        "What tells the slow payments from the others?",
        "analyze_log_group/incident",
        {
            "anomalies": ("priority", "description", "occurrences"),
            "differs": ("field", "condition", "in_question", "elsewhere"),
            "top_patterns": ("count", "severity", "sample.msg"),
        },
    ),
    (
        "What was deployed before that?",
        "execute_log_insights_query/json_messages",
        {"results": ("@message.time", "@message.service", "@message.from", "@message.to", "@message.change")},
    ),
)
_WIDTH = 110


def draw() -> str:
    console = Console(record=True, width=_WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for question, name, members in CONVERSATION:
        (call,) = load(ROOT / "cassettes" / f"{name}.yaml").metadata["calls"]
        tool, _, situation = name.partition("/")
        snapshot = ROOT / "snapshots" / f"test_{tool}" / f"test_{situation}.json"
        answer = json.loads(snapshot.read_text("utf-8"))["answer"]
        console.print(Text(question, style="bold"))
        typed = as_typed(call["tool"], call["arguments"])
        console.print(Text(f"> {typed}", style="cyan"), overflow="fold")
        for line in digest(answer, members, _WIDTH):
            console.print(Text(line, style="green" if line.startswith(" ") else "white"))
        console.print()
    svg = console.export_svg(title="cloudwatch-mcp --sandbox", unique_id="demo")
    without_downloads = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return without_downloads.replace("Fira Code, monospace", "ui-monospace, Menlo, Consolas, monospace")
