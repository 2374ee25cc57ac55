"""Regular expressions, which follow Java's syntax and end in time however they backtrack."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, TypeAlias

import regex

from cloudwatch_mcp.sandbox.insights import budget
from cloudwatch_mcp.sandbox.insights.errors import QueryError

Pattern: TypeAlias = Any  # the package has no types
Match: TypeAlias = Any
_JAVA_NAMED_GROUP = re.compile(r"\(\?<(?![=!])")
_INLINE_FLAGS = re.compile(r"\(\?([imsx]+)\)")


def of_literal(literal: str) -> Pattern:
    """The pattern of a literal such as `/(?i)time(d)? ?out/`.

    Raises:
        QueryError: it is no regular expression.
    """
    body, _, flags = literal[1:].rpartition("/")
    return _compiled(body.replace("\\/", "/"), flags)


@lru_cache(maxsize=64)
def _compiled(body: str, flags: str = "") -> Pattern:
    body = _JAVA_NAMED_GROUP.sub("(?P<", body)
    inline = "".join(match[1] for match in _INLINE_FLAGS.finditer(body))
    all_flags = "".join(sorted(set(inline + flags)))
    body = (f"(?{all_flags})" if all_flags else "") + _INLINE_FLAGS.sub("", body)
    try:
        re.compile(body)  # refuses what regex has beyond Java, such as recursion
        return regex.compile(body, regex.VERSION0)
    except (re.error, regex.error, OverflowError, RecursionError) as error:
        raise QueryError(f"Invalid regular expression: {error}") from error


def search(pattern: Pattern, text: str) -> Match | None:
    """The first match. Other threads run meanwhile."""
    return pattern.search(text, timeout=budget.left(), concurrent=True)


def replace(text: str, old: str, new: str) -> str:
    r"""The text with all matches of `old` replaced; `\1` in `new` is the first group.

    Raises:
        QueryError: `old` is no regular expression, or `new` names a group that it does not have.
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
        return str(_compiled(old).sub(expanded, text, timeout=budget.left(), concurrent=True))
    except (regex.error, IndexError) as error:
        raise QueryError(f"Invalid replacement: {error}") from error
