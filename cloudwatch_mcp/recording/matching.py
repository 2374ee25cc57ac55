"""Matching: a request is a recorded one if method, host, operation, parameters and profile are equal."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from vcr.request import Request

TARGET = "X-Amz-Target"
# Not sent, but stored with the headers in vcrpy's request: the profile_name and the number of the tool call.
PROFILE, CALL = "profile", "call"
MAX_DEPTH = 60
_ABSENT = object()
Identity: TypeAlias = "tuple[str, str | None, str, str, str]"


def operation(request: Request) -> str:
    return str(request.headers.get(TARGET, "")).rpartition(".")[2]


def profile(request: Request) -> str:
    return str(request.headers.get(PROFILE, ""))


def call_number(request: Request) -> int | None:
    number = request.headers.get(CALL)
    return int(number) if number else None


def parameters(request: Request) -> Any:
    """The parsed JSON body, or the text of a body that is not JSON."""
    return parsed((request.body or b"").decode(errors="replace") or "{}", parse_float=_number)


def parsed(text: str, parse_float: Callable[[str], Any] | None = None) -> Any:
    """The JSON value of a body, or its text if it is not JSON or is nested more deeply than AWS's bodies are."""
    try:
        value = json.loads(text, parse_float=parse_float)
    except (ValueError, RecursionError):
        return text
    return text if is_deep(value) else value


def is_deep(value: Any, levels: int = MAX_DEPTH) -> bool:
    """Whether a JSON value is nested more than `levels` deep, which would exhaust the stack elsewhere."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return False
    return levels == 0 or any(is_deep(each, levels - 1) for each in value if isinstance(each, dict | list))


def identity(request: Request) -> Identity:
    """Everything that must be equal for a recorded answer to be replayed."""
    return request.method, request.host, operation(request), canonical(parameters(request)), profile(request)


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def differences(asked: Request, recorded: Request) -> list[str]:
    """The differences between two requests of one operation, in words."""
    found = []
    if asked.host != recorded.host:
        found.append(f"host is {asked.host}, recorded {recorded.host}")
    if profile(asked) != profile(recorded):
        found.append(f"profile is {profile(asked) or 'the default'}, recorded {profile(recorded) or 'the default'}")
    return found + list(_unlike(parameters(asked), parameters(recorded), ""))


def _unlike(asked: Any, recorded: Any, path: str) -> Iterator[str]:
    if isinstance(asked, dict) and isinstance(recorded, dict):
        for name in dict.fromkeys([*asked, *recorded]):
            yield from _unlike(asked.get(name, _ABSENT), recorded.get(name, _ABSENT), f"{path}.{name}")
    elif isinstance(asked, list) and isinstance(recorded, list) and len(asked) == len(recorded):
        for index, (ours, theirs) in enumerate(zip(asked, recorded, strict=True)):
            yield from _unlike(ours, theirs, f"{path}[{index}]")
    elif asked != recorded:
        ours, theirs = ("absent" if each is _ABSENT else canonical(each) for each in (asked, recorded))
        same = next((i for i, pair in enumerate(zip(ours, theirs, strict=False)) if pair[0] != pair[1]), 0)
        yield f"{path.lstrip('.') or 'the body'} is {_clipped(ours, same)}, recorded {_clipped(theirs, same)}"


def _clipped(text: str, same: int) -> str:
    """At most 80 characters of the text, from shortly before the first that differs."""
    if len(text) > 80 and same > 60:
        text = "..." + text[same - 40 :]
    return text if len(text) <= 80 else text[:77] + "..."


def _number(text: str) -> float | int:
    """Treat 1.0 and 1 as the same parameter."""
    value = float(text)
    return int(value) if value.is_integer() else value
