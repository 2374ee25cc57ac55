"""The IAM policy of whoever records on AWS: nothing can be written but what begins as the prefixes of runs do."""

from __future__ import annotations

import json

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from scripts.record_lib.prefix import FAMILY

# What the server asks, and what listing and waiting ask besides.
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
# These have ids, and metric models no ARN: IAM cannot tell ours from others (Service Authorization Reference).
_UNNAMED = [
    "cloudwatch:DeleteAnomalyDetector",
    "logs:DeleteLogAnomalyDetector",
    "logs:DeleteQueryDefinition",
    "logs:PutQueryDefinition",
]


def policy(account: str | None, region: str | None) -> str:
    """The document as JSON, for one account and Region or for any."""
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
