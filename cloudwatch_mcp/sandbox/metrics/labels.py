"""The labels of GetMetricData's results (docs: graph-dynamic-labels)."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from cloudwatch_mcp.sandbox.metrics.series import REDUCTIONS, Series

_DYNAMIC = re.compile(r"\$\{(?:PROP\('(?P<property>[^']*)'\)|(?P<name>[A-Z_]+))\}")
_NO_DATA = "--"

_OF_VALUES: dict[str, Callable[[list[float]], float]] = {
    **{name: REDUCTIONS[name] for name in ("AVG", "DATAPOINT_COUNT", "MAX", "MIN", "SUM")},
    "FIRST": lambda values: values[0],
    "FIRST_LAST_RANGE": lambda values: values[-1] - values[0],
    "LAST": lambda values: values[-1],
    "MIN_MAX_RANGE": lambda values: max(values) - min(values),
}
_OF_POINTS: dict[str, Callable[[Mapping[int, float]], int]] = {
    "FIRST_TIME": min,
    "LAST_TIME": max,
    "MAX_TIME": lambda points: max(points, key=points.__getitem__),
    "MIN_TIME": lambda points: min(points, key=points.__getitem__),
}


def default_labels(metric_stats: Iterable[Mapping[str, Any]]) -> list[str]:
    """The metric's name, or what distinguishes the request's metrics.

    Those are the namespace, the dimensions' values or the name, then the statistic and the period, if they differ.
    """
    parts = [_parts(stat) for stat in metric_stats]

    def differs(part: str) -> bool:
        return len({each[part] for each in parts}) > 1

    identity = [part for part in ("namespace", "dimensions", "name") if differs(part)] or ["name"]
    shown = identity + [part for part in ("stat", "period") if differs(part)]
    return [" ".join(each[part] for part in shown if each[part]) or each["name"] for each in parts]


def _parts(metric_stat: Mapping[str, Any]) -> dict[str, str]:
    metric = metric_stat["Metric"]
    return {
        "namespace": metric.get("Namespace", ""),
        "name": metric.get("MetricName", ""),
        "dimensions": " ".join(dimension["Value"] for dimension in metric.get("Dimensions") or ()),
        "stat": metric_stat["Stat"],
        "period": str(metric_stat["Period"]),
    }


def label(template: str | None, series: Series, *, one_of_many: bool) -> str:
    """The request's Label with its dynamic parts filled in, or the series' own label.

    When one expression gives several series, AWS puts its Label before each series' label.
    """
    if template is None:
        return series.label
    filled = _DYNAMIC.sub(lambda match: _dynamic(match, series), template)
    if one_of_many and not _DYNAMIC.search(template):
        return f"{filled} {series.label}".strip()
    return filled


def _dynamic(match: re.Match[str], series: Series) -> str:
    if match["property"] is not None:
        return series.properties.get(match["property"], _NO_DATA)
    name = match["name"]
    if name == "LABEL":
        return series.label
    if name not in _OF_VALUES | _OF_POINTS:
        return match[0]
    if not series.points:
        return _NO_DATA
    if name in _OF_VALUES:
        return _number(_OF_VALUES[name](list(series.points.values())))
    moment = datetime.fromtimestamp(_OF_POINTS[name](series.points), timezone.utc)
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _number(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")
