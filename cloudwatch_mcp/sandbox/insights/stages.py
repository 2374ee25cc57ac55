"""The functions of rows that commands compile to."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

from cloudwatch_mcp.sandbox.insights.aggregates import Aggregate
from cloudwatch_mcp.sandbox.insights.values import Expression, Read, sort_key

Run = Callable[[Sequence[Any]], Sequence[Any]]


def grouping(keys: Sequence[Read], aggregates: Sequence[Aggregate], results: Sequence[tuple[str, Expression]]) -> Run:
    readers = [expression.read for _, expression in results]

    def result(key: tuple[Any, ...], rows: Sequence[Any]) -> tuple[Any, ...]:
        values = [aggregate(rows) for aggregate in aggregates]
        return (*key, *[read(values) for read in readers])

    def run(rows: Sequence[Any]) -> list[tuple[Any, ...]]:
        if not keys:
            return [result((), rows)]
        if len(keys) == 1:
            (read,) = keys
            return [result((key,), group) for key, group in _group_by(rows, read).items()]
        return [result(key, group) for key, group in _group_by(rows, _all(keys)).items()]

    return run


def row_total(readers: Sequence[Read]) -> Read:
    def total(row: Any) -> Any:
        numbers = [value for value in [read(row) for read in readers] if value is not None]
        return sum(numbers) if numbers else None

    return total


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


def distinct(rows: Sequence[Any], readers: Sequence[Read]) -> list[Any]:
    """The first row of each combination of values; a row that lacks a value is never a duplicate."""
    seen: set[tuple[Any, ...]] = set()
    distinct = []
    for row in rows:
        key = tuple([read(row) for read in readers])
        if None not in key and key in seen:
            continue
        seen.add(key)
        distinct.append(row)
    return distinct
