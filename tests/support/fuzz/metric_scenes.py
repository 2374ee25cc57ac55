"""AWS's responses about metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.fuzz.scene import AT, JSON, CannedResponse, Scene


def _points(query_id: str, mark: str, count: int = 5, **more: Any) -> JSON:
    times = [AT - 180 * (step + 1) for step in range(count)]
    values = [float(step % 7) + 0.25 for step in range(count)]
    result = {"Id": query_id, "Label": mark, "Timestamps": times, "Values": values, "StatusCode": "Complete"}
    return {**result, **more}


_METRIC = {"namespace": "App", "metric_name": "Latency", "dimensions": [{"name": "Service", "value": "api"}]}
_QUERIES = [
    {"id": "m1", "metric_stat": {"namespace": "App", "metric_name": "Latency"}},
    {"id": "m2", "metric_stat": {"namespace": "App", "metric_name": "Errors", "statistic": "Sum"}},
    {"id": "e1", "expression": "m1 / m2"},
]
_MESSAGES = [{"Code": "MaxMetricsExceeded", "Value": "The query exceeded 10,000 metrics."}]
_SERIES: JSON = {
    "MetricDataResults": [
        _points("m1", "mark1"),
        _points("m2", "mark2", StatusCode="PartialData", Messages=[{"Code": "Partial", "Value": "Some are missing."}]),
        _points("e1", "mark3", 40),
    ],
    "Messages": _MESSAGES,
    "NextToken": "page-2",
}
_MORE_SERIES: JSON = {"MetricDataResults": [_points("e1", "mark4", 3), _points("e1", "mark5", 3)]}
_METRICS: JSON = {
    "Metrics": [
        {"Namespace": "App", "MetricName": "Latency", "Dimensions": [{"Name": "Service", "Value": "mark1"}]},
        {
            "Namespace": "App",
            "MetricName": "Latency",
            "Dimensions": [{"Name": "Service", "Value": "mark2"}, {"Name": "Zone", "Value": "a"}],
        },
        {"Namespace": "App", "MetricName": "Latency", "Dimensions": []},
    ],
    "OwningAccounts": ["123456789012", "123456789012", "123456789012"],
}
_NAMES: JSON = {
    "Metrics": [
        {"Namespace": "App", "MetricName": "mark1", "Dimensions": []},
        {"Namespace": "App", "MetricName": "mark2", "Dimensions": []},
    ]
}


def _data_scene(name: str, arguments: Mapping[str, Any], *responses: CannedResponse) -> Scene:
    return Scene(name, "get_metric_data", arguments, responses)


_NO_POINTS = CannedResponse("GetMetricData", {"MetricDataResults": [_points("m1", "Latency", 0)]})

_LISTED = CannedResponse("ListMetrics", _NAMES)

METRIC_SCENES = (
    _data_scene(
        "one metric", _METRIC, CannedResponse("GetMetricData", {"MetricDataResults": [_points("m1", "Latency", 60)]})
    ),
    _data_scene(
        "several metrics",
        {"queries": _QUERIES},
        CannedResponse("GetMetricData", _MORE_SERIES, "page-2"),
        CannedResponse("GetMetricData", _SERIES),
    ),
    _data_scene(
        "grouped",
        {"namespace": "App", "metric_name": "Latency", "group_by_dimension": "Service"},
        CannedResponse("GetMetricData", {"MetricDataResults": [_points("q1", "mark1"), _points("q1", "mark2", 9)]}),
    ),
    _data_scene("no data with the dimensions", _METRIC, _NO_POINTS, CannedResponse("ListMetrics", _METRICS)),
    _data_scene(
        "no such metric",
        _METRIC,
        _NO_POINTS,
        CannedResponse("ListMetrics", {"Metrics": []}, '"MetricName"'),
        CannedResponse("ListMetrics", _NAMES),
    ),
    Scene("metrics of the account", "get_metric_metadata", {"namespace": "App"}, (_LISTED,)),
    Scene(
        "combinations of a metric",
        "get_metric_metadata",
        {"namespace": "App", "metric_name": "Latency"},
        (CannedResponse("ListMetrics", _METRICS),),
    ),
)
