"""What pyproject.toml and the lock files say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
# As scripts/lock compiles them.
LOCKS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "requirements.txt": (frozenset({"sandbox"}), frozenset({"build"})),
    "requirements-dev.txt": (frozenset({"sandbox", "record"}), frozenset({"build", "dev"})),
}


def metadata() -> Any:
    """Hatchling's ProjectMetadata; its `core` has the project table, `config` the whole file, and `version`."""
    return ProjectMetadata(str(ROOT), PluginManager())


def asked_for(lock: str, pyproject: Mapping[str, Any]) -> Iterator[Requirement]:
    """What pyproject.toml wants in this lock file."""
    extras, groups = LOCKS[lock]
    lines = list(pyproject["project"]["dependencies"])
    lines += [line for extra in sorted(extras) for line in pyproject["project"]["optional-dependencies"][extra]]
    lines += [line for group in sorted(groups) for line in pyproject["dependency-groups"][group]]
    yield from map(Requirement, lines)


def pins(lock_text: str) -> dict[str, set[str]]:
    """The versions of each distribution, by its normalised name: older ones are for an older Python."""
    pinned: dict[str, set[str]] = {}
    for name, version in re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", lock_text):
        pinned.setdefault(canonicalize_name(name), set()).add(version)
    return pinned
