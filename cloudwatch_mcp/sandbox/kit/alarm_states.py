"""Evaluates the alarms against the metrics, for SetAlarmState to write a history that matches them."""

import json
import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.kit.alarms import ABOVE, UNDER_BAND, MetricAlarm
from cloudwatch_mcp.sandbox.kit.timeline import anchor

CREATED = timedelta(days=45)
"""The age of the alarms; their first evaluation follows their creation."""
Spans = Sequence[tuple[float, float]]
"""Starts and ends in minutes before the end of the data."""


class _Datapoint(NamedTuple):
    minute: float
    value: float | None
    breaching: bool


@dataclass(frozen=True)
class StateChange:
    alarm: MetricAlarm
    at: datetime
    state: str
    reason: str
    reason_data: str

    def parameters(self) -> dict[str, Any]:
        """For SetAlarmState."""
        return {
            "AlarmName": self.alarm.name,
            "StateValue": self.state,
            "StateReason": self.reason,
            "StateReasonData": self.reason_data,
        }


def state_changes(alarms: Sequence[MetricAlarm], evaluated: Spans, now: datetime) -> list[StateChange]:
    """The changes after the alarms' creation and within the spans, oldest first."""
    return sorted(chain.from_iterable(_of_one(alarm, evaluated, now) for alarm in alarms), key=lambda each: each.at)


def _of_one(alarm: MetricAlarm, evaluated: Spans, now: datetime) -> Iterator[StateChange]:
    end, state = anchor(now), "INSUFFICIENT_DATA"
    recent: deque[_Datapoint] = deque(maxlen=alarm.datapoints[1])
    for minute in _periods(alarm, evaluated, end):
        value = alarm.value(minute)
        breaching = alarm.missing == "breaching" if value is None else alarm.breaches(minute, value)
        recent.append(_Datapoint(minute, value, breaching))
        verdict = _verdict(alarm, state, recent)
        if len(recent) == recent.maxlen and verdict != state:
            at = end - timedelta(minutes=minute) + timedelta(seconds=alarm.period)
            at += timedelta(milliseconds=4000 + zlib.crc32(f"{alarm.name} {minute}".encode()) % 11000)
            reason, data = _reason(alarm, state, verdict, list(recent), end), _reason_data(alarm, list(recent), end, at)
            yield StateChange(alarm, at, verdict, reason, data)
            state = verdict


def _periods(alarm: MetricAlarm, evaluated: Spans, end: datetime) -> Iterator[int]:
    """The starts of the evaluated periods, aligned to the clock, in minutes before the anchor."""
    step = alarm.period // 60
    first = int(CREATED.total_seconds() // 60) - 3
    for start, stop in [(first, first - alarm.datapoints[1] * step), *evaluated]:
        offset = (int(end.timestamp()) // 60 - int(start)) % step
        yield from range(int(start) - (step - offset) % step, max(int(stop), step - 1), -step)


def _verdict(alarm: MetricAlarm, state: str, recent: deque[_Datapoint]) -> str:
    if sum(datapoint.breaching for datapoint in recent) >= alarm.datapoints[0]:
        return "ALARM"
    if all(datapoint.value is None for datapoint in recent):
        return {"missing": "INSUFFICIENT_DATA", "ignore": state}.get(alarm.missing, "OK")
    return "OK"


def _reason(alarm: MetricAlarm, old: str, new: str, recent: list[_Datapoint], end: datetime) -> str:
    if new == "INSUFFICIENT_DATA":
        return f"Insufficient Data: {len(recent)} datapoints were unknown."
    relevant = [each for each in reversed(recent) if each.breaching == (new == "ALARM") and each.value is not None]
    if not relevant:
        treated = "Breaching" if new == "ALARM" else "NonBreaching"
        return f"Threshold Crossed: no datapoints were received and missing datapoints were treated as [{treated}]."
    datapoints = ", ".join(
        f"{each.value} ({end - timedelta(minutes=each.minute):%d/%m/%y %H:%M:%S})" for each in relevant
    )
    verb = ("was" if len(relevant) == 1 else "were") + (" not" if new == "OK" else "")
    least = alarm.datapoints[0] if new == "ALARM" else alarm.datapoints[1] - alarm.datapoints[0] + 1
    crossed, limit = "Threshold Crossed", f"{_comparison(alarm)} the threshold ({alarm.threshold})"
    if alarm.comparison == UNDER_BAND:
        limits = ", ".join(str(alarm.band(each.minute)[0]) for each in relevant)
        crossed, limit = "Thresholds Crossed", f"less than the lower thresholds [{limits}]"
    minimum = f" (minimum {least} datapoint{'s' * (least > 1)} for {old} -> {new} transition)"
    return (
        f"{crossed}: {len(relevant)} out of the last {len(recent)} datapoints [{datapoints}] {verb} {limit}"
        f"{minimum if old != 'INSUFFICIENT_DATA' else ''}."
    )


def _comparison(alarm: MetricAlarm) -> str:
    return "greater than" if alarm.comparison == ABOVE else "less than"


def _reason_data(alarm: MetricAlarm, recent: list[_Datapoint], end: datetime, at: datetime) -> str:
    known = [each for each in recent if each.value is not None]
    data: dict[str, Any] = {
        "version": "1.0",
        "queryDate": _date(at),
        "startDate": _date(end - timedelta(minutes=recent[0].minute)),
        "statistic": alarm.statistic,
        "period": alarm.period,
        "recentDatapoints": [each.value for each in known],
        "threshold": alarm.threshold,
    }
    if alarm.per is not None or alarm.comparison == UNDER_BAND:
        del data["statistic"]
    if alarm.comparison == UNDER_BAND:
        del data["threshold"]
        data["recentLowerThresholds"] = [alarm.band(each.minute)[0] for each in known]
    data["evaluatedDatapoints"] = [
        {
            "timestamp": _date(end - timedelta(minutes=each.minute)),
            "value": each.value,
            **({"threshold": alarm.band(each.minute)[0]} if alarm.comparison == UNDER_BAND else {}),
        }
        for each in reversed(known)
    ]
    return json.dumps(data, separators=(",", ":"))


def _date(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03d}+0000"
