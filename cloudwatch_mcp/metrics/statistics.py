"""Statistics, spelled as CloudWatch spells them."""

from __future__ import annotations

import re

from cloudwatch_mcp.errors import InputError, quote

_STANDARD = {
    "avg": "Average",
    "average": "Average",
    "mean": "Average",
    "sum": "Sum",
    "max": "Maximum",
    "maximum": "Maximum",
    "min": "Minimum",
    "minimum": "Minimum",
    "count": "SampleCount",
    "samplecount": "SampleCount",
}
# docs: Statistics-definitions. p95, tm90, tc90, ts90, wm90; TM(10%:90%), PR(:300); IQM.
_PERCENT = re.compile(r"(p|tm|tc|ts|wm)(\d{1,2}(?:\.\d{1,10})?|100(?:\.0{1,10})?)", re.IGNORECASE)
_BOUND = r"\d+(?:\.\d+)?%?"
_TRIMMED = re.compile(rf"(tm|tc|ts|wm|pr)\((?:({_BOUND})?:({_BOUND})|({_BOUND}):)\)", re.IGNORECASE)


def is_percentile_or_trimmed(statistic: str) -> bool:
    """Whether Metrics Insights does not have the statistic."""
    return parse_statistic(statistic) not in _STANDARD.values()


def parse_statistic(text: str) -> str:
    """The statistic as GetMetricData takes it: "avg" is Average, "P99" is p99.

    Raises:
        InputError: CloudWatch has no such statistic.
    """
    compact = text.strip().replace(" ", "")
    if standard := _STANDARD.get(compact.lower()):
        return standard
    if _PERCENT.fullmatch(compact):
        return compact.lower()
    if _TRIMMED.fullmatch(compact) or compact.lower() == "iqm":
        return compact.upper()
    raise InputError(
        f"statistic: {quote(text)} is not one of Average, Sum, Maximum, Minimum, SampleCount, "
        "percentiles like p99 or p99.9, trimmed ones like tm90 or TM(10%:90%), TC, TS, WM, PR, IQM."
    )
