"""How AWS behaves beyond its service model, as the tests' markers `aws_behaviour` state it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from pydantic import BaseModel, Field, ValidationError

from tests.support.places import ROOT

# A word in the test's path decides, the first line that has it; `service=` in the marker overrides it.
_SERVICES = {
    "CloudWatch metrics": ("metric", "statistic", "timerange"),
    "CloudWatch alarms": ("alarm",),
    "CloudWatch Logs": ("log", "insights", "quer"),
}


class Marker(BaseModel, extra="forbid"):
    """What a marker `aws_behaviour` states. `source` is a public repository and path, or the title of a document."""

    evidence: Literal["recorded", "documented", "pasted", "assumed"]
    source: str = Field(min_length=1)
    behaviour: str = Field(pattern=r"\.$")
    service: Literal["CloudWatch metrics", "CloudWatch alarms", "CloudWatch Logs", "All services"] | None = None


class Behaviour(NamedTuple):
    """One sentence about AWS. `tests` are the ids of the tests that rely on it: tests/logs/test_x.py::test_y."""

    service: str
    sentence: str
    evidence: str
    source: str
    tests: tuple[str, ...]


def behaviours(root: Path = ROOT) -> list[Behaviour]:
    """What the markers of the tests under `root` state, sorted by service and sentence.

    Raises:
        ValueError: a marker is incomplete or contradicts another one.
    """
    tests: dict[tuple[str, str], list[str]] = {}
    facts: dict[tuple[str, str], tuple[str, str]] = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        file, text = path.relative_to(root).as_posix(), path.read_text("utf-8")
        for function, marker in _markers(ast.parse(text), file) if ".aws_behaviour" in text else ():
            key, fact = (marker.service or _service(file), marker.behaviour), (marker.evidence, marker.source)
            if facts.setdefault(key, fact) != fact:
                raise ValueError(f"{file}::{function}: another marker gives other evidence for {key[1]!r}")
            tests.setdefault(key, []).append(f"{file}::{function}")
    return sorted(Behaviour(*key, *facts[key], tuple(dict.fromkeys(ids))) for key, ids in tests.items())


def report(passed: Iterable[str], failed: Iterable[str], root: Path = ROOT) -> str:
    """Which behaviours a run on an AWS account refuted, confirmed, or did not check.

    The ids are of tests that asked AWS, with or without parameters. A behaviour is confirmed if one of its tests passed
    and none failed.
    """
    confirming, refuting = ({test.partition("[")[0] for test in tests} for tests in (passed, failed))
    verdicts: dict[str, list[str]] = {"refuted": [], "confirmed": [], "not checked": []}
    for each in behaviours(root):
        refuted = [f"\n      {test}" for test in each.tests if test in refuting]
        verdict = "refuted" if refuted else "confirmed" if confirming & {*each.tests} else "not checked"
        verdicts[verdict].append(f"  {each.service}: {each.sentence} ({each.evidence}){''.join(refuted)}")
    counts = ", ".join(f"{len(lines)} {verdict}" for verdict, lines in verdicts.items())
    listed = ["\n".join([f"\n{verdict}:", *lines]) for verdict, lines in verdicts.items() if lines]
    return "\n".join([f"Of {sum(map(len, verdicts.values()))} behaviours of AWS: {counts}.", *listed])


def _markers(tree: ast.Module, file: str) -> Iterator[tuple[str, Marker]]:
    """The name of each marked function of the module and its markers."""
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    for name, decorator in [(function.name, each) for function in functions for each in function.decorator_list]:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func).endswith(".aws_behaviour"):
            members = {keyword.arg or "**": ast.literal_eval(keyword.value) for keyword in decorator.keywords}
            try:
                yield name, Marker(**members)
            except ValidationError as error:
                raise ValueError(f"{file}:{decorator.lineno}: {error}") from None


def _service(file: str) -> str:
    path = file.removeprefix("tests/")
    return next((name for name, words in _SERVICES.items() if any(word in path for word in words)), "All services")
