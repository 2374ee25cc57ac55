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
        if self.status != "Complete" or reason:
            notes.append(f"{name} is {self.status}: {reason.rstrip('.') or 'AWS gives no reason'}.")
        if self.unusable:
            notes.append(f"{name}: {self.unusable:,} of AWS's points had no time or no finite value and are left out.")
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
    """AWS's messages about the request as a whole, each once; some have a code and no text."""
    messages = (message for page in pages for message in page.get("Messages", []))
    texts = (": ".join(filter(None, (message.get("Code"), message.get("Value")))) for message in messages)
    return list(dict.fromkeys(filter(None, texts)))
