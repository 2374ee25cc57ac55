"""Plays the suite's fuzz of AWS's answers with more cases, and prints each distinct failure once, with an example.

The same seed gives the same cases. Without --all it takes so many at random of each tool.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Iterable, Iterator
from time import perf_counter

import anyio
from loguru import logger

from tests.support.fuzz.cases import TOOLS, Case, every, sample
from tests.support.fuzz.playing import Failure, failures
from tests.support.server_process import environment

_PROGRESS = 5_000  # cases


def main() -> None:
    options = argparse.ArgumentParser(prog="scripts/fuzz", description=__doc__)
    options.add_argument("--cases", type=int, default=2_000, metavar="N", help="of each tool; default: %(default)s")
    options.add_argument("--all", action="store_true", help="every change of every member: some 150,000 cases")
    options.add_argument("--seed", type=int, default=12, help="default: %(default)s")
    options.add_argument("--tool", choices=TOOLS, action="append", help="only this one; repeatable")
    chosen = options.parse_args()
    _forget_whose_machine_this_is()
    begun, count, found = perf_counter(), 0, dict[tuple[str, str], list[Failure]]()
    for tool in chosen.tool or TOOLS:
        cases = _Counted(every(tool) if chosen.all else sample(tool, chosen.cases, chosen.seed))
        anyio.run(_play, cases, found)
        count += cases.count
    _report(found)
    failed = sum(map(len, found.values()))
    took = f"{perf_counter() - begun:.0f} s"
    sys.stdout.write(f"{count:,} cases in {took}: {failed:,} failures of {len(found)} kinds, {_how(chosen)}.\n")
    sys.exit(int(bool(found)))


def _how(chosen: argparse.Namespace) -> str:
    return "all there are" if chosen.all else f"seed {chosen.seed}"


def _forget_whose_machine_this_is() -> None:
    logger.remove()
    logging.disable()  # the SDK logs each error that it answers a request with
    for name in [name for name in os.environ if name.startswith(("AWS_", "CLOUDWATCH_MCP_"))]:
        del os.environ[name]
    os.environ.update(environment())


class _Counted:
    """The cases, counted as they are taken."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self._cases, self.count = cases, 0

    def __iter__(self) -> Iterator[Case]:
        for case in self._cases:
            self.count += 1
            if self.count % _PROGRESS == 0:
                sys.stderr.write(f"{case.scene.tool}: {self.count:,} cases\n")
            yield case


async def _play(cases: Iterable[Case], found: dict[tuple[str, str], list[Failure]]) -> None:
    async for failure in failures(cases):
        found.setdefault((failure.kind, failure.place), []).append(failure)


def _report(found: dict[tuple[str, str], list[Failure]]) -> None:
    for alike in sorted(found.values(), key=lambda alike: (alike[0].kind, -len(alike))):
        sys.stdout.write(f"{len(alike):,} × {alike[0]}\n\n")


if __name__ == "__main__":
    main()
