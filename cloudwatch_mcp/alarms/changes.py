"""Changes of an alarm's configuration, from the ConfigurationUpdate items of DescribeAlarmHistory."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from cloudwatch_mcp.answers.text import clip
from cloudwatch_mcp.aws import embedded_json
from cloudwatch_mcp.errors import quote
from cloudwatch_mcp.timerange import utc_text

_SHOWN = 10  # rows
_TEXT_CHARS, _VALUE_CHARS = 300, 100
# Members of a configuration in HistoryData that change without an edit.
_NOT_EDITED = {
    "alarmArn",
    "alarmConfigurationUpdatedTimestamp",
    "evaluationState",
    "stateReason",
    "stateReasonData",
    "stateTransitionedTimestamp",
    "stateUpdatedTimestamp",
    "stateValue",
}
_CONDITION = ("threshold", "comparisonOperator", "evaluationPeriods", "datapointsToAlarm", "period", "alarmRule")


class ConfigurationChange(NamedTuple):
    """`text` is such as "threshold 80 → 61" or "created"."""

    time: datetime
    text: str


def configuration_changes(items: Sequence[Mapping[str, Any]]) -> list[ConfigurationChange]:
    """The changes that the items record, newest first as the items are; an update that changes nothing is left out."""
    texts = zip(items, change_texts(items), strict=True)
    return [ConfigurationChange(item["Timestamp"], text) for item, text in texts if text]


def change_texts(items: Sequence[Mapping[str, Any]]) -> list[str | None]:
    """What each ConfigurationUpdate item changed, in the items' order; None for other items."""
    texts: list[str | None] = []
    before: dict[str, Any] = {}
    for item in reversed(items):
        if item["HistoryItemType"] != "ConfigurationUpdate":
            texts.append(None)
            continue
        data, after = embedded_json.mapping(item.get("HistoryData")), configuration_after(item)
        original = embedded_json.mapping(data.get("originalUpdatedFields"))
        text = _text(embedded_json.text(data.get("type")), before, after, original)
        texts.append(clip(text, _TEXT_CHARS) or None)
        before = after
    return texts[::-1]


def configuration_after(item: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration that a ConfigurationUpdate item left, or that the deleted alarm had; {} without one."""
    data = embedded_json.mapping(item.get("HistoryData"))
    members = (embedded_json.mapping(data.get(name)) for name in ("updatedAlarm", "createdAlarm", "deletedAlarm"))
    return next((member for member in members if member), {})


def change_rows(changes: Sequence[ConfigurationChange]) -> list[dict[str, Any]]:
    return [{"time": utc_text(change.time), "change": change.text} for change in changes[:_SHOWN]]


def change_notes(changes: Sequence[ConfigurationChange]) -> list[str]:
    """A note with the newest change and the number of earlier ones."""
    if not changes:
        return []
    earlier = len(changes) - 1
    others = f", and {earlier:,} earlier change{'s' * (earlier > 1)} in 30 days" if earlier else ""
    return [f"Configuration: {changes[0].text} on {utc_text(changes[0].time)[:10]}{others}."]


def _text(kind: str | None, before: Mapping[str, Any], after: Mapping[str, Any], original: Mapping[str, Any]) -> str:
    """`before` is the configuration that the item before has, {} without one; `original` has the changed members."""
    if kind == "Delete":
        return "deleted"
    names = dict.fromkeys([*original, *(before and after), *before])
    old = {**before, **original}
    edited = [name for name in names if name not in _NOT_EDITED and old.get(name) != after.get(name)]
    edited.sort(key=lambda name: name not in _CONDITION)
    fields = "; ".join(f"{name} {_value(old.get(name))} → {_value(after.get(name))}" for name in edited)
    if kind == "Create":
        return "created" if not before else f"recreated: {fields}" if fields else "recreated"
    return fields if old else "updated; the previous configuration is not recorded"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return quote(value, _VALUE_CHARS)
    if value is None:
        return "none"
    if isinstance(value, float | int) and not isinstance(value, bool):
        return f"{value:.15g}"
    return clip(json.dumps(value), _VALUE_CHARS)
