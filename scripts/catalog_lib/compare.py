"""Two catalogues set side by side by the names they have."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from scripts.catalog_lib.files import DATA

Names = dict[str, set[str]]


def ours(data: Path = DATA) -> Names:
    entries = (json.loads(file.read_text("utf-8")) for file in data.iterdir())
    return {entry["namespace"]: set(entry["metrics"]) for entry in entries}


def theirs(file: Path) -> Names:
    """Another catalogue's names, of either layout.

    [{"namespace": ..., "metric": ... or "metricName": ..., ...}, ...] or {namespace: {"metrics": [...]}, ...}; the
    metrics may also be an object by name, and `metricId` may hold namespace and metricName.
    """
    content = json.loads(file.read_text("utf-8"))
    if isinstance(content, dict):
        return {namespace: set(entry["metrics"]) for namespace, entry in content.items()}
    names: Names = defaultdict(set)
    for entry in content:
        metric = entry.get("metricId", entry)
        names[metric["namespace"]].add(metric["metric"] if "metric" in metric else metric["metricName"])
    return dict(names)


def differences(here: Names, there: Names) -> Iterator[str]:
    """What either side lacks, a line a namespace."""
    for side, some, others in (("here", here, there), ("there", there, here)):
        missing = {namespace: others[namespace] - some.get(namespace, set()) for namespace in sorted(others)}
        yield f"missing {side}: {sum(map(len, missing.values()))} metrics, {len(others.keys() - some)} whole namespaces"
        for namespace, metrics in missing.items():
            if metrics:
                whole = "" if namespace in some else " (whole namespace)"
                yield f"  {namespace}{whole}: {', '.join(sorted(metrics, key=str.casefold))}"
