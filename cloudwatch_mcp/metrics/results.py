"""Results of GetMetricData: pages joined into series, and what AWS says about them."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cloudwatch_mcp.answers.series import Points
from cloudwatch_mcp.errors import quote

Page = Mapping[str, Any]

# GetMetricData often gives a PartialData result no message, and a message of the whole request no text.
_REASONS = {"PartialData": "points are missing; try a shorter window, fewer metrics or fewer target_datapoints"}
_NO_TEXT = "AWS gives no text; series or points may be missing."


@dataclass
class MetricDataResult:
    """One series of GetMetricData, joined from its pages.

    `unusable` counts timestamps without a value and values without a timestamp; `status` and `messages` are AWS's.
    """

    query_id: str
    label: str
    points: Points = field(default_factory=Points)
    unusable: int = 0
    status: str = "Complete"
    messages: list[str] = field(default_factory=list)

    def add(self, page_result: Mapping[str, Any]) -> None:
        times, values = page_result.get("Timestamps", []), page_result.get("Values", [])
        for time, value in zip(times, values, strict=False):
            if time is None or value is None or not math.isfinite(value):
                self.unusable += 1
            else:
                self.points.add(time.timestamp() if isinstance(time, datetime) else time, value)
        self.unusable += abs(len(times) - len(values))
        self.status = page_result.get("StatusCode", self.status)
        self.messages += [message.get("Value", "") for message in page_result.get("Messages", [])]

    def notes(self) -> list[str]:
        name, notes = quote(self.label), []
        reason = "; ".join(filter(None, dict.fromkeys(self.messages)))
        status = "" if self.status == "Complete" else f" is {self.status}"
        if status or reason:
            notes.append(f"{name}{status}: {reason.rstrip('.') or _REASONS.get(self.status, 'AWS gives no reason')}.")
        if self.unusable:
            notes.append(f"{name}: points without a time or a finite value are left out: {self.unusable:,}.")
        return notes


def join_pages(pages: Iterable[Page]) -> list[MetricDataResult]:
    """The results of all pages. Two of one page are two series, even with the same id and label."""
    results: dict[tuple[str, str, int], MetricDataResult] = {}
    for page in pages:
        occurrences: Counter[tuple[str, str]] = Counter()
        for page_result in page.get("MetricDataResults", []):
            name = (page_result["Id"], page_result.get("Label") or page_result["Id"])
            results.setdefault((*name, occurrences[name]), MetricDataResult(*name)).add(page_result)
            occurrences[name] += 1
    return list(results.values())


def request_messages(pages: Iterable[Page]) -> list[str]:
    """AWS's messages about the request as a whole, each once; some have only a code or only a text."""
    messages = (message for page in pages for message in page.get("Messages", []))
    pairs = ((message.get("Code"), message.get("Value")) for message in messages)
    texts = (": ".join(filter(None, (code, value or _NO_TEXT))) for code, value in pairs if code or value)
    return list(dict.fromkeys(texts))
