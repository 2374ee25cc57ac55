"""The alarms in the rule of a composite alarm.

    rule     = term { ("AND" | "OR") term }
    term     = "NOT" term | "(" rule ")" | "TRUE" | "FALSE" | state "(" alarm ")" | at_least
    at_least = "AT_LEAST" "(" count "," state "," "(" alarm { "," alarm } ")" ")"
    state    = "ALARM" | "OK" | "INSUFFICIENT_DATA"

An alarm is a name or an ARN, in double quotes or bare (docs: PutCompositeAlarm, AlarmRule).
"""

from __future__ import annotations

import re
from collections import deque

from cloudwatch_mcp.errors import quote

_TOKEN = re.compile(r'\s*(?:"((?:\\.|[^"\\])*)"|([(),])|([^\s(),"]+))')
_STATES = ("ALARM", "OK", "INSUFFICIENT_DATA")
_END = ("", "")
_MAX_CHARS = 10_240  # PutCompositeAlarm: AlarmRule
_MAX_DEPTH = 100  # nested parentheses


class RuleError(ValueError):
    """The rule does not follow the grammar."""


def component_names(rule: str) -> list[str]:
    """The names of the alarms in the rule, ARNs reduced to names, in the order of their first mention.

    Raises:
        RuleError: the text is not a rule.
    """
    if len(rule) > _MAX_CHARS:
        raise RuleError(f"it has more than {_MAX_CHARS:,} characters")
    parser = _Parser(rule)
    parser.rule()
    parser.expect("")
    return list(dict.fromkeys(parser.names))


class _Parser:
    """Recursive descent over (kind, text) tokens; kind is "name" for quoted text, else empty."""

    def __init__(self, rule: str) -> None:
        self.names: list[str] = []
        self._rest = deque(_tokens(rule))
        self._depth = 0

    def rule(self) -> None:
        self._term()
        while self._peek().upper() in ("AND", "OR"):
            self._next()
            self._term()

    def expect(self, symbol: str) -> None:
        if self._next() != ("", symbol):
            raise RuleError(f"expected {symbol or 'the end'!r}")

    def _term(self) -> None:
        while (word := self._peek().upper()) == "NOT":
            self._next()
        if word == "(":
            self._next()
            self._nested_rule()
            self.expect(")")
        elif word in ("TRUE", "FALSE"):
            self._next()
        elif word == "AT_LEAST":
            self._at_least()
        elif word in _STATES:
            self._next()
            self.expect("(")
            self._alarm()
            self.expect(")")
        else:
            raise RuleError(f"unexpected {quote(word, 60)}")

    def _nested_rule(self) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise RuleError("its parentheses are nested too deeply")
        self.rule()
        self._depth -= 1

    def _at_least(self) -> None:
        self._next()
        self.expect("(")
        self._next()
        self.expect(",")
        if self._next()[1].upper() not in _STATES:
            raise RuleError("AT_LEAST takes a count, a state and alarms")
        self.expect(",")
        self.expect("(")
        self._alarm()
        while self._peek() == ",":
            self._next()
            self._alarm()
        self.expect(")")
        self.expect(")")

    def _alarm(self) -> None:
        kind, text = self._next()
        if not text or (kind == "" and text in "(),"):
            raise RuleError("an alarm's name is missing")
        self.names.append(text.split(":alarm:", 1)[1] if text.startswith("arn:") else text)

    def _peek(self) -> str:
        kind, text = self._rest[0] if self._rest else _END
        return text if kind == "" else '"'

    def _next(self) -> tuple[str, str]:
        return self._rest.popleft() if self._rest else _END


def _tokens(rule: str) -> list[tuple[str, str]]:
    text, position, tokens = rule.rstrip(), 0, []
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise RuleError(f"unreadable at character {position}")
        quoted, symbol, word = match.groups()
        tokens.append(("name", re.sub(r"\\(.)", r"\1", quoted)) if quoted is not None else ("", symbol or word))
        position = match.end()
    return tokens
