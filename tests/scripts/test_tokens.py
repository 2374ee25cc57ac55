"""What scripts/tokens complains of; scripts/test runs it on the real answers."""

from __future__ import annotations

from runpy import run_path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.support.places import ROOT

# The tokenizer's package reads its vocabulary so.
pytestmark = pytest.mark.filterwarnings("ignore:open_binary is deprecated:DeprecationWarning")


@pytest.fixture(scope="module")
def script() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "scripts"))
        return SimpleNamespace(**run_path(str(ROOT / "scripts" / "tokens")))


def complaints(script: Any, measured: dict[str, tuple[int, int]], committed: dict[str, tuple[int, int]]) -> list[str]:
    total = {name: script.Count(1, 1) for name in (script.ALL_ANSWERS, script.ALL_DEFINITIONS)}
    counted = [{name: script.Count(*each) for name, each in counts.items()} | total for counts in (measured, committed)]
    return list(script.complaints(*counted))


def test_growth_over_a_twentieth_fails_and_is_told_with_its_size(script: Any) -> None:
    assert complaints(script, {"a": (105, 10)}, {"a": (100, 10)}) == []
    assert complaints(script, {"a": (106, 10)}, {"a": (100, 10)}) == ["a grew from 100 to 106 characters, by 6.0%"]


def test_what_the_table_lacks_fails(script: Any) -> None:
    assert complaints(script, {"a": (1, 1)}, {}) == ["a is not in the table"]


def test_a_row_of_what_is_no_more_fails(script: Any) -> None:
    assert complaints(script, {}, {"a": (1, 1)}) == ["a is in the table and is not measured"]


def test_the_committed_table_is_read_back_as_it_was_written(script: Any) -> None:
    counts = {"`a`": script.Count(12_345, 678)}
    assert script.counts_in(script.as_markdown("answer", counts)) == counts


def test_tokens_are_counted_without_a_network(script: Any) -> None:
    assert script.count("hello world") == (11, 2)


def test_more_tokens_in_all_than_there_may_be_fail(script: Any) -> None:
    totals = {script.ALL_ANSWERS: script.Count(1, 20_001), script.ALL_DEFINITIONS: script.Count(1, 1)}
    assert list(script.complaints(totals, totals)) == [
        "**all answers** are 20,001 tokens, 1 over the 20,000 they may be"
    ]
