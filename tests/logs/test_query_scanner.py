"""The scanner of queries; which texts are strings and regular expressions is also in test_query_text."""

from __future__ import annotations

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch_mcp.logs.query_scanner import normalized, scan, split, without_comments


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


PIECES = [
    "fields",
    "@message",
    ",",
    "|",
    "filter",
    "level",
    "=",
    '"ERROR  #1"',
    "and",
    "not",
    "like",
    "`a  b`",
]


@given(st.lists(st.tuples(st.sampled_from(PIECES), st.sampled_from([" ", "\n", "\t  ", " # note | limit 1\n"]))))
def test_the_layout_of_a_query_does_not_matter(pieces: list[tuple[str, str]]) -> None:
    words = [piece for piece, _ in pieces]
    assert normalized("".join(chain(*pieces)), "CWLI") == normalized(" ".join(words), "CWLI")


@pytest.mark.parametrize(
    ("query", "language", "same"),
    [
        (
            "FIELDS a,b|Filter x IN [1,2] AND y NOT LIKE /A B/",
            "CWLI",
            "fields a, b | filter x in [1, 2] and y not like /A B/",
        ),
        ("stats COUNT(*) AS n BY Bin(5m) | sort n DESC", "CWLI", "stats count( * ) as n by bin(5m) | sort n desc"),
        ("/* all */ SELECT a FROM g WHERE b = 'x' -- end", "SQL", "select a from g where b = 'x'"),
        ("", "CWLI", "# nothing"),
    ],
)
def test_keywords_spaces_and_comments_do_not_matter(query: str, language: str, same: str) -> None:
    assert normalized(query, language) == normalized(same, language)


@pytest.mark.parametrize(
    ("query", "other", "language"),
    [
        ('filter a = "x y"', 'filter a = "x  y"', "CWLI"),
        ('filter a = "X"', 'filter a = "x"', "CWLI"),
        ("filter a like /X/", "filter a like /x/", "CWLI"),
        ("filter Level = 1", "filter level = 1", "CWLI"),
        ("fields From", "fields from", "CWLI"),
        ("fields `a  b`", "fields `a b`", "CWLI"),
        ("fields ab", "fields a b", "CWLI"),
        ("select A from g", "select a from g", "SQL"),
    ],
)
def test_names_strings_and_regular_expressions_matter(query: str, other: str, language: str) -> None:
    assert normalized(query, language) != normalized(other, language)
