"""Regular expressions in Java's syntax, with a time limit."""

import re
from collections.abc import Callable
from functools import lru_cache
from math import prod
from typing import Any, TypeAlias

import regex

from cloudwatch_mcp.sandbox.insights import budget
from cloudwatch_mcp.sandbox.insights.errors import QueryError

Pattern: TypeAlias = Any  # the package has no types
Match: TypeAlias = Any
# The regex package adds it to Java's syntax.
_RECURSION = re.compile(r"\(\?(?:R|&|P>|\d)")
_REPETITIONS = re.compile(r"(?<!\\)\{(?:\d*,)?(\d+)")
_MOST_REPETITIONS = 100_000  # nested ones multiply, and compiling takes memory for each
_WORDS = re.compile(r"(?a)(?P<flag>\(\?i\))?(?P<words>[\w\s\"',:;=<>@&%!~/|-]*)")


def of_literal(literal: str) -> Pattern:
    """The pattern of a literal such as `/(?i)time(d)? ?out/`.

    Raises:
        QueryError: it is not a regular expression.
    """
    body, _, flags = literal[1:].rpartition("/")
    return compiled((f"(?{flags})" if flags else "") + body.replace("\\/", "/"))


@lru_cache(maxsize=64)
def compiled(body: str) -> Pattern:
    if _RECURSION.search(body):
        raise QueryError("Invalid regular expression: recursion")
    if prod(max(float(count), 1) for count in _REPETITIONS.findall(body)) > _MOST_REPETITIONS:
        raise QueryError("Invalid regular expression: it repeats too often")
    try:
        return regex.compile(body, regex.VERSION0)
    except (regex.error, ValueError, RecursionError) as error:
        raise QueryError(f"Invalid regular expression: {error}") from error


def test_of(literal: str) -> Callable[[str], bool]:
    """Whether a text has a match.

    Plain words such as `/(?i)timeout|refused/` are looked up in the text, which is several times as fast.
    """
    pattern = of_literal(literal)
    match = _WORDS.fullmatch(pattern.pattern)

    def test(text: str) -> bool:
        return search(pattern, text) is not None

    if not match:
        return test
    fold = str.lower if match["flag"] else str
    words = [fold(word) for word in match["words"].split("|")]

    def test_words(text: str) -> bool:
        folded = fold(text)
        return any(word in folded for word in words) if text.isascii() else test(text)

    return test_words


def search(pattern: Pattern, text: str) -> Match | None:
    """The first match; searches without holding the interpreter lock."""
    return pattern.search(text, timeout=budget.remaining_seconds(), concurrent=True)


def replace(text: str, old: str, new: str) -> str:
    r"""The text with all matches of `old` replaced; `\1` in `new` is the first group.

    Raises:
        QueryError: `old` is not a regular expression, or lacks a group that `new` refers to.
    """
    budget.check_length(len(text) * (1 + new.count("\\")))
    length = 0

    def expanded(match: Match) -> str:
        nonlocal length
        replacement = match.expand(new)
        length += len(replacement)
        budget.check_length(length)
        return str(replacement)

    try:
        return str(compiled(old).sub(expanded, text, timeout=budget.remaining_seconds(), concurrent=True))
    except (regex.error, IndexError) as error:
        raise QueryError(f"Invalid replacement: {error}") from error
