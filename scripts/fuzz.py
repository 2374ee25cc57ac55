#!/usr/bin/env python3
"""Runs the suite's fuzz of AWS's answers with more cases, and prints each distinct failure once, with an example.

Each answer is plausible except in one place. The same seed gives the same cases. Exits with 1 on a failure.
"""

from __future__ import annotations

if __name__ == "__main__":
    import in_venv  # noqa: F401 - restarts in .venv

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
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=2_000, metavar="N", help="per tool; default: %(default)s")
    options.add_argument("--all", action="store_true", help="every change of every member: about 150,000 cases")
    options.add_argument("--seed", type=int, default=12, help="default: %(default)s")
    options.add_argument("--tool", choices=TOOLS, action="append", help="only this tool; repeatable")
    chosen = options.parse_args()
    _use_no_settings_of_this_machine()
    begun, count, kinds = perf_counter(), 0, dict[tuple[str, str], list[Failure]]()
    for tool in chosen.tool or TOOLS:
        cases = _CountedCases(every(tool) if chosen.all else sample(tool, chosen.cases, chosen.seed))
        anyio.run(_play, cases, kinds)
        count += cases.count
    _report(kinds)
    failed = sum(map(len, kinds.values()))
    which = "all cases" if chosen.all else f"seed {chosen.seed}"
    seconds = perf_counter() - begun
    sys.stdout.write(f"{count:,} cases in {seconds:.0f} s: {failed:,} failures of {len(kinds)} kinds, {which}.\n")
    sys.exit(int(bool(kinds)))


def _use_no_settings_of_this_machine() -> None:
    logger.remove()
    logging.disable()  # the SDK logs each error that it answers a request with
    for name in [name for name in os.environ if name.startswith(("AWS_", "CLOUDWATCH_MCP_"))]:
        del os.environ[name]
    os.environ.update(environment())


class _CountedCases:
    """Counts the cases that an iteration yields."""

    def __init__(self, cases: Iterable[Case]) -> None:
        self._cases, self.count = cases, 0

    def __iter__(self) -> Iterator[Case]:
        for case in self._cases:
            self.count += 1
            if self.count % _PROGRESS == 0:
                sys.stderr.write(f"{case.scene.tool}: {self.count:,} cases\n")
            yield case


async def _play(cases: Iterable[Case], kinds: dict[tuple[str, str], list[Failure]]) -> None:
    async for failure in failures(cases):
        kinds.setdefault((failure.kind, failure.place), []).append(failure)


def _report(kinds: dict[tuple[str, str], list[Failure]]) -> None:
    for same in sorted(kinds.values(), key=lambda same: (same[0].kind, -len(same))):
        sys.stdout.write(f"{len(same):,} × {same[0]}\n\n")


if __name__ == "__main__":
    main()
