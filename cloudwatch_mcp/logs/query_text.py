"""What the text of a Logs Insights query says about itself, in each of its languages."""

from __future__ import annotations

import re

# Each alternative ends at its delimiter or, where that is missing, at the end of the text: none is tried in vain.
_QUOTED = r"""(?P<quoted>"(?:[^"\\]|\\.?)*"?|'(?:[^'\\]|\\.?)*'?|`[^`]*`?)"""
_REST = r"(?P<word>[\w@$.]+)|(?P<sign>.)"
_PARTS = {
    "CWLI": re.compile(rf"{_QUOTED}|(?P<comment>#[^\n]*)|{_REST}", re.DOTALL),
    "SQL": re.compile(rf"{_QUOTED}|(?P<comment>(?:#|--)[^\n]*|/\*(?:[^*]|\*(?!/))*(?:\*/)?)|{_REST}", re.DOTALL),
    "PPL": re.compile(rf"{_QUOTED}|(?P<comment>#[^\n]*)|{_REST}", re.DOTALL),
}
_REGEX = re.compile(r"/(?:[^/\\\n\[]|\\[^\n]?|\[(?:[^\]\\\n]|\\[^\n]?)*\]?)*/?")
_BEFORE_A_REGEX = {"and", "by", "filter", "in", "like", "not", "or", "where"}
_LIMIT = {
    "CWLI": re.compile(r"(?:^|\|)\s*limit\s+(?:any\s+)?\d", re.IGNORECASE),
    "SQL": re.compile(r"\blimit\s+\d", re.IGNORECASE),
    "PPL": re.compile(r"(?:^|\|)\s*head\b", re.IGNORECASE),
}
_SOURCE = re.compile(r"\s*source\b", re.IGNORECASE)


def has_own_limit(text: str, language: str) -> bool:
    return _LIMIT[language].search(_bare(text, language)) is not None


def names_its_source(text: str, language: str) -> bool:
    """SQL names its log groups in FROM; the others with a SOURCE command."""
    return language == "SQL" or _SOURCE.match(_bare(text, language)) is not None


def _bare(text: str, language: str) -> str:
    """The query with a space for each comment, and '' for each string, quoted name and regular expression."""
    bare: list[str] = []
    command = ""  # the first word since the last |
    after_operand = False
    position = 0
    while position < len(text):
        is_regex = text[position] == "/" and language == "CWLI" and (command == "parse" or not after_operand)
        match = (_REGEX if is_regex else _PARTS[language]).match(text, position)
        assert match is not None  # noqa: S101 - for the type checker: a sign is any character
        part, kind = match[0], match.lastgroup or "quoted"
        position = match.end()
        bare.append({"comment": " ", "quoted": "''"}.get(kind, part))
        if kind == "comment" or part.isspace():
            continue
        after_operand = kind == "quoted" or part in ")]" or (kind == "word" and part.lower() not in _BEFORE_A_REGEX)
        command = "" if part == "|" else command or part.lower()
    return "".join(bare)
