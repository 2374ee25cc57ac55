"""The built-in catalogue of CloudWatch's published metrics.

`data/` has one JSON file per namespace (docs/catalogue.md describes the format), `aliases.json` the nicknames of
services. A file is read on its first use.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from heapq import nlargest
from importlib.resources import files
from typing import Any

from cloudwatch_mcp.errors import nearest

_HERE = files(__package__)
_DATA = _HERE / "data"
# Each metric of a file begins on a line of its own, indented by four spaces.
_METRIC_NAMES = re.compile(r'(?m)^    "([^"]+)": \{')


@dataclass(frozen=True, slots=True)
class PublishedMetric:
    """One published metric. `dimensions` are all that its series may have; a series has some of them.

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


def find_namespaces(text: str) -> tuple[str, ...]:
    """The namespaces that `text` can mean: several for a nickname like "load balancer", none if it is unknown.

    Case, spaces and punctuation do not matter, and `AWS/` may be left out.
    """
    if exact := [name for name in namespaces() if name.casefold() == text.strip().casefold()]:
        return tuple(exact)
    folded = _fold(text)
    by_nickname = _namespaces_by_nickname()
    return next((by_nickname[key] for key in (folded, *_without_vendor(folded)) if key in by_nickname), ())


def metrics_of(namespace: str) -> dict[str, PublishedMetric]:
    """The metrics of a namespace, as `find_namespaces` gives it, by name."""
    return _load(namespace)


def dimensions_of(namespace: str) -> list[str]:
    """The dimensions of all metrics of a namespace."""
    return sorted({dimension for metric in _load(namespace).values() for dimension in metric.dimensions})


def find_metric(namespace: str, text: str) -> PublishedMetric | None:
    """The metric of this name, or the only one whose name differs in case, spaces and punctuation alone."""
    metrics = _load(namespace)
    if text in metrics:
        return metrics[text]
    folded = _fold(text)
    alike = [name for name, its_folded in _folded_names(namespace).items() if its_folded == folded]
    return metrics[alike[0]] if len(alike) == 1 else None


def metrics_containing(namespace: str, text: str) -> list[PublishedMetric]:
    """The metrics whose names contain all words of `text`, shortest name first."""
    words = [folded for word in re.split(r"[\W_]+", text) if (folded := _fold(word))]
    names = _folded_names(namespace)
    containing = [name for name, folded in names.items() if words and all(word in folded for word in words)]
    return [_load(namespace)[name] for name in sorted(containing, key=len)]


def nearest_metrics(namespace: str, text: str) -> list[PublishedMetric]:
    return [_load(namespace)[name] for name in _nearest(text, _load(namespace))]


def namespaces_with(metric_name: str) -> tuple[str, ...]:
    """The namespaces that have a metric of this name, whatever its case."""
    return _namespaces_by_metric().get(metric_name.strip().casefold(), ())


def nearest_namespaces(text: str) -> list[str]:
    near = _nearest(_fold(text).removeprefix("aws"), _namespaces_by_nickname())
    return list(dict.fromkeys(namespace for key in near for namespace in _namespaces_by_nickname()[key]))


def _nearest(text: str, known: Iterable[str]) -> list[str]:
    """As `errors.nearest`, which is slow: it compares only the names that share most pairs of letters with `text`."""
    folded = text.casefold()
    pairs = {folded[at : at + 2] for at in range(len(folded) - 1)}

    def shared(name: str) -> float:
        return sum(map(name.casefold().count, pairs)) / (len(name) + len(text))

    return nearest(text, nlargest(5, known, key=shared))


def _fold(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.casefold())


def _without_vendor(folded: str) -> Sequence[str]:
    return [folded.removeprefix(vendor) for vendor in ("aws", "amazon") if folded.startswith(vendor)]


@cache
def _namespaces_by_nickname() -> dict[str, tuple[str, ...]]:
    """Namespaces by folded name and nickname; a nickname wins over a name without its AWS/."""
    short = {key: (name,) for name in namespaces() for key in _without_vendor(_fold(name))}
    nicknames: dict[str, list[str]] = json.loads((_HERE / "aliases.json").read_text("utf-8"))
    aliases = {_fold(nickname): tuple(names) for nickname, names in nicknames.items()}
    return short | {_fold(name): (name,) for name in namespaces()} | aliases


@cache
def _folded_names(namespace: str) -> dict[str, str]:
    return {name: _fold(name) for name in _load(namespace)}


@cache
def _namespaces_by_metric() -> dict[str, tuple[str, ...]]:
    by_metric: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for namespace in namespaces():
        for name in _METRIC_NAMES.findall(_text(namespace)):
            by_metric[name.casefold()][namespace] = None
    return {name: tuple(names) for name, names in by_metric.items()}


def _namespace_of(file_name: str) -> str:
    """The namespace of a file: `.` stands for `/`, and `_` in front for a leading `/`, as dot files are hidden."""
    stem = file_name.removesuffix(".json")
    return re.sub("^_", "/", stem).replace(".", "/")


def _text(namespace: str) -> str:
    return (_DATA / f"{re.sub('^/', '_', namespace).replace('/', '.')}.json").read_text("utf-8")


@cache
def _load(namespace: str) -> dict[str, PublishedMetric]:
    entry = json.loads(_text(namespace))
    return {name: _metric(entry, name, facts) for name, facts in entry["metrics"].items()}


def _metric(entry: dict[str, Any], name: str, own: dict[str, Any]) -> PublishedMetric:
    facts = entry | own
    region = facts.get("region")
    alarms: list[dict[str, Any]] = own.get("alarms", [])
    if region:
        alarms = [alarm | {"intent": f"{alarm['intent']} Create it in {region}."} for alarm in alarms]
    return PublishedMetric(
        namespace=entry["namespace"],
        name=name,
        description=" ".join([own["description"], *_publication(facts)]),
        source=own["source"],
        unit=own.get("unit"),
        statistics=own.get("statistics", []),
        dimensions=_shared(*facts.get("dimensions", [])),
        alarms=alarms,
    )


@cache
def _shared(*dimensions: str) -> list[str]:
    """One list for all metrics that have these dimensions, to save memory."""
    return list(dimensions)


def _publication(facts: dict[str, Any]) -> Iterator[str]:
    """Where, how often and with what dimensions AWS publishes a metric, as far as it is not the usual."""
    if "region" in facts:
        yield f"Published in {facts['region']} only."
    if "period" in facts:
        yield f"One datapoint every {_interval(facts['period'])}."
    if facts.get("nonzero_only"):
        yield "No datapoint while it is zero."
    if len(needed := facts.get("required_dimensions", [])) > 1:
        yield f"Every series has {', '.join(needed[:-1])} and {needed[-1]}."
    if facts.get("account_total"):
        yield "Also published without dimensions, for the whole account."


def _interval(seconds: int) -> str:
    size, unit = next(
        (size, unit) for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")) if not seconds % size
    )
    return unit if seconds == size else f"{seconds // size} {unit}s"
