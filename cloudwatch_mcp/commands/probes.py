"""A request for each operation that shows, at no cost, whether AWS allows the operation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from cloudwatch_mcp.commands.policy import log_group_name

_NO_QUERY = "00000000-0000-0000-0000-000000000000"
_NO_LOG_GROUP = "cloudwatch-mcp/check/there-is-no-such-log-group"
_MOST_LOG_GROUPS = 50  # of one StartQuery

# Listings of one item. A metric search without a match: GetMetricData is billed by the metrics that it returns. A query
# of a missing log group and of the first second of 1970, which StartQuery refuses for any log group. A query id that
# does not exist.
PROBES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "DescribeAlarmHistory": {"MaxRecords": 1},
        "DescribeAlarms": {"MaxRecords": 1},
        "GetMetricData": {
            "MetricDataQueries": [
                {"Id": "none", "Expression": "SEARCH('{cloudwatch-mcp/check} MetricName=\"none\"', 'Sum', 60)"}
            ],
            "StartTime": 0,
            "EndTime": 60,
        },
        "ListMetrics": {"Namespace": "cloudwatch-mcp/check"},
        "DescribeLogGroups": {"limit": 1},
        "DescribeQueryDefinitions": {"maxResults": 1},
        "GetQueryResults": {"queryId": _NO_QUERY},
        "ListAnomalies": {"limit": 1},
        "ListLogAnomalyDetectors": {"limit": 1},
        "StartQuery": {
            "logGroupNames": [_NO_LOG_GROUP],
            "startTime": 0,
            "endTime": 1,
            "queryString": "fields @timestamp",
            "limit": 1,
        },
        "StopQuery": {"queryId": _NO_QUERY},
    }
)
# Errors about the request. AWS checks permissions first, so these mean that the operation is allowed.
REQUEST_ERRORS = frozenset(
    {
        "InvalidParameterException",
        "InvalidParameterValue",
        "LimitExceededException",
        "MalformedQueryException",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "ValidationError",
        "ValidationException",
    }
)


def parameters(operation: str, log_groups: Sequence[str] = ()) -> Mapping[str, Any]:
    """The parameters of the request; StartQuery asks about `log_groups`, if there are any."""
    if operation != "StartQuery" or not log_groups:
        return PROBES[operation]
    names = [_matching_name(each) for each in log_groups[:_MOST_LOG_GROUPS]]
    return {**PROBES[operation], "logGroupNames": names}


def _matching_name(log_group: str) -> str:
    """A name without wildcards that the pattern matches."""
    return log_group_name(log_group).replace("*", "cloudwatch-mcp-check").replace("?", "x")
