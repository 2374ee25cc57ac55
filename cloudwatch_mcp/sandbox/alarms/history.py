"""The items of DescribeAlarmHistory, and the messages that an alarm's actions publish, in AWS's wording."""

import json
from collections.abc import Callable, Mapping
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
    verb = f"{kind.lower().removesuffix('e')}ed"
    data: dict[str, Any] = {
        "version": "1.0",
        "type": kind,
        f"{verb}Alarm": _renamed(_configuration(alarm), _camel_case),
    }
    if before is not None:
        old = _configuration(before)
        changed = {name: value for name, value in old.items() if _configuration(alarm).get(name) != value}
        data["originalUpdatedFields"] = _renamed(changed, _camel_case)
    return _item(alarm, at, "ConfigurationUpdate", f'Alarm "{alarm["AlarmName"]}" {verb}', data)


def state_update(old: Alarm, new: Alarm, at: datetime) -> Item:
    data = {"version": "1.0", "oldState": _state(old), "newState": _state(new)}
    summary = f"Alarm updated from {old['StateValue']} to {new['StateValue']}"
    return _item(new, at, "StateUpdate", summary, data)


def action(alarm: Alarm, old_state: str, arn: str, at: datetime) -> Item:
    """An executed action. One on a topic of another account fails: that account's policy does not allow it."""
    account = alarm["AlarmArn"].split(":")[4]
    failed = ":sns:" in arn and arn.split(":")[4] != account
    error = f"Resource: {alarm['AlarmArn']} is not authorized to perform: SNS:Publish on resource: {arn}"
    data: dict[str, Any] = {
        "error": error if failed else None,
        "actionState": "Failed" if failed else "Succeeded",
        "notificationResource": arn,
        "stateUpdateTimestamp": int(at.timestamp() * 1000),
        "publishedMessage": _compact(_notification(alarm, old_state, at)) if ":sns:" in arn else None,
    }
    summary = f'Failed to execute action {arn}. Received error: "{error}"'
    return _item(alarm, at, "Action", summary if failed else f"Successfully executed action {arn}", data)


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
    members = {name: value for name, value in alarm.items() if name not in _STATE_DETAILS}
    if "Statistic" in members:
        # HistoryData has the statistic in capitals, and under the name of the extended one.
        members["ExtendedStatistic"] = members.pop("Statistic").upper()
    return members


def _compact(data: Mapping[str, Any]) -> str:
    return json.dumps(data, separators=(",", ":"))


def _renamed(value: Any, rename: Callable[[str], str]) -> Any:
    """The value as JSON has it, with other names of its members."""
    if isinstance(value, Mapping):
        return {rename(name): _renamed(member, rename) for name, member in value.items()}
    if isinstance(value, list):
        return [_renamed(member, rename) for member in value]
    return timestamp(value) if isinstance(value, datetime) else value


def _camel_case(name: str) -> str:
    """A member's name in HistoryData."""
    return "okactions" if name == "OKActions" else name[0].lower() + name[1:]


def _notification(alarm: Alarm, old_state: str, at: datetime) -> dict[str, str]:
    """What all alarms publish. AWS adds what triggered the alarm, and texts for e-mails and text messages."""
    _, _, _, region, account, _ = alarm["AlarmArn"].split(":", 5)
    message = {
        "AlarmName": alarm["AlarmName"],
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": account,
        "NewStateValue": alarm["StateValue"],
        "NewStateReason": alarm["StateReason"],
        "StateChangeTime": timestamp(at),
        "Region": region,
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": old_state,
    }
    return {"default": _compact(message)}
