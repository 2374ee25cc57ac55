"""Reads the console's links as the console does, independently of how they are written."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

_ALLOWED = re.compile(r"[\w.~$*!?=:/()'-]*", re.ASCII)
_RAW = re.compile(r"[^~()]*")
_ESCAPE = re.compile(r"\*\*([0-9a-f]{4})|\*([0-9a-f]{2})|(!)")


class ConsoleLink(NamedTuple):
    """The parts of a link: `state` is an alarm's name, the source of a graph, or the detail of a query."""

    host: str
    region: str
    page: str
    state: Any


def read_link(url: str) -> ConsoleLink:
    parts = urlsplit(url)
    assert (parts.scheme, parts.path) == ("https", "/cloudwatch/home")
    assert _ALLOWED.fullmatch(parts.fragment)
    (region,) = parse_qs(parts.query)["region"]
    page = unquote(parts.fragment.replace("$", "%"))
    if page.startswith("alarmsV2:alarm/"):
        return ConsoleLink(parts.netloc, region, "alarm", page.removeprefix("alarmsV2:alarm/"))
    page, _, query = page.partition("?")
    ((text,),) = parse_qs(query, strict_parsing=True).values()
    state, end = _value(text, 0)
    assert end == len(text)
    return ConsoleLink(parts.netloc, region, page, state)


def _value(jsurl: str, start: int) -> tuple[Any, int]:
    """The value that begins with the `~` at `start`, and where it ends."""
    assert jsurl[start] == "~"
    if jsurl[start + 1] == "'":
        text, end = _raw(jsurl, start + 2)
        return _unescaped(text), end
    if jsurl[start + 1] == "(":
        read = _items if jsurl[start + 2] == "~" else _members
        value, end = read(jsurl, start + 2)
        assert jsurl[end] == ")"
        return value, end + 1
    text, end = _raw(jsurl, start + 1)
    return json.loads(text), end


def _items(jsurl: str, end: int) -> tuple[list[Any], int]:
    items = []
    while jsurl[end] == "~":
        item, end = _value(jsurl, end)
        items.append(item)
    return items, end


def _members(jsurl: str, end: int) -> tuple[dict[str, Any], int]:
    members, is_next = {}, True
    while is_next:
        name, end = _raw(jsurl, end)
        members[_unescaped(name)], end = _value(jsurl, end)
        is_next = jsurl[end] == "~"
        end += is_next
    return members, end


def _raw(jsurl: str, start: int) -> tuple[str, int]:
    match = _RAW.match(jsurl, start)
    assert match
    return match[0], match.end()


def _unescaped(text: str) -> str:
    units = _ESCAPE.sub(lambda match: "$" if match[3] else chr(int(match[1] or match[2], 16)), text)
    return units.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
