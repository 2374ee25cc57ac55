"""The only operations that the server sends to AWS. All of them only read, except StopQuery, which ends a query.

The IAM policy that `cloudwatch-mcp policy` prints is made from this list.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from cloudwatch_mcp.errors import OperationRefused

OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "DescribeAlarmHistory": "cloudwatch",
        "DescribeAlarms": "cloudwatch",
        "GetMetricData": "cloudwatch",
        "ListMetrics": "cloudwatch",
        "DescribeLogGroups": "logs",
        "DescribeQueryDefinitions": "logs",
        "GetQueryResults": "logs",
        "ListAnomalies": "logs",
        "ListLogAnomalyDetectors": "logs",
        "StartQuery": "logs",
        "StopQuery": "logs",
    }
)


def service_of(operation: str) -> str:
    """The service of an operation on the list.

    Raises:
        OperationRefused: the operation is not on the list.
    """
    service = OPERATIONS.get(operation)
    if service is None:
        raise OperationRefused(f"{operation} is not one of the operations this server may send.")
    return service


def refuse_unlisted(model: Any, **_: Any) -> None:
    """Handle botocore's event before-parameter-build: no client sends an operation that is not on the list."""
    if service_of(model.name) != model.service_model.service_name:
        raise OperationRefused(f"{model.name} is not one of the operations this server may send.")
