"""The items of DescribeAlarmHistory, in AWS's wording."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from cloudwatch_mcp.sandbox.alarms.notification import notification, to_camel_case

Alarm = Mapping[str, Any]
Item = dict[str, Any]

# Members of an alarm that are not part of its configuration in HistoryData.
_STATE_DETAILS = {"StateReason", "StateReasonData", "StateTransitionedTimestamp", "EvaluationState"}


def alarm_type(alarm: Alarm) -> str:
    return "CompositeAlarm" if "AlarmRule" in alarm else "MetricAlarm"


def configuration_update(kind: str, alarm: Alarm, at: datetime, before: Alarm | None = None) -> Item:
    """`kind` is Create, Update or Delete; an Update also has the previous values of the changed members."""
    data: dict[str, Any] = {
        "version": "1.0",
        "type": kind,
        f"{kind.lower().removesuffix('e')}edAlarm": to_camel_case(_configuration(alarm)),
    }
    if before is not None:
        old = _configuration(before)
        changed = {name: value for name, value in old.items() if _configuration(alarm).get(name) != value}
        data["originalUpdatedFields"] = to_camel_case(changed)
    verb = f"{kind.lower().removesuffix('e')}ed"
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
        "publishedMessage": _compact(notification(alarm, old_state, at)) if ":sns:" in arn else None,
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
