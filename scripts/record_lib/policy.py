"""The IAM policy for recording on AWS: it allows writes only to names that begin as the prefixes of runs do."""

from __future__ import annotations

import json

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from tests.support.run_prefix import FAMILY

# The server's own requests, and those that list and wait.
_READ = sorted(
    [f"{service}:{operation}" for operation, service in OPERATIONS.items()] + ["cloudwatch:DescribeAnomalyDetectors"]
)
_ALARMS = ["DeleteAlarms", "PutCompositeAlarm", "PutMetricAlarm", "SetAlarmState", "TagResource"]
_LOG_GROUPS = [
    "CreateLogAnomalyDetector",
    "CreateLogGroup",
    "CreateLogStream",
    "DeleteLogGroup",
    "PutLogEvents",
    "PutRetentionPolicy",
    "TagResource",
]
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
    statements = [
        {"Sid": "Read", "Effect": "Allow", "Action": _READ, "Resource": "*"},
        {
            "Sid": "Alarms",
            "Effect": "Allow",
            "Action": [f"cloudwatch:{operation}" for operation in _ALARMS],
            "Resource": f"arn:aws:cloudwatch:{place}:alarm:{FAMILY}*",
        },
        {
            "Sid": "Metrics",
            "Effect": "Allow",
            "Action": "cloudwatch:PutMetricData",
            "Resource": "*",
            "Condition": {"StringLike": {"cloudwatch:namespace": f"{FAMILY}*"}},
        },
        {
            "Sid": "LogGroups",
            "Effect": "Allow",
            "Action": [f"logs:{operation}" for operation in _LOG_GROUPS],
            "Resource": [f"arn:aws:logs:{place}:log-group:{FAMILY}*", f"arn:aws:logs:{place}:anomaly-detector:*"],
        },
        {"Sid": "Unnamed", "Effect": "Allow", "Action": _UNNAMED, "Resource": "*"},
    ]
    return json.dumps({"Version": "2012-10-17", "Statement": statements}, indent=2)
