"""Reads the scalar values of AWS's service models: texts, numbers and timestamps."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Any

INVALID = object()
_LONG = 2**63
_EARLIEST_YEAR = 1970
_LATEST_MILLIS = 253_402_300_799_000  # the end of year 9999


def read_scalar(shape: Any, raw: Any) -> Any:
    """The value of a scalar `shape`, or INVALID."""
    read = _SCALARS.get(shape.type_name, _text)
    try:
        return read(raw, shape.name)
    except (ValueError, OverflowError, OSError, TypeError, AttributeError):
        return INVALID


def moment_in_utc(timestamp: Any) -> datetime:
    """An AWS timestamp, epoch seconds or ISO 8601, as a datetime in UTC.

    botocore's own parser looks up the machine's time zone for each timestamp, which is most of the time it takes to
    read a long series.
    """
    if isinstance(timestamp, int | float) and not isinstance(timestamp, bool):
        return datetime.fromtimestamp(timestamp, timezone.utc)
    moment = datetime.fromisoformat(timestamp.replace("Z", "+00:00"))
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment


def _text(raw: Any, _: str) -> Any:
    return raw if isinstance(raw, str) else INVALID


def _boolean(raw: Any, _: str) -> Any:
    return raw if isinstance(raw, bool) else INVALID


def _number(raw: Any, _: str) -> Any:
    return raw if type(raw) in (int, float) and math.isfinite(raw) else INVALID


def _integer(raw: Any, name: str) -> Any:
    number = int(raw) if type(raw) in (int, float) and raw == int(raw) else _LONG
    if name in ("Timestamp", "EpochMillis"):
        return number if 0 <= number <= _LATEST_MILLIS else INVALID
    return number if -_LONG <= number < _LONG else INVALID


def _timestamp(raw: Any, _: str) -> Any:
    moment = moment_in_utc(raw)
    return moment if moment.year >= _EARLIEST_YEAR else INVALID


_SCALARS: Mapping[str, Callable[[Any, str], Any]] = MappingProxyType(
    {
        "string": _text,
        "boolean": _boolean,
        "double": _number,
        "float": _number,
        "integer": _integer,
        "long": _integer,
        "timestamp": _timestamp,
    }
)
