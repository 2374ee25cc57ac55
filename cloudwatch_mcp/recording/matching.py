"""When a request is one that was recorded: the same method, host, operation, parameters, and profile."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from vcr.request import Request

TARGET = "X-Amz-Target"
PROFILE = "profile"  # no header that is sent: the profile_name of the tool call, kept where vcrpy keeps headers
MAX_DEPTH = 60
_ABSENT = object()
Identity: TypeAlias = "tuple[str, str | None, str, str, str]"


def operation(request: Request) -> str:
    return str(request.headers.get(TARGET, "")).rpartition(".")[2]


def profile(request: Request) -> str:
    return str(request.headers.get(PROFILE, ""))


def parameters(request: Request) -> Any:
    """The parsed JSON body; a body that is none is its text."""
    return parsed((request.body or b"").decode(errors="replace") or "{}", parse_float=_number)


def parsed(text: str, parse_float: Callable[[str], Any] | None = None) -> Any:
    """The JSON value of a body; its text when it is none, or nested more deeply than anything of AWS's is."""
    try:
        value = json.loads(text, parse_float=parse_float)
    except (ValueError, RecursionError):
        return text
    return text if is_deep(value) else value


def is_deep(value: Any, levels: int = MAX_DEPTH) -> bool:
    """Whether a JSON value is nested more than `levels` deep: what walks through it would not end well."""
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list):
        return False
    return levels == 0 or any(is_deep(each, levels - 1) for each in value if isinstance(each, dict | list))


def identity(request: Request) -> Identity:
    """What must be equal for a recorded answer to be played."""
    return request.method, request.host, operation(request), canonical(parameters(request)), profile(request)


def canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def differences(asked: Request, recorded: Request) -> list[str]:
    """In words, what keeps two requests of one operation from being the same."""
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
        yield f"{path.lstrip('.') or 'the body'} is {_shown(asked)}, recorded {_shown(recorded)}"


def _shown(value: Any) -> str:
    text = "absent" if value is _ABSENT else canonical(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _number(text: str) -> float | int:
    """1.0 and 1 are the same parameter, however a recording wrote it."""
    value = float(text)
    return int(value) if value.is_integer() else value
