"""When a request is one that was recorded: the same method, host, operation, parameters, and profile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, TypeAlias

from vcr.request import Request

TARGET = "X-Amz-Target"
PROFILE = "profile"  # no header that is sent: the profile_name of the tool call, kept where vcrpy keeps headers
_ABSENT = object()
Identity: TypeAlias = "tuple[str, str | None, str, str, str]"


def operation(request: Request) -> str:
    return str(request.headers.get(TARGET, "")).rpartition(".")[2]


def profile(request: Request) -> str:
    return str(request.headers.get(PROFILE, ""))


def parameters(request: Request) -> Any:
    """The parsed JSON body; a body that is none is its text."""
    text = (request.body or b"").decode(errors="replace")
    try:
        return json.loads(text or "{}", parse_float=_number)
    except ValueError:
        return text


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
