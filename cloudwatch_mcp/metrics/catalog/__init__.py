"""What is known of CloudWatch's published metrics, without asking AWS.

`data/` holds one JSON file a namespace (docs/catalogue.md has the format), `aliases.json` what people call services. A
file is read when first asked for.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import nlargest
from importlib.resources import files
from typing import Any

from cloudwatch_mcp.errors import nearest

_HERE = files(__package__)
_DATA = _HERE / "data"
# The files are written one metric a line, four spaces deep.
_METRIC_NAMES = re.compile(r'(?m)^    "([^"]+)": \{')


@dataclass(frozen=True, slots=True)
class PublishedMetric:
    """One published metric. `dimensions` are those seen anywhere in its namespace.

    `source` is "table" where unit or statistics are known from AWS's documentation, "name" where only the name is.
    """

    namespace: str
    name: str
    description: str
    source: str
    unit: str | None
    statistics: list[str]
    dimensions: list[str]
    alarms: list[dict[str, Any]]


@cache
def namespaces() -> tuple[str, ...]:
    return tuple(sorted(_namespace_of(file.name) for file in _DATA.iterdir() if file.name.endswith(".json")))


def find_namespaces(written: str) -> tuple[str, ...]:
    """The namespaces that people mean by `written`: several for a nickname like "load balancer", none if unknown.

    Case, spaces and punctuation do not matter, and `AWS/` may be left out.
    """
    if exact := [name for name in namespaces() if name.casefold() == written.strip().casefold()]:
        return tuple(exact)
    folded = _fold(written)
    meant = _meant_by()
    return next((meant[key] for key in (folded, *_short(folded)) if key in meant), ())


def metrics_of(namespace: str) -> dict[str, PublishedMetric]:
    """The metrics of a namespace, as `find_namespaces` gives it, by name."""
    return _load(namespace)


def find_metric(namespace: str, written: str) -> PublishedMetric | None:
    """The metric of this name, or the only one whose name differs in case, spaces and punctuation alone."""
    metrics = _load(namespace)
    if written in metrics:
        return metrics[written]
    folded = _fold(written)
    alike = [name for name, its_folded in _folded_names(namespace).items() if its_folded == folded]
    return metrics[alike[0]] if len(alike) == 1 else None


def metrics_holding(namespace: str, written: str) -> list[PublishedMetric]:
    """The metrics whose names hold all words of `written`, shortest name first."""
    words = [folded for word in re.split(r"[\W_]+", written) if (folded := _fold(word))]
    names = _folded_names(namespace)
    holding = [name for name, folded in names.items() if words and all(word in folded for word in words)]
    return [_load(namespace)[name] for name in sorted(holding, key=len)]


def nearest_metrics(namespace: str, written: str) -> list[PublishedMetric]:
    return [_load(namespace)[name] for name in _nearest(written, _load(namespace))]


def namespaces_with(metric_name: str) -> tuple[str, ...]:
    """The namespaces that have a metric of this name, whatever its case."""
    return _namespaces_by_metric().get(metric_name.strip().casefold(), ())


def nearest_namespaces(written: str) -> list[str]:
    near = _nearest(_fold(written).removeprefix("aws"), _meant_by())
    return list(dict.fromkeys(namespace for key in near for namespace in _meant_by()[key]))


def _nearest(written: str, known: Iterable[str]) -> list[str]:
    """As `errors.nearest`, which is slow: it sees only the names that share most pairs of letters with `written`."""
    folded = written.casefold()
    pairs = {folded[at : at + 2] for at in range(len(folded) - 1)}

    def shared(name: str) -> float:
        return sum(map(name.casefold().count, pairs)) / (len(name) + len(written))

    return nearest(written, nlargest(5, known, key=shared))


def _fold(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _short(folded: str) -> Sequence[str]:
    return [folded.removeprefix(maker) for maker in ("aws", "amazon") if folded.startswith(maker)]


@cache
def _meant_by() -> dict[str, tuple[str, ...]]:
    """Namespaces by what they are called, folded; a nickname wins over a name without its AWS/."""
    names = namespaces()
    short = {key: (name,) for name in names for key in _short(_fold(name))}
    nicknames: dict[str, list[str]] = json.loads((_HERE / "aliases.json").read_text("utf-8"))
    aliases = {_fold(nickname): tuple(meant) for nickname, meant in nicknames.items()}
    return short | {_fold(name): (name,) for name in names} | aliases


@cache
def _folded_names(namespace: str) -> dict[str, str]:
    return {name: _fold(name) for name in _load(namespace)}


@cache
def _namespaces_by_metric() -> dict[str, tuple[str, ...]]:
    found: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for namespace in namespaces():
        for name in _METRIC_NAMES.findall(_text(namespace)):
            found[name.casefold()][namespace] = None
    return {name: tuple(among) for name, among in found.items()}


def _namespace_of(file_name: str) -> str:
    """`/` is written `.`, and a `/` in front `_`, as a file whose name begins with `.` is hidden."""
    stem = file_name.removesuffix(".json")
    return re.sub("^_", "/", stem).replace(".", "/")


def _text(namespace: str) -> str:
    return (_DATA / f"{re.sub('^/', '_', namespace).replace('/', '.')}.json").read_text("utf-8")


@cache
def _load(namespace: str) -> dict[str, PublishedMetric]:
    entry = json.loads(_text(namespace))
    return {
        name: PublishedMetric(
            namespace=entry["namespace"],
            name=name,
            description=metric["description"],
            source=metric["source"],
            unit=metric.get("unit"),
            statistics=metric.get("statistics", []),
            dimensions=entry.get("dimensions", []),
            alarms=metric.get("alarms", []),
        )
        for name, metric in entry["metrics"].items()
    }
