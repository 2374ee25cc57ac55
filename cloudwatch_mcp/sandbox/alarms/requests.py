"""Validates alarm requests, with AWS's messages, and filters alarms for DescribeAlarms."""

from collections.abc import Mapping
from typing import Any

from moto.cloudwatch.exceptions import ValidationError

from cloudwatch_mcp.sandbox.alarms.history import alarm_type
from cloudwatch_mcp.sandbox.metrics.queries import check_each

ACTIONS = {"OK": "OKActions", "ALARM": "AlarmActions", "INSUFFICIENT_DATA": "InsufficientDataActions"}

PAGE = 100
_EXCLUSIVE = (("MetricName", "Metrics"), ("Statistic", "ExtendedStatistic"), ("Threshold", "ThresholdMetricId"))
_FAMILY = {"ChildrenOfAlarmName", "ParentsOfAlarmName"}


def check_metric_alarm(request: Mapping[str, Any]) -> None:
    for one, other in _EXCLUSIVE:
        if one in request and other in request:
            raise ValidationError(
                f"The parameters {one} and {other} are mutually exclusive and you have specified both."
            )
    if "EvaluationCriteria" in request:
        raise NotImplementedError("The sandbox lacks PromQL alarms; AWS has them.")
    required = ["ComparisonOperator", "EvaluationPeriods"]
    if "Metrics" not in request:
        required += ["MetricName", "Namespace", "Period"]
        required += ["Statistic"] if "ExtendedStatistic" not in request else []
    required += ["Threshold"] if "ThresholdMetricId" not in request else []
    for member in required:
        if member not in request:
            raise ValidationError(f"The parameter {member} is required.")
    if request.get("DatapointsToAlarm", 1) > request["EvaluationPeriods"]:
        raise ValidationError("The parameter DatapointsToAlarm must be less than or equal to EvaluationPeriods.")
    if "Metrics" in request:
        check_each(request["Metrics"], "Metrics")
        returned = sum(query.get("ReturnData", True) for query in request["Metrics"])
        if returned != (expected := 1 + ("ThresholdMetricId" in request)):
            elements = "two elements" if expected == 2 else "one element"
            raise ValidationError(f"Exactly {elements} of the metrics list should return data.")


def check_describe_alarms(request: Mapping[str, Any]) -> None:
    if "AlarmNames" in request and "AlarmNamePrefix" in request:
        raise ValidationError("AlarmNames and AlarmNamePrefix cannot be specified together")
    family = sorted(request.keys() & _FAMILY)
    if family and request.keys() - {family[0], "MaxRecords", "NextToken"}:
        raise ValidationError(
            f"{family[0]} cannot be specified with any other parameter except MaxRecords and NextToken"
        )


def matches_request(alarm: Mapping[str, Any], request: Mapping[str, Any]) -> bool:
    actions = [arn for member in ACTIONS.values() for arn in alarm[member]]
    return (
        alarm_type(alarm) in (request.get("AlarmTypes") or ["MetricAlarm"])
        and (not request.get("AlarmNames") or alarm["AlarmName"] in request["AlarmNames"])
        and alarm["AlarmName"].startswith(request.get("AlarmNamePrefix", ""))
        and request.get("StateValue", alarm["StateValue"]) == alarm["StateValue"]
        and ("ActionPrefix" not in request or any(arn.startswith(request["ActionPrefix"]) for arn in actions))
    )
