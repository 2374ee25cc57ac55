"""Scanner for the query languages of Logs Insights: what is a string, a regular expression or a comment, and where.

CWLI is Logs Insights QL, the others are SQL and PPL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["comment", "quoted", "regex", "word", "space", "sign"]


class Token(NamedTuple):
    """A piece of a query's text; a sign is a single character."""

    kind: Kind
    text: str
    start: int

    @property
    def end(self) -> int:
        return self.start + len(self.text)


# Each alternative ends at its delimiter or, if that is missing, at the end of the text, so that none is tried in vain.
_QUOTED = r"""(?P<quoted>"(?:[^"\\]|\\.?)*"?|'(?:[^'\\]|\\.?)*'?|`[^`]*`?)"""
_REST = r"(?P<word>[\w@$.]+)|(?P<space>\s+)|(?P<sign>.)"
_TOKEN = re.compile(rf"{_QUOTED}|(?P<comment>#[^\n]*)|{_REST}", re.DOTALL)
_SQL_TOKEN = re.compile(rf"{_QUOTED}|(?P<comment>(?:#|--)[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?)|{_REST}", re.DOTALL)
_REGEX = re.compile(r"(?P<regex>/(?:[^/\\\n\[]|\\[^\n]?|\[(?:[^\]\\\n]|\\[^\n]?)*\]?)*/?)")
_BEFORE_A_REGEX = {"and", "by", "filter", "in", "like", "not", "or", "where"}
_KEYWORDS = {"and", "as", "asc", "by", "desc", "in", "like", "not", "or"}
_SQL_KEYWORDS = {"between", "from", "group", "having", "is", "join", "limit", "null", "on", "order", "select", "where"}


def scan(query: str, language: str) -> Iterator[Token]:
    """The tokens of a query; joined they are its text.

    In CWLI a `/` begins a regular expression, unless it follows an operand: then it divides.
    """
    pattern = _SQL_TOKEN if language == "SQL" else _TOKEN
    command = ""  # the first word since the last |
    after_operand = False
    position = 0
    while position < len(query):
        is_regex = query[position] == "/" and language == "CWLI" and (command == "parse" or not after_operand)
        match = (_REGEX if is_regex else pattern).match(query, position)
        assert match is not None  # noqa: S101 - for the type checker: a sign is any character
        kind: Kind = match.lastgroup  # type: ignore[assignment]  # the groups have the names of the kinds
        text = match[0]
        yield Token(kind, text, position)
        position = match.end()
        if kind not in ("comment", "space"):
            after_operand = _is_operand(kind, text)
            command = "" if text == "|" else command or text.lower()


def _is_operand(kind: Kind, text: str) -> bool:
    return kind in ("quoted", "regex") or text in ")]" or (kind == "word" and text.lower() not in _BEFORE_A_REGEX)


def without_comments(query: str, language: str) -> str:
    """The query with a space for each comment."""
    return "".join(" " if token.kind == "comment" else token.text for token in scan(query, language))


def normalized(query: str, language: str) -> str:
    """The query in one line without comments and optional spaces, keywords and names of functions in lower case."""
    tokens = [token for token in scan(query, language) if token.kind not in ("comment", "space")]
    keywords = _KEYWORDS | _SQL_KEYWORDS if language == "SQL" else _KEYWORDS
    texts: list[str] = []
    for token, following in zip_longest(tokens, tokens[1:]):
        is_command = language != "SQL" and texts[-1:] in ([], ["|"])
        is_keyword = is_command or (following and following.text == "(") or token.text.lower() in keywords
        texts.append(token.text.lower() if token.kind == "word" and is_keyword else token.text)
    return " ".join(texts)


def bare(query: str, language: str) -> str:
    """The query with a space for each comment, and '' for each string, quoted name and regular expression."""
    replaced = {"comment": " ", "quoted": "''", "regex": "''"}
    return "".join(replaced.get(token.kind, token.text) for token in scan(query, language))


def outer(text: str, language: str) -> Iterator[Token]:
    """The words and signs of a part of a query that stand outside parentheses, these included."""
    depth = 0
    for token in scan(text, language):
        if token.kind not in ("word", "sign"):
            continue
        depth -= token.text in (")", "]")
        if depth <= 0:
            yield token
        depth += token.text in ("(", "[")


def split(text: str, separator: str, language: str) -> list[str]:
    """The parts between the separators, signs or words in lower case, that stand outside quotes and parentheses."""
    parts, start = [], 0
    for token in outer(text, language):
        if token.text.lower() == separator:
            parts.append(text[start : token.start])
            start = token.end
    return [*parts, text[start:]]
