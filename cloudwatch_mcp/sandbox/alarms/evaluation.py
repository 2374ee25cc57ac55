"""Evaluates a metric alarm: its state, and when it changes (docs: alarm-evaluation, alarms-and-missing-data)."""

import re
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.alarms.state_reason import COMPARISONS, Datapoint, Evidence, reason, reason_data, treatment
from cloudwatch_mcp.sandbox.metrics.queries import Query
from cloudwatch_mcp.sandbox.metrics.series import Series

Alarm = dict[str, Any]
Read = Callable[[Sequence[Query], int, int], Mapping[str, list[Series]]]
"""Reads each query's series from a start to an end, in periods counted from the start."""

_EXTRA_PERIODS = 2
"""AWS reads more periods than it evaluates, to make up for missing data; its examples read 5 for 3."""
_STATES = ("ALARM", "OK", "INSUFFICIENT_DATA", None)
_EPOCH = datetime.fromtimestamp(0, timezone.utc)


class Evaluation(NamedTuple):
    """`reason_data` is JSON."""

    state: str
    reason: str
    reason_data: str | None


def state_changes(
    alarm: Alarm, read: Read, after: datetime, until: datetime
) -> Iterator[tuple[datetime, Alarm, Evaluation]]:
    """The alarm's changes of state, each shortly after the end of a step.

    The caller sets its StateValue before it asks for the next one.
    """
    step = timedelta(seconds=_step(alarm))
    if "MetricName" in alarm and step >= timedelta(minutes=1):
        read = _read_ahead(read, int(until.timestamp()))
    at = _EPOCH + timedelta(milliseconds=1000 + zlib.crc32(alarm["AlarmName"].encode()) % 8000)
    at += ((after - at) // step + 1) * step
    while at <= until:
        if evaluation := evaluate(alarm, read, at):
            yield at, alarm, evaluation
        at += step


def _read_ahead(read: Read, until: int) -> Read:
    """Reads a metric until then, once for each time within its period at which an evaluation can start."""
    known: dict[tuple[str, int], Mapping[str, list[Series]]] = {}

    def ahead(queries: Sequence[Query], start: int, end: int) -> Mapping[str, list[Series]]:
        stat = queries[0]["MetricStat"]
        key = stat["Stat"], start % stat["Period"]
        if key not in known:
            known[key] = read(queries, start, until - (until - start) % stat["Period"])
        (series,) = known[key]["m1"]
        return read(queries, start, end) if series.messages else known[key]  # of several units, a window has its own

    return ahead


def evaluate(alarm: Alarm, read: Read, at: datetime) -> Evaluation | None:
    """The new state, by the periods that ended before `at`; None if the alarm keeps its StateValue.

    An alarm on several series (Metrics Insights with GROUP BY) is in ALARM while one of them is.
    """
    queries, step, number = _queries(alarm), _step(alarm), alarm["EvaluationPeriods"]
    period, end = _period(queries), int(at.timestamp()) // step * step
    times = range(end - period * (number + _EXTRA_PERIODS), end, period)
    found = read(queries, times.start, end)
    limit = alarm.get("ThresholdMetricId")
    watched = next(query["Id"] for query in queries if query.get("ReturnData", True) and query["Id"] != limit)
    outcomes = []
    for series in found[watched] or [Series({}, period)]:
        recent = [_datapoint(alarm, series, found.get(limit or "", ()), time) for time in times]
        known = [datapoint for datapoint in recent if datapoint is not None][-number:]
        outcomes.append((_state(alarm, known, recent), known))
    state, known = min(outcomes, key=lambda outcome: _STATES.index(outcome[0]))
    if state is None or state == alarm.get("StateValue"):
        return None
    samples = _samples(queries[0], read, times) if "MetricName" in alarm else {}
    if _has_few_samples(alarm, known, samples):
        return None
    evidence = Evidence(alarm, known, times[-number:], period, samples)
    return Evaluation(state, reason(state, evidence), reason_data(evidence, at))


def _queries(alarm: Alarm) -> Sequence[Query]:
    if "Metrics" in alarm:
        metrics: Sequence[Query] = alarm["Metrics"]
        return metrics
    metric = {name: alarm[name] for name in ("Namespace", "MetricName", "Dimensions")}
    stat = {"Metric": metric, "Period": alarm["Period"], "Unit": alarm.get("Unit")}
    return [{"Id": "m1", "MetricStat": {**stat, "Stat": alarm.get("Statistic") or alarm["ExtendedStatistic"]}}]


def _period(queries: Sequence[Query]) -> int:
    periods: list[int] = [query.get("MetricStat", query).get("Period", 0) for query in queries]
    return max(periods) or 60


def _step(alarm: Alarm) -> int:
    """Seconds between evaluations: a minute, for alarms with short periods ten seconds, for those on days an hour."""
    period = _period(_queries(alarm))
    if period * alarm["EvaluationPeriods"] > 86_400:
        return 3600
    return 60 if period >= 60 else 10


def _datapoint(alarm: Alarm, series: Series, limits: Sequence[Series], time: int) -> Datapoint | None:
    value, comparison = series.points.get(time), alarm["ComparisonOperator"]
    if value is None:
        return None
    if comparison in COMPARISONS:
        return Datapoint(time, value, COMPARISONS[comparison][1](value, alarm["Threshold"]))
    upper, lower = (limit.points.get(time) for limit in limits)
    if upper is None or lower is None:
        return None
    breaching = ("Lower" in comparison and value < lower) or ("Upper" in comparison and value > upper)
    return Datapoint(time, value, breaching, lower, upper)


def _state(alarm: Alarm, known: Sequence[Datapoint], recent: Sequence[Datapoint | None]) -> str | None:
    """The state by `known`, the newest datapoints of `recent`; None: the state does not change."""
    number: int = alarm["EvaluationPeriods"]
    needed: int = alarm.get("DatapointsToAlarm", number)
    treated, missing = treatment(alarm), number - len(known)
    breaching = sum(datapoint.breaching for datapoint in known)
    if breaching + (missing if treated == "breaching" else 0) >= needed:
        return "ALARM"
    if not missing or treated in {"breaching", "notBreaching"} or breaching < len(known):
        return "OK"
    if treated == "ignore":
        return None
    if not known:
        return "INSUFFICIENT_DATA"
    # All are breaching, but too few: AWS waits for a datapoint that is not, until the oldest is old enough.
    return "ALARM" if len(recent) - recent.index(known[0]) >= needed else None


def _samples(query: Query, read: Read, times: range) -> Mapping[int, float]:
    query = {**query, "MetricStat": {**query["MetricStat"], "Stat": "SampleCount"}}
    return read([query], times.start, times.stop)[query["Id"]][0].points


def _has_few_samples(alarm: Alarm, known: Sequence[Datapoint], samples: Mapping[int, float]) -> bool:
    """Whether a percentile must not change the state (docs: percentiles-with-low-samples)."""
    statistic = alarm.get("ExtendedStatistic", "")
    if alarm.get("EvaluateLowSampleCountPercentile") != "ignore" or not re.fullmatch(r"p[\d.]+", statistic):
        return False
    tail = min(float(statistic[1:]), 100 - float(statistic[1:])) / 100
    return bool(known) and sum(samples[datapoint.time] for datapoint in known) * tail < 10
