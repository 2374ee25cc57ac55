"""Samples of the events in question and of the others, and the fields that tell the two apart."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from cloudwatch_mcp.answers.text import rounded
from cloudwatch_mcp.aws.calls import settle
from cloudwatch_mcp.errors import AwsError, CloudWatchError, InputError
from cloudwatch_mcp.logs.differences import MIN_EVENTS, Difference, find_differences
from cloudwatch_mcp.logs.focus import SIGNS_IN_SHORT, SIGNS_TEXT, Focus
from cloudwatch_mcp.logs.query_results import Results

Row = dict[str, Any]
RunText = Callable[[str], Awaitable[Results]]

SAMPLE_SIZE = 2_000
_ADVICE = "Give focus another condition, such as duration_ms > 250, to put other events in question."


@dataclass(frozen=True)
class Samples:
    """The results of the two sample queries; `are_newest` if AWS refused the order that makes them fair."""

    in_question: Results
    others: Results
    are_newest: bool = False

    @property
    def complete(self) -> bool:
        return self.in_question.complete and self.others.complete

    @property
    def events(self) -> int:
        return self.in_question.matched + self.others.matched


async def read_samples(run: RunText, focus: Focus) -> Samples:
    """Samples from all over the window: the events with the smallest hashes.

    Raises:
        InputError: AWS cannot parse the focus.
        CloudWatchError: one of the two queries failed.
    """
    (in_question, is_newest), (others, _) = await _both(_sampled(run, focus.condition), _sampled(run, focus.opposite))
    return Samples(in_question, others, is_newest)


async def _both(*calls: Any) -> list[Any]:
    results = await settle(*calls)
    for result in results:
        if isinstance(result, CloudWatchError):
            raise result
    return results


async def _sampled(run: RunText, condition: str) -> tuple[Results, bool]:
    """The sample, and whether it is only of the newest events."""
    events = f"fields @timestamp, @message | filter {condition}"
    try:
        by_hash = "fields md5(concat(@timestamp, @message)) as sample_order | sort sample_order"
        return await run(f"{events} | {by_hash} | limit {SAMPLE_SIZE}"), False
    except AwsError as error:
        if error.code != "MalformedQueryException":
            raise
    try:
        return await run(f"{events} | limit {SAMPLE_SIZE}"), True
    except AwsError as error:
        if error.code != "MalformedQueryException":
            raise
        raise InputError(f"AWS cannot parse focus as a filter condition. {error}") from error


def difference_rows(samples: Samples | None, focus: Focus) -> list[Row]:
    """The fields that tell the events in question from the others, the best first."""
    if samples is None or not samples.complete:
        return []
    found = find_differences(_messages(samples.in_question), _messages(samples.others), focus.fields)
    return [_row(difference) for difference in found]


def _messages(results: Results) -> list[str]:
    return [row.get("@message", "") for row in results.rows]


def _row(difference: Difference) -> Row:
    medians = difference.medians
    return {
        "field": difference.field,
        "condition": difference.condition,
        "in_question": round(difference.share_in_question, 3),
        "elsewhere": round(difference.share_elsewhere, 3),
        "median": f"{rounded(medians[1])} → {rounded(medians[0])}" if medians else None,
    }


def sample_notes(samples: Samples | None, focus: Focus, *, differ: bool) -> list[str]:
    """How many events are in question, what was looked for, and why nothing differs."""
    if samples is None:
        return []
    if not samples.complete:
        return ["differs is missing: the sample queries did not end in time or were stopped; narrow the window."]
    matched, sampled = samples.in_question.matched, len(samples.in_question.rows)
    if not matched:
        looked_for = f"has {SIGNS_TEXT}" if focus.is_default else f"meets {focus.condition}"
        return [f"None of {samples.events:,} events {looked_for}. {_ADVICE}"]
    condition = f"those with {SIGNS_IN_SHORT}" if focus.is_default else f"those that meet {focus.condition}"
    notes = [f"In question: {matched:,} of {samples.events:,} events, {condition}."]
    if not differ:
        notes.append(_nothing_differs(matched, samples.others.matched))
    elif matched > sampled or samples.others.matched > len(samples.others.rows):
        notes.append(f"differs compares samples: {sampled:,} in question, {len(samples.others.rows):,} others.")
    if samples.are_newest:
        notes.append("The samples are the newest events, not spread over the window: AWS refused to sort by a hash.")
    return notes


def _nothing_differs(in_question: int, others: int) -> str:
    if in_question < MIN_EVENTS:
        return f"Fewer than {MIN_EVENTS} are too few to say what sets them apart. {_ADVICE}"
    if others < MIN_EVENTS:
        return f"Fewer than {MIN_EVENTS} others are too few to compare with. {_ADVICE}"
    return "No field tells them from the other events."
