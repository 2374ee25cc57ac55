"""The tool calls of a recording: which one a replayed call asks again, or is nearest to."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from cloudwatch_mcp.aws.sessions import DEFAULT_REGION
from cloudwatch_mcp.clock import NormalForm
from cloudwatch_mcp.recording.errors import NotRecorded
from cloudwatch_mcp.recording.matching import canonical
from cloudwatch_mcp.recording.questions import MovingWindow, Question
from cloudwatch_mcp.timerange import Window, utc_text

_SHOWN, _LONGEST, _CHARACTERS = 5, 300, 600
_LOG_GROUP = re.compile(r"arn:[a-z-]+:logs:([a-z0-9-]+):(\d{12}):log-group:")


@dataclass(frozen=True)
class Call:
    """A tool call that is being replayed.

    `number` is that of the recorded call that is the same or the nearest; `played` has the exchanges that it has used,
    `missed` its requests that are not in the recording.
    """

    question: Question
    arguments: Mapping[str, Any]
    at: datetime
    number: int | None
    is_recorded: bool
    played: set[int] = field(default_factory=set)
    missed: list[NotRecorded] = field(default_factory=list)


class Calls:
    """The calls of a recording, numbered from 1; `metadata` and `bodies` are the recording's.

    Attributes:
        now: the time of the latest call that was replayed, at first of the first one that was recorded.
        regions: the default Region of each profile.
    """

    def __init__(self, metadata: Mapping[str, Any], bodies: Iterable[str]) -> None:
        self._recorded: list[Mapping[str, Any]] = metadata.get("calls", [])
        self._times = sorted({call["at"] for call in self._recorded} or {metadata["recorded_at"]})
        self.now: datetime = self._times[0]
        self._profile: str | None = metadata.get("profile")
        self._name_of_default: str | None = self._profile or metadata.get("default_profile")
        self.regions = {**metadata.get("profiles", {}), self._profile: metadata.get("region")}
        texts = chain(bodies, (canonical(call["arguments"]) for call in self._recorded))
        accounts = {account for text in texts for _, account in _LOG_GROUP.findall(text)}
        self._account = accounts.pop() if len(accounts) == 1 else None
        self._questions: list[Question] = []
        self._made: set[int] = set()

    def begin(self, tool: str, arguments: Mapping[str, Any], normal_form: NormalForm) -> Call:
        """Start the recorded call that asks the same (equal ones in turn), at its time and with its arguments.

        Any other call takes over what it has in common with the nearest one; if that is not the window, it is at the
        last recorded time.
        """
        if not self._questions:
            self._questions = [self._question(**call, normal_form=normal_form) for call in self._recorded]
        last = self._times[-1]
        asked = self._question(tool, arguments, last, normal_form)
        numbered = enumerate(self._questions, start=1)
        found = [(asked.difference(each, self._times), number) for number, each in numbered if each.tool == tool]
        if not found:
            return Call(asked, arguments, last, None, is_recorded=False)
        least, _ = min(found)
        nearest = [number for difference, number in found if difference == least]
        number = next((each for each in nearest if each not in self._made), nearest[-1])
        recorded, is_recorded = self._questions[number - 1], not least.parts
        if is_recorded:
            self._made.add(number)
        has_other_window = any(isinstance(asked.parts.get(part), MovingWindow) for part in least.parts)
        self.now = last if has_other_window else self._recorded[number - 1]["at"]
        return Call(asked, asked.in_words_of(recorded, least), self.now, number, is_recorded)

    def nearest(self, to: Call) -> str:
        """Up to five recorded calls, first those of the tool with what differs, the least first; 600 characters."""
        unique = {str(each): each for each in self._questions}
        same_tool = [each for each in unique.values() if each.tool == to.question.tool]
        differences = sorted((to.question.difference(each, self._times), str(each)) for each in same_tool)
        near = [f"{_short(text)} (differs in {', '.join(chain(*less.parts))})" for less, text in differences]
        near += [_short(text) for text, each in unique.items() if each.tool != to.question.tool]
        fitting = [count for count in range(1, _SHOWN + 1) if len("; ".join(near[:count])) <= _CHARACTERS]
        return "; ".join(near[: max(fitting, default=0)])

    def span(self) -> str:
        """The times of the calls, for an error."""
        return f"{utc_text(self._times[0])} to {utc_text(self._times[-1])}"

    def _question(self, tool: str, arguments: Mapping[str, Any], at: datetime, normal_form: NormalForm) -> Question:
        """The call as it is compared: with the default profile and Region, and the account's log groups by name.

        The account is known if all log groups are of one.
        """
        text, profile, region = canonical(arguments), arguments.get("profile_name"), arguments.get("region")
        if profile in (None, ""):
            profile = self._name_of_default
        if region in (None, ""):
            region = self._region_of(profile)

        def by_name(arn: re.Match[str]) -> str:
            return "" if arn.groups() == (region, self._account) else arn[0]

        given = json.loads(_LOG_GROUP.sub(by_name, text))
        now, later = (normal_form(tool, given, each) for each in (at, at + timedelta(hours=1)))
        parts = {part: _moving(value, later.get(part), at) for part, value in now.items()}
        return Question(tool, arguments, {**parts, ("profile_name",): profile, ("region",): region})

    def _region_of(self, profile: Any) -> str:
        profile = self._profile if profile == self._name_of_default else str(profile)
        return self.regions.get(profile) or DEFAULT_REGION


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def _moving(value: Any, later: Any, at: datetime) -> Any:
    """The window as it moves with the time, by what it is at a later one; any other value as it is."""
    if not isinstance(value, Window) or not isinstance(later, Window):
        return value
    return MovingWindow(value, at, value.start != later.start, value.end != later.end)
