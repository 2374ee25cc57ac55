"""Validates requests against the service model, with AWS's messages; botocore validates only in part."""

import operator
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any


def violations(shape: Any, request: Mapping[str, Any]) -> str | None:
    """AWS's message that lists every violation; None without any."""
    problems = list(_structure(shape, request, ""))
    if not problems:
        return None
    noun = "error" if len(problems) == 1 else "errors"
    return f"{len(problems)} validation {noun} detected: {'; '.join(problems)}"


def _structure(shape: Any, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{_member(path, name)}' failed to satisfy constraint: Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _shape(member, value[name], _member(path, name))


def _shape(shape: Any, value: Any, path: str) -> Iterator[str]:
    is_number = shape.type_name in ("integer", "long")
    for key, (allows, requirement) in _CONSTRAINTS.items():
        if key not in shape.metadata:
            continue
        bound = shape.metadata[key]
        measured = len(value) if key in ("min", "max") and not is_number else value
        if not allows(measured, bound):
            must = requirement.format(measure="value" if is_number else "length")
            # CloudWatch lists an enum's values in the reverse of the model's order.
            bound = f"[{', '.join(reversed(bound))}]" if isinstance(bound, list) else bound
            yield f"Value '{value}' at '{path}' failed to satisfy constraint: Member must {must} {bound}"
    if shape.type_name == "structure":
        yield from _structure(shape, value, path)
    elif shape.type_name == "list":
        for position, item in enumerate(value, 1):
            yield from _shape(shape.member, item, f"{path}.{position}.member")


def _member(path: str, name: str) -> str:
    member = name[0].lower() + name[1:]
    return f"{path}.{member}" if path else member


# By name in the model's metadata: the test of a value against the bound, and its wording.
_CONSTRAINTS: dict[str, tuple[Callable[[Any, Any], bool], str]] = {
    "min": (operator.ge, "have {measure} greater than or equal to"),
    "max": (operator.le, "have {measure} less than or equal to"),
    "enum": (lambda value, names: value in names, "satisfy enum value set:"),
    "pattern": (lambda value, pattern: re.fullmatch(pattern, value) is not None, "satisfy regular expression pattern:"),
}
