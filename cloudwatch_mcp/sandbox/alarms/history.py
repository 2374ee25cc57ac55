"""The items of DescribeAlarmHistory, in AWS's wording."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

Alarm = Mapping[str, Any]
Item = dict[str, Any]

# Members of an alarm that are not part of its configuration in HistoryData.
_STATE_DETAILS = {"StateReason", "StateReasonData", "StateTransitionedTimestamp", "EvaluationState"}


def alarm_type(alarm: Alarm) -> str:
    return "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm"


def timestamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"


def configuration_update(kind: str, alarm: Alarm, at: datetime, before: Alarm | None = None) -> Item:
    """`kind` is Create, Update or Delete; an Update also has the previous values of the changed members."""
    data: dict[str, Any] = {
        "version": "1.0",
        "type": kind,
        f"{kind.lower().removesuffix('e')}edAlarm": _to_camel_case(_configuration(alarm)),
    }
    if before is not None:
        old = _configuration(before)
        changed = {name: value for name, value in old.items() if _configuration(alarm).get(name) != value}
        data["originalUpdatedFields"] = _to_camel_case(changed)
    verb = f"{kind.lower().removesuffix('e')}ed"
    return _item(alarm, at, "ConfigurationUpdate", f'Alarm "{alarm["AlarmName"]}" {verb}', data)


def state_update(old: Alarm, new: Alarm, at: datetime) -> Item:
    data = {"version": "1.0", "oldState": _state(old), "newState": _state(new)}
    summary = f"Alarm updated from {old['StateValue']} to {new['StateValue']}"
    return _item(new, at, "StateUpdate", summary, data)


def action(alarm: Alarm, old_state: str, arn: str, at: datetime) -> Item:
    data: dict[str, Any] = {
        "actionState": "Succeeded",
        "stateUpdateTimestamp": int(at.timestamp() * 1000),
        "notificationResource": arn,
    }
    if ":sns:" in arn:
        message = {
            "AlarmName": alarm["AlarmName"],
            "AlarmDescription": alarm.get("AlarmDescription"),
            "NewStateValue": alarm["StateValue"],
            "NewStateReason": alarm["StateReason"],
            "StateChangeTime": timestamp(at),
            "AlarmArn": alarm["AlarmArn"],
            "OldStateValue": old_state,
        }
        data["publishedMessage"] = _compact({"default": _compact(message)})
    return _item(alarm, at, "Action", f"Successfully executed action {arn}", data)


def _item(alarm: Alarm, at: datetime, kind: str, summary: str, data: Mapping[str, Any]) -> Item:
    return {
        "AlarmName": alarm["AlarmName"],
        "AlarmType": alarm_type(alarm),
        "Timestamp": at,
        "HistoryItemType": kind,
        "HistorySummary": summary,
        "HistoryData": _compact(data),
    }


def _state(alarm: Alarm) -> dict[str, Any]:
    state = {"stateValue": alarm["StateValue"], "stateReason": alarm["StateReason"]}
    if "StateReasonData" in alarm:
        state["stateReasonData"] = json.loads(alarm["StateReasonData"])
    return state


def _configuration(alarm: Alarm) -> dict[str, Any]:
    return {name: value for name, value in alarm.items() if name not in _STATE_DETAILS}


def _to_camel_case(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_camel_case(name): _to_camel_case(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_to_camel_case(member) for member in value]
    return timestamp(value) if isinstance(value, datetime) else value


def _camel_case(name: str) -> str:
    # AWS's spelling in HistoryData.
    return "okactions" if name == "OKActions" else name[0].lower() + name[1:]


def _compact(data: Mapping[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":"))
