"""StateReason and StateReasonData, in AWS's wording."""

import json
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.alarms.history import timestamp

_LISTED = 5
"""From this number of datapoints on, the reason lists only the newest ones."""
_FILLERS = {"breaching": "Breaching", "notBreaching": "NonBreaching"}
COMPARISONS: dict[str, tuple[str, Callable[[float, float], bool]]] = {
    "GreaterThanThreshold": ("greater than", operator.gt),
    "GreaterThanOrEqualToThreshold": ("greater than or equal to", operator.ge),
    "LessThanThreshold": ("less than", operator.lt),
    "LessThanOrEqualToThreshold": ("less than or equal to", operator.le),
}


class Datapoint(NamedTuple):
    """`time` is the start of its period in epoch seconds; `lower` and `upper` are the limits of an anomaly band."""

    time: int
    value: float
    breaching: bool
    lower: float | None = None
    upper: float | None = None


class Evidence(NamedTuple):
    """The known datapoints, and the starts of the evaluated periods, oldest first; the samples by a period's start."""

    alarm: Mapping[str, Any]
    known: Sequence[Datapoint]
    times: Sequence[int]
    period: int
    samples: Mapping[int, float]


def treatment(alarm: Mapping[str, Any]) -> str:
    """How missing data is treated; alarms on DynamoDB's metrics ignore it by default (docs: PutMetricAlarm)."""
    default = "ignore" if alarm.get("Namespace") == "AWS/DynamoDB" else "missing"
    return str(alarm.get("TreatMissingData", default))


def reason(state: str, evidence: Evidence) -> str:
    alarm, known, number = evidence.alarm, evidence.known, len(evidence.times)
    if state == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {_were(number, 'datapoint')} unknown."
    crossed = "Thresholds Crossed" if "ThresholdMetricId" in alarm else "Threshold Crossed"
    filler, missing = _FILLERS.get(treatment(alarm)), number - len(known)
    filled = f" and {_were(missing, 'missing datapoint')} treated as [{filler}]" if filler and missing else ""
    shown = [each for each in reversed(known) if each.breaching == (state == "ALARM")]
    if not shown:
        return f"{crossed}: {_were(len(known), 'datapoint')} received for {_count(number, 'period')}{filled}."
    listed = ", ".join(f"{each.value} ({_utc(each.time):%d/%m/%y %H:%M:%S})" for each in shown[:_LISTED])
    subject = _count(len(shown), "datapoint")
    if "DatapointsToAlarm" in alarm:
        subject = f"{len(shown)} out of the last {number} datapoints"
    verb, limit = "was" if len(shown) == 1 else "were", _limit(alarm, shown, state)
    if len(shown) < _LISTED:
        sentence = f"{crossed}: {subject} [{listed}] {verb} {limit}{filled}"
    else:
        which = " which crossed the threshold" if state == "ALARM" else ""
        sentence = f"{crossed}: {subject} {verb} {limit}{filled}. The most recent datapoints{which}: [{listed}]"
    return f"{sentence}{_minimum(alarm, state)}."


def _minimum(alarm: Mapping[str, Any], state: str) -> str:
    if "DatapointsToAlarm" not in alarm:
        return ""
    least, change = alarm["DatapointsToAlarm"], "OK -> ALARM"
    if state == "OK":
        least, change = alarm["EvaluationPeriods"] - least + 1, "ALARM -> OK"
    return f" (minimum {_count(least, 'datapoint')} for {change} transition)"


def reason_data(evidence: Evidence, at: datetime) -> str:
    alarm, known = evidence.alarm, evidence.known
    limits = {
        f"recent{side}Thresholds": [getattr(each, side.lower()) for each in known]
        for side in ("Lower", "Upper")
        if side in alarm["ComparisonOperator"]
    }
    thresholds = next(iter(limits.values())) if len(limits) == 1 else [None] * len(known)
    evaluated = [
        _present(
            timestamp=timestamp(_utc(each.time)),
            sampleCount=evidence.samples.get(each.time),
            value=each.value,
            threshold=threshold,
        )
        for each, threshold in zip(known, thresholds, strict=True)
    ]
    unknown = [{"timestamp": timestamp(_utc(time))} for time in evidence.times]
    data = _present(
        version="1.0",
        queryDate=timestamp(at),
        startDate=timestamp(_utc(known[0].time)) if known else None,
        unit=alarm.get("Unit"),
        statistic=alarm.get("Statistic") or alarm.get("ExtendedStatistic"),
        period=evidence.period,
        recentDatapoints=[each.value for each in known],
        threshold=alarm.get("Threshold"),
        **limits,
        evaluatedDatapoints=(evaluated or unknown)[::-1],
    )
    return json.dumps(data, separators=(",", ":"))


def triggering_alarms(alarms: Iterable[Mapping[str, Any]]) -> str:
    """StateReasonData of a composite alarm."""
    triggering = [
        {
            "arn": alarm["AlarmArn"],
            "state": {"value": alarm["StateValue"], "timestamp": timestamp(alarm["StateTransitionedTimestamp"])},
        }
        for alarm in alarms
    ]
    return json.dumps({"triggeringAlarms": triggering}, separators=(",", ":"))


def _present(**members: Any) -> dict[str, Any]:
    return {name: value for name, value in members.items() if value is not None}


def _limit(alarm: Mapping[str, Any], shown: Sequence[Datapoint], state: str) -> str:
    negation = "" if state == "ALARM" else "not "
    comparison = alarm["ComparisonOperator"]
    if comparison in COMPARISONS:
        return f"{negation}{COMPARISONS[comparison][0]} the threshold ({float(alarm['Threshold'])})"
    lower = f"{negation}less than the lower thresholds {[each.lower for each in shown]}"
    upper = f"{negation}greater than the upper thresholds {[each.upper for each in shown]}"
    return " or ".join([lower] * ("Lower" in comparison) + [upper] * ("Upper" in comparison))


def _utc(time: int) -> datetime:
    return datetime.fromtimestamp(time, timezone.utc)


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'s' * (number != 1)}"


def _were(number: int, noun: str) -> str:
    return f"{_count(number, noun)} {'was' if number == 1 else 'were'}"
