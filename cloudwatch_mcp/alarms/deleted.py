"""The configuration of a deleted alarm, from its history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from cloudwatch_mcp.alarms import wording
from cloudwatch_mcp.alarms.changes import configuration_after
from cloudwatch_mcp.aws import embedded_json

_TEXTS = (
    "alarmDescription",
    "alarmRule",
    "comparisonOperator",
    "extendedStatistic",
    "metricName",
    "namespace",
    "statistic",
    "thresholdMetricId",
)
_NUMBERS = ("datapointsToAlarm", "evaluationPeriods", "period", "threshold")


def last_configuration(items: Sequence[Mapping[str, Any]]) -> wording.Alarm | None:
    """The alarm as its newest readable ConfigurationUpdate item has it, in the members of DescribeAlarms.

    None if no item says what the alarm watched. `items` are newest first.
    """
    alarms = (_alarm(configuration_after(item)) for item in items if item["HistoryItemType"] == "ConfigurationUpdate")
    return next(filter(_is_readable, alarms), None)


def _is_readable(alarm: wording.Alarm) -> bool:
    watches = alarm.get("Metrics") or (alarm.get("Namespace") and alarm.get("MetricName"))
    return "AlarmRule" in alarm or bool(watches and alarm.get("EvaluationPeriods"))


def _alarm(configuration: Mapping[str, Any]) -> wording.Alarm:
    """HistoryData has the members of DescribeAlarms in camelCase."""
    alarm = {**_members(configuration, _TEXTS, _NUMBERS), "Dimensions": _dimensions(configuration)}
    queries = [_query(query) for query in embedded_json.mappings(configuration.get("metrics"))]
    named = [query for query in queries if "Id" in query]
    return {**alarm, "Metrics": named} if named else alarm


def _query(query: Mapping[str, Any]) -> dict[str, Any]:
    members = _members(query, ("id", "expression", "label"), ("period",))
    stat = embedded_json.mapping(query.get("metricStat"))
    metric = embedded_json.mapping(stat.get("metric"))
    identity = {**_members(metric, ("namespace", "metricName"), ()), "Dimensions": _dimensions(metric)}
    metric_stat = {"MetricStat": {**_members(stat, ("stat",), ("period",)), "Metric": identity}} if metric else {}
    return {**members, **metric_stat, "ReturnData": query.get("returnData") is not False}


def _members(value: Mapping[str, Any], texts: Sequence[str], numbers: Sequence[str]) -> dict[str, Any]:
    """The members that have the right type, their names as DescribeAlarms writes them."""
    members: dict[str, Any] = {name: embedded_json.text(value.get(name)) for name in texts}
    members |= {name: next(iter(embedded_json.numbers([value.get(name)])), None) for name in numbers}
    return {f"{name[0].upper()}{name[1:]}": member for name, member in members.items() if member is not None}


def _dimensions(value: Mapping[str, Any]) -> list[dict[str, Any]]:
    dimensions = (_members(each, ("name", "value"), ()) for each in embedded_json.mappings(value.get("dimensions")))
    return [dimension for dimension in dimensions if len(dimension) == 2]
