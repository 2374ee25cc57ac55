"""The format of snapshots: indented JSON, with each row of a table and each short value on one line."""

from __future__ import annotations

import json
from typing import Any

_SHORT = 100


def readable(value: Any) -> str:
    return _text(value, "") + "\n"


def _text(value: Any, indent: str) -> str:
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(line) <= _SHORT or _is_row(value):
        return line
    deeper = indent + "  "
    if isinstance(value, dict):
        begin, end = "{", "}"
        items = [f"{json.dumps(name, ensure_ascii=False)}: {_text(each, deeper)}" for name, each in value.items()]
    else:
        begin, end = "[", "]"
        items = [_text(each, deeper) for each in value]
    separator = f",\n{deeper}"
    return f"{begin}\n{deeper}{separator.join(items)}\n{indent}{end}"


def _is_row(value: Any) -> bool:
    """Whether it is a list of plain values; a cell may hold a list or an object, as a JSON message does."""
    return isinstance(value, list) and not isinstance(value[0], dict | list)
