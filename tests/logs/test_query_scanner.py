"""The scanner of queries; which texts are strings and regular expressions is also in test_query_text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch_mcp.logs.query_scanner import scan, split, without_comments


@given(st.text("\"'`/\\#[]|(-* ab\n", max_size=40), st.sampled_from(["CWLI", "SQL", "PPL"]))
def test_the_tokens_of_any_text_make_up_the_text(text: str, language: str) -> None:
    tokens = list(scan(text, language))
    assert "".join(token.text for token in tokens) == text
    assert [token.end for token in tokens[:-1]] == [token.start for token in tokens[1:]]


@pytest.mark.parametrize(
    ("text", "separator", "parts"),
    [
        ("a | b", "|", ["a ", " b"]),
        ("filter x like /a|b/ | c", "|", ["filter x like /a|b/ ", " c"]),
        ("'a|b' | `c|d`", "|", ["'a|b' ", " `c|d`"]),
        ("f(a, b), c[1, 2]", ",", ["f(a, b)", " c[1, 2]"]),
        ("count(*) BY a, standby", "by", ["count(*) ", " a, standby"]),
        ("", ",", [""]),
    ],
)
def test_a_text_is_split_outside_quotes_and_parentheses(text: str, separator: str, parts: list[str]) -> None:
    assert split(text, separator, "CWLI") == parts


@pytest.mark.parametrize(
    ("text", "language", "bare"),
    [
        ("a # b\nc", "CWLI", "a  \nc"),
        ("a = '#' # b", "PPL", "a = '#'  "),
        ("a -- b\n/* c */ d", "SQL", "a  \n  d"),
        ("a -- b", "CWLI", "a -- b"),
    ],
)
def test_comments_are_those_of_the_language(text: str, language: str, bare: str) -> None:
    assert without_comments(text, language) == bare
