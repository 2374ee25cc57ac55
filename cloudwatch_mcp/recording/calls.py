"""The tool calls of a recording: their times, and the nearest ones to a call that was not recorded."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import SequenceMatcher
from typing import Any

from cloudwatch_mcp.recording.errors import NotRecorded
from cloudwatch_mcp.recording.matching import canonical

_SHOWN, _LONGEST, _CHARACTERS = 5, 300, 650


@dataclass(frozen=True)
class Call:
    """A tool call that is being replayed; `missed` has its requests that are not in the recording."""

    tool: str
    arguments: Mapping[str, Any]
    at: datetime
    is_recorded: bool
    missed: list[NotRecorded] = field(default_factory=list)


class Calls:
    """The recorded calls: mappings of tool, arguments and at, in their order."""

    def __init__(self, calls: Sequence[Mapping[str, Any]], otherwise: datetime) -> None:
        self._last: datetime = calls[-1]["at"] if calls else otherwise
        self._times: dict[str, list[datetime]] = {}
        self._texts: list[tuple[str, str]] = []
        for call in calls:
            text = canonical(call["arguments"])
            self._times.setdefault(f"{call['tool']} {text}", []).append(call["at"])
            if (call["tool"], text) not in self._texts:
                self._texts.append((call["tool"], text))
        self._made: Counter[str] = Counter()
        self._lock = threading.Lock()

    def begin(self, tool: str, arguments: Mapping[str, Any]) -> Call:
        """Start a call at its recorded time (equal calls in turn), or at the last recorded time."""
        key = f"{tool} {canonical(arguments)}"
        times = self._times.get(key, [self._last])
        with self._lock:
            turn = self._made[key]
            self._made[key] += 1
        return Call(tool, arguments, times[min(turn, len(times) - 1)], is_recorded=key in self._times)

    def nearest(self, to: Call) -> str:
        """Up to five recorded calls that are most similar to this one, in 650 characters."""
        asked = canonical(to.arguments)

        def likeness(call: tuple[str, str]) -> float:
            return (call[0] == to.tool) + SequenceMatcher(None, call[1], asked).ratio()

        near = [f"{name} {text}" for name, text in sorted(self._texts, key=likeness, reverse=True)[:_SHOWN]]
        short = [each if len(each) <= _LONGEST else each[: _LONGEST - 3] + "..." for each in near]
        while len("; ".join(short)) > _CHARACTERS:
            short.pop()
        return "; ".join(short)
