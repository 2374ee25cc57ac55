"""Values of Logs Insights: conversion, sort order and display."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from enum import Enum
from typing import Any, NamedTuple

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_NUMERAL = re.compile(r"\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?\s*")
_MAX_DIGITS = 300  # int() refuses thousands
_CHUNK = re.compile(r"\d+|\D+")

Read = Callable[[Any], Any]


class Kind(Enum):
    """The kind of an expression's value, which decides how it is displayed."""

    RAW = "raw"  # a field of the log event
    COMPUTED = "computed"
    TRUTH = "truth"
    STRUCTURE = "structure"  # a map or a list of jsonParse, or a member of one
    LIST = "list"  # a list of split, which unnest refuses
    TIME = "time"  # milliseconds since the epoch, displayed as a date and time


class Expression(NamedTuple):
    """`read` returns the value for a row: an event or, after `stats`, a tuple. None means absent."""

    read: Read
    kind: Kind
    constant: Any = None


def number(value: Any) -> int | float | None:
    """The value of a number or a numeral; None for anything else."""
    kind = value.__class__
    if kind is int or kind is float:
        return value  # type: ignore[no-any-return]  # its class is known here
    if kind is str and _NUMERAL.fullmatch(value):
        return float(value) if len(value) > _MAX_DIGITS or any(mark in value for mark in ".eE") else int(value)
    return int(value) if kind is bool else None


def text(value: Any, kind: Kind = Kind.RAW) -> str | None:
    """The value as GetQueryResults returns it; None if absent."""
    if value is None or value.__class__ is str:
        return value
    if kind is Kind.TIME:
        return timestamp(int(value))
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return _raw_float(value) if kind in (Kind.RAW, Kind.STRUCTURE) else _computed_float(value)
    return json_text(value) if isinstance(value, (dict, list)) else str(value)


def json_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def timestamp(milliseconds: int) -> str:
    moment = EPOCH + timedelta(milliseconds=milliseconds)
    return moment.isoformat(sep=" ", timespec="milliseconds")[:23]


def _raw_float(value: float) -> str:
    """Logs Insights displays large floats in Java's notation: 1.28E8."""
    if 1e-3 <= abs(value) < 1e7 or value == 0:
        return repr(value)
    mantissa, _, exponent = f"{value:e}".partition("e")
    digits = mantissa.rstrip("0")
    return f"{digits}{'0' if digits.endswith('.') else ''}E{int(exponent)}"


def _computed_float(value: float) -> str:
    """Computed values have at most four decimals."""
    return f"{value:.4f}".rstrip("0").rstrip(".")


def sort_key(value: Any) -> tuple[Any, ...]:
    """Absent values sort first, then text in natural order, then numbers (docs: CWL_QuerySyntax-Sort)."""
    if value is None:
        return (0,)
    numeric = number(value)
    if numeric is not None:
        return (2, numeric)
    return (1, [_chunk_key(chunk) for chunk in _CHUNK.findall(str(value))])


def _chunk_key(chunk: str) -> tuple[str, int, str]:
    return ("0", len(chunk), chunk) if chunk[0].isdigit() else (chunk[0], 0, chunk)


def truth(value: Any) -> bool:
    return value is not None and value not in (0, "", "0", "false")
