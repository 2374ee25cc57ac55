"""The message that an alarm's action publishes to an SNS topic, by protocol."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

_REGION_NAMES = {"us-east-1": "US East (N. Virginia)", "eu-west-1": "EU (Ireland)", "eu-central-1": "EU (Frankfurt)"}
_TRIGGER = ("MetricName", "Namespace", "Unit", "Period", "EvaluationPeriods", "DatapointsToAlarm", "ComparisonOperator")


def timestamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+0000"


def to_camel_case(value: Any) -> Any:
    """The value with the members' names as HistoryData spells them."""
    if isinstance(value, Mapping):
        return {_camel_case(name): to_camel_case(member) for name, member in value.items()}
    if isinstance(value, list):
        return [to_camel_case(member) for member in value]
    return timestamp(value) if isinstance(value, datetime) else value


def _camel_case(name: str) -> str:
    return "okactions" if name == "OKActions" else name[0].lower() + name[1:]


def notification(alarm: Mapping[str, Any], old_state: str, at: datetime) -> dict[str, str]:
    _, _, _, region, account, _ = alarm["AlarmArn"].split(":", 5)
    place, name, state = _REGION_NAMES.get(region, region), alarm["AlarmName"], alarm["StateValue"]
    message = {
        "AlarmName": name,
        "AlarmDescription": alarm.get("AlarmDescription"),
        "AWSAccountId": account,
        "NewStateValue": state,
        "NewStateReason": alarm["StateReason"],
        "StateChangeTime": timestamp(at),
        "Region": place,
        "AlarmArn": alarm["AlarmArn"],
        "OldStateValue": old_state,
        **{member: alarm[member] for member in ("OKActions", "AlarmActions", "InsufficientDataActions")},
        **(_composite(alarm) if "AlarmRule" in alarm else {"Trigger": _trigger(alarm)}),
    }
    moment = f"{at:%A %d %B, %Y %H:%M:%S} UTC"
    email = (
        f'You are receiving this email because your Amazon CloudWatch Alarm "{name}" in the {place} region has entered '
        f'the {state} state, because "{alarm["StateReason"]}" at "{moment}".'
    )
    default = json.dumps(message, separators=(",", ":"))
    return {"default": default, "sms": f'{state}: "{name}" in {place}', "email": email}


def _composite(alarm: Mapping[str, Any]) -> dict[str, Any]:
    triggering = json.loads(alarm.get("StateReasonData", "{}")).get("triggeringAlarms", [])
    children = [
        {"Arn": child["arn"], "State": {"Value": child["state"]["value"], "Timestamp": child["state"]["timestamp"]}}
        for child in triggering
    ]
    return {"AlarmRule": alarm["AlarmRule"], "TriggeringChildren": children}


def _trigger(alarm: Mapping[str, Any]) -> dict[str, Any]:
    trigger = {member: alarm.get(member) for member in _TRIGGER if member == "Unit" or member in alarm}
    if "Metrics" in alarm:
        trigger["Metrics"] = alarm["Metrics"]
    else:
        kind = "Statistic" if "Statistic" in alarm else "ExtendedStatistic"
        trigger["StatisticType"] = kind
        trigger[kind] = alarm["Statistic"].upper() if kind == "Statistic" else alarm.get(kind)
        dimensions = alarm.get("Dimensions", [])
        trigger["Dimensions"] = [{"value": each["Value"], "name": each["Name"]} for each in dimensions]
    limit = "ThresholdMetricId" if "ThresholdMetricId" in alarm else "Threshold"
    return {
        **trigger,
        limit: alarm.get(limit),
        "TreatMissingData": alarm.get("TreatMissingData", ""),
        "EvaluateLowSampleCountPercentile": alarm.get("EvaluateLowSampleCountPercentile", ""),
    }
