"""Evaluates the alarms against the metrics, for SetAlarmState to write a history that matches them."""

import zlib
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from cloudwatch_mcp.sandbox.alarms.state_reason import COMPARISONS, Datapoint, Evidence, reason, reason_data
from cloudwatch_mcp.sandbox.kit.alarms import UNDER_BAND, MetricAlarm
from cloudwatch_mcp.sandbox.kit.timeline import anchor

CREATED = timedelta(days=45)
"""The age of the alarms; their first evaluation follows their creation."""
Spans = Sequence[tuple[float, float]]
"""Starts and ends in minutes before the end of the data."""


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
    end, state, parameters = anchor(now), "INSUFFICIENT_DATA", alarm.parameters("", [])
    recent: deque[tuple[int, Datapoint | None]] = deque(maxlen=alarm.datapoints[1])
    for minute in _periods(alarm, evaluated, end):
        time = int(end.timestamp()) - 60 * minute
        recent.append((time, _datapoint(alarm, minute, time)))
        known = [datapoint for _, datapoint in recent if datapoint]
        verdict = _verdict(alarm, state, known, len(recent) - len(known))
        if len(recent) == recent.maxlen and verdict != state:
            at = end - timedelta(minutes=minute) + timedelta(seconds=alarm.period)
            at += timedelta(milliseconds=4000 + zlib.crc32(f"{alarm.name} {minute}".encode()) % 11000)
            evidence = Evidence(parameters, known, [start for start, _ in recent], alarm.period, {})
            yield StateChange(alarm, at, verdict, reason(verdict, evidence), reason_data(evidence, at))
            state = verdict


def _datapoint(alarm: MetricAlarm, minute: int, time: int) -> Datapoint | None:
    value = alarm.value(minute)
    if value is None:
        return None
    if alarm.comparison == UNDER_BAND:
        lower, _ = alarm.band(minute)
        return Datapoint(time, value, value < lower, lower)
    _, crosses = COMPARISONS[alarm.comparison]
    return Datapoint(time, value, crosses(value, alarm.threshold))


def _verdict(alarm: MetricAlarm, state: str, known: Sequence[Datapoint], missing: int) -> str:
    breaching = sum(datapoint.breaching for datapoint in known) + (missing if alarm.missing == "breaching" else 0)
    if breaching >= alarm.datapoints[0]:
        return "ALARM"
    if not known:
        return {"missing": "INSUFFICIENT_DATA", "ignore": state}.get(alarm.missing, "OK")
    return "OK"


def _periods(alarm: MetricAlarm, evaluated: Spans, end: datetime) -> Iterator[int]:
    """The starts of the evaluated periods, aligned to the clock, in minutes before the anchor."""
    step = alarm.period // 60
    first = int(CREATED.total_seconds() // 60) - 3
    for start, stop in [(first, first - alarm.datapoints[1] * step), *evaluated]:
        offset = (int(end.timestamp()) // 60 - int(start)) % step
        yield from range(int(start) - (step - offset) % step, max(int(stop), step - 1), -step)
