"""The message patterns of a log group: the queries for them, and their rows with a sample each."""

from __future__ import annotations

import math
from typing import Any

from cloudwatch_mcp.answers.text import json_or_text
from cloudwatch_mcp.aws import embedded_json
from cloudwatch_mcp.logs.query_results import Results

Row = dict[str, Any]

_COUNT = 5
TOP_PATTERNS = f"pattern @message | sort @sampleCount desc | limit {_COUNT}"
ERROR_PATTERNS = f"filter @message like /(?i)(error|exception|fail|timeout|timed out|fatal)/ | {TOP_PATTERNS}"
CLASSES_WITHOUT_PATTERNS = ("INFREQUENT_ACCESS", "DELIVERY")  # docs: CWL_AnalyzeLogData_Classes


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


def new_patterns(errors: list[Row], top: list[Row]) -> list[Row]:
    """The error patterns that are not among the top patterns.

    Two queries may write one pattern differently, if more varies in the events that one of them read; then the sample
    is the same.
    """
    known = {row[key] for row in top for key in ("pattern", "sample")} - {None}
    return [row for row in errors if known.isdisjoint((row["pattern"], row["sample"]))]


def without_known_samples(anomalies: list[Row], patterns: list[Row]) -> list[Row]:
    """The anomalies, without a sample where the sample of a pattern is such a message already."""
    messages = [row["sample"] for row in patterns if row["sample"]]
    return [
        anomaly | {"sample": None} if any(_matches(anomaly["pattern"], message) for message in messages) else anomaly
        for anomaly in anomalies
    ]


def with_json_samples(rows: list[Row]) -> list[Row]:
    """The rows; a sample that is a JSON object becomes that object."""
    return [row | {"sample": json_or_text(row["sample"] or "")} for row in rows]


def _matches(pattern: str | None, message: str) -> bool:
    """Whether the message has the pattern of an anomaly, in which <*> stands for any text."""
    if not pattern or "<*>" not in pattern:
        return pattern == message
    first, *others = pattern.split("<*>")
    position = len(first)
    for part in others:
        index = message.find(part, position)
        if index < 0:
            return False
        position = index + len(part)
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
