"""The message patterns of a window against those of an earlier window of the same length."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from cloudwatch_mcp.logs.patterns import SHOWN, Pattern, matches
from cloudwatch_mcp.timerange import Window

Row = dict[str, Any]

_CERTAIN = 4.0  # standard errors of the difference of two Poisson counts
_LARGE = 1.5  # the ratio from which a change matters
_MIN_EVENTS = 5  # of a pattern that is new or gone
_MIN_CONSTANT_CHARS = 10  # a pattern with fewer matches almost any message


@dataclass
class Comparison:
    """The counts of the earlier window: of the patterns that are still there, and of those that are gone.

    `complete` says whether all patterns of the earlier window are known: only then is a pattern new. The counts of
    `unclear` patterns cannot be told apart.
    """

    complete: bool
    before: dict[Pattern, float] = field(default_factory=dict)
    gone: list[Pattern] = field(default_factory=list)
    unclear: set[Pattern] = field(default_factory=set)

    def of(self, pattern: Pattern) -> Row:
        """`before` and `change` of a pattern; empty if they are not known."""
        before = self.before.get(pattern, 0)
        if pattern in self.unclear or (not before and not self.complete):
            return {"before": None, "change": None}
        return {"before": before, "change": change(pattern.count, before)}

    def changed(self, now: Iterable[Pattern], window: Window, earlier: Window) -> list[Row]:
        """The patterns that changed, those that are gone included; what changed most comes first."""
        found = [(pattern, window, self.of(pattern)) for pattern in now]
        found += [(old, earlier, {"count": 0, "before": old.count, "change": "gone"}) for old in self.gone]
        scored = [(_score({"count": pattern.count} | row), pattern, when, row) for pattern, when, row in found]
        certain = sorted((item for item in scored if item[0] >= math.sqrt(_MIN_EVENTS)), key=lambda item: -item[0])
        return [
            {name: (pattern.row(when) | row)[name] for name in _COLUMNS} for _, pattern, when, row in certain[:SHOWN]
        ]


_COLUMNS = ("pattern", "count", "before", "change", "severity", "first_seen", "last_seen")


def compare(now: Sequence[Pattern], earlier: Iterable[Pattern], *, complete: bool) -> Comparison:
    """Find each pattern of the earlier window among those of `now`.

    Two queries may write one pattern differently, if more varies in the events that one of them read. Then a sample of
    one has the pattern of the other.
    """
    comparison = Comparison(complete)
    same = {"<*>".join(pattern.parts): pattern for pattern in reversed(now)}
    rest = []
    for old in earlier:
        new = same.get("<*>".join(old.parts))
        if new is None:
            rest.append(old)
        else:
            _add(comparison, new, old.count)
    unmatched = [pattern for pattern in now if pattern not in comparison.before]
    for old in rest:
        _match_by_sample(comparison, old, now, unmatched)
    return comparison


def _match_by_sample(
    comparison: Comparison, old: Pattern, now: Sequence[Pattern], unmatched: Sequence[Pattern]
) -> None:
    wider = [pattern for pattern in now if _covers(pattern, old)]
    narrower = [pattern for pattern in unmatched if _covers(old, pattern)]
    if wider:
        _add(comparison, max(wider, key=lambda pattern: pattern.constant_chars), old.count)
    elif len(narrower) == 1:
        _add(comparison, narrower[0], old.count)
    elif narrower:
        comparison.unclear.update(narrower)
    else:
        comparison.gone.append(old)


def _add(comparison: Comparison, pattern: Pattern, count: float) -> None:
    comparison.before[pattern] = comparison.before.get(pattern, 0) + count


def _covers(pattern: Pattern, other: Pattern) -> bool:
    """Whether the sample of `other` has the pattern."""
    return pattern.constant_chars >= _MIN_CONSTANT_CHARS and matches(pattern.parts, other.sample or "")


def change(now: float, before: float) -> str | None:
    """`new`, `gone`, or the ratio as `×12`; None if the ratio is small, or may be chance."""
    if not before:
        return "new" if now else None
    if not now:
        return "gone"
    ratio = now / before
    if abs(_standard_errors(now, before)) < _CERTAIN or 1 / _LARGE < ratio < _LARGE:
        return None
    return f"×{float(f'{ratio:.2g}'):g}"


def _score(row: Row) -> float:
    return abs(_standard_errors(row["count"], row["before"])) if row["change"] else 0.0


def _standard_errors(now: float, before: float) -> float:
    return (now - before) / math.sqrt(now + before)
