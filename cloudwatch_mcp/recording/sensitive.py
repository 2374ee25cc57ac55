"""Patterns of account ids, keys and secrets: in plain text, in JSON in a string, and in URLs."""

from __future__ import annotations

import re
from collections.abc import Iterator

OWN_ACCOUNT = "123456789012"
OTHER_ACCOUNTS = ("210987654321", "111122223333", "444455556666", "777788889999", "999988887777")
_NUMBERED_ACCOUNT = re.compile(r"0{8}\d{4}|999999\d{6}", re.ASCII)

_ESCAPED = r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}"
# The lookbehinds come last, which is much faster. The digits of an escaped character do not count.
_NUMBER = (
    r"\d{4}(?:\d{8}|-\d{4}-\d{4})(?!\d)"
    r"(?:(?<!\d{13})(?<!\d{5}-\d{4}-\d{4})|(?<=%[0-9A-Fa-f]{2}\d{12})|(?<=\\u[0-9A-Fa-f]{4}\d{12}))"
)
_ACCOUNT_WORD = r"[aAoO](?:cc(?:oun)?t|CC(?:OUN)?T|wner|WNER)"
_REGION = r"-(?:north|south|east|west|central)[a-z]*-\d"

NUMBER = re.compile(_NUMBER, re.ASCII)
"""Twelve digits, or the same with dashes as the console shows an account id."""

# Where a number is an account id: a substring that the text must contain, and the pattern.
_ACCOUNTS = tuple(
    (part, re.compile(pattern, re.ASCII))
    for part, pattern in (
        ("aws", rf"aws[\w-]*(?:(?::|%3[aA])[\w-]*){{2}}(?::|%3[aA])({_NUMBER})"),
        ("::", rf"::({_NUMBER}):"),
        ('"@log"', rf'"@log"\W{{1,6}}value\W{{1,6}}({_NUMBER})'),
        (
            "",
            rf"{_ACCOUNT_WORD}[\w ]{{0,16}}?(?:{_ESCAPED}|\W){{0,16}}({_NUMBER}(?:\W{{1,6}}{_NUMBER})*)",
        ),
        ("amazonaws.com", rf"amazonaws\.com(?:\.cn)?(?:\\*/|%2[fF])({_NUMBER})"),
        ("t-", rf"{_REGION}[-_./:]({_NUMBER})"),
        ("", rf"({_NUMBER})(?:\.(?:dkr|signin)\.|[-_./][a-z]{{2}}(?:-[a-z]+)?{_REGION})"),
    )
)
ACCOUNT_MEMBER = re.compile(r"acc(?:oun)?t|owner", re.IGNORECASE)

# Between a name and its value. A backslash before the value's first slash belongs to the value.
_GAP = rf"(?:{_ESCAPED}|\\[nrt]|\\(?!\\*(?:/|u002[BbFf]))|[\s\"':=>|,-]){{1,60}}"
_SLASH_OR_PLUS = r"%2[BbFf]|\\+(?:/|u002[BbFf])"
KEY_ID = re.compile(
    r"A(?:KI|SI|BI|CC|RO|ID)A(?:(?<![A-Z0-9]\w{4})|(?<=%[0-9A-F]{2}\w{4})|(?<=\\u[0-9A-Fa-f]{4}\w{4}))"
    r"[A-Z0-9]{16,}(?![A-Z0-9])",
    re.ASCII,
)
_KEY_WORDS = r"(?:[sS]ecret|SECRET)[_ -]?(?:[aA]ccess|ACCESS)?[_ -]?(?:[kK]ey|KEY)"
SECRET_KEY = re.compile(rf"(?P<name>{_KEY_WORDS}{_GAP})(?:[A-Za-z0-9/+]|{_SLASH_OR_PLUS}){{40}}(?![A-Za-z0-9/+])")
_SESSION_WORDS = r"(?:[sS](?:ession|ecurity)|SESSION|SECURITY)[_ -]?(?:[tT]oken|TOKEN)"
SESSION_TOKEN = re.compile(rf"(?P<name>{_SESSION_WORDS}{_GAP})(?:[A-Za-z0-9/+=_-]|{_SLASH_OR_PLUS}|%3[Dd]){{30,}}")
CREDENTIAL_MEMBER = re.compile(f"{_KEY_WORDS}|{_SESSION_WORDS}")


def is_example_account(number: str) -> bool:
    """Whether it is an example from AWS's documentation or one of our stand-ins."""
    return number in (OWN_ACCOUNT, *OTHER_ACCOUNTS) or bool(_NUMBERED_ACCOUNT.fullmatch(number))


def accounts_in(text: str) -> Iterator[str]:
    """The account ids in a text that their place shows to be account ids, without dashes."""
    for part, pattern in _ACCOUNTS:
        for found in dict.fromkeys(pattern.findall(text)) if part in text else ():
            for number in NUMBER.findall(found):
                yield number.replace("-", "")
