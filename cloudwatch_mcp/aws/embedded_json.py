"""JSON that AWS passes on as text: state reasons, alarm history, log samples. Any part of it may be missing or odd."""

from __future__ import annotations

import math
from typing import Any

from cloudwatch_mcp.aws.responses import parse_json


def parsed(text: Any) -> Any:
    """The value that a text is as JSON; None where it is not."""
    if not isinstance(text, str):
        return text
    try:
        return parse_json(text)
    except ValueError:
        return None


def mapping(value: Any) -> dict[str, Any]:
    """The object that `value` is, parsed from a text if it is one; {} where it is none."""
    value = parsed(value)
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """The objects in the list that `value` is."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def numbers(value: Any) -> list[float]:
    """The finite numbers in the list that `value` is."""
    listed = value if isinstance(value, list) else []
    return [each for each in listed if type(each) in (int, float) and abs(each) < math.inf]


def text(value: Any) -> str | None:
    return value if isinstance(value, str) else None
