"""JSON within AWS's texts: state reasons, alarm history, log samples. Any part of it may be missing or malformed."""

from __future__ import annotations

import math
from typing import Any

from cloudwatch_mcp.aws.responses import parse_json


def parsed(text: Any) -> Any:
    """The value of a JSON text; None if it is not JSON. Anything but a text is returned as it is."""
    if not isinstance(text, str):
        return text
    try:
        return parse_json(text)
    except ValueError:
        return None


def mapping(value: Any) -> dict[str, Any]:
    """`value` as an object, parsed if it is a text; {} if it is no object."""
    value = parsed(value)
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; [] if `value` is no list."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def numbers(value: Any) -> list[float]:
    """The finite numbers in a list; [] if `value` is no list."""
    listed = value if isinstance(value, list) else []
    return [each for each in listed if type(each) in (int, float) and abs(each) < math.inf]


def text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
