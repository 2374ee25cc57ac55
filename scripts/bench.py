#!/usr/bin/env python3
"""Measures what the server takes: time to start and to answer, memory, and a model's context.

The servers are real processes, over stdio; AWS is the sandbox, or an endpoint that holds a great deal of everything.
Prints tables. Parts to measure may be named.
"""

from __future__ import annotations

if __name__ == "__main__":
    import in_venv  # noqa: F401 - restarts in .venv

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass

from scripts.benchmarks import aws, calls, peers, profiles, report, size, start
from scripts.benchmarks.report import Figure
from scripts.generated import tokens

PARTS = ("start", "calls", "size", "tokens")


@dataclass(frozen=True)
class Effort:
    """How often each thing is measured."""

    starts: int
    uncompiled_starts: int
    rounds: int
    rounds_of_200: int
    calls: int
    first_calls: int
    large_calls: int
    peer_calls: int


FULL = Effort(25, 7, rounds=5, rounds_of_200=3, calls=20, first_calls=5, large_calls=5, peer_calls=5)
QUICK = Effort(7, 2, rounds=3, rounds_of_200=1, calls=5, first_calls=2, large_calls=2, peer_calls=2)


def measure(part: str, effort: Effort) -> Iterator[Figure]:
    if part == "start":
        yield from start.measure(effort.starts, effort.uncompiled_starts)
    if part == "calls":
        with aws.sandbox() as endpoint:
            yield from calls.measure_at_once(endpoint, effort.rounds, effort.rounds_of_200)
            yield from calls.measure_own_time(endpoint, effort.calls, effort.first_calls)
    if part == "size":
        with aws.large() as endpoint:
            yield from size.measure(endpoint, effort.large_calls)
    if part == "tokens":
        counts = tokens.measure()
        for name in (tokens.ALL_ANSWERS, tokens.ALL_DEFINITIONS):
            for unit, value in counts[name]._asdict().items():
                yield Figure(f"token report, {name.strip('*')}", value, unit, ratio=True)


def compare(commands: list[str], effort: Effort, *, write: bool) -> None:
    results = peers.compare(commands, effort.peer_calls)
    tables = peers.as_markdown(results)
    sys.stdout.write(tables + "\n")
    sys.stderr.write("".join(f"{failure}\n" for result in results for failure in result.failures))
    if write:
        report.write_peers(tables)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; default: all")
    options.add_argument("--quick", action="store_true", help="repeat less")
    options.add_argument("--check", action="store_true", help="exit with 1 when a target is missed")
    options.add_argument("--write", action="store_true", help="update docs/benchmarks.md")
    options.add_argument("--peer", action="append", metavar="NAME=COMMAND", help="only compare with it; repeatable")
    options.add_argument("--profile", action="store_true", help="only print where the time of calls goes")
    chosen = options.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        options.error(f"{', '.join(sorted(unknown))}: the parts are {', '.join(PARTS)}")
    if chosen.write and chosen.parts:
        options.error("--write needs all parts")
    effort = QUICK if chosen.quick else FULL
    if chosen.profile:
        sys.stdout.writelines(f"{profile}\n" for profile in profiles.profiles())
        return
    if chosen.peer:
        compare(chosen.peer, effort, write=chosen.write)
        return
    figures = [figure for part in PARTS if part in (chosen.parts or PARTS) for figure in measure(part, effort)]
    sys.stdout.write(report.as_markdown(figures) + "\n")
    if chosen.write:
        report.write_figures(figures)
    missed = [f"{figure.name}: {figure.value:.3g} {figure.unit}" for figure in figures if figure.missed]
    if missed:
        sys.stderr.write("missed: " + "; ".join(missed) + "\n")
    sys.exit(int(chosen.check and bool(missed)))


if __name__ == "__main__":
    main()
