"""The results of GetMetricData: their labels (docs: graph-dynamic-labels) and pages."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from cloudwatch_mcp.sandbox.metrics.queries import Query, is_math
from cloudwatch_mcp.sandbox.metrics.series import REDUCTIONS, Series
from cloudwatch_mcp.sandbox.next_token import next_token, offset_of

MAX_DATAPOINTS = 100_800
_DROPPED_POINTS = "One or more data-points have been dropped due to non-numeric values (NaN, -Infinite, +Infinite)"
_PARTIAL_DATA = "The expression may contain partial data as one or more metrics have StatusCode 'Paginated'"
_DYNAMIC = re.compile(r"\$\{(?:PROP\('(?P<property>[^']*)'\)|(?P<name>[A-Z_]+))\}")
_NO_DATA = "--"

Points = Mapping[int, float]
Result = dict[str, Any]


def _value(reduce: Callable[[list[float]], float]) -> Callable[[Points], str]:
    return lambda points: f"{reduce(list(points.values())):.4f}".rstrip("0").rstrip(".")


def _time(choose: Callable[[Points], int]) -> Callable[[Points], str]:
    return lambda points: f"{datetime.fromtimestamp(choose(points), timezone.utc):%Y-%m-%d %H:%M:%S} UTC"


_OF_POINTS: dict[str, Callable[[Points], str]] = {
    **{name: _value(REDUCTIONS[name]) for name in ("AVG", "DATAPOINT_COUNT", "MAX", "MIN", "SUM")},
    "FIRST": _value(lambda values: values[0]),
    "FIRST_LAST_RANGE": _value(lambda values: values[-1] - values[0]),
    "FIRST_TIME": _time(min),
    "LAST": _value(lambda values: values[-1]),
    "LAST_TIME": _time(max),
    "MAX_TIME": _time(lambda points: max(points, key=points.__getitem__)),
    "MIN_MAX_RANGE": _value(lambda values: max(values) - min(values)),
    "MIN_TIME": _time(lambda points: min(points, key=points.__getitem__)),
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
    name = match["name"]
    if name is None:
        return series.properties.get(match["property"], _NO_DATA)
    if name == "LABEL":
        return series.label
    if name not in _OF_POINTS:
        return match[0]
    return _OF_POINTS[name](series.points) if series.points else _NO_DATA


def page(answers: Sequence[tuple[Query, Series]], request: Mapping[str, Any]) -> Result:
    """The points from the token's offset on, at most MaxDatapoints of them, series by series.

    A series cut short is PartialData and goes on, under its Id and Label, on the next page. A request with
    metric math gets no NextToken (the model's MetricDataResult.StatusCode): its other series are PartialData, too.
    """
    has_math = any(is_math(query) for query in request["MetricDataQueries"])
    skip, room = offset_of(request), min(request.get("MaxDatapoints") or MAX_DATAPOINTS, MAX_DATAPOINTS)
    following = skip + room
    results: list[Result] = []
    cut = False
    for query, series in answers:
        pairs = list(series.points.items())
        if request.get("ScanBy") != "TimestampAscending":
            pairs.reverse()
        if skip and skip >= len(pairs):
            skip -= len(pairs)
            continue
        if cut or (pairs and not room):
            cut = True
            if not has_math:
                break
        part = pairs[skip : skip + room]
        cut = cut or skip + room < len(pairs)
        skip, room = 0, room - len(part)
        results.append(_result(query, series, part, complete=not cut))
    found: Result = {"MetricDataResults": results, "Messages": []}
    if cut and not has_math:
        found["NextToken"] = next_token(following, request)
    return found


def _result(query: Query, series: Series, pairs: list[tuple[int, float]], *, complete: bool) -> Result:
    messages = list(series.messages)
    if series.dropped_points:
        messages.append({"Code": "ArithmeticError", "Value": _DROPPED_POINTS})
    if is_math(query) and not complete:
        messages.append({"Code": "PartialData", "Value": _PARTIAL_DATA})
    result: Result = {
        "Id": query["Id"],
        "Label": series.label,
        "Timestamps": [time for time, _ in pairs],
        "Values": [value for _, value in pairs],
        "StatusCode": "Complete" if complete and not series.dropped_points else "PartialData",
    }
    return {**result, "Messages": messages} if messages else result
