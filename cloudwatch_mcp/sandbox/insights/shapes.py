"""The shape of a text: the roles of its tokens and the glue between them."""

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import islice, pairwise
from typing import NamedTuple

_TIME = (
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?"
)
_CHARACTERS = r"\w.@$%&~*+-"
# The names of key=value pairs and escaped characters are glue, too.
_TOKEN = re.compile(rf"(?<![\\{_CHARACTERS}])({_TIME}|[{_CHARACTERS}]+(?![{_CHARACTERS}]|=))")
# Member names up to their value, string values without quotes, and other values.
_JSON_TOKEN = re.compile(
    r'("[^"\\]*(?:\\.[^"\\]*)*"\s*:\s*"?'
    r'|(?<=[: ]")[^"\\]+(?:\\.[^"\\]*)*(?=")'
    r"|(?<=[:,\[ ])(?:-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?=[\s,\]}]))"
)
# Members whose value says what happened, so that its words count.
_DESCRIPTIVE_MEMBER = re.compile(r'"\w*(?i:action|error|event|exception|message|msg|operation|reason|type)"\s*:\s*"')
_DIGIT = re.compile(r"\d")
_FORM = re.compile(
    rf"(?P<Time>{_TIME})"
    r"|(?P<IPAddress>\d{1,3}(?:\.\d{1,3}){3})"
    r"|(?P<Number>[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+|%|[A-Za-z]{1,3})?\.?)"
    r"|(?P<ID>[^\s\d]*\d\S*)"
)
SEVERITIES = {
    **dict.fromkeys(("FATAL", "CRITICAL", "SEVERE", "EMERG", "ALERT"), "Fatal"),
    **dict.fromkeys(("ERROR", "ERR"), "Error"),
    **dict.fromkeys(("WARN", "WARNING"), "Warning"),
    **dict.fromkeys(("INFO", "NOTICE"), "Info"),
    **dict.fromkeys(("DEBUG", "TRACE"), "Debug"),
}
_SEVERITY_WORDS = {form for word in SEVERITIES for form in (word, word.lower(), word.capitalize())}
WORD = "word"
VARIABLE = "variable"
_MAX_VALUES = 50


class Shape(NamedTuple):
    """What texts have in common before their words are compared.

    A token's role is WORD or VARIABLE; a severity or the name of a JSON member is its own role.
    """

    glue: tuple[str, ...]
    roles: tuple[str, ...]


def cut(text: str) -> tuple[Shape, tuple[str, ...]]:
    """A text's shape and tokens."""
    return _json_cut(text) if text[:1] == "{" else _cut(text)


def _cut(text: str) -> tuple[Shape, tuple[str, ...]]:
    parts = _TOKEN.split(text)
    tokens = tuple(parts[1::2])
    return Shape(tuple(parts[::2]), tuple(map(_role, tokens))), tokens


def _role(token: str) -> str:
    if token in _SEVERITY_WORDS:
        return token
    return WORD if token.isalpha() or not _DIGIT.search(token) else VARIABLE


def _json_cut(text: str) -> tuple[Shape, tuple[str, ...]]:
    """Cut a JSON text: values are variable, except that those of descriptive members are cut into words."""
    parts = _JSON_TOKEN.split(text)
    glue, tokens = parts[::2], parts[1::2]
    roles = [
        token if token[0] == '"' or token in _SEVERITY_WORDS else VARIABLE  # a name, a severity
        for token in tokens
    ]
    for position in _descriptive_values(tuple(roles)):
        value, words = _cut_value(tokens[position])
        tokens[position : position + 1] = words
        roles[position : position + 1] = value.roles
        glue[position : position + 2] = _join(glue[position], value.glue, glue[position + 1])
    return Shape(tuple(glue), tuple(roles)), tuple(tokens)


def _join(before: str, glue: Sequence[str], after: str) -> list[str]:
    first, *rest = glue
    joined = [before + first, *rest]
    joined[-1] += after
    return joined


_cut_value = lru_cache(maxsize=4096)(_cut)  # descriptions repeat


@lru_cache(maxsize=4096)
def _descriptive_values(roles: tuple[str, ...]) -> list[int]:
    """The positions of the descriptive members' values, last one first."""
    positions = [
        position
        for position, (member, value) in enumerate(pairwise(roles), 1)
        if value == VARIABLE and _DESCRIPTIVE_MEMBER.fullmatch(member)
    ]
    return positions[::-1]


def distinctive_words(shape: Shape) -> list[int]:
    """The positions of the words that distinguish patterns; values of key=value pairs do not."""
    return [
        position for position, role in enumerate(shape.roles) if role == WORD and not shape.glue[position].endswith("=")
    ]


def form(values: Iterable[str]) -> str:
    """The common form of the values, such as Number; Token if there is none."""
    names = set()
    for value in islice(values, _MAX_VALUES):
        match = _FORM.fullmatch(value)
        names.add(match.lastgroup or "Token" if match else "Token")
    if names == {"ID", "Number"}:
        return "ID"
    return names.pop() if len(names) == 1 else "Token"
