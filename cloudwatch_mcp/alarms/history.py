"""The history of one alarm: state transitions and other items, read from AWS and as rows of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from cloudwatch_mcp.alarms import wording
from cloudwatch_mcp.alarms.changes import ConfigurationChange, change_texts, configuration_changes
from cloudwatch_mcp.alarms.deleted import last_configuration
from cloudwatch_mcp.alarms.flapping import Stay
from cloudwatch_mcp.alarms.listing import PAGE, alarm_not_found, alarms_by_name, pages_of_all_types
from cloudwatch_mcp.alarms.summary import AlarmSummary, summarize, summarize_deleted
from cloudwatch_mcp.answers.text import clip
from cloudwatch_mcp.aws import embedded_json
from cloudwatch_mcp.aws.calls import Aws, settle
from cloudwatch_mcp.errors import CloudWatchError
from cloudwatch_mcp.timerange import Window, utc_text

_RETENTION = timedelta(days=30)  # DescribeAlarmHistory
_TEXT_CHARS = 300
_UPDATE = "ConfigurationUpdate"

Item = dict[str, Any]


@dataclass(frozen=True)
class Transition:
    """A change of state; `reason` is None where condition and datapoints explain it.

    `settings` has the alarm's statistic, period and threshold at that time, as far as its reason data has them.
    """

    time: datetime
    old_state: str | None
    new_state: str | None
    datapoints: list[float]
    reason: str | None
    settings: dict[str, Any]


class History(NamedTuple):
    """An alarm, None if it was deleted; its newest items in the window, and whether there are `more`.

    `updates` are its newest 100 ConfigurationUpdate items of the last 30 days and whether there are more, or the error
    of reading them.
    """

    alarm: wording.Alarm | None
    items: list[Item]
    more: bool
    updates: tuple[list[Item], bool] | CloudWatchError = ([], False)

    def changes(self) -> list[ConfigurationChange]:
        return [] if isinstance(self.updates, CloudWatchError) else configuration_changes(self.updates[0])

    def summary(self, name: str) -> AlarmSummary:
        """The alarm as it is now; a deleted one as its history last has it."""
        updates = [] if isinstance(self.updates, CloudWatchError) else self.updates[0]
        if self.alarm:
            return summarize(self.alarm)
        return summarize_deleted(name, last_configuration([*updates, *self.items]))


async def read_history(
    aws: Aws, name: str, item_type: str, window: Window, *, max_items: int, now: datetime
) -> History:
    """Read the alarm and its history.

    Raises:
        NotFound: neither the alarm nor any history of it exists.
    """
    last_month = Window(now - _RETENTION, now)
    calls = [_read_items(aws, name, item_type, window, max_items), alarms_by_name(aws, [name])]
    if item_type != _UPDATE:
        calls.append(_read_items(aws, name, _UPDATE, last_month, PAGE))
    asked, alarms, *others = await settle(*calls)
    for result in (asked, alarms):
        if isinstance(result, CloudWatchError):
            raise result
    history = History(alarms[0] if alarms else None, *asked, *others)
    if not (history.alarm or history.items or history.changes()):
        raise await alarm_not_found(aws, name)
    return history


async def _read_items(aws: Aws, name: str, item_type: str, window: Window, max_items: int) -> tuple[list[Item], bool]:
    items: list[Item] = []
    async for page in pages_of_all_types(
        aws,
        "DescribeAlarmHistory",
        AlarmName=name,
        HistoryItemType=item_type,
        StartDate=window.start,
        EndDate=window.end,
        MaxRecords=min(PAGE, max_items),
        ScanBy="TimestampDescending",
    ):
        items += page.get("AlarmHistoryItems", [])
        if len(items) >= max_items:
            return items[:max_items], bool(page.get("NextToken")) or len(items) > max_items
    return items, False


def transitions_in(items: Sequence[Item]) -> list[Transition]:
    return [_transition(item) for item in items if item["HistoryItemType"] == "StateUpdate"]


def stays_in(transitions: Sequence[Transition], end: datetime) -> list[Stay]:
    """The times in ALARM, oldest first, in a history until `end`."""
    ends = [end, *(transition.time for transition in transitions)]
    stays = zip(transitions, ends, strict=False)
    return [Stay(start.time, max(start.time, left)) for start, left in stays if start.new_state == "ALARM"][::-1]


def transition_rows(transitions: Sequence[Transition], *, with_settings: bool) -> list[dict[str, Any]]:
    """A row per transition, newest first; `from` is left out where the row below has it as `to`."""
    states_below = [*(transition.new_state for transition in transitions[1:]), None]
    return [
        {
            "time": utc_text(transition.time),
            "from": None if transition.old_state == below else transition.old_state,
            "to": transition.new_state,
            "datapoints": transition.datapoints or None,
            "reason": transition.reason,
            **(transition.settings if with_settings else {}),
        }
        for transition, below in zip(transitions, states_below, strict=False)
    ]


def other_rows(items: Sequence[Item]) -> list[dict[str, Any]]:
    """A row per item that is not a state transition."""
    return [
        {
            "time": utc_text(item["Timestamp"]),
            "type": item["HistoryItemType"],
            "summary": clip(item.get("HistorySummary", ""), _TEXT_CHARS),
            "changed": change,
            "contributor": _contributor(item),
        }
        for item, change in zip(items, change_texts(items), strict=True)
        if item["HistoryItemType"] != "StateUpdate"
    ]


def history_notes(history: History, item_type: str, age: timedelta) -> list[str]:
    """Notes on the alarm and its items; `age` is that of the window's start."""
    notes = []
    if history.alarm is None:
        notes.append("The alarm was deleted; its history remains.")
    if history.more:
        notes.append(
            f"The newest {len(history.items):,} were read, more exist: raise max_items (1,000 at most) or narrow the "
            "window."
        )
    if not history.items:
        further = (
            "CloudWatch keeps none for longer"
            if age >= _RETENTION
            else "try start_time='30d', as far back as CloudWatch keeps history"
        )
        notes.append(f"No {item_type} in the window: {further}.")
        alarm = history.alarm or {}
        if item_type == "StateUpdate" and alarm.get("StateValue") != "OK" and (reason := alarm.get("StateReason")):
            notes.append(f"Its state began before the window: {clip(reason, _TEXT_CHARS)}")
    if isinstance(history.updates, CloudWatchError):
        notes.append(f"Changes of its configuration are unknown: {history.updates}")
    elif history.updates[1]:
        notes.append(f"Its configuration changed more than {PAGE} times in 30 days; the newest {PAGE} were read.")
    return notes


def _transition(item: Item) -> Transition:
    data = embedded_json.mapping(item.get("HistoryData"))
    old, new = embedded_json.mapping(data.get("oldState")), embedded_json.mapping(data.get("newState"))
    reason_data = embedded_json.mapping(new.get("stateReasonData"))
    reason = embedded_json.text(new.get("stateReason")) or item.get("HistorySummary", "")
    datapoints, in_band = wording.recent_datapoints(reason_data), "recentUpperThresholds" in reason_data
    return Transition(
        time=item["Timestamp"].astimezone(timezone.utc),
        old_state=embedded_json.text(old.get("stateValue")),
        new_state=embedded_json.text(new.get("stateValue")),
        datapoints=datapoints,
        reason=wording.reason_beside([] if in_band else datapoints, reason),
        settings={
            "statistic": embedded_json.text(reason_data.get("statistic")),
            "period": _number(reason_data.get("period")),
            "threshold": _number(reason_data.get("threshold")),
        },
    )


def _number(value: Any) -> float | None:
    return next(iter(embedded_json.numbers([value])), None)


def _contributor(item: Item) -> str | None:
    attributes: dict[str, str] = item.get("AlarmContributorAttributes") or {}
    return ", ".join(f"{name}={value}" for name, value in attributes.items()) or item.get("AlarmContributorId")
