"""The totals of the token report."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from bench_lib.figures import Figure

_REPORT = Path(__file__).parent.parent / "tokens"
_TOTAL = re.compile(r"\| \*\*(all \w+)\*\* \| ([\d,]+) \| ([\d,]+) \|")


def measure() -> Iterator[Figure]:
    command = [sys.executable, str(_REPORT), "--check"]  # whether it holds is for scripts/test
    report = subprocess.run(command, capture_output=True, text=True, check=False).stdout  # noqa: S603 - our own script
    for name, *counts in _TOTAL.findall(report):
        for unit, count in zip(("characters", "tokens"), counts, strict=True):
            yield Figure(f"token report, {name}", int(count.replace(",", "")), unit, ratio=True)
