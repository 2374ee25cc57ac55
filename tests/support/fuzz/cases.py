"""The cases: each is a scene with one bad place in one of its responses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice
from random import Random

from tests.support.fuzz.mutations import (
    ERROR_BODIES,
    STATUSES,
    Change,
    Path,
    as_bytes,
    changed,
    changes,
    output_shape,
    places,
    readable,
)
from tests.support.fuzz.scene import CannedResponse, Scene
from tests.support.fuzz.scenes import SCENES

_ERRORS = 0.15  # share of the cases
TOOLS = tuple(dict.fromkeys(scene.tool for scene in SCENES))


@dataclass(frozen=True)
class Case:
    """A scene whose response at `position` is bad.

    `place` and `how` describe the bad place in words; `path` leads to it in the body.
    """

    scene: Scene
    position: int
    place: str
    how: str
    body: bytes
    status: int = 200
    path: Path = ()

    @property
    def response(self) -> CannedResponse:
        """The response without its bad place."""
        return self.scene.responses[self.position]

    @property
    def item(self) -> tuple[str, int] | None:
        """The list with the bad item, and the item's position in it."""
        step = self.path[1] if len(self.path) > 1 else None
        return (str(self.path[0]), step) if isinstance(step, int) else None

    @property
    def is_error(self) -> bool:
        return not self.path and self.place != readable(())

    @property
    def member(self) -> str:
        """The bad member, regardless of the item or the status that it belongs to."""
        return f"{self.response.operation}, " + ("an error's body" if self.is_error else member_at(self.path))

    def __str__(self) -> str:
        request = f" for {self.response.request_text}" if self.response.request_text else ""
        return f"{self.scene.tool}, {self.scene.name}: {self.response.operation}{request}: {self.place}: {self.how}"


def sample(tool: str, count: int, seed: int) -> Iterator[Case]:
    """`count` of a tool's cases, the same for the same seed: each member in turn, with some errors in between."""
    return islice(_sample(tool, Random(f"{seed} {tool}")), count)


def _sample(tool: str, random: Random) -> Iterator[Case]:
    members = _members(tool)
    responses = [(scene, at) for scene in SCENES if scene.tool == tool for at in range(len(scene.responses))]
    while True:
        for candidates in random.sample(members, len(members)):
            yield _any_of(candidates, random)
            if random.random() < _ERRORS:
                yield _any_error(responses, random)


def one_of_each_member(tool: str, seed: int) -> Iterator[Case]:
    """Cases in which each member of the tool's responses is bad once, and each operation answers with an error once."""
    random, operations = Random(f"{seed} {tool}"), dict[str, list[tuple[Scene, int]]]()
    for candidates in _members(tool):
        scene, position, _ = candidates[0]
        operations.setdefault(scene.responses[position].operation, []).append((scene, position))
        yield _any_of(candidates, random)
    for responses in operations.values():
        yield _any_error(responses, random)


def _members(tool: str) -> list[list[tuple[Scene, int, Path]]]:
    """The places of each member of the tool's responses."""
    members: dict[tuple[str, str], list[tuple[Scene, int, Path]]] = {}
    for scene in SCENES:
        for position, response in enumerate(scene.responses if scene.tool == tool else ()):
            for path in _places(scene.name, position):
                members.setdefault((response.operation, member_at(path)), []).append((scene, position, path))
    return list(members.values())


def _any_of(candidates: list[tuple[Scene, int, Path]], random: Random) -> Case:
    scene, position, path = random.choice(candidates)
    how, change = random.choice(_changes(scene, position, path))
    return _bad(scene, position, path, how, change)


def _any_error(responses: list[tuple[Scene, int]], random: Random) -> Case:
    return _error(*random.choice(responses), random.choice(ERROR_BODIES), random.choice(STATUSES))


def bad_body(response: CannedResponse, random: Random) -> bytes:
    """The response's body with one random bad place."""
    path, value = random.choice(list(places(response.body, output_shape(response.operation))))
    return as_bytes(changed(response.body, path, random.choice(list(changes(value).values()))))


def every(tool: str) -> Iterator[Case]:
    """All of a tool's cases; a member that several items have is changed in the first two of them."""
    for scene in SCENES:
        for position in range(len(scene.responses) if scene.tool == tool else 0):
            for path in _of_two_items(_places(scene.name, position)):
                for how, change in _changes(scene, position, path):
                    yield _bad(scene, position, path, how, change)
            for body in ERROR_BODIES:
                for status in STATUSES:
                    yield _error(scene, position, body, status)


def _of_two_items(paths: Iterable[Path]) -> Iterator[Path]:
    items: Counter[str] = Counter()
    for path in paths:
        items[member_at(path)] += 1
        if items[member_at(path)] <= 2:
            yield path


def member_at(path: Path) -> str:
    """The path of a member, without the positions of items."""
    return readable(tuple("[]" if isinstance(step, int) else step for step in path)).replace(".[]", "[]")


def _bad(scene: Scene, position: int, path: Path, how: str, change: Change) -> Case:
    body = as_bytes(changed(scene.responses[position].body, path, change))
    return Case(scene, position, readable(path), how, body, path=path)


def _error(scene: Scene, position: int, body: bytes, status: int) -> Case:
    return Case(scene, position, f"status {status}", f"the body {body[:80]!r}, of {len(body):,} bytes", body, status)


@cache
def _places(scene: str, position: int) -> dict[Path, object]:
    response = next(each for each in SCENES if each.name == scene).responses[position]
    return dict(places(response.body, output_shape(response.operation)))


def _changes(scene: Scene, position: int, path: Path) -> list[tuple[str, Change]]:
    return list(changes(_places(scene.name, position)[path]).items())
