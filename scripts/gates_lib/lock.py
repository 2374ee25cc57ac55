"""Tells where the lock files are not in step with pyproject.toml; needs no network."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.gates_lib.project import LOCKS, ROOT, asked_for, metadata, pins

Needs = Callable[[str], Iterable[str]]


def needs_as_installed(name: str) -> Iterable[str]:
    """What a distribution requires; nothing is known of one that this platform does not have."""
    try:
        return requires(name) or ()
    except PackageNotFoundError:
        return ()


def complaints(lock: str, asked: Iterable[Requirement], pinned: Mapping[str, set[str]], needs: Needs) -> Iterator[str]:
    roots = list(asked)
    for requirement in roots:
        versions = sorted(pinned.get(canonicalize_name(requirement.name), ()))
        wrong = [each for each in versions if not requirement.specifier.contains(each, prereleases=True)]
        if not versions:
            yield f"{lock} lacks {requirement.name}, which pyproject.toml asks for"
        elif wrong == versions or (wrong and not requirement.marker):
            yield f"{lock} pins {requirement.name} {' and '.join(wrong)}, pyproject.toml asks for {requirement}"
    yield from (
        f"{lock} pins {name}, which nothing asks for" for name in sorted(pinned.keys() - _reached(roots, needs))
    )


def _reached(roots: Iterable[Requirement], needs: Needs) -> set[str]:
    """All that the roots need. A universal lock is for every platform: only extras are asked about in a marker."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = list(roots)
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in seen:
            continue
        seen.add((name, extras))
        for line in needs(name):
            inner = Requirement(line)
            optional = inner.marker is not None and "extra" in str(inner.marker)
            if not optional or any(inner.marker and inner.marker.evaluate({"extra": extra}) for extra in extras):
                waiting.append(inner)
    return {name for name, _ in seen}


def main() -> None:
    pyproject = metadata().config
    pinned = {lock: pins((ROOT / lock).read_text("utf-8")) for lock in LOCKS}
    wrong = [
        complaint
        for lock in LOCKS
        for complaint in complaints(lock, asked_for(lock, pyproject), pinned[lock], needs_as_installed)
    ]
    small, large = (pinned[lock] for lock in LOCKS)
    differing = [name for name in sorted(small) if small[name] != large.get(name)]
    wrong += [f"{name} is pinned otherwise in the two locks" for name in differing]
    if wrong:
        sys.exit("\n".join([*wrong, "scripts/lock makes the locks anew."]))


if __name__ == "__main__":
    main()
