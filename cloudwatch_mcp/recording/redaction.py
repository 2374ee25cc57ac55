"""What a recording never holds: account ids, page tokens, record pointers, key ids, and what the user names.

Everything is replaced by a stand-in, the same one each time, so that the argument of a later call still matches.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from cloudwatch_mcp.recording.errors import CannotRecord

OWN_ACCOUNT = "123456789012"
OTHER_ACCOUNTS = ("210987654321", "111122223333", "444455556666", "777788889999", "999988887777")
_NUMBERED_ACCOUNT = re.compile(r"0{8}\d{4}")

# Where a number is known to be an account: a part that the text must have, and the pattern.
_ACCOUNTS = (
    ("arn:aws", re.compile(r"arn:aws[\w-]*:[\w-]*:[\w-]*:(\d{12})(?!\d)")),
    ('"@log"', re.compile(r'"@log"\W{1,6}value\W{1,6}(\d{12})(?!\d)')),
    ("ccount", re.compile(r"[aA]ccount[\w ]{0,16}\W{1,8}(\d{12}(?:\W{1,6}\d{12})*)(?!\d)")),
)
_KEY_ID = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")
_TOKENS = frozenset({"nextToken", "NextToken"})
_TOKEN = re.compile(r"token-[0-9a-f]{12}")
_STRING = r'"(?:[^"\\]|\\.)*"'
_TOKEN_MEMBER = re.compile(rf'("[nN]extToken"\s*:\s*)({_STRING})')
_POINTER = re.compile(rf'("field"\s*:\s*"@ptr"\s*,\s*"value"\s*:\s*){_STRING}')


def is_example_account(number: str) -> bool:
    """Whether it is one that nobody owns: those of AWS's documentation and our own stand-ins."""
    return number in (OWN_ACCOUNT, *OTHER_ACCOUNTS) or bool(_NUMBERED_ACCOUNT.fullmatch(number))


class Redaction:
    """The stand-ins of one recording. Not safe under threads: the recorder holds its lock.

    Args:
        patterns: regular expressions of what else to replace.
        account: the recorded account's id; else the first one seen is taken for it.

    Raises:
        CannotRecord: a pattern is no regular expression.
    """

    def __init__(self, patterns: Iterable[str] = (), account: str | None = None) -> None:
        self._patterns = list(map(_compiled, patterns))
        self._accounts: dict[str, str] = {}
        self._account: re.Pattern[str] | None = None
        self._replaced: dict[str, str] = {}
        self._names: dict[str, str] = {}
        if account:
            self._stand_in(account)

    def learn(self, text: str) -> None:
        """Take note of the account ids that `text`, JSON or not, shows to be such."""
        for part, pattern in _ACCOUNTS:
            for found in dict.fromkeys(pattern.findall(text)) if part in text else ():
                for number in re.findall(r"\d{12}", found):
                    self._stand_in(number)

    def rename(self, name: str, stand_in: str) -> None:
        """From now on, a string that is `name` is `stand_in`."""
        self._names[name] = stand_in

    def body(self, text: str) -> str:
        """A body with stand-ins. Where that will do it is taken as text: parsing would slow the call down."""
        self.learn(text)
        found = text.count('"@ptr"')
        text, pointers = _POINTER.subn(lambda match: match[1] + '"ptr"', text)
        if not self._patterns and not self._names and pointers == found:
            text = _TOKEN_MEMBER.sub(lambda match: f'{match[1]}"{_token(json.loads(match[2]))}"', text)
            return self.accounts(_without_keys(text))
        try:
            return json.dumps(self.scrub(json.loads(text)), ensure_ascii=False)
        except ValueError:
            return self._text(text)

    def scrub(self, value: Any) -> Any:
        """The JSON value with stand-ins, wherever in it there is something to replace."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, list):
            return [self.scrub(each) for each in value]
        if not isinstance(value, dict):
            return value
        if value.get("field") == "@ptr":  # base64 of the account, the log group and the event
            return {**value, "value": "ptr"}
        return {
            name: _token(each) if name in _TOKENS and isinstance(each, str) else self.scrub(each)
            for name, each in value.items()
        }

    def accounts(self, text: str) -> str:
        """The text without the account ids known by now; for what was scrubbed before they were."""
        return self._account.sub(lambda match: self._accounts[match[0]], text) if self._account else text

    def _text(self, text: str) -> str:
        if text in self._names:
            return self._names[text]
        for pattern in self._patterns:
            text = pattern.sub(self._numbered, text)
        return self.accounts(_without_keys(text))

    def _numbered(self, match: re.Match[str]) -> str:
        found = match.group()
        return self._replaced.setdefault(found, f"redacted-{len(self._replaced) + 1}") if found else ""

    def _stand_in(self, number: str) -> None:
        if number in self._accounts:
            return
        self._accounts[number] = number if is_example_account(number) else self._next_account()
        replaced = [known for known, stand_in in self._accounts.items() if known != stand_in]
        if replaced:  # what is looked for comes first in the pattern: so it is found much faster
            self._account = re.compile(rf"(?:{'|'.join(replaced)})(?<!\d{{13}})(?!\d)")

    def _next_account(self) -> str:
        taken = set(self._accounts.values())
        numbered = (f"{number:012d}" for number in range(1, 10_000))
        return next(each for each in (OWN_ACCOUNT, *OTHER_ACCOUNTS, *numbered) if each not in taken)


def _compiled(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise CannotRecord(f"{pattern!r} is no regular expression: {error}.") from None


def _token(token: str) -> str:
    if _TOKEN.fullmatch(token):
        return token
    return f"token-{sha256(token.encode(errors='replace')).hexdigest()[:12]}"


def _without_keys(text: str) -> str:
    if "IA" not in text:
        return text
    return _KEY_ID.sub(lambda key: key[0] if key[0].endswith("EXAMPLE") else f"{key[0][:4]}-redacted", text)
