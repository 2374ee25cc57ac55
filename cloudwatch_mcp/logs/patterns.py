"""The message patterns of a log group as rows, each with a sample, none told twice."""

from __future__ import annotations

import math
from typing import Any

from cloudwatch_mcp.answers.text import json_or_text
from cloudwatch_mcp.aws import embedded_json
from cloudwatch_mcp.logs.query_lifecycle import Results

Row = dict[str, Any]


def pattern_rows(results: Results | None) -> list[Row]:
    """The rows of a query with the `pattern` command."""
    return [
        {
            "pattern": row.get("@pattern"),
            "count": _number(row.get("@sampleCount")),
            "ratio": _number(row.get("@ratio")),
            "severity": None if row.get("@severityLabel") == "None" else row.get("@severityLabel"),
            "sample": _sample(row.get("@logSamples")),
        }
        for row in (results.rows if results else [])
    ]


def not_among(top: list[Row], errors: list[Row]) -> tuple[list[Row], list[str]]:
    """The error patterns that are not among the top ones, and a note where some are.

    Two queries may write one pattern differently, as more varies in what one of them read; its newest sample is one.
    """
    told = {row[key] for row in top for key in ("pattern", "sample")} - {None}
    new = [row for row in errors if told.isdisjoint((row["pattern"], row["sample"]))]
    again = len(errors) - len(new)
    which = f"{again} of the {len(errors)} most common error patterns are"
    if again == len(errors):
        which = "The most common error patterns are all"
    said = f"{which} among top_patterns and not repeated."
    return new, [said] if again else []


def without_known_samples(anomalies: list[Row], patterns: list[Row]) -> list[Row]:
    """The anomalies, without the sample where one of the patterns shows such a message already."""
    messages = [row["sample"] for row in patterns if row["sample"]]
    return [
        anomaly | {"sample": None} if any(_is_of(anomaly["pattern"], message) for message in messages) else anomaly
        for anomaly in anomalies
    ]


def with_json(rows: list[Row]) -> list[Row]:
    """The rows with JSON samples as JSON."""
    return [row | {"sample": json_or_text(row["sample"] or "")} for row in rows]


def _is_of(pattern: str | None, message: str) -> bool:
    """Whether the message is of an anomaly's pattern, in which <*> stands for anything."""
    if not pattern or "<*>" not in pattern:
        return pattern == message
    first, *others = pattern.split("<*>")
    at = len(first)
    for part in others:
        found = message.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    return message.startswith(first) and message.endswith(others[-1])


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _sample(samples: str | None) -> str | None:
    """The message of the first of `@logSamples`, a JSON list of samples."""
    listed = embedded_json.parsed(samples)
    first = listed[0] if isinstance(listed, list) and listed else None
    if isinstance(first, dict):
        return embedded_json.text(first.get("logEvent")) or embedded_json.text(first.get("message"))
    return embedded_json.text(first)
