"""The cases: a scene each, with one bad place in one of its answers."""

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
from tests.support.fuzz.scene import Scene, Told
from tests.support.fuzz.scenes import SCENES

_ERRORS = 0.15  # of the cases
TOOLS = tuple(dict.fromkeys(scene.tool for scene in SCENES))


@dataclass(frozen=True)
class Case:
    """A scene whose answer at `position` is bad; `place` and `how` say it in words, `path` is where in its body."""

    scene: Scene
    position: int
    place: str
    how: str
    body: bytes
    status: int = 200
    path: Path = ()

    @property
    def told(self) -> Told:
        return self.scene.told[self.position]

    @property
    def item(self) -> tuple[str, int] | None:
        """The list and the position in it of the one item that is bad."""
        step = self.path[1] if len(self.path) > 1 else None
        return (str(self.path[0]), step) if isinstance(step, int) else None

    @property
    def is_error(self) -> bool:
        return not self.path and self.place != readable(())

    @property
    def member(self) -> str:
        """What is bad, whichever item or status it is of."""
        return f"{self.told.operation}, " + ("an error's body" if self.is_error else member_at(self.path))

    def __str__(self) -> str:
        asked = f" for {self.told.holds}" if self.told.holds else ""
        return f"{self.scene.tool}, {self.scene.name}: {self.told.operation}{asked}: {self.place}: {self.how}"


def sample(tool: str, count: int, seed: int) -> Iterator[Case]:
    """So many of a tool's cases, the same for the same seed: each member in turn, and some errors between."""
    return islice(_sample(tool, Random(f"{seed} {tool}")), count)


def _sample(tool: str, random: Random) -> Iterator[Case]:
    answers = [(scene, at) for scene in SCENES if scene.tool == tool for at in range(len(scene.told))]
    members: dict[tuple[str, str], list[tuple[Scene, int, Path]]] = {}
    for scene, position in answers:
        for path in _places(scene.name, position):
            member = scene.told[position].operation, member_at(path)
            members.setdefault(member, []).append((scene, position, path))
    while True:
        for places_of_it in random.sample(list(members.values()), len(members)):
            scene, position, path = random.choice(places_of_it)
            how, change = random.choice(_changes(scene, position, path))
            yield _bad(scene, position, path, how, change)
            if random.random() < _ERRORS:
                yield _error(*random.choice(answers), random.choice(ERROR_BODIES), random.choice(STATUSES))


def spoiled(told: Told, random: Random) -> bytes:
    """The answer, bad in any one place."""
    path, value = random.choice(list(places(told.body, output_shape(told.operation))))
    return as_bytes(changed(told.body, path, random.choice(list(changes(value).values()))))


def every(tool: str) -> Iterator[Case]:
    """All of a tool's cases; what several items have is changed in the first two of them."""
    for scene in SCENES:
        for position in range(len(scene.told) if scene.tool == tool else 0):
            for path in _of_two_items(_places(scene.name, position)):
                for how, change in _changes(scene, position, path):
                    yield _bad(scene, position, path, how, change)
            for body in ERROR_BODIES:
                for status in STATUSES:
                    yield _error(scene, position, body, status)


def _of_two_items(paths: Iterable[Path]) -> Iterator[Path]:
    seen: Counter[str] = Counter()
    for path in paths:
        seen[member_at(path)] += 1
        if seen[member_at(path)] <= 2:
            yield path


def member_at(path: Path) -> str:
    """The path of a member, whichever item it is of."""
    return readable(tuple("[]" if isinstance(step, int) else step for step in path)).replace(".[]", "[]")


def _bad(scene: Scene, position: int, path: Path, how: str, change: Change) -> Case:
    body = as_bytes(changed(scene.told[position].body, path, change))
    return Case(scene, position, readable(path), how, body, path=path)


def _error(scene: Scene, position: int, body: bytes, status: int) -> Case:
    return Case(scene, position, f"status {status}", f"the body {body[:80]!r}, of {len(body):,} bytes", body, status)


@cache
def _places(scene: str, position: int) -> dict[Path, object]:
    told = next(each for each in SCENES if each.name == scene).told[position]
    return dict(places(told.body, output_shape(told.operation)))


def _changes(scene: Scene, position: int, path: Path) -> list[tuple[str, Change]]:
    return list(changes(_places(scene.name, position)[path]).items())
