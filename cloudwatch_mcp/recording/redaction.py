"""Redaction: account ids, page tokens, record pointers, keys, and the user's own patterns.

Everything is replaced by a stand-in, the same one each time, so that the argument of a later call still matches.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Any

from cloudwatch_mcp.recording.errors import CannotRecord
from cloudwatch_mcp.recording.matching import MAX_DEPTH, is_deep
from cloudwatch_mcp.recording.models import member_names
from cloudwatch_mcp.recording.sensitive import (
    CREDENTIAL_MEMBER,
    KEY_ID,
    NUMBER,
    OTHER_ACCOUNTS,
    OWN_ACCOUNT,
    SECRET_KEY,
    SESSION_TOKEN,
    accounts_in,
    is_example_account,
)

_TOKENS = frozenset({"nextToken", "NextToken"})
_TOKEN = re.compile(r"token-[0-9a-f]{12}")
_STRING = r'"(?:[^"\\]|\\.)*"'
_TOKEN_MEMBER = re.compile(rf'("[nN]extToken"\s*:\s*)({_STRING})')
_POINTER = re.compile(rf'("field"\s*:\s*"@ptr"\s*,\s*"value"\s*:\s*){_STRING}')
_HIDDEN = "secret-redacted"


class Redaction:
    """The stand-ins of one recording. Not thread-safe: the recorder holds its lock.

    Args:
        patterns: regular expressions of what else to replace.
        account: the recorded account's id; by default the first one that occurs.
        names: names that patterns do not replace, besides those of AWS's members.

    Attributes:
        is_late: an account id was recognised that an earlier text still contains.

    Raises:
        CannotRecord: a pattern is not a regular expression.
    """

    def __init__(self, patterns: Iterable[str] = (), account: str | None = None, names: Iterable[str] = ()) -> None:
        self._patterns = list(map(_compiled, patterns))
        self._kept = member_names().union(names) if self._patterns else frozenset(names)
        self._accounts: dict[str, str] = {}
        self._spare = _stand_ins()
        self._unknown: set[str] = set()
        self._replaced: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self.is_late = False
        if account:
            self._stand_in(account)

    def learn(self, text: str) -> None:
        """Learn the account ids that their place in `text` shows to be account ids."""
        for number in accounts_in(text):
            self._stand_in(number)

    def rename(self, name: str, stand_in: str) -> None:
        """Replace every later string that equals `name`."""
        self._names[name] = stand_in

    def body(self, text: str) -> str:
        """A body with stand-ins. It is parsed only if necessary, since parsing slows the call down."""
        self.learn(text)
        found = text.count('"@ptr"')
        text, pointers = _POINTER.subn(lambda match: match[1] + '"ptr"', text)
        if not self._patterns and not self._names and pointers == found:
            return self.accounts(_without_keys(_without_tokens(text)))
        try:
            return json.dumps(self.scrub(json.loads(text)))
        except (ValueError, RecursionError):  # not JSON, or nested too deeply
            return self._text(_without_tokens(text))

    def scrub(self, value: Any) -> Any:
        """The JSON value with stand-ins.

        Raises:
            ValueError: it is nested too deeply.
        """
        if is_deep(value):
            raise ValueError(f"it is nested more than {MAX_DEPTH} levels deep")
        return self._scrub(value)

    def name(self, name: str) -> str:
        """The name of a member or tool with stand-ins; names of AWS and of the server stay."""
        return name if name in self._kept else self._text(name)

    def accounts(self, text: str) -> str:
        """A scrubbed text without the account ids that were recognised since."""
        return NUMBER.sub(self._account, text)

    def late(self, value: Any) -> Any:
        """A scrubbed JSON value without the account ids that were recognised since."""
        return json.loads(self.accounts(json.dumps(value)))

    def _scrub(self, value: Any) -> Any:
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self._scrub(each) for each in value]
        if isinstance(value, dict):
            is_pointer = value.get("field") == "@ptr"  # base64 of the account, the log group and the event
            return {self.name(name): self._member(name, each, is_pointer) for name, each in value.items()}
        if isinstance(value, int | float) and 1e11 <= abs(value) < 1e12:
            return type(value)(self.accounts(str(value)))
        return value

    def _member(self, name: str, value: Any, is_pointer: bool) -> Any:
        if not isinstance(value, str):
            return self._scrub(value)
        if is_pointer and name == "value":
            return "ptr"
        if name in _TOKENS:
            return _token(value)
        return _HIDDEN if CREDENTIAL_MEMBER.search(name) else self._text(value)

    def _text(self, text: str) -> str:
        if text in self._names:
            return self._names[text]
        for pattern in self._patterns:
            text = pattern.sub(self._numbered, text)
        return self.accounts(_without_keys(text))

    def _numbered(self, match: re.Match[str]) -> str:
        found = match.group()
        return self._replaced.setdefault(found, f"redacted-{len(self._replaced) + 1}") if found else ""

    def _account(self, match: re.Match[str]) -> str:
        found = match[0]
        number = found.replace("-", "")
        stand_in = self._accounts.get(number)
        if stand_in is None:
            self._unknown.add(number)
            return found
        return stand_in if found == number else "-".join((stand_in[:4], stand_in[4:8], stand_in[8:]))

    def _stand_in(self, number: str) -> None:
        if number in self._accounts:
            return
        if is_example_account(number):
            self._accounts[number] = number
            return
        self._accounts[number] = next((each for each in self._spare if each not in self._accounts), OWN_ACCOUNT)
        self.is_late = self.is_late or number in self._unknown


def _stand_ins() -> Iterator[str]:
    """Example accounts. None begins with a zero, so each has twelve digits as a JSON number, too."""
    yield from (OWN_ACCOUNT, *OTHER_ACCOUNTS)
    yield from map(str, range(999_999_000_000, 1_000_000_000_000))


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise CannotRecord(f"{pattern!r} is not a regular expression: {error}.") from None


def _without_tokens(text: str) -> str:
    return _TOKEN_MEMBER.sub(lambda match: f'{match[1]}"{_token(_unquoted(match[2]))}"', text)


def _unquoted(text: str) -> str:
    try:
        return str(json.loads(text))
    except ValueError:  # an escape that is not JSON
        return text


def _token(token: str) -> str:
    if _TOKEN.fullmatch(token):
        return token
    return f"token-{sha256(token.encode(errors='replace')).hexdigest()[:12]}"


def _without_keys(text: str) -> str:
    text = KEY_ID.sub(lambda key: key[0] if "EXAMPLE" in key[0] else f"{key[0][:4]}-redacted", text)
    if not any(part in text for part in ("ecret", "ECRET", "ession", "ESSION", "ecurity", "ECURITY")):
        return text
    for pattern in (SECRET_KEY, SESSION_TOKEN):
        text = pattern.sub(lambda found: found[0] if "EXAMPLE" in found[0] else f"{found['name']}{_HIDDEN}", text)
    return text
