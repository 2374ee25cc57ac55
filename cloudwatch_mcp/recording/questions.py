"""What a tool call asks, and whether another call asks the same in other words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from cloudwatch_mcp.recording.matching import canonical
from cloudwatch_mcp.timerange import Window

Part: TypeAlias = tuple[str, ...]  # the names of the arguments that make up a value
_TOLERANCE = timedelta(minutes=1)  # of each end of a window; a tenth of a window that is shorter than ten minutes
_LARGEST_MOVE = 1 / 4  # of a window's length


@dataclass(frozen=True)
class MovingWindow:
    """The window of a call at the time `at`; an end that is relative to now moves with the time."""

    window: Window
    at: datetime
    start_moves: bool
    end_moves: bool

    def when(self, at: datetime) -> Window:
        by = at - self.at
        start, end = self.window.start, self.window.end
        return Window(start + by if self.start_moves else start, end + by if self.end_moves else end)

    def move(self, recorded: MovingWindow, times: Iterable[datetime]) -> timedelta | None:
        """How far the recorded call's time must be moved, to one of `times`, for both to be the same window.

        None if they are the same at no time that is near.
        """
        length = timedelta(seconds=abs(recorded.window.seconds))
        tolerance = max(min(_TOLERANCE, length / 10), timedelta.resolution)
        for at in sorted(times, key=lambda time: abs(time - recorded.at)):
            ours, theirs, move = self.when(at), recorded.when(at), abs(at - recorded.at)
            if move > length * _LARGEST_MOVE:
                break
            if max(abs(ours.start - theirs.start), abs(ours.end - theirs.end)) < tolerance:
                return move
        return None


class Difference(NamedTuple):
    """The parts in which two questions differ; `move` is that of the window. The least difference sorts first."""

    size: int
    move: timedelta
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Question:
    """A tool call; its parts are the values that it asks with, defaults included."""

    tool: str
    arguments: Mapping[str, Any]
    parts: Mapping[Part, Any]

    def __str__(self) -> str:
        return f"{self.tool} {canonical(self.arguments)}"

    def difference(self, recorded: Question, times: Iterable[datetime]) -> Difference:
        """`times` are those at which windows are compared, besides that of the recorded call."""
        size, moved, parts = 0, timedelta(), []
        for part in dict.fromkeys([*self.parts, *recorded.parts]):
            ours, theirs = self.parts.get(part), recorded.parts.get(part)
            if isinstance(ours, MovingWindow) and isinstance(theirs, MovingWindow):
                move = ours.move(theirs, times)
                moved = move or moved
                equal = move is not None
            else:
                equal = ours == theirs
            if not equal:
                parts.append(part)
                size += len(str(ours)) + len(str(theirs))
        return Difference(size, moved, tuple(parts))

    def in_words_of(self, recorded: Question, difference: Difference) -> dict[str, Any]:
        """The arguments of this call, with the recorded ones for the parts that ask the same."""
        same = {name for part in self.parts if part not in difference.parts for name in part}
        ours = {name: value for name, value in self.arguments.items() if name not in same}
        return ours | {name: value for name, value in recorded.arguments.items() if name in same}
