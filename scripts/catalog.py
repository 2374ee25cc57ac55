#!/usr/bin/env python3
"""Looks after the catalogue's data files: docs/catalogue.md says how they are written."""

from __future__ import annotations

if __name__ == "__main__":
    import in_venv  # noqa: F401 - restarts in .venv

import argparse
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from scripts.generated.markdown import table
from tests.support.catalog_files import DATA, Entry, complaints, read, written

Names = dict[str, set[str]]
"""The metrics of each namespace."""


def check(_: argparse.Namespace) -> None:
    """Fail when a file is not as it should be."""
    if wrong := list(complaints()):
        sys.exit("\n".join(wrong))


def format_files(_: argparse.Namespace) -> None:
    """Put the files in order, one metric a line."""
    for file in DATA.iterdir():
        file.write_text(written(read(file.read_text("utf-8"))), "utf-8")


def stats(_: argparse.Namespace) -> None:
    """Count what there is, in all and by namespace."""
    columns = ["metrics", "from a table", "name only", "with unit", "with statistics", "alarms of AWS", "of ours"]
    counts = {entry["namespace"]: Counter(_counted(entry)) for entry in _entries()}
    counts[f"{len(counts)} namespaces"] = sum(counts.values(), Counter())
    rows = [(name, *(f"{count[column]:,}" for column in columns)) for name, count in counts.items()]
    sys.stdout.write(table(["namespace", *columns], rows, "--:") + "\n")


def _counted(entry: Entry) -> Iterator[str]:
    """The columns in which an entry's metrics and alarms count, each as often as it does."""
    for metric in entry["metrics"].values():
        yield "metrics"
        yield "from a table" if metric["source"] == "table" else "name only"
        yield from (f"with {fact}" for fact in ("unit", "statistics") if fact in metric)
        yield from ("alarms of AWS" if alarm["source"] == "aws" else "of ours" for alarm in metric.get("alarms", []))


def compare(chosen: argparse.Namespace) -> None:
    """Name what another catalogue's file has and this one lacks, and the other way round."""
    ours = {entry["namespace"]: set(entry["metrics"]) for entry in _entries()}
    sys.stdout.writelines(f"{line}\n" for line in differences(ours, theirs(chosen.file)))


def theirs(file: Path) -> Names:
    """Another catalogue's names, in one of the layouts that docs/catalogue.md shows."""
    content = json.loads(file.read_text("utf-8"))
    if isinstance(content, dict):
        return {namespace: set(entry["metrics"]) for namespace, entry in content.items()}
    names: Names = defaultdict(set)
    for entry in content:
        metric = entry.get("metricId", entry)
        names[metric["namespace"]].add(metric["metric"] if "metric" in metric else metric["metricName"])
    return names


def differences(here: Names, there: Names) -> Iterator[str]:
    """What either side lacks, a line a namespace."""
    for side, some, others in (("here", here, there), ("there", there, here)):
        missing = {namespace: others[namespace] - some.get(namespace, set()) for namespace in sorted(others)}
        yield f"missing {side}: {sum(map(len, missing.values()))} metrics, {len(others.keys() - some)} whole namespaces"
        for namespace, metrics in missing.items():
            if metrics:
                whole = "" if namespace in some else " (whole namespace)"
                yield f"  {namespace}{whole}: {', '.join(sorted(metrics, key=str.casefold))}"


def _entries() -> Iterator[Entry]:
    return (json.loads(file.read_text("utf-8")) for file in sorted(DATA.iterdir()))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    commands = options.add_subparsers(required=True, metavar="command")
    for name, run in {"check": check, "format": format_files, "stats": stats, "compare": compare}.items():
        command = commands.add_parser(name, help=run.__doc__)
        command.set_defaults(run=run)
        if run is compare:
            command.add_argument("file", type=Path, help="a JSON file of namespaces and their metrics")
    chosen = options.parse_args()
    chosen.run(chosen)


if __name__ == "__main__":
    main()
