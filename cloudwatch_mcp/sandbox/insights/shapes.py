"""The shape of a text: the roles of its tokens and the glue between them."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import islice

_TIME = (
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?"
    r"|\d\d/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?"
)
_CHARACTERS = r"\w.@$%&~*+-"
# The names of key=value pairs and escaped characters are glue, too.
_TOKEN = re.compile(rf"(?<![\\{_CHARACTERS}])({_TIME}|[{_CHARACTERS}]+(?![{_CHARACTERS}]|=))")
_JSON_STRING = r'[^"\\]+(?:\\.[^"\\]*)*'
_JSON_LITERAL = r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null"
# Member names up to their value, string values without quotes, and other values.
_JSON_TOKEN = re.compile(
    r'("[^"\\]*(?:\\.[^"\\]*)*"\s*:\s*"?'
    rf'|(?<=[: ]"){_JSON_STRING}(?=")'
    rf"|(?<=[:,\[ ])(?:{_JSON_LITERAL})(?=[\s,\]}}]))"
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
VARYING = (WORD, VARIABLE)
_MAX_VALUES = 50
# A shape gets a regular expression when it has repeated so often that compiling one pays; the first few shapes do.
_REPETITIONS = 256
_MAX_TEMPLATES = 16


@dataclass(frozen=True, eq=False)
class Shape:
    """What texts have in common before their words are compared; a Cutter has one object for equal shapes.

    A token's role is WORD or VARIABLE; a severity or the name of a JSON member is its own role.
    """

    glue: tuple[str, ...]
    roles: tuple[str, ...]

    @cached_property
    def words(self) -> list[int]:
        """Which of the varying tokens are words that distinguish patterns; values of key=value pairs do not."""
        varying = [(glue, role) for glue, role in zip(self.glue, self.roles, strict=False) if role in VARYING]
        return [index for index, (glue, role) in enumerate(varying) if role == WORD and not glue.endswith("=")]

    @cached_property
    def descriptive_values(self) -> list[tuple[int, int]]:
        """Their positions among all tokens and among the varying ones, last one first."""
        varying = [position for position, role in enumerate(self.roles) if role in VARYING]
        return [
            (position, index)
            for index, position in reversed(list(enumerate(varying)))
            if position and _DESCRIPTIVE_MEMBER.fullmatch(self.roles[position - 1])
        ]


Cut = tuple[Shape, tuple[str, ...]]


class Cutter:
    """Cuts texts into their shape and their varying tokens. Not thread-safe."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[tuple[str, ...], tuple[str, ...]], Shape] = {}
        self._lines = _Syntax(self._shape, _TOKEN, _role, _line_group)
        self._json = _Syntax(self._shape, _JSON_TOKEN, _json_role, _json_group)
        self._value = lru_cache(maxsize=4096)(self._lines.cut)  # descriptions repeat
        self._joined = lru_cache(maxsize=4096)(self._join)

    def cut(self, text: str) -> Cut:
        """In JSON, values are variable, except that those of descriptive members are cut into words."""
        if text[:1] != "{":
            return self._lines.cut(text)
        shape, tokens = self._json.cut(text)
        for position, index in shape.descriptive_values:
            value, words = self._value(tokens[index])
            shape = self._joined(shape, position, value)
            tokens = tokens[:index] + words + tokens[index + 1 :]
        return shape, tokens

    def _shape(self, glue: Iterable[str], roles: Iterable[str]) -> Shape:
        parts = tuple(glue), tuple(roles)
        return self._shapes.setdefault(parts, Shape(*parts))

    def _join(self, shape: Shape, position: int, value: Shape) -> Shape:
        """The shape with the value's shape in place of one token."""
        before, after = list(shape.glue[: position + 1]), list(shape.glue[position + 1 :])
        before[-1] += value.glue[0]
        glue = [*before, *value.glue[1:]]
        glue[-1] += after.pop(0)
        roles = [*shape.roles[:position], *value.roles, *shape.roles[position + 1 :]]
        return self._shape([*glue, *after], roles)


class _Syntax:
    """Cuts texts token by token; of the shapes that repeat, by one match of a regular expression with equal results.

    `group` is the expression for a varying token, by the text before it, its role, an example and its number. It may
    match less than such a token can be.
    """

    def __init__(
        self,
        shape: Callable[[Iterable[str], Iterable[str]], Shape],
        token: re.Pattern[str],
        role: Callable[[str], str],
        group: Callable[[str, str, str, int], str],
    ) -> None:
        self._shape, self._token, self._role, self._group = shape, token, role, group
        self._repetitions: Counter[Shape] = Counter()
        self._templates: list[tuple[re.Pattern[str], Shape]] = []

    def cut(self, text: str) -> Cut:
        for template, shape in self._templates:
            match = template.fullmatch(text)
            if match and _SEVERITY_WORDS.isdisjoint(tokens := match.groups()):
                return shape, tokens
        parts = self._token.split(text)
        shape = self._shape(parts[::2], map(self._role, parts[1::2]))
        tokens = tuple([token for token, role in zip(parts[1::2], shape.roles, strict=True) if role in VARYING])
        self._repetitions[shape] += 1
        if self._repetitions[shape] == _REPETITIONS and len(self._templates) < _MAX_TEMPLATES:
            self._templates.append((self._template(shape, tokens), shape))
        return shape, tokens

    def _template(self, shape: Shape, tokens: tuple[str, ...]) -> re.Pattern[str]:
        pattern = literal = ""
        number = 0
        for glue, role in zip(shape.glue, shape.roles, strict=False):
            literal += glue
            if role in VARYING:
                number += 1
                pattern += re.escape(literal) + self._group(literal, role, tokens[number - 1], number)
                literal = ""
            else:
                literal += role
        return re.compile(pattern + re.escape(literal + shape.glue[-1]))


def _role(token: str) -> str:
    if token in _SEVERITY_WORDS:
        return token
    return WORD if token.isalpha() or not _DIGIT.search(token) else VARIABLE


def _line_group(_: str, role: str, example: str, number: int) -> str:
    if role == WORD:
        return r"([A-Za-z_.@$%&~*+-]+)"
    if re.fullmatch(_TIME, example):
        return f"(?=(?P<time{number}>{_TIME}))(?P=time{number})"  # a lookahead never tries a shorter match
    # The digit is looked for ahead: a group that matches one token in several ways would be tried in all of them.
    return rf"(?!\d{{4}}-\d\d-\d\d[T ]|\d\d/)(?=[{_CHARACTERS}]*\d)([{_CHARACTERS}]+)"


def _json_role(token: str) -> str:
    """A member's name or a severity is its own role."""
    return token if token[0] == '"' or token in _SEVERITY_WORDS else VARIABLE


def _json_group(before: str, _: str, __: str, ___: int) -> str:
    if before[-1:] != '"':
        return f"({_JSON_LITERAL})"
    # A string between colons or spaces can change what _JSON_TOKEN makes of the text around it.
    return rf"((?!\s*:){_JSON_STRING})(?<![: ])" if before[-2:-1] in (":", " ") else "(?!)()"


def form(values: Iterable[str]) -> str:
    """The common form of the values, such as Number; Token if there is none."""
    names = set()
    for value in islice(values, _MAX_VALUES):
        match = _FORM.fullmatch(value)
        names.add(match.lastgroup or "Token" if match else "Token")
    if names == {"ID", "Number"}:
        return "ID"
    return names.pop() if len(names) == 1 else "Token"
