"""A compiled query: its stages, which are functions of rows, and its result columns."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.insights import patterns
from cloudwatch_mcp.sandbox.insights.aggregates import Aggregate
from cloudwatch_mcp.sandbox.insights.events import Event
from cloudwatch_mcp.sandbox.insights.values import Expression, Read, sort_key

Run = Callable[[Sequence[Any]], Sequence[Any]]


class Stage(NamedTuple):
    run: Run
    filters_events: bool = False
    # The earlier window that a diff command compares with.
    compares_with: str | None = None


@dataclass
class Pipeline:
    stages: list[Stage] = field(default_factory=list)
    columns: list[tuple[str, Expression]] = field(default_factory=list)
    limited: bool = False
    # The options of the SOURCE command; None without it.
    source: dict[str, list[str]] | None = None
    # Those of a subquery's SOURCE command; without any, they are those of the query.
    log_groups: Sequence[str] = ()
    # Commands that Infrequent Access log groups do not support (docs: CWL_AnalyzeLogData_Classes).
    standard_class_only: list[str] = field(default_factory=list)
    subqueries: list[Subquery] = field(default_factory=list)

    def rows(self, events: Sequence[Event], earlier: Callable[[str], Sequence[Event]]) -> tuple[Sequence[Any], int]:
        """The rows after the last stage, and the number of events that matched the filters."""
        rows: Sequence[Any] = events
        matched = len(events)
        for position, stage in enumerate(self.stages):
            if stage.compares_with is not None:
                before, _ = Pipeline(self.stages[:position]).rows(earlier(stage.compares_with), earlier)
                rows = patterns.difference(rows, before)
            rows = stage.run(rows)
            matched = len(rows) if stage.filters_events else matched
        return rows, matched


@dataclass
class Subquery(Pipeline):
    values: frozenset[str] = frozenset()


def grouping(keys: Sequence[Read], aggregates: Sequence[Aggregate], results: Sequence[tuple[str, Expression]]) -> Run:
    readers = [expression.read for _, expression in results]

    def result(key: tuple[Any, ...], rows: Sequence[Any]) -> tuple[Any, ...]:
        values = [aggregate(rows) for aggregate in aggregates]
        return (*key, *[read(values) for read in readers])

    def run(rows: Sequence[Any]) -> list[tuple[Any, ...]]:
        if not keys:
            return [result((), rows)]
        if len(keys) == 1:
            return [result((key,), group) for key, group in _group_by(rows, keys[0]).items()]
        return [result(key, group) for key, group in _group_by(rows, _all(keys)).items()]

    return run


def _all(readers: Sequence[Read]) -> Callable[[Any], tuple[Any, ...]]:
    return lambda row: tuple([read(row) for read in readers])


def _group_by(rows: Sequence[Any], key: Read) -> dict[Any, list[Any]]:
    groups: dict[Any, list[Any]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    return groups


def sorting(keys: Sequence[tuple[Read, bool]]) -> Run:
    def run(rows: Sequence[Any]) -> list[Any]:
        ordered = list(rows)
        for read, descending in reversed(keys):
            ordered.sort(key=_sort_key_of(read), reverse=descending)
        return ordered

    return run


def _sort_key_of(read: Read) -> Read:
    return lambda row: sort_key(read(row))


def unnesting(read: Read) -> Run:
    """Pairs of a row and each item of its list; a value that is no list counts as a list with one item."""

    def run(rows: Sequence[Any]) -> list[tuple[Any, Any]]:
        values = ((row, read(row)) for row in rows)
        return [(row, item) for row, value in values for item in (value if isinstance(value, list) else [value])]

    return run


def distinct(rows: Sequence[Any], readers: Sequence[Read]) -> list[Any]:
    """The first row of each combination of values; a row that lacks a value is never a duplicate."""
    read_key, seen, kept = _all(readers), set(), []
    for row in rows:
        key = read_key(row)
        if None in key or key not in seen:
            kept.append(row)
        seen.add(key)
    return kept
