"""What a run may write: only what begins with its prefix. The guard of its clients, and the IAM policy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from tests.support.run_prefix import FAMILY

# Each operation that writes, with the parameter that has the resource's name. The groups are those of the IAM policy.
ALARM_WRITES = {
    "DeleteAlarms": "AlarmNames",
    "PutCompositeAlarm": "AlarmName",
    "PutMetricAlarm": "AlarmName",
    "SetAlarmState": "AlarmName",
}
LOG_GROUP_WRITES = {
    "CreateLogAnomalyDetector": "detectorName",
    "CreateLogGroup": "logGroupName",
    "CreateLogStream": "logGroupName",
    "DeleteLogGroup": "logGroupName",
    "PutLogEvents": "logGroupName",
    "PutRetentionPolicy": "logGroupName",
}
OTHER_WRITES = {
    "DeleteAnomalyDetector": "SingleMetricAnomalyDetector.Namespace",
    "PutMetricData": "Namespace",
    "PutQueryDefinition": "name",
}
_NAMES = ALARM_WRITES | LOG_GROUP_WRITES | OTHER_WRITES
_READS = ("Describe", "Get", "List", "StartQuery")
# These take ids, which come from a list of what has the prefix.
_BY_ID = ("DeleteLogAnomalyDetector", "DeleteQueryDefinition")


def guard(prefix: str) -> Callable[..., None]:
    """Refuses to send a write to anything that does not begin with the prefix."""

    def refuse(params: Mapping[str, Any], model: Any, **_: Any) -> None:
        if model.name.startswith(_READS) or model.name in _BY_ID:
            return
        value: Any = params
        for member in _NAMES.get(model.name, "nothing").split("."):
            value = value.get(member, {})
        names = value if isinstance(value, list) else [value]
        if not names or not all(isinstance(name, str) and name.startswith(prefix) for name in names):
            raise PermissionError(f"{model.name} of {names} was not sent: it does not begin with {prefix}")

    return refuse


def policy(account: str | None, region: str | None) -> str:
    """The policy as JSON, for one account and Region or for any, and for the prefixes of all runs."""
    place = f"{region or '*'}:{account or '*'}"
    log_groups = [f"arn:aws:logs:{place}:log-group:{FAMILY}*", f"arn:aws:logs:{place}:anomaly-detector:*"]
    metrics = _allow("Metrics", ["cloudwatch:PutMetricData"])
    statements = [
        # The server's own requests, and those that list and wait.
        _allow("Read", [f"{service}:{name}" for name, service in OPERATIONS.items()]),
        _allow("Detectors", ["cloudwatch:DescribeAnomalyDetectors"]),
        _allow("Alarms", _writes("cloudwatch", ALARM_WRITES), f"arn:aws:cloudwatch:{place}:alarm:{FAMILY}*"),
        metrics | {"Condition": {"StringLike": {"cloudwatch:namespace": f"{FAMILY}*"}}},
        _allow("LogGroups", _writes("logs", LOG_GROUP_WRITES), log_groups),
        # These have ids, and metric models have no ARN: IAM cannot restrict them (Service Authorization Reference).
        _allow(
            "Unnamed",
            ["cloudwatch:DeleteAnomalyDetector", "logs:PutQueryDefinition", *(f"logs:{each}" for each in _BY_ID)],
        ),
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


def _allow(name: str, actions: list[str], resources: str | list[str] = "*") -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resources}


def _writes(service: str, operations: Iterable[str]) -> list[str]:
    return [f"{service}:{operation}" for operation in (*operations, "TagResource")]
