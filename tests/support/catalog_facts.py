"""Checks of a metric's facts and alarms against each other, such as for an alarm that can never fire."""

from __future__ import annotations

import operator
import re
from collections.abc import Iterator, Sequence
from typing import Any

HOUR, DAY, WEEK = 3_600, 86_400, 604_800
_SHARE = re.compile(r"\b(share|fraction|percentage|per cent|percent|ratio|tenth)\b|%")
_COMPARISONS = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}
_ZERO = re.compile(r"(?<!above )\b(zero|0)\b", re.IGNORECASE)


def of_metric(facts: dict[str, Any]) -> Iterator[str]:
    """The faults of a metric. `facts` are its own, with those of its namespace where it has none."""
    if facts.get("nonzero_only") and _ZERO.search(facts["description"]):
        yield "described at zero, where it has no datapoint"
    if unknown := _missing(facts.get("required_dimensions", []), facts.get("dimensions", [])):
        yield f"required dimensions that the metric has not: {', '.join(unknown)}"
    for alarm in facts.get("alarms", []):
        yield from _limits(alarm)
        yield from _dimensions(alarm, facts)
        yield from _data(alarm, facts)
        yield from _threshold(alarm, facts.get("unit"))


def _limits(alarm: dict[str, Any]) -> Iterator[str]:
    """What PutMetricAlarm refuses."""
    periods, period = alarm["evaluation_periods"], alarm["period"]
    if alarm["datapoints_to_alarm"] > periods:
        yield f"{alarm['datapoints_to_alarm']} of {periods} datapoints can never alarm"
    # docs: PutMetricAlarm, EvaluationPeriods: a day in all, a week for periods of an hour or more.
    if periods * period > (WEEK if period >= HOUR else DAY):
        yield f"{periods} x {period} s is longer than CloudWatch evaluates"


def _dimensions(alarm: dict[str, Any], facts: dict[str, Any]) -> Iterator[str]:
    names, known = [need["name"] for need in alarm["dimensions"]], facts.get("dimensions", [])
    if unknown := _missing(names, known):
        yield f"an alarm has dimensions that the metric has not: {', '.join(unknown)}"
    lacking = _missing(facts.get("required_dimensions", []), names)
    if lacking and not (facts.get("account_total") and not names):
        yield f"an alarm lacks dimensions that every series has: {', '.join(lacking)}"
    if known and not names and not facts.get("account_total"):
        yield "an alarm has no dimensions, but no account_total is known"
    if "Global" in [need.get("value") for need in alarm["dimensions"]] and "region" not in facts:
        yield "an alarm on a global resource, but no region"


def _missing(names: Sequence[str], among: Sequence[str]) -> list[str]:
    return [name for name in names if name not in among]


def _data(alarm: dict[str, Any], facts: dict[str, Any]) -> Iterator[str]:
    if alarm["period"] < facts.get("period", 0):
        yield f"an alarm every {alarm['period']} s on a datapoint every {facts['period']} s"
    # CloudWatch does not evaluate a missing datapoint as 0.
    on_low_values = alarm["comparison"].startswith("Less")
    if facts.get("nonzero_only") and on_low_values and alarm["treat_missing_data"] != "breaching":
        yield "an alarm on low values never sees a zero, which has no datapoint: missing data must be breaching"


def _threshold(alarm: dict[str, Any], unit: str | None) -> Iterator[str]:
    guide = alarm.get("threshold_guide", "")
    is_count = guide.startswith("A count") or "metric math" in guide
    if alarm["statistic"] in {"Sum", "SampleCount"} and _SHARE.search(guide) and not is_count:
        yield f"a share as the threshold of a {alarm['statistic']}: name metric math, or guide to a count"
    if "threshold" not in alarm:
        return
    low = 0.0 if unit in {"Percent", "Count", "Bytes"} else float("-inf")
    high = 100.0 if unit == "Percent" and alarm["statistic"] != "Sum" else float("inf")
    crossed = [_COMPARISONS[alarm["comparison"]](value, alarm["threshold"]) for value in (low, high)]
    if not any(crossed):
        yield "an alarm whose threshold is never crossed"
    if all(crossed):
        yield "an alarm whose threshold is always crossed"
