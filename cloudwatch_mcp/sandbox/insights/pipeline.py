"""A compiled query: its stages and its result columns."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.insights import patterns
from cloudwatch_mcp.sandbox.insights.events import Event
from cloudwatch_mcp.sandbox.insights.stages import Run
from cloudwatch_mcp.sandbox.insights.values import Expression


class Stage(NamedTuple):
    run: Run
    filters_events: bool = False
    # The earlier window that a diff command compares with.
    compares_with: str | None = None


@dataclass
class Subquery:
    log_groups: Sequence[str]
    pipeline: Pipeline
    values: frozenset[str] = frozenset()


@dataclass
class Pipeline:
    stages: list[Stage] = field(default_factory=list)
    columns: list[tuple[str, Expression]] = field(default_factory=list)
    limited: bool = False
    # The options of the SOURCE command; None without it.
    source: dict[str, list[str]] | None = None
    # Commands that Infrequent Access log groups do not support (docs: CWL_AnalyzeLogData_Classes).
    standard_class_only: list[str] = field(default_factory=list)
    subqueries: list[Subquery] = field(default_factory=list)
    # The columns of addtotals col=true; without names, all numeric ones.
    column_totals: list[str] | None = None

    def run(self, events: Sequence[Event], earlier: Callable[[str], Sequence[Event]]) -> tuple[Sequence[Any], int]:
        """The rows after the last stage, and the number of events that matched the filters."""
        rows: Sequence[Any] = events
        matched = len(events)
        for position, stage in enumerate(self.stages):
            if stage.compares_with is not None:
                before, _ = Pipeline(self.stages[:position]).run(earlier(stage.compares_with), earlier)
                rows = patterns.difference(rows, before)
            rows = stage.run(rows)
            matched = len(rows) if stage.filters_events else matched
        return rows, matched
