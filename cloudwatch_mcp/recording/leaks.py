"""Finds secrets in a cassette's text. A leak has a line and a kind, and never repeats the secret."""

from __future__ import annotations

import base64
import re
from bisect import bisect_left
from collections.abc import Callable
from ipaddress import ip_address
from typing import NamedTuple

from cloudwatch_mcp.recording.sensitive import (
    ACCOUNT_MEMBER,
    KEY_ID,
    NUMBER,
    SECRET_KEY,
    SESSION_TOKEN,
    is_example_account,
)
from cloudwatch_mcp.recording.strict_yaml import Number, numbers


class Leak(NamedTuple):
    line: int
    kind: str


def find(text: str) -> list[Leak]:
    """Every leak, sorted by line, each kind once per line."""
    plain = {number.offset: number for number in numbers(text)}
    breaks = [match.start() for match in re.finditer("\n", text)]
    found = {
        Leak(bisect_left(breaks, match.start()) + 1, kind)
        for kind, (pattern, is_leak) in _KINDS.items()
        for match in pattern.finditer(text)
        if is_leak(match) and not (kind == _ACCOUNT and match.start() in plain)
    }
    return sorted(found | {Leak(number.line, _ACCOUNT) for number in plain.values() if _is_numeric_account(number)})


def _always(_: re.Match[str]) -> bool:
    return True


def _is_no_example(match: re.Match[str]) -> bool:
    return "EXAMPLE" not in match[0]


def _is_secret(match: re.Match[str]) -> bool:
    """Whether 40 characters look like a secret key, and not like a hash, a path or a word."""
    kinds = (str.islower, str.isupper, str.isdigit)
    if match.lastgroup == "name":  # it follows a name such as secret_access_key
        return _is_no_example(match)
    varied = len(set(match[0])) > 20 and all(any(map(kind, match[0])) for kind in kinds)
    return varied and _is_no_example(match)


def _is_account(match: re.Match[str]) -> bool:
    """Whether the digits are not an example account, and not part of a number, a UUID or a hash."""
    if is_example_account(match[0].replace("-", "")):
        return False
    before = match.string[max(0, match.start() - 80) : match.start()]
    if _BEGINNING.search(before) or ("-" in match[0] and _UUID_BEGINNING.search(before)):
        return False
    begun, ended = _WORD_BEFORE.search(before), _WORD_AFTER.match(match.string, match.end())
    around = (begun[0] if begun else "") + (ended[0] if ended else "")
    return not (around and _HEX.fullmatch(around))


def _is_numeric_account(number: Number) -> bool:
    """YAML quotes account ids: a plain number counts something else, unless its member's name says account or owner."""
    if not any(map(ACCOUNT_MEMBER.search, number.members)):
        return False
    digits = number.text.replace("_", "").removesuffix(".0").zfill(12)
    return bool(_NUMERIC_ACCOUNT.fullmatch(digits)) and not is_example_account(digits)


def _hides_account(match: re.Match[str]) -> bool:
    """Whether twelve digits in base64 are an account id. Decoding starts where the base64 is aligned with them."""
    before = _BEFORE.search(match.string, max(0, match.start() - 400), match.start())
    start = before.start() + (match.start() - before.start()) % 4 if before else match.start()
    end = _AFTER.match(match.string, match.end()).end()  # type: ignore[union-attr]  # it can match the empty string
    encoded = match.string[start:end].translate(str.maketrans("-_", "+/"))
    hidden = base64.b64decode(encoded[: len(encoded) // 4 * 4]).decode("latin-1")
    return any(not is_example_account(number) for number in re.findall(r"(?<!\d)\d{12}(?!\d)", hidden))


def _is_public(match: re.Match[str]) -> bool:
    """Whether it is a valid address that is neither private nor reserved for documentation."""
    try:
        return ip_address(match[0].rstrip(":")).is_global
    except ValueError:
        return False


def _is_no_example_domain(match: re.Match[str]) -> bool:
    return not _EXAMPLE_DOMAIN.fullmatch(match["domain"])


_EXAMPLE_DOMAIN = re.compile(r"(?:.+\.)?example\.\w+(?:\.\w+)?|.+\.(?:example|test|invalid|localhost)", re.IGNORECASE)
_BEFORE, _AFTER = re.compile(r"[\w+/-]*\Z", re.ASCII), re.compile(r"[\w+/-]*", re.ASCII)
_BEGINNING = re.compile(r"\d\.\Z|[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-\Z")  # the start of a number, a version or a UUID
_UUID_BEGINNING = re.compile(r"[0-9A-Fa-f]{8}-\Z")
# A word does not begin inside an escaped character: after a backslash, or in %3A or \u003a.
_WORD_BEFORE = re.compile(r"(?<!\\)(?<!\\u)(?<!\\u\w)(?<!\\u\w\w)(?<!\\u\w{3})(?<!%)(?<!%\w)[0-9A-Za-z]*\Z", re.ASCII)
_WORD_AFTER, _HEX = re.compile("[0-9A-Za-z]*"), re.compile("[0-9A-Fa-f]+")
_NUMERIC_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_ACCOUNT = "account id"
_THREE_DIGITS = "[MNO][DTjz][AEIMQUYcgk][w-z0-5]"  # in base64

_KINDS: dict[str, tuple[re.Pattern[str], Callable[[re.Match[str]], bool]]] = {
    "access key id": (KEY_ID, _is_no_example),
    # The start of every session token in base64, or a value after a name such as session_token.
    "session token": (
        re.compile(
            r"(?:IQoJb3JpZ2lu|F[Qw]oGZXIvYXdz)[\w+/=%-]{20,}|[xX]-[aA]mz-[sS]ecurity-[tT]oken|" + SESSION_TOKEN.pattern
        ),
        _is_no_example,
    ),
    "request signature": (
        re.compile(r"AWS4-HMAC-SHA256|Signature=[0-9a-f]{16,}|^\s*[aA]uthorization:", re.MULTILINE),
        _always,
    ),
    "secret of 40 characters": (
        re.compile(rf"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{{40}}(?![A-Za-z0-9/+=])|{SECRET_KEY.pattern}"),
        _is_secret,
    ),
    _ACCOUNT: (re.compile(rf"{NUMBER.pattern}(?!\.\d)", re.ASCII), _is_account),
    "account id in base64": (
        re.compile(rf"(?:{_THREE_DIGITS}){{3}}"),
        _hides_account,
    ),
    "public IP address": (
        re.compile(
            r"\d(?<![\w.]\d)(?<!\w/\d)\d{0,2}\.(?:\d{1,3}\.){2}\d{1,3}(?!\w|\.\d)|"
            r"[23](?<![\w:.].)[0-9a-fA-F]{3}:[0-9a-fA-F:]{2,}(?!\w)"
        ),
        _is_public,
    ),
    "e-mail address": (re.compile(r"@(?<=[\w+-]@)(?P<domain>(?:[\w-]+\.)+[A-Za-z]{2,})\b"), _is_no_example_domain),
    "!!binary": (re.compile("!!binary"), _always),
}
