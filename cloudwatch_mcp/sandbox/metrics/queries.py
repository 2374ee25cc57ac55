"""Validates GetMetricData's MetricDataQueries, with AWS's messages."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from moto.cloudwatch.exceptions import ValidationError

from cloudwatch_mcp.sandbox.metrics.aggregation import find_statistic
from cloudwatch_mcp.sandbox.metrics.metrics_insights import is_query

MAX_QUERIES = 500

_ID = re.compile(r"[a-z][a-zA-Z0-9_]*")
_SUB_MINUTE_PERIODS = {1, 5, 10, 20, 30}

Query = Mapping[str, Any]


def check(queries: Sequence[Query], start: float, end: float) -> None:
    if len(queries) > MAX_QUERIES:
        raise ValidationError(f"The collection MetricDataQueries must not have a size greater than {MAX_QUERIES}.")
    if start >= end:
        raise ValidationError("The parameter StartTime must be less than the parameter EndTime.")
    check_each(queries, "MetricDataQueries")


def check_each(queries: Sequence[Query], parameter: str) -> None:
    problems = [
        problem
        for position, query in enumerate(queries, 1)
        for problem in _problems(query, f"{parameter}.member.{position}")
    ]
    ids = [query["Id"] for query in queries]
    if len(set(ids)) < len(ids):
        problems.append(f"The values for parameter id in {parameter} are not unique.")
    if sum("Expression" in query and not is_math(query) for query in queries) > 1:
        problems.append("Maximum number of queries (1) exceeded")
    if problems:
        # AWS ends each line with a line break.
        raise ValidationError("".join(f"{problem}\n" for problem in problems))


def is_math(query: Query) -> bool:
    return "Expression" in query and not is_query(query["Expression"])


def _problems(query: Query, name: str) -> Iterator[str]:
    if not _ID.fullmatch(query["Id"]):
        yield (
            f"The value {query['Id']} for parameter {name}.Id is not matching the expected pattern "
            "^[a-z][a-zA-Z0-9_]*$."
        )
    if "MetricStat" in query and "Expression" in query:
        yield (
            f"The parameters {name}.MetricStat and {name}.Expression are mutually exclusive "
            "and you have specified both."
        )
    if "MetricStat" in query:
        yield from _metric_stat_problems(query["MetricStat"], f"{name}.MetricStat")
    elif "Expression" not in query:
        yield f"The parameter {name}.MetricStat is required."
    elif not is_math(query) and "Period" not in query:
        yield f"The parameter {name}.Period is required."
    if "Period" in query and not is_period(query["Period"]):
        yield _bad_period(f"{name}.Period")


def _metric_stat_problems(stat: Mapping[str, Any], name: str) -> Iterator[str]:
    for member in ("Namespace", "MetricName"):
        if not stat["Metric"].get(member):
            yield f"The parameter {name}.Metric.{member} is required."
    if not is_period(stat["Period"]):
        yield _bad_period(f"{name}.Period")
    if find_statistic(stat["Stat"]) is None:
        yield f"The value for parameter {name}.Stat is not a valid statistic."


def is_period(period: int) -> bool:
    return period in _SUB_MINUTE_PERIODS or (period > 0 and period % 60 == 0)


def _bad_period(name: str) -> str:
    return f"The value for parameter {name} must be 1, 5, 10, 20, 30 or a multiple of 60."
