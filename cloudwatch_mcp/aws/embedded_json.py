"""JSON that AWS writes: its responses, and the JSON in state reasons, alarm history and log samples.

Any part of it may be missing or malformed.
"""

from __future__ import annotations

import json
import math
from typing import Any

_MAX_SHARED_CHARS, _MAX_SHARED_TEXTS = 40, 10_000


def parse_json(text: str | bytes) -> Any:
    """The value of a JSON text from AWS or a user.

    Raises:
        ValueError: it is not JSON, or it is nested more deeply than Python can parse.
    """
    # The callbacks are in Python, so other threads can run while C code parses a long text.
    # Equal short texts become one object: each of a query's 10,000 rows repeats the names of its fields.
    texts: dict[str, str] = {}

    def share_texts(parsed: dict[str, Any]) -> dict[str, Any]:
        for name, value in parsed.items():
            is_short = type(value) is str and len(value) <= _MAX_SHARED_CHARS
            if is_short and (value in texts or len(texts) < _MAX_SHARED_TEXTS):
                parsed[name] = texts.setdefault(value, value)
        return parsed

    try:
        return json.loads(text, object_hook=share_texts, parse_int=_parse_int, parse_float=_parse_float)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def _parse_float(digits: str) -> float:
    return float(digits)


def _parse_int(digits: str) -> float:
    return int(digits) if len(digits) < 400 else math.inf


def parsed(value: Any) -> Any:
    """The value of a JSON text, or None if it is not JSON. Anything other than a string is returned unchanged."""
    if not isinstance(value, str):
        return value
    try:
        return parse_json(value)
    except ValueError:
        return None


def mapping(value: Any) -> dict[str, Any]:
    """`value` as an object, parsed if it is a string; {} if it is not an object."""
    value = parsed(value)
    return value if isinstance(value, dict) else {}


def mappings(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; [] if `value` is not a list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def numbers(value: Any) -> list[float]:
    """The finite numbers in a list; [] if `value` is not a list."""
    items = value if isinstance(value, list) else []
    return [item for item in items if type(item) in (int, float) and abs(item) < math.inf]


def text(value: Any) -> str | None:
    """`value` if it is a string, else None."""
    return value if isinstance(value, str) else None
