"""Reads what an analysis of a log group consists of: anomalies, patterns of two windows, and two samples of events."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from cloudwatch_mcp.aws.calls import Aws, settle
from cloudwatch_mcp.errors import CloudWatchError, InputError, quote
from cloudwatch_mcp.logs.anomalies import Anomalies, read_anomalies
from cloudwatch_mcp.logs.focus import Focus
from cloudwatch_mcp.logs.groups import Beginning, LogGroup
from cloudwatch_mcp.logs.patterns import CLASSES_WITHOUT_PATTERNS, MAX_PATTERNS, PATTERNS
from cloudwatch_mcp.logs.query_results import Results
from cloudwatch_mcp.logs.samples import Samples, read_samples
from cloudwatch_mcp.timerange import Window, parse_length

RunQuery = Callable[[str, Window], Awaitable[Results]]


@dataclass(frozen=True)
class Question:
    """What to analyze: a log group in a window, compared with the earlier one, if any.

    `beginning` is the group's, if it is known.
    """

    group: LogGroup
    window: Window
    earlier: Window | None
    focus: Focus
    beginning: Beginning | None = None

    @property
    def has_patterns(self) -> bool:
        return self.group.log_class not in CLASSES_WITHOUT_PATTERNS


@dataclass(frozen=True)
class Analysis:
    """The answers to a question; a part is None if it failed, was not asked for, or the class does not support it."""

    question: Question
    anomalies: Anomalies | None
    patterns: Results | None
    patterns_before: Results | None
    samples: Samples | None
    failures: list[str]

    @property
    def is_comparable(self) -> bool:
        """Whether the counts of both windows are final."""
        both = (self.patterns, self.patterns_before)
        return all(patterns is not None and patterns.complete for patterns in both)

    @property
    def queries(self) -> list[Results]:
        sampled = (self.samples.in_question, self.samples.others) if self.samples else ()
        return [query for query in (self.patterns, self.patterns_before, *sampled) if query is not None]


def comparison_window(window: Window, compare_to: str | None) -> Window | None:
    """The earlier window to compare with: by default the one just before; None for `none`.

    Raises:
        InputError: `compare_to` is not a length of time, or the windows would overlap.
    """
    if compare_to is None:
        return window.earlier(window.end - window.start)
    if compare_to.strip().lower() == "none":
        return None
    length = parse_length(compare_to, "compare_to")
    if length < window.end - window.start:
        raise InputError(
            f"compare_to: {quote(compare_to)} is shorter than the window, and the two would overlap. Give a longer "
            "one, or leave it out for the window just before."
        )
    return window.earlier(length)


async def read_analysis(aws: Aws, run: RunQuery, question: Question) -> Analysis:
    """Read all parts at once.

    Raises:
        CloudWatchError: all of them failed.
    """
    window, earlier, beginning = question.window, question.earlier, question.beginning
    calls: dict[str, Any] = {"Anomalies": read_anomalies(aws, question.group.arn)}
    if question.has_patterns:
        calls["Patterns"] = run(PATTERNS, window)
        calls["Differences"] = read_samples(lambda text: run(text, window), question.focus)
        if earlier and not (beginning and beginning.time >= earlier.end):
            calls["Patterns before"] = run(PATTERNS, earlier)
    results = dict(zip(calls, await settle(*calls.values()), strict=True))
    failures = {part: result for part, result in results.items() if isinstance(result, CloudWatchError)}
    if len(failures) == len(results):
        raise next(iter(failures.values()))
    read = {part: result for part, result in results.items() if part not in failures}
    return Analysis(
        question=question,
        anomalies=read.get("Anomalies"),
        patterns=read.get("Patterns"),
        patterns_before=read.get("Patterns before"),
        samples=read.get("Differences"),
        failures=[f"{part} are missing: {error}" for part, error in failures.items()],
    )


def is_whole(patterns: Results | None) -> bool:
    """Whether the results have all patterns of the window."""
    return patterns is not None and patterns.complete and len(patterns.rows) < MAX_PATTERNS
