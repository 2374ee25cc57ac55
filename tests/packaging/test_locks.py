"""The lock files have what pyproject.toml asks for, by hash, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import PackageNotFoundError, requires

import pytest
from hatchling.metadata.core import ProjectMetadata
from hatchling.plugin.manager import PluginManager
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.places import ROOT

# As scripts/lock compiles them.
LOCKS = {
    "requirements.txt": (["sandbox"], ["build"]),
    "requirements-dev.txt": (["otel", "sandbox", "record"], ["build", "dev"]),
}
NEEDS = {"mcp": ["pydantic>=2", "rich; extra == 'cli'", "colorama; sys_platform == 'win32'"]}
Pins = Mapping[str, set[str]]
Needs = Callable[[str], Iterable[str]]


def pins(lock: str) -> Pins:
    """The versions of each distribution: older ones are for an older Python."""
    versions: dict[str, set[str]] = {}
    for name, version in re.findall(r"(?m)^([\w.-]+)==([^\s;\\]+)", lock):
        versions.setdefault(canonicalize_name(name), set()).add(version)
    return versions


def asked_for(lock: str) -> list[Requirement]:
    pyproject = ProjectMetadata(str(ROOT), PluginManager()).config
    extras, groups = LOCKS[lock]
    lines = list(pyproject["project"]["dependencies"])
    lines += [line for extra in extras for line in pyproject["project"]["optional-dependencies"][extra]]
    lines += [line for group in groups for line in pyproject["dependency-groups"][group]]
    return [Requirement(line) for line in lines]


def installed_needs(name: str) -> Iterable[str]:
    """What a distribution requires; nothing is known about one that this platform does not need."""
    try:
        return requires(name) or ()
    except PackageNotFoundError:
        return ()


def complaints(roots: list[Requirement], pinned: Pins, needs: Needs) -> Iterator[str]:
    for requirement in roots:
        versions = pinned.get(canonicalize_name(requirement.name), set())
        wrong = {each for each in versions if not requirement.specifier.contains(each, prereleases=True)}
        if not versions:
            yield f"lacks {requirement.name}"
        elif wrong == versions or (wrong and not requirement.marker):
            yield f"pins {requirement.name} {' and '.join(sorted(wrong))}, not {requirement}"
    yield from (f"pins {name}, which nothing asks for" for name in sorted(pinned.keys() - reached(roots, needs)))


def reached(roots: list[Requirement], needs: Needs) -> set[str]:
    """All that the roots need, on any platform: of a marker only the extras count."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = list(roots)
    while waiting:
        requirement = waiting.pop()
        key = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if key in seen:
            continue
        seen.add(key)
        for inner in map(Requirement, needs(key[0])):
            optional = inner.marker is not None and "extra" in str(inner.marker)
            if not optional or any(inner.marker and inner.marker.evaluate({"extra": extra}) for extra in key[1]):
                waiting.append(inner)
    return {name for name, _ in seen}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_in_step_with_pyproject(lock: str) -> None:
    pinned = pins((ROOT / lock).read_text("utf-8"))
    assert list(complaints(asked_for(lock), pinned, installed_needs)) == [], "scripts/lock renews the locks"


def test_both_locks_pin_the_same_releases() -> None:
    small, large = (pins((ROOT / lock).read_text("utf-8")) for lock in LOCKS)
    assert {name: large.get(name) for name in small} == small


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_package_by_hash_and_names_no_index(lock: str) -> None:
    text = (ROOT / lock).read_text("utf-8")
    packages = [block for block in re.split(r"(?m)^(?=\S)", text) if block and not block.startswith("#")]
    assert len(packages) > 50
    assert all("==" in package and "--hash=sha256:" in package for package in packages)
    assert not re.search(r"(?m)^\s*(-i|--index|--extra-index|--find-links)|https?://", text)


def out_of_step(asked: list[str], pinned: dict[str, set[str]]) -> list[str]:
    return list(complaints([Requirement(line) for line in asked], pinned, lambda name: NEEDS.get(name, [])))


def test_a_lock_with_all_requirements_and_their_needs_has_no_complaint() -> None:
    assert out_of_step(["mcp>=2"], {"mcp": {"2.3.0"}, "pydantic": {"2.11"}, "colorama": {"0.4"}}) == []


def test_the_needs_of_an_extra_belong_to_the_lock_when_it_is_asked_for() -> None:
    pinned = {"mcp": {"2.3.0"}, "pydantic": {"2.11"}, "colorama": {"0.4"}, "rich": {"15"}}
    assert out_of_step(["mcp"], pinned) == ["pins rich, which nothing asks for"]
    assert out_of_step(["mcp[cli]"], pinned) == []


def test_a_missing_or_too_old_release_is_a_complaint() -> None:
    assert out_of_step(["Loguru>=0.7"], {}) == ["lacks Loguru"]
    too_old = ["pins loguru 0.6, not loguru>=0.7"]
    assert out_of_step(["loguru>=0.7"], {"loguru": {"0.6"}}) == too_old
    assert out_of_step(["loguru>=0.7"], {"loguru": {"0.6", "0.7"}}) == too_old
    assert out_of_step(["loguru>=0.7; python_version > '3.11'"], {"loguru": {"0.6", "0.7"}}) == []


def test_all_versions_of_a_distribution_are_read() -> None:
    text = (
        "Foo.bar==1.2 ; python_full_version < '3.11' \\\n    --hash=sha256:00\nfoo-bar==2.0 \\\n    --hash=sha256:00\n"
    )
    assert pins(text) == {"foo-bar": {"1.2", "2.0"}}
