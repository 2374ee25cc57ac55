"""Anomaly detectors. They are trained at once: a band comes from the stored metric."""

import json
from collections.abc import Mapping
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterCombination, ResourceNotFoundException

from cloudwatch_mcp.sandbox.next_token import page

PAGE = 100

_SINGLE = ("AccountId", "Namespace", "MetricName", "Dimensions", "Stat")

Detector = dict[str, Any]


class AnomalyDetectors:
    def __init__(self) -> None:
        self._detectors: dict[str, Detector] = {}

    def put(self, request: Mapping[str, Any]) -> None:
        detector = _detector(request)
        options = {name: request[name] for name in ("Configuration", "MetricCharacteristics") if name in request}
        self._detectors[_identity(detector)] = {"Configuration": {}, **detector, **options, "StateValue": "TRAINED"}

    def put_for_alarm(self, alarm: Mapping[str, Any]) -> None:
        """Create the detector of an anomaly-band alarm, if there is none."""
        stats = [query["MetricStat"] for query in alarm.get("Metrics") or () if "MetricStat" in query]
        if "ThresholdMetricId" not in alarm or len(stats) != 1:
            return
        request = {"SingleMetricAnomalyDetector": {**stats[0]["Metric"], "Stat": stats[0]["Stat"]}}
        if _identity(_detector(request)) not in self._detectors:
            self.put(request)

    def delete(self, request: Mapping[str, Any]) -> None:
        if self._detectors.pop(_identity(_detector(request)), None) is None:
            raise ResourceNotFoundException("The anomaly detector does not exist")

    def describe(self, request: Mapping[str, Any]) -> dict[str, Any]:
        types = request.get("AnomalyDetectorTypes") or ["SINGLE_METRIC"]
        asked = [(name, request[name]) for name in ("Namespace", "MetricName", "Dimensions") if name in request]
        found = [
            detector
            for detector in self._detectors.values()
            if ("SINGLE_METRIC" if "SingleMetricAnomalyDetector" in detector else "METRIC_MATH") in types
            and all(detector.get(name) == value for name, value in asked)
        ]
        return page(request, "AnomalyDetectors", found, request.get("MaxResults", PAGE))


def _detector(request: Mapping[str, Any]) -> Detector:
    """AWS answers with the metric in both forms: as members, and as SingleMetricAnomalyDetector."""
    if "MetricMathAnomalyDetector" in request:
        return {"MetricMathAnomalyDetector": request["MetricMathAnomalyDetector"]}
    single = request.get("SingleMetricAnomalyDetector") or {name: request[name] for name in _SINGLE if name in request}
    if not single:
        raise InvalidParameterCombination("An anomaly detector needs a metric or a metric math expression.")
    return {**single, "SingleMetricAnomalyDetector": single}


def _identity(detector: Detector) -> str:
    return json.dumps(detector, sort_keys=True)
