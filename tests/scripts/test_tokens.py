"""What the token counts complain about; scripts/docs.py --check runs them on the real answers."""

from __future__ import annotations

from scripts.generated import tokens
from scripts.generated.tokens import ALL_ANSWERS, ALL_DEFINITIONS, Count


def complaints(measured: dict[str, tuple[int, int]], committed: dict[str, tuple[int, int]]) -> list[str]:
    total = {ALL_ANSWERS: Count(1, 1), ALL_DEFINITIONS: Count(1, 1)}
    counts = [{name: Count(*each) for name, each in some.items()} | total for some in (measured, committed)]
    return list(tokens.complaints(*counts))


def test_growth_by_more_than_five_percent_fails() -> None:
    assert complaints({"a": (105, 10)}, {"a": (100, 10)}) == []
    assert complaints({"a": (106, 10)}, {"a": (100, 10)}) == ["a grew from 100 to 106 characters, by 6.0%"]


def test_an_answer_missing_from_the_table_fails() -> None:
    assert complaints({"a": (1, 1)}, {}) == ["a is not in the table of tokens"]


def test_a_row_without_an_answer_fails() -> None:
    assert complaints({}, {"a": (1, 1)}) == ["a is in the table of tokens, but gone"]


def test_the_table_is_parsed_as_it_was_written() -> None:
    counts = {"`a`": Count(12_345, 678), ALL_ANSWERS: Count(12_345, 678), "`b`": Count(1, 1)}
    assert tokens.parse(tokens.as_markdown(counts)) == counts


def test_tokens_are_counted_without_a_network() -> None:
    assert tokens.count("hello world") == (11, 2)


def test_more_tokens_than_the_limit_fail() -> None:
    totals = {ALL_ANSWERS: Count(1, 21_001), ALL_DEFINITIONS: Count(1, 1)}
    assert list(tokens.complaints(totals, totals)) == ["**all answers**: 21,001 tokens, 1 over the limit of 21,000"]
