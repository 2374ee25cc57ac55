"""The pages of GetMetricData."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.metrics.series import Series
from cloudwatch_mcp.sandbox.next_token import next_token, offset_of

MAX_DATAPOINTS = 100_800
_DROPPED_POINTS = "One or more data-points have been dropped due to non-numeric values (NaN, -Infinite, +Infinite)"
_PARTIAL_DATA = "The expression may contain partial data as one or more metrics have StatusCode 'Paginated'"

Result = dict[str, Any]


class Answer(NamedTuple):
    query_id: str
    label: str
    series: Series
    is_math: bool


def page(answers: list[Answer], request: Mapping[str, Any], *, has_math: bool) -> Result:
    """The points from the token's offset on, at most MaxDatapoints of them, series by series.

    A series cut short is PartialData and goes on, under its Id and Label, on the next page. A request with
    metric math gets no NextToken (the model's MetricDataResult.StatusCode): its other series are PartialData, too.
    """
    skip, room = offset_of(request), min(request.get("MaxDatapoints") or MAX_DATAPOINTS, MAX_DATAPOINTS)
    following = skip + room
    results: list[Result] = []
    cut = False
    for answer in answers:
        pairs = list(answer.series.points.items())
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
        results.append(_result(answer, part, complete=not cut))
    found: Result = {"MetricDataResults": results, "Messages": []}
    if cut and not has_math:
        found["NextToken"] = next_token(following, request)
    return found


def _result(answer: Answer, pairs: list[tuple[int, float]], *, complete: bool) -> Result:
    series = answer.series
    if series.forbidden:
        return {"Id": answer.query_id, "StatusCode": "Forbidden", "Messages": series.messages}
    messages = list(series.messages)
    if series.dropped_points:
        messages.append({"Code": "ArithmeticError", "Value": _DROPPED_POINTS})
    if answer.is_math and not complete:
        messages.append({"Code": "PartialData", "Value": _PARTIAL_DATA})
    result: Result = {
        "Id": answer.query_id,
        "Label": answer.label,
        "Timestamps": [time for time, _ in pairs],
        "Values": [value for _, value in pairs],
        "StatusCode": "Complete" if complete and not series.dropped_points else "PartialData",
    }
    return {**result, "Messages": messages} if messages else result
