"""A case: one tool call in one situation, and the fact that it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from tests.support.asking import Reply
from tests.support.places import ROOT


@dataclass(frozen=True)
class Case:
    """One tool call in one situation, replayed from its cassette; its answer is a snapshot.

    Attributes:
        name: folder = tool, file = situation: "get_alarm_history/flapping".
        target: the most truthful target that can produce it. "aws": a real account, after the incident is seeded
            there with its names prefixed, or the sandbox; "sandbox": only that; "authored": written by hand;
            "none": the tool asks AWS nothing, so there is no cassette.
        says: the fact that this case owns, in one sentence.
        holds: the fact, asserted beside the snapshot.
        fails: whether the answer is a tool error.
        settings: of the server.
        after_query: the arguments of execute_log_insights_query, called before; its query_id is this call's.
        hold_queries: whether the sandbox's queries run until they are stopped.
        root: where cassettes and snapshots are.
    """

    name: str
    arguments: dict[str, Any]
    target: Literal["aws", "sandbox", "authored", "none"]
    says: str
    holds: Callable[[Reply], bool]
    fails: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    after_query: Mapping[str, Any] | None = None
    hold_queries: bool = False
    root: Path = ROOT

    @property
    def tool(self) -> str:
        return self.name.split("/", maxsplit=1)[0]

    @property
    def cassette(self) -> Path:
        return self.root / "cassettes" / f"{self.name}.yaml"

    @property
    def snapshot(self) -> Path:
        return self.root / "snapshots" / "cases" / f"{self.name}.json"


def not_of_a_case(cases: Iterable[Case], root: Path = ROOT) -> list[Path]:
    """The files among cassettes and cases' snapshots that no case uses."""
    used = {path for case in cases for path in (case.cassette if case.target != "none" else None, case.snapshot)}
    files = [*(root / "cassettes").rglob("*"), *(root / "snapshots" / "cases").rglob("*")]
    return sorted(path.relative_to(root) for path in files if path.is_file() and path not in used)
