"""Log anomaly detectors and their anomalies."""

import json
from typing import Any

from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException
from moto.moto_api._internal import mock_random

from cloudwatch_mcp.sandbox.logs.operations import Operations, page

# docs, LogsAnomalyDetection: a new detector trains for up to 15 minutes.
_TRAINING = 15 * 60_000
_PAGE = 50


class AnomalyOperations(Operations):
    def create_log_anomaly_detector(self) -> str:
        request = self.request()
        arns = [arn.removesuffix(":*") for arn in request["logGroupArnList"]]
        if len(arns) != 1:
            raise InvalidParameterException("logGroupArnList must have exactly one log group.")
        group: Any = next((each for each in self.logs_backend.groups.values() if each.arn in arns), None)
        if group is None:
            raise ResourceNotFoundException
        if group.log_group_class != "STANDARD":
            raise InvalidParameterException("Anomaly detection needs a log group of the STANDARD class.")
        arn = f"{group.arn.partition(':log-group:')[0]}:anomaly-detector:{mock_random.uuid4()}"
        self.regional.detectors[arn] = {
            "evaluationFrequency": "FIVE_MIN",
            "anomalyVisibilityTime": 21,
            **{member: value for member, value in request.items() if member != "tags"},
            "anomalyDetectorArn": arn,
            "logGroupArnList": arns,
            "creationTimeStamp": self.state.now(),
            "lastModifiedTimeStamp": self.state.now(),
        }
        return json.dumps({"anomalyDetectorArn": arn})

    def list_log_anomaly_detectors(self) -> str:
        request = self.request()
        group_arn = request.get("filterLogGroupArn", "").removesuffix(":*")
        detectors = [
            {**detector, "anomalyDetectorStatus": self._status(detector)}
            for detector in self.regional.detectors.values()
            if not group_arn or group_arn in detector["logGroupArnList"]
        ]
        return page(request, "anomalyDetectors", detectors, request.get("limit", _PAGE))

    def delete_log_anomaly_detector(self) -> str:
        arn = self.request()["anomalyDetectorArn"]
        self._check_detector(arn)
        del self.regional.detectors[arn]
        self.regional.anomalies[:] = [
            anomaly for anomaly in self.regional.anomalies if anomaly["anomalyDetectorArn"] != arn
        ]
        return ""

    def list_anomalies(self) -> str:
        request = self.request()
        arn, suppression = request.get("anomalyDetectorArn"), request.get("suppressionState")
        if arn:
            self._check_detector(arn)
        anomalies = [
            anomaly
            for anomaly in self.regional.anomalies
            if arn in (None, anomaly["anomalyDetectorArn"])
            and suppression in (None, "SUPPRESSED" if anomaly.get("suppressed") else "UNSUPPRESSED")
        ]
        return page(request, "anomalies", anomalies, request.get("limit", _PAGE))

    def _status(self, detector: dict[str, Any]) -> str:
        age = self.state.now() - detector["creationTimeStamp"]
        return "TRAINING" if age < _TRAINING else "ANALYZING"

    def _check_detector(self, arn: str) -> None:
        if arn not in self.regional.detectors:
            raise ResourceNotFoundException("The specified anomaly detector does not exist.")
