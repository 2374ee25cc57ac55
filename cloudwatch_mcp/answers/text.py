"""Text and numbers of an answer: JSON, clipping, rounding."""

from __future__ import annotations

import json
import math
import re
from typing import Any

_MAX_PARSED_CHARS = 50_000  # longer JSON would be clipped, as text
_MAX_DEPTH = 64  # levels of JSON; deeper JSON stays text
_MAX_SAFE_INTEGER = 2**53  # JavaScript has no larger integers exactly
_SURROGATES = re.compile("[\ud800-\udfff]")
_MINIFIED = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_SPACED = json.JSONEncoder(ensure_ascii=False)


def clip(text: str, limit: int) -> str:
    """`text`, or its beginning and the number of characters cut."""
    if len(text) <= limit:
        return text
    ending = f"…[+{len(text) - limit:,} characters]"
    return text[:limit] + ending


def dumps(data: Any) -> str:
    return _MINIFIED.encode(data)


def sendable(value: Any) -> Any:
    """The JSON value with valid UTF-8 in all its strings, keys included."""
    if isinstance(value, str):
        return _SURROGATES.sub("\ufffd", value)
    if isinstance(value, dict):
        return {sendable(key): sendable(item) for key, item in value.items()}
    return [sendable(item) for item in value] if isinstance(value, list | tuple) else value


def rounded(value: float) -> float | int | str:
    """Six significant digits, and every digit before the point; "nan" or "inf", which JSON has no number for."""
    if not math.isfinite(value):
        return str(value)
    if abs(value) >= _MAX_SAFE_INTEGER:
        return value
    short = float(f"{value:.6g}") if abs(value) < 1e6 else float(round(value))
    return int(short) if short.is_integer() else short


def json_or_text(text: str) -> Any:
    """The JSON object in `text` if it can be written back as the same text (but for spaces), else `text`."""
    if not text.startswith("{") or len(text) > _MAX_PARSED_CHARS:
        return text
    try:
        text.encode()
        parsed = _EXACT.decode(text)
    except (ValueError, RecursionError):
        return text
    if _too_deep(parsed, _MAX_DEPTH):
        return text
    likeliest_first = (_SPACED, _MINIFIED) if '": ' in text else (_MINIFIED, _SPACED)
    return parsed if any(writer.encode(parsed) == text for writer in likeliest_first) else text


def _too_deep(value: Any, levels: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    inside = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_too_deep(each, levels - 1) for each in inside)


def _exact(digits: str) -> int:
    """Raises ValueError for what JavaScript cannot represent in JSON: NaN, and integers past 2^53."""
    number = int(digits)
    if abs(number) > _MAX_SAFE_INTEGER:
        raise ValueError(digits)
    return number


_EXACT = json.JSONDecoder(parse_int=_exact, parse_constant=_exact)
