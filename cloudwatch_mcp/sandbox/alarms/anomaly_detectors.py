"""Anomaly detectors of single metrics. They are trained at once: a band comes from the stored metric."""

import json
from collections.abc import Mapping
from typing import Any

from moto.cloudwatch.exceptions import ResourceNotFoundException

from cloudwatch_mcp.sandbox.next_token import page

PAGE = 100

_METRIC = ("AccountId", "Namespace", "MetricName", "Dimensions", "Stat")

Detector = dict[str, Any]


class AnomalyDetectors:
    def __init__(self) -> None:
        self._detectors: dict[str, Detector] = {}

    def put(self, request: Mapping[str, Any]) -> None:
        self._detectors[_identity(request)] = _detector(request)

    def put_for_alarm(self, alarm: Mapping[str, Any]) -> None:
        """Create the detector of an anomaly-band alarm, if there is none."""
        stats = [query["MetricStat"] for query in alarm.get("Metrics") or () if "MetricStat" in query]
        if "ThresholdMetricId" in alarm and len(stats) == 1:
            metric = {**stats[0]["Metric"], "Stat": stats[0]["Stat"]}
            self._detectors.setdefault(_identity(metric), _detector(metric))

    def delete(self, request: Mapping[str, Any]) -> None:
        if self._detectors.pop(_identity(request), None) is None:
            raise ResourceNotFoundException("The anomaly detector does not exist")

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        asked = [(name, request[name]) for name in ("Namespace", "MetricName", "Dimensions") if name in request]
        found = [each for each in self._detectors.values() if all(each.get(name) == value for name, value in asked)]
        return page(request, "AnomalyDetectors", found, request.get("MaxResults", PAGE))


def _detector(request: Mapping[str, Any]) -> Detector:
    """AWS answers with the metric in both forms: as members, and as SingleMetricAnomalyDetector."""
    metric = _metric(request)
    configuration = request.get("Configuration", {})
    return {"Configuration": configuration, **metric, "SingleMetricAnomalyDetector": metric, "StateValue": "TRAINED"}


def _metric(request: Mapping[str, Any]) -> dict[str, Any]:
    if "MetricMathAnomalyDetector" in request:
        raise NotImplementedError("The sandbox lacks anomaly detectors of metric math; AWS has them.")
    given = request.get("SingleMetricAnomalyDetector", request)
    return {name: given[name] for name in _METRIC if name in given}


def _identity(request: Mapping[str, Any]) -> str:
    return json.dumps(_metric(request), sort_keys=True)
