"""How scripts/soak.py judges."""

from __future__ import annotations

from scripts.soak import growth
from tests.support.server_process import Usage


def test_a_twentieth_or_two_more_threads_or_files_are_no_growth() -> None:
    first = Usage(10, 100, 100.0, 120.0)
    assert list(growth(first, Usage(12, 105, 105.0, 999.0))) == []


def test_growth_is_reported_with_both_figures() -> None:
    first = Usage(10, 100, 100.0, 120.0)
    assert list(growth(first, Usage(13, 106, 106.0, 120.0))) == [
        "threads: 10 became 13",
        "files: 100 became 106",
        "memory: 100 became 106",
    ]
