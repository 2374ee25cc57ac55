"""The fields of a log event: JSON members, nested ones with dots, and key=value pairs in text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, TypeAlias

FieldValue: TypeAlias = str | float | bool
Fields: TypeAlias = dict[str, FieldValue]

TEXT = "(text)"
"""The field of identifiers in text that has no keys, such as a host or a version; it has one value for each."""

_MAX_FIELDS = 200  # of an event
_MAX_LEVELS = 6
_MAX_MESSAGE = 20_000  # characters of a message that are read
_MAX_VALUE = 200  # characters; a longer value is prose, not a category
_PAIR = re.compile(r'(?<![\w.-])([A-Za-z_][\w.-]{0,63})=("(?:[^"\\]|\\.)*"|[^\s,;\])}"]+)')
_IDENTIFIER = re.compile(r"(?<![\w.:/-])(?=[\w.:/-]*\d)[A-Za-z][\w.-]*(?![\w:/=-])")


def fields_of(message: str) -> Fields:
    """The fields of a message. Values of JSON keep their type; those in text stay text, as they are written."""
    fields: Fields = {}
    text = message[:_MAX_MESSAGE]
    start = text.find("{")
    parsed = _json_object(text[start:]) if start >= 0 else None
    if parsed is None:
        _add_text(text, fields)
        return fields
    for name, value in _flattened(parsed, "", _MAX_LEVELS):
        if len(fields) >= _MAX_FIELDS:
            break
        if isinstance(value, str):
            if "=" in value and (" " in value or len(value) > _MAX_VALUE):
                _add_pairs(value, fields)
            if len(value) > _MAX_VALUE:
                continue
        fields[name] = value
    if start > 0:
        _add_text(text[:start], fields)
    return fields


def identifiers_of(message: str) -> set[str]:
    """The words with digits in a message without fields, such as `web-3` or `v2.4.1`."""
    return set(_IDENTIFIER.findall(message[:_MAX_MESSAGE]))


def _json_object(text: str) -> dict[str, Any] | None:
    try:
        parsed, _ = _DECODER.raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, dict) else None


_DECODER = json.JSONDecoder()
_SCALARS = (str, int, float)


def _flattened(value: dict[str, Any], prefix: str, levels: int) -> Iterator[tuple[str, FieldValue]]:
    for name, item in value.items():
        path = f"{prefix}{name}"
        if isinstance(item, _SCALARS):
            yield path, item
        elif isinstance(item, list):
            yield f"{path}.length", len(item)
        elif isinstance(item, dict) and levels > 1:
            yield from _flattened(item, f"{path}.", levels - 1)


def _add_text(text: str, fields: Fields) -> None:
    if "=" in text:
        _add_pairs(text, fields)


def _add_pairs(text: str, fields: Fields) -> None:
    for name, written in _PAIR.findall(text):
        if len(fields) >= _MAX_FIELDS:
            return
        value = written[1:-1] if written[0] == '"' else written
        if len(value) <= _MAX_VALUE:
            fields.setdefault(name, value)
