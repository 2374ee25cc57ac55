"""An alarm in words: its kind, what it watches, its condition in a phrase. Alarms are as DescribeAlarms gives them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from cloudwatch_mcp.answers.text import clip
from cloudwatch_mcp.aws import embedded_json

Alarm = Mapping[str, Any]

_COMPARISONS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
    "GreaterThanUpperThreshold": "above",
    "LessThanLowerThreshold": "below",
    "LessThanLowerOrGreaterThanUpperThreshold": "outside",
}
_RECENT = 3  # datapoints
_REASON_CHARS = 300
_MISSING_DATA = re.compile("missing|unknown|no datapoints")


def kind(alarm: Alarm) -> str:
    if "AlarmRule" in alarm:
        return "composite"
    if "ScheduledQueryConfiguration" in alarm:
        return "log"
    if alarm.get("ThresholdMetricId"):
        return "anomaly band"
    if alarm.get("EvaluationCriteria"):
        return "PromQL"
    return "metric math" if any("Expression" in query for query in alarm.get("Metrics", [])) else "metric"


def watches(alarm: Alarm) -> str:
    """The metric with its dimensions, the expressions over metrics, or the query."""
    if "ScheduledQueryConfiguration" in alarm:
        scheduled = alarm["ScheduledQueryConfiguration"]
        groups = [group.split(":log-group:", 1)[-1] for group in scheduled.get("LogGroupIdentifiers", [])]
        return str(scheduled.get("QueryString", "")) + (f" in {', '.join(groups)}" if groups else "")
    if criteria := alarm.get("EvaluationCriteria"):
        return str(criteria.get("PromQLCriteria", {}).get("Query", ""))
    if queries := alarm.get("Metrics"):
        return "; ".join(f"{query['Id']} = {_query(query)}" for query in sorted(queries, key=_is_returned))
    return _metric(alarm.get("Namespace"), alarm.get("MetricName"), alarm.get("Dimensions", []))


def condition(alarm: Alarm) -> str:
    """Such as `p99 > 1000 for 3 of 3 × 60 s`; an anomaly alarm has its band and recent limits, never a threshold."""
    if "AlarmRule" in alarm:
        return str(alarm["AlarmRule"])
    comparison = _COMPARISONS.get(alarm.get("ComparisonOperator", ""), alarm.get("ComparisonOperator", ""))
    if "ScheduledQueryConfiguration" in alarm:
        needed, looked = alarm.get("QueryResultsToAlarm"), alarm.get("QueryResultsToEvaluate")
        value = alarm["ScheduledQueryConfiguration"].get("AggregationExpression", "value")
        return f"{value} {comparison} {_number(alarm.get('Threshold'))} for {needed} of {looked} query results"
    if alarm.get("EvaluationCriteria"):
        return "the PromQL query returns a series"
    limit = _band(alarm) if alarm.get("ThresholdMetricId") else _number(alarm.get("Threshold"))
    datapoints = alarm.get("DatapointsToAlarm") or alarm.get("EvaluationPeriods")
    span = f"for {datapoints} of {alarm.get('EvaluationPeriods')}"
    seconds = period(alarm)
    return f"{_statistic(alarm)} {comparison} {limit} {span}" + (f" × {seconds} s" if seconds else " periods")


def period(alarm: Alarm) -> int | None:
    """Seconds of one evaluation period, where the alarm or the metric it returns has one."""
    queries = sorted(alarm.get("Metrics", []), key=_is_returned, reverse=True)
    periods = (query.get("Period") or query.get("MetricStat", {}).get("Period") for query in queries)
    seconds = alarm.get("Period") or next((each for each in periods if each), None)
    return None if seconds is None else int(seconds)


def reason_data(alarm: Alarm) -> dict[str, Any]:
    """StateReasonData, which CloudWatch gives as JSON in a string; {} where there is none."""
    return embedded_json.mapping(alarm.get("StateReasonData"))


def recent_datapoints(data: Mapping[str, Any]) -> list[float]:
    """The last datapoints in a transition's reason data, oldest first."""
    return embedded_json.numbers(data.get("recentDatapoints"))[-_RECENT:]


def state_since(alarm: Alarm) -> datetime | None:
    return alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp")


def reason_beside(datapoints: Sequence[float], reason: str) -> str | None:
    """The reason for a state, clipped; None where it only repeats the condition and these datapoints."""
    crossed = reason.startswith(("Threshold Crossed", "Thresholds Crossed"))
    if datapoints and crossed and not _MISSING_DATA.search(reason):
        return None
    return clip(reason, _REASON_CHARS)


def triggered_by(alarm: Alarm) -> list[str]:
    """The names of the alarms that made a composite alarm change state."""
    triggering = embedded_json.mappings(reason_data(alarm).get("triggeringAlarms"))
    return [alarm_name(arn) for each in triggering if (arn := embedded_json.text(each.get("arn")))]


def alarm_name(arn: str) -> str:
    return arn.split(":alarm:", 1)[-1]


def _band(alarm: Alarm) -> str:
    band_id = alarm["ThresholdMetricId"]
    expression = next((q.get("Expression") for q in alarm.get("Metrics", []) if q.get("Id") == band_id), band_id)
    data = reason_data(alarm)
    lows, highs = (embedded_json.numbers(data.get(f"recent{end}Thresholds")) for end in ("Lower", "Upper"))
    lately = [f"{ends[-1]:.6g}" for ends in (lows, highs) if ends]
    return f"{expression}" + (f" (lately {' to '.join(lately)})" if lately else "")


def _is_returned(query: Mapping[str, Any]) -> bool:
    return bool(query.get("ReturnData", True))


def _statistic(alarm: Alarm) -> str:
    own = alarm.get("ExtendedStatistic") or alarm.get("Statistic")
    if own:
        return str(own)
    band_id = alarm.get("ThresholdMetricId")
    watched = [q for q in alarm.get("Metrics", []) if q.get("Id") != band_id and _is_returned(q)]
    if not watched:
        return "value"
    query = watched[0]
    return str(query.get("Label") or query.get("MetricStat", {}).get("Stat") or query["Id"])


def _query(query: Mapping[str, Any]) -> str:
    if "Expression" in query:
        return str(query["Expression"])
    stat = query.get("MetricStat", {})
    metric = stat.get("Metric", {})
    named = _metric(metric.get("Namespace"), metric.get("MetricName"), metric.get("Dimensions", []))
    return f"{stat.get('Stat')} {named}"


def _metric(namespace: str | None, name: str | None, dimensions: Iterable[Mapping[str, str]]) -> str:
    pairs = ", ".join(f"{dimension['Name']}={dimension['Value']}" for dimension in dimensions)
    return f"{namespace} {name}" + (f" {{{pairs}}}" if pairs else "")


def _number(value: float | None) -> str:
    return "?" if value is None else f"{value:.15g}"
