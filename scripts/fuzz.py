#!/usr/bin/env python3
"""Runs the suite's fuzz of AWS's answers with more cases, and prints each distinct failure once, with an example.

Each answer is plausible except in one place. The same seed gives the same cases. Exits with 1 on a failure.
"""

from __future__ import annotations

if __name__ == "__main__":
    import in_venv  # noqa: F401 - restarts in .venv

import argparse
import logging
import sys
from collections.abc import Iterable
from itertools import count
from time import perf_counter

import anyio
from loguru import logger

from tests.support.fuzz.cases import TOOLS, Case, every, sample
from tests.support.fuzz.playing import Failure, failures
from tests.support.server_process import use_environment


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--cases", type=int, default=2_000, metavar="N", help="per tool; default: %(default)s")
    options.add_argument("--all", action="store_true", help="every change of every member: about 150,000 cases")
    options.add_argument("--seed", type=int, default=12, help="default: %(default)s")
    options.add_argument("--tool", choices=TOOLS, action="append", help="only this tool; repeatable")
    chosen = options.parse_args()
    logger.remove()
    logging.disable()  # the SDK logs each error that it answers a request with
    use_environment()
    begun, numbers, kinds = perf_counter(), count(), dict[tuple[str, str], list[Failure]]()
    for tool in chosen.tool or TOOLS:
        cases = every(tool) if chosen.all else sample(tool, chosen.cases, chosen.seed)
        sys.stderr.write(f"{tool} ...\n")
        anyio.run(_play, (case for case, _ in zip(cases, numbers, strict=False)), kinds)
    for same in sorted(kinds.values(), key=lambda same: (same[0].kind, -len(same))):
        sys.stdout.write(f"{len(same):,} × {same[0]}\n\n")
    failed, seconds = sum(map(len, kinds.values())), perf_counter() - begun
    which = "all cases" if chosen.all else f"seed {chosen.seed}"
    sys.stdout.write(
        f"{next(numbers):,} cases in {seconds:.0f} s: {failed:,} failures of {len(kinds)} kinds, {which}.\n"
    )
    sys.exit(int(bool(kinds)))


async def _play(cases: Iterable[Case], kinds: dict[tuple[str, str], list[Failure]]) -> None:
    async for failure in failures(cases):
        kinds.setdefault((failure.kind, failure.place), []).append(failure)


if __name__ == "__main__":
    main()
