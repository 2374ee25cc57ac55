"""Finds in a cassette's text what must not be in it. A finding says where and of what kind, never what."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import NamedTuple

from cloudwatch_mcp.recording.redaction import is_example_account


class Leak(NamedTuple):
    line: int
    kind: str


def find(text: str) -> list[Leak]:
    """Every leak in the order of lines, a line and a kind once."""
    found = {
        Leak(text.count("\n", 0, match.start()) + 1, kind)
        for kind, (pattern, is_leak) in _KINDS.items()
        for match in pattern.finditer(text)
        if is_leak(match)
    }
    return sorted(found)


def _always(_: re.Match[str]) -> bool:
    return True


def _is_no_example(match: re.Match[str]) -> bool:
    return "EXAMPLE" not in match[0]


def _is_secret(match: re.Match[str]) -> bool:
    """Whether 40 characters read like a secret key: not like a hash, a path or a word."""
    kinds = (str.islower, str.isupper, str.isdigit)
    varied = len(set(match[0])) > 20 and all(any(map(kind, match[0])) for kind in kinds)
    return varied and _is_no_example(match)


def _is_account(match: re.Match[str]) -> bool:
    if is_example_account(match[0]):
        return False
    start, end = match.string.rfind("\n", 0, match.start()) + 1, match.string.find("\n", match.end())
    line = match.string[start : end if end >= 0 else None]
    number = _PLAIN_NUMBER.fullmatch(line)  # YAML quotes an account id: a plain number counts bytes
    return number is None or "account" in (number["name"] or "").lower()


def _hides_account(match: re.Match[str]) -> bool:
    """Whether twelve digits in base64 are an account's. What is before them is decoded from where they are aligned."""
    before = _BEFORE.search(match.string, max(0, match.start() - 400), match.start())
    start = before.start() + (match.start() - before.start()) % 4 if before else match.start()
    end = _AFTER.match(match.string, match.end()).end()  # type: ignore[union-attr]  # it matches nothing, at least
    encoded = match.string[start:end].translate(str.maketrans("-_", "+/"))
    hidden = base64.b64decode(encoded[: len(encoded) // 4 * 4]).decode("latin-1")
    return any(not is_example_account(number) for number in re.findall(r"(?<!\d)\d{12}(?!\d)", hidden))


def _is_public(match: re.Match[str]) -> bool:
    """Whether it is an address at all, and neither private nor for documentation."""
    try:
        return ip_address(match[0].rstrip(":")).is_global
    except ValueError:
        return False


def _is_no_example_domain(match: re.Match[str]) -> bool:
    return not _EXAMPLE_DOMAIN.fullmatch(match["domain"])


_PLAIN_NUMBER = re.compile(r"\s*(?:- )*(?:(?P<name>[\w.@-]+): )?\d+")
_EXAMPLE_DOMAIN = re.compile(r"(?:.+\.)?example\.\w+(?:\.\w+)?|.+\.(?:example|test|invalid|localhost)", re.IGNORECASE)
_BEFORE, _AFTER = re.compile(r"[\w+/-]*\Z", re.ASCII), re.compile(r"[\w+/-]*", re.ASCII)
_THREE_DIGITS = "[MNO][DTjz][AEIMQUYcgk][w-z0-5]"  # in base64

_KINDS: dict[str, tuple[re.Pattern[str], Callable[[re.Match[str]], bool]]] = {
    "access key id": (re.compile(r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}\b"), _is_no_example),
    # How the base64 of every session token begins.
    "session token": (
        re.compile(r"(?:IQoJb3JpZ2lu|F[Qw]oGZXIvYXdz)[\w+/=%-]{20,}|[xX]-[aA]mz-[sS]ecurity-[tT]oken"),
        _always,
    ),
    "request signature": (
        re.compile(r"AWS4-HMAC-SHA256|Signature=[0-9a-f]{16,}|^\s*[aA]uthorization:", re.MULTILINE),
        _always,
    ),
    "secret of 40 characters": (re.compile(r"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])"), _is_secret),
    # Twelve digits alone: no part of a number, a version or a UUID.
    "account id": (re.compile(r"(?<![\w.])(?<![0-9a-fA-F]-)\d{12}(?![\w-]|\.\d)"), _is_account),
    "account id in base64": (
        re.compile(rf"(?:{_THREE_DIGITS}){{3}}"),
        _hides_account,
    ),
    "public IP address": (
        re.compile(
            r"(?<![\w.])(?<!\w/)(?:\d{1,3}\.){3}\d{1,3}(?!\w|\.\d)|(?<![\w:.])[23][0-9a-fA-F]{3}:[0-9a-fA-F:]{2,}(?!\w)"
        ),
        _is_public,
    ),
    "e-mail address": (re.compile(r"(?<=[\w+-])@(?P<domain>(?:[\w-]+\.)+[A-Za-z]{2,})\b"), _is_no_example_domain),
    "!!binary": (re.compile("!!binary"), _always),
}
