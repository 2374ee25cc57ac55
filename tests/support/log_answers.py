"""What CloudWatch Logs answers, as botocore parses it."""

from __future__ import annotations

from typing import Any

QUERY_ID = "a1b2c3d4-0000-0000-0000-000000000000"


def group(name: str, **more: Any) -> dict[str, Any]:
    """A log group of DescribeLogGroups."""
    return {"logGroupName": name, "arn": f"arn:aws:logs:us-east-1:123456789012:log-group:{name}:*", **more}


def results(status: str, *rows: dict[str, str], scanned: int = 1_000, matched: int = 0) -> dict[str, Any]:
    """The answer of GetQueryResults."""
    return {
        "status": status,
        "results": [[{"field": name, "value": value} for name, value in row.items()] for row in rows],
        "statistics": {
            "recordsMatched": float(matched or len(rows)),
            "recordsScanned": 10.0 if scanned else 0.0,
            "bytesScanned": float(scanned),
        },
    }
