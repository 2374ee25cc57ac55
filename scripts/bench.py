#!/usr/bin/env python3
"""Measures what the server takes: time to start and to answer, memory, and a model's context.

The servers are real processes, over stdio; AWS is the sandbox, or an endpoint that holds a great deal of everything.
Prints tables. Parts to measure may be named.
"""

from __future__ import annotations

if __name__ == "__main__":
    import in_venv  # noqa: F401 - restarts in .venv

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from loguru import logger

from scripts.benchmarks import calls, peers, profiles, report, size, start
from scripts.benchmarks.report import Effort, Figure
from scripts.generated import tokens
from scripts.generated.markdown import replaced

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"


def token_report(_: Effort) -> Iterator[Figure]:
    counts = tokens.measure()
    for name in (tokens.ALL_ANSWERS, tokens.ALL_DEFINITIONS):
        for unit, value in counts[name]._asdict().items():
            yield Figure(f"token report, {name.strip('*')}", value, unit, ratio=True)


PARTS: dict[str, Callable[[Effort], Iterator[Figure]]] = {
    "start": start.measure,
    "calls": calls.measure,
    "size": size.measure,
    "tokens": token_report,
}


def show(section: str, tables: str, *, write: bool) -> None:
    sys.stdout.write(tables + "\n")
    if write:
        document = DOCUMENT.read_text("utf-8")
        DOCUMENT.write_text(replaced(document, section, f"{tables}\n\n{report.machine()}"), "utf-8")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    options.add_argument("--quick", action="store_true", help="repeat a third as often")
    options.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    options.add_argument("--write", action="store_true", help="update docs/benchmarks.md")
    options.add_argument("--peer", action="append", metavar="NAME=COMMAND", help="only compare with it; repeatable")
    options.add_argument("--profile", action="store_true", help="only print where the time of calls goes")
    chosen = options.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        options.error(f"{', '.join(sorted(unknown))}: the parts are {', '.join(PARTS)}")
    if chosen.write and chosen.parts:
        options.error("--write needs all parts")

    def effort(times: int) -> int:
        return math.ceil(times / 3) if chosen.quick else times

    logger.remove()  # a line for each tool call
    if chosen.profile:
        profiles.show()
    elif chosen.peer:
        results = peers.compare(chosen.peer, effort)
        failures = [f"{each.name}: {about}: {text}\n" for each in results for about, text in each.failures.items()]
        sys.stderr.writelines(failures)
        show("peers", peers.as_markdown(results), write=chosen.write)
    else:
        figures = [figure for part in PARTS if part in (chosen.parts or PARTS) for figure in PARTS[part](effort)]
        show("figures", report.as_markdown(figures), write=chosen.write)
        missed = [f"{figure.name}: {figure.value:.3g} {figure.unit}" for figure in figures if figure.missed]
        if missed:
            sys.stderr.write(f"missed: {'; '.join(missed)}\n")
        sys.exit(int(chosen.check and bool(missed)))


if __name__ == "__main__":
    main()
