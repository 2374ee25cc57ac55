"""Which events of a log group are in question: a filter condition, by default the signs of trouble in messages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cloudwatch_mcp.errors import InputError, quote
from cloudwatch_mcp.logs.query_scanner import Token, scan

_MAX_CHARS = 500
_EXAMPLE = "one filter condition of Logs Insights, such as status >= 500"
_CLOSED = re.compile(
    r"""(?s)"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`|/(?:[^/\\\n\[]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*\])+/"""
)
_CLOSING = {")": "(", "]": "["}
_KEYWORDS = {"and", "or", "not", "in", "like", "true", "false", "null"}
_NUMBER = re.compile(r"[\d.]+")

_ERROR_WORDS = r"error|exception|fail|timeout|timed out|fatal|panic"
_REFUSALS = r"refused|reject|denied|declined|throttl|unavailable|unprocessed"
_SEVERITY_FIELD = (
    r'(?:level|lvl|severity)(?:_?(?:name|text))?"?\s*[:=]\s*"?'
    r"(?:warn|err|crit|alert|emerg|fatal|panic|severe|[456]0\b)"  # 40 to 60: the levels of Pino and Bunyan
)
_SEVERITY_WORD = r"\b(?:warn|warning|crit|critical|emerg)\b"
_STATUS_5XX = r'status(?:_?code)?"?\s*[:=]\s*"?5\d\d\b|http.[\d.]+"? 5\d\d\b'
_SIGNS = f"{_ERROR_WORDS}|{_REFUSALS}|{_SEVERITY_FIELD}|{_SEVERITY_WORD}|{_STATUS_5XX}"
SIGNS_TEXT = (
    "severity WARN or worse, status 5xx, error words (error, exception, fail, timeout, timed out, fatal, panic) or "
    "refusals (refused, rejected, denied, declined, throttled, unavailable, unprocessed)"
)
SIGNS_IN_SHORT = "severity WARN or worse, status 5xx, or a word such as error, fail, timeout or refused"
_SIGN = re.compile(_SIGNS)
_ERROR = re.compile(_ERROR_WORDS)


def has_sign_of_trouble(text: str) -> bool:
    return _SIGN.search(text.lower()) is not None


def has_error_word(text: str) -> bool:
    return _ERROR.search(text.lower()) is not None


@dataclass(frozen=True)
class Focus:
    """The condition that the events in question meet, the one that all others meet, and the fields they name."""

    condition: str
    opposite: str
    fields: frozenset[str] = frozenset()
    is_default: bool = False


# One regular expression over @message: no event lacks that field, so that each event meets one of the two.
DEFAULT_FOCUS = Focus(f"@message like /(?i)({_SIGNS})/", f"@message not like /(?i)({_SIGNS})/", is_default=True)


def parse_focus(text: str | None) -> Focus:
    """The focus that a user gives as a filter condition, or the default one.

    Raises:
        InputError: it cannot be a single condition.
    """
    if text is None:
        return DEFAULT_FOCUS
    condition = text.strip()
    if not condition or len(condition) > _MAX_CHARS:
        raise InputError(f"focus: give {_EXAMPLE}; at most {_MAX_CHARS} characters.")
    tokens = list(scan(condition, "CWLI"))
    problem = _problem(tokens)
    if problem:
        raise InputError(f"focus: {quote(condition)} has {problem}; give {_EXAMPLE}.")
    return Focus(f"({condition})", f"not ({condition})", frozenset(_fields(tokens)))


def _problem(tokens: list[Token]) -> str | None:
    expected: list[str] = []
    for token in tokens:
        if token.kind == "comment":
            return "a comment (#)"
        if token.kind in ("quoted", "regex") and not _CLOSED.fullmatch(token.text):
            return f"no end of {quote(token.text, 40)}"
        if token.kind != "sign":
            continue
        if token.text == "|":
            return "a | outside quotes and regular expressions"
        if token.text in "([":
            expected.append(token.text)
        elif token.text in _CLOSING and (not expected or expected.pop() != _CLOSING[token.text]):
            return f"a {token.text} too many"
    return f"no end of {expected[-1]}" if expected else None


def _fields(tokens: list[Token]) -> set[str]:
    visible = [token for token in tokens if token.kind != "space"]
    following = [*visible[1:], None]
    return {
        token.text.strip("`")
        for token, after in zip(visible, following, strict=True)
        if (token.kind == "word" or token.text.startswith("`"))
        and token.text.lower() not in _KEYWORDS
        and not _NUMBER.fullmatch(token.text)
        and not (after and after.text == "(")
    }
