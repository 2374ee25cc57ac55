"""What is known of CloudWatch's published metrics, without asking AWS.

`data/` holds one JSON file a namespace, its name the namespace with `/` as `.`. Facts (units, statistics, dimensions,
alarm numbers) are those that AWS publishes; what is not published is left out. A file is read when first asked for.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from cloudwatch_mcp.errors import nearest

_DATA = files(__package__) / "data"


@dataclass(frozen=True)
class Metric:
    """One published metric. `dimensions` are those seen anywhere in its namespace."""

    namespace: str
    name: str
    description: str
    unit: str | None
    statistics: list[str]
    dimensions: list[str]
    alarms: list[dict[str, Any]]


@cache
def namespaces() -> tuple[str, ...]:
    names = (file.name for file in _DATA.iterdir() if file.name.endswith(".json"))
    return tuple(sorted(name.removesuffix(".json").replace(".", "/") for name in names))


def find_namespace(written: str) -> str | None:
    """The namespace, whatever its case; `AWS/` may be left out."""
    by_folded = {name.casefold(): name for name in namespaces()}
    folded = written.strip().casefold()
    return by_folded.get(folded) or by_folded.get(f"aws/{folded}")


def metrics_of(namespace: str) -> dict[str, Metric]:
    """The metrics of a namespace, as `find_namespace` gives it, by name."""
    return _load(namespace)


def find_metric(namespace: str, written: str) -> Metric | None:
    metrics = _load(namespace)
    by_folded = {name.casefold(): name for name in metrics}
    return metrics.get(written) or metrics.get(by_folded.get(written.strip().casefold(), ""))


def namespaces_with(metric_name: str) -> list[str]:
    """The namespaces that have a metric of exactly this name."""
    return [namespace for namespace in namespaces() if metric_name in _load(namespace)]


def nearest_namespaces(written: str) -> list[str]:
    short = {name.removeprefix("AWS/"): name for name in namespaces()}
    return [short[match] for match in nearest(written.strip().removeprefix("AWS/"), short)]


@cache
def _load(namespace: str) -> dict[str, Metric]:
    entry = json.loads((_DATA / f"{namespace.replace('/', '.')}.json").read_text("utf-8"))
    return {
        name: Metric(
            namespace=entry["namespace"],
            name=name,
            description=metric["description"],
            unit=metric.get("unit"),
            statistics=metric.get("statistics", []),
            dimensions=entry.get("dimensions", []),
            alarms=metric.get("alarms", []),
        )
        for name, metric in entry["metrics"].items()
    }
