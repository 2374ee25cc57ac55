"""The message patterns of a log group, as the `pattern` command of Logs Insights gives them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

from cloudwatch_mcp.answers.text import clip, json_or_text
from cloudwatch_mcp.aws import embedded_json
from cloudwatch_mcp.logs.focus import has_error_word, has_sign_of_trouble
from cloudwatch_mcp.logs.query_results import Results
from cloudwatch_mcp.timerange import Window, from_millis

Row = dict[str, Any]

SHOWN = 5
MAX_PATTERNS = 200
PATTERNS = f"pattern @message | sort @sampleCount desc | limit {MAX_PATTERNS}"
CLASSES_WITHOUT_PATTERNS = ("INFREQUENT_ACCESS", "DELIVERY")  # docs: CWL_AnalyzeLogData_Classes

_VARIABLE = re.compile(r"<\*>|<[A-Za-z][\w ]*-\d+>")  # <Token-1> in newer documents
_KEY = re.compile(r"""([\w.-]+)["']?\s*[:=]\s*["']?$""")
_MILLIS = re.compile(r"[0-9]{1,14}")
_5XX = re.compile(r"5\d\d")
_ERRORS = ("error", "fatal", "critical")
_MAX_VALUES, _MAX_VALUE_CHARS, _MAX_TOKENS = 5, 40, 6
_NEARLY_ALL = 0.99  # of a pattern's events have one of the listed values
_SLICE = 60_000  # milliseconds: the shortest slice of time in `@visualization`
_EDGE = 20  # a pattern seen in the first twentieth of the window is as old as the window


class _Token(NamedTuple):
    """A variable part of a pattern, `position` counted from 1, and the events with each of its values."""

    position: int
    counts: dict[str, Any]
    is_error_code: bool


@dataclass(frozen=True, eq=False)
class Pattern:
    """One row of the answer to PATTERNS, equal to itself only; any column may be missing or malformed."""

    columns: dict[str, str]
    slice_width: int = _SLICE  # milliseconds

    @property
    def text(self) -> str | None:
        return self.columns.get("@pattern")

    @cached_property
    def count(self) -> float:
        return _number(self.columns.get("@sampleCount")) or 0

    @property
    def severity(self) -> str | None:
        label = self.columns.get("@severityLabel")
        return None if label == "None" else label

    @cached_property
    def sample(self) -> str | None:
        """The message of the first of `@logSamples`, a JSON list of samples."""
        listed = embedded_json.parsed(self.columns.get("@logSamples"))
        first = listed[0] if isinstance(listed, list) and listed else None
        if isinstance(first, dict):
            return embedded_json.text(first.get("logEvent")) or embedded_json.text(first.get("message"))
        return embedded_json.text(first)

    @cached_property
    def parts(self) -> list[str]:
        """The constant parts of the text, between what varies."""
        return _VARIABLE.split(self.text or "")

    @cached_property
    def constant_chars(self) -> int:
        return sum(map(len, self.parts))

    @cached_property
    def rank_of_trouble(self) -> int:
        """0 for errors, 1 for other signs of trouble, 2 for none."""
        severity = (self.severity or "").lower()
        values = (value for token in self._tokens for value in token.counts)
        text = "\n".join([" ".join(self.parts), self.sample or "", *values])
        if severity in _ERRORS or has_error_word(text):
            return 0
        codes = (value for token in self._tokens if token.is_error_code for value in token.counts)
        is_trouble = severity.startswith("warn") or has_sign_of_trouble(text) or any(map(_5XX.fullmatch, codes))
        return 1 if is_trouble else 2

    @cached_property
    def _tokens(self) -> list[_Token]:
        """The variable tokens."""
        found = []
        for token in embedded_json.mappings(embedded_json.parsed(self.columns.get("@tokens"))):
            position = token.get("dynamicTokenPosition")
            if type(position) is int and position > 0:
                counts = embedded_json.mapping(token.get("enumerations"))
                found.append(_Token(position, counts, token.get("isErrorCode") is True))
        return sorted(found, key=lambda token: token.position)

    def values(self) -> dict[str, dict[str, float]] | None:
        """The shares of the values of each variable token that has few, by its key in the message or its position."""
        found: dict[str, dict[str, float]] = {}
        for position, counts, _ in self._tokens:
            if not 0 < len(counts) <= min(_MAX_VALUES, self.count / 2) or not all(map(_is_count, counts.values())):
                continue
            total = sum(counts.values())
            if total >= _NEARLY_ALL * self.count and len(found) < _MAX_TOKENS:
                name = self._key(position)
                shares = {clip(value, _MAX_VALUE_CHARS): _share(count / total) for value, count in counts.items()}
                found[f"{name} ({position})" if name in found else name] = shares
        return found or None

    def _key(self, position: int) -> str:
        before = self.parts[position - 1] if position <= len(self.parts) else ""
        key = _KEY.search(before[-80:])
        return key[1] if key else f"<*> {position}"

    @cached_property
    def slices(self) -> list[int]:
        """The starts of the slices of time in which the pattern was seen, in epoch milliseconds."""
        histogram = embedded_json.mapping(self.columns.get("@visualization"))
        counts = embedded_json.mapping(histogram.get("timeWindowCountMapping"))
        return sorted(
            int(time) for time, count in counts.items() if _MILLIS.fullmatch(time) and _is_count(count) and count
        )

    def seen(self, window: Window) -> tuple[str | None, str | None]:
        """The starts of the first and last slices with the pattern; None where it reaches the window's edge."""
        if not self.slices:
            return None, None
        start, end = window.start.timestamp() * 1000, window.end.timestamp() * 1000
        edge = max((end - start) / _EDGE, self.slice_width)
        first, last = self.slices[0], self.slices[-1]
        return from_millis(first) if first > start + edge else None, from_millis(last) if last < end - edge else None

    def row(self, window: Window) -> Row:
        first, last = self.seen(window)
        return {
            "pattern": self.text,
            "count": self.count,
            "ratio": _number(self.columns.get("@ratio")),
            "severity": self.severity,
            "first_seen": first,
            "last_seen": last,
            "values": self.values(),
            "sample": self.sample,
        }


def read_patterns(results: Results | None) -> list[Pattern]:
    """The patterns; the width of their slices is seen in the most common ones, which are in most slices."""
    rows = results.rows if results else []
    common = [Pattern(row).slices for row in rows[:SHOWN]]
    gaps = [later - earlier for slices in common for earlier, later in pairwise(slices)]
    width = max(_SLICE, min(gaps, default=_SLICE))
    return [Pattern(row, width) for row in rows]


def patterns_of_trouble(patterns: Iterable[Pattern]) -> list[Pattern]:
    """The patterns with a sign of trouble: errors first, the most frequent first."""
    troubled = [pattern for pattern in patterns if pattern.rank_of_trouble < 2]
    return sorted(troubled, key=lambda pattern: (pattern.rank_of_trouble, -pattern.count))


def without_known_samples(anomalies: list[Row], samples: list[str]) -> list[Row]:
    """The anomalies, without a sample where one of `samples`, those of patterns, is such a message already."""
    return [
        anomaly | {"sample": None}
        if any(matches(_VARIABLE.split(anomaly["pattern"] or ""), message) for message in samples)
        else anomaly
        for anomaly in anomalies
    ]


def with_json_samples(rows: list[Row]) -> list[Row]:
    """The rows; a sample that is a JSON object becomes that object."""
    return [row | {"sample": json_or_text(row["sample"] or "")} for row in rows]


def matches(parts: list[str], message: str) -> bool:
    """Whether the message has the parts of a pattern, with any text between them."""
    first, *others = parts
    if not others or not message.startswith(first):
        return first == message
    position = len(first)
    for part in others:
        index = message.find(part, position)
        if index < 0:
            return False
        position = index + len(part)
    return message.endswith(others[-1])


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _share(share: float) -> float:
    return float(f"{share:.2g}")


def _is_count(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value < math.inf
