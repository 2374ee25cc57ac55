#!/usr/bin/env python3
"""Looks after the catalogue's data files: docs/catalogue.md says how they are written."""

from __future__ import annotations

if __name__ == "__main__":
    import in_venv  # noqa: F401 - restarts in .venv

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from scripts.catalog_lib import compare
from scripts.catalog_lib.checks import complaints
from scripts.catalog_lib.files import DATA, Entry, read, written
from scripts.generated.markdown import table


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
    entries = [json.loads(file.read_text("utf-8")) for file in sorted(DATA.iterdir())]
    counts = {entry["namespace"]: Counter(_counted(entry)) for entry in entries}
    counts[f"{len(entries)} namespaces"] = sum(counts.values(), Counter())
    rows = [(name, *(f"{count[column]:,}" for column in columns)) for name, count in counts.items()]
    sys.stdout.write(table(["namespace", *columns], rows, "--:") + "\n")


def _counted(entry: Entry) -> Iterator[str]:
    """The columns in which an entry's metrics and alarms count, each as often as it does."""
    for metric in entry["metrics"].values():
        yield "metrics"
        yield "from a table" if metric["source"] == "table" else "name only"
        yield from (f"with {fact}" for fact in ("unit", "statistics") if fact in metric)
        yield from ("alarms of AWS" if alarm["source"] == "aws" else "of ours" for alarm in metric.get("alarms", []))


def compare_with(chosen: argparse.Namespace) -> None:
    """Name what another catalogue's file has and this one lacks, and the other way round."""
    sys.stdout.write("\n".join(compare.differences(compare.ours(), compare.theirs(chosen.file))) + "\n")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    commands = options.add_subparsers(required=True, metavar="command")
    for name, run in (("check", check), ("format", format_files), ("stats", stats), ("compare", compare_with)):
        command = commands.add_parser(name, help=(run.__doc__ or "").strip())
        command.set_defaults(run=run)
        if run is compare_with:
            command.add_argument("file", type=Path, help="a JSON file of namespaces and their metrics")
    chosen = options.parse_args()
    chosen.run(chosen)


if __name__ == "__main__":
    main()
