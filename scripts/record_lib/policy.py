"""The IAM policy for recording on AWS: it allows writes only to names that begin as the prefixes of runs do."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from scripts.record_lib.account import ALARM_WRITES, LOG_GROUP_WRITES
from tests.support.run_prefix import FAMILY

# These have ids, and metric models have no ARN: IAM cannot restrict them to a run (Service Authorization Reference).
_UNNAMED = [
    "cloudwatch:DeleteAnomalyDetector",
    "logs:DeleteLogAnomalyDetector",
    "logs:DeleteQueryDefinition",
    "logs:PutQueryDefinition",
]


def policy(account: str | None, region: str | None) -> str:
    """The policy as JSON, for one account and Region or for any."""
    place = f"{region or '*'}:{account or '*'}"
    log_groups = [f"arn:aws:logs:{place}:log-group:{FAMILY}*", f"arn:aws:logs:{place}:anomaly-detector:*"]
    metrics = _allow("Metrics", ["cloudwatch:PutMetricData"])
    statements = [
        # The server's own requests, and those that list and wait.
        _allow("Read", [f"{service}:{name}" for name, service in OPERATIONS.items()]),
        _allow("Detectors", ["cloudwatch:DescribeAnomalyDetectors"]),
        _allow("Alarms", _actions("cloudwatch", ALARM_WRITES), f"arn:aws:cloudwatch:{place}:alarm:{FAMILY}*"),
        metrics | {"Condition": {"StringLike": {"cloudwatch:namespace": f"{FAMILY}*"}}},
        _allow("LogGroups", _actions("logs", LOG_GROUP_WRITES), log_groups),
        _allow("Unnamed", _UNNAMED),
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)


def _allow(name: str, actions: list[str], resources: str | list[str] = "*") -> dict[str, Any]:
    return {"Sid": name, "Effect": "Allow", "Action": actions, "Resource": resources}


def _actions(service: str, operations: Iterable[str]) -> list[str]:
    return [f"{service}:{operation}" for operation in (*operations, "TagResource")]
