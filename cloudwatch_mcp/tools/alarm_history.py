"""The tool that tells how one alarm came to its state."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from typing import Annotated, Any, ClassVar, Literal

import anyio.to_thread
from pydantic import BaseModel, Field

from cloudwatch_mcp.alarms import wording
from cloudwatch_mcp.alarms.listing import alarms_in, pages_of_all_types
from cloudwatch_mcp.alarms.rules import RuleError, component_names
from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.answers.text import clip
from cloudwatch_mcp.aws import embedded_json
from cloudwatch_mcp.aws.calls import Aws, settle
from cloudwatch_mcp.errors import CloudWatchError, NotFound, nearest, quote, quote_all
from cloudwatch_mcp.timerange import TimeText, Window, resolve_window, utc_text
from cloudwatch_mcp.tools.context import Ctx, EndTime, ProfileName, Region, runtime

_PAGE = 100  # DescribeAlarmHistory: MaxRecords; DescribeAlarms: AlarmNames
_NAMES_READ = 1_000
_REASON_CHARS = 300
_SHOWN = 10  # names in a note
_FLAPPING = 3  # transitions to ALARM within an hour
_HOUR = timedelta(hours=1)
_EDITED_AT = "alarmConfigurationUpdatedTimestamp"
_KEPT = timedelta(days=30)  # DescribeAlarmHistory
# A composite alarm has no period of its own: investigate as for five periods of a minute.
_DEFAULT_PERIOD, _DEFAULT_PERIODS = 60, 5
_MOST_BEFORE = 5 * 7 * 86_400  # PutMetricAlarm: period × evaluation periods is a week at most


class AlarmNow(BaseModel):
    name: str
    kind: str
    state: str | None = None
    since: str | None = None
    condition: str | None = None
    watches: str | None = None
    description: str | None = None


class Flapping(BaseModel):
    """`count` transitions to ALARM between start and end, an hour at most."""

    count: int
    start: str
    end: str


class AlarmHistory(Answer):
    """Newest first; `from` is null where it is the `to` below. `investigate`: [start, end, why], where to look."""

    narrow_by: ClassVar[str] = "narrow the window or lower max_items"

    alarm: AlarmNow
    flapping: Flapping | None = None
    transitions: Table | None = None
    items: Table | None = None
    investigate: list[tuple[str, str, str]] = []
    components: Table | None = None


async def get_alarm_history(
    ctx: Ctx,
    alarm_name: Annotated[str, Field(min_length=1, max_length=255)],
    start_time: Annotated[TimeText | None, Field(description="Default: 24 h before the end.")] = None,
    end_time: EndTime = None,
    history_item_type: Literal[
        "StateUpdate", "ConfigurationUpdate", "Action", "AlarmContributorStateUpdate", "AlarmContributorAction"
    ] = "StateUpdate",
    max_items: Annotated[int, Field(ge=1, le=1_000)] = 50,
    include_component_alarms: Annotated[bool, Field(description="Add a composite alarm's children.")] = False,
    region: Region = None,
    profile_name: ProfileName = None,
) -> AlarmHistory:
    """See when and why one alarm changed state, whether it flaps, and which time windows to investigate.

    Works for metric, math, anomaly and composite alarms, also deleted ones. Pass the suggested windows to
    get_metric_data and execute_log_insights_query.
    """
    rt = runtime(ctx)
    window = resolve_window(start_time, end_time, now=rt.clock.now(), default=timedelta(hours=24))
    aws = await rt.clients.at(profile_name, region)
    results = await settle(
        _read_history(aws, alarm_name, history_item_type, window, max_items), _describe(aws, [alarm_name])
    )
    failure = next((result for result in results if isinstance(result, CloudWatchError)), None)
    if failure is not None:
        raise failure
    (history, more), described = results
    if not history and not described:
        raise NotFound(await _no_such_alarm(aws, alarm_name))
    alarm = described[0] if described else None
    components, component_notes = await _components(aws, alarm) if include_component_alarms else ([], [])
    transitions, others = await rt.in_thread(_rows, history)
    reach = rt.clock.now() - window.start
    risen = [moment for moment, row in transitions if row["to"] == "ALARM"]
    return AlarmHistory(
        region=aws.region,
        profile=aws.profile,
        window=window.as_text(),
        notes=[*aws.notes, *_notes(alarm, len(history), more, history_item_type, reach), *component_notes],
        alarm=_now(alarm_name, alarm),
        flapping=_flapping(risen),
        transitions=table([row for _, row in transitions]),
        items=table(others),
        investigate=_investigate(risen, alarm, rt.clock.now()),
        components=table(components),
    )


async def _read_history(
    aws: Aws, name: str, item_type: str, window: Window, max_items: int
) -> tuple[list[dict[str, Any]], bool]:
    items: list[dict[str, Any]] = []
    async for page in pages_of_all_types(
        aws,
        "DescribeAlarmHistory",
        AlarmName=name,
        HistoryItemType=item_type,
        StartDate=window.start,
        EndDate=window.end,
        MaxRecords=min(_PAGE, max_items),
        ScanBy="TimestampDescending",
    ):
        items += page.get("AlarmHistoryItems", [])
        if len(items) >= max_items:
            return items[:max_items], bool(page.get("NextToken")) or len(items) > max_items
    return items, False


async def _describe(aws: Aws, names: Sequence[str]) -> list[dict[str, Any]]:
    pages = pages_of_all_types(aws, "DescribeAlarms", AlarmNames=list(names), MaxRecords=_PAGE)
    return [alarm async for page in pages for alarm in alarms_in(page)]


async def _no_such_alarm(aws: Aws, name: str) -> str:
    (names,) = await settle(_all_names(aws))
    near = [] if isinstance(names, CloudWatchError) else await anyio.to_thread.run_sync(nearest, name, names)
    hint = f"Nearest: {quote_all(near)}." if near else "Check the name (case matters), the region and the profile."
    return f"There is no alarm {quote(name)} in {aws.region}, and no history of one in the window. {hint}"


async def _all_names(aws: Aws) -> list[str]:
    names: list[str] = []
    async for page in pages_of_all_types(aws, "DescribeAlarms", MaxRecords=_PAGE):
        names += [alarm["AlarmName"] for alarm in alarms_in(page)]
        if len(names) >= _NAMES_READ:
            break
    return names


async def _components(aws: Aws, alarm: wording.Alarm | None) -> tuple[list[dict[str, Any]], list[str]]:
    """A row for each child of a composite alarm, in the rule's order, and what there is to note."""
    if alarm is None or "AlarmRule" not in alarm:
        return [], ["include_component_alarms: this is not a composite alarm, it has no components."]
    try:
        names = component_names(alarm["AlarmRule"])
    except RuleError as error:
        return [], [f"The components are not shown, as the rule could not be read ({error})."]
    chunks = [names[start : start + _PAGE] for start in range(0, len(names), _PAGE)]
    described = await settle(*(_describe(aws, chunk) for chunk in chunks))
    notes = [f"Components are missing: {chunk}" for chunk in described if isinstance(chunk, CloudWatchError)]
    found = {child["AlarmName"]: child for chunk in described if isinstance(chunk, list) for child in chunk}
    if not notes and (missing := [name for name in names if name not in found]):
        more = f" and {len(missing) - _SHOWN:,} more" if len(missing) > _SHOWN else ""
        notes.append(f"The rule names alarms that do not exist: {quote_all(missing[:_SHOWN])}{more}.")
    rows = [_now(name, found[name]).model_dump(exclude={"description"}) for name in names if name in found]
    return rows, notes


def _now(name: str, alarm: wording.Alarm | None) -> AlarmNow:
    if alarm is None:
        return AlarmNow(name=name, kind="deleted")
    kind = wording.kind(alarm)
    since = alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp")
    return AlarmNow(
        name=alarm["AlarmName"],
        kind=kind,
        state=alarm.get("StateValue"),
        since=utc_text(since) if since else None,
        condition=wording.condition(alarm),
        watches=None if kind == "composite" else wording.watches(alarm),
        description=alarm.get("AlarmDescription"),
    )


def _rows(history: Sequence[dict[str, Any]]) -> tuple[list[tuple[datetime, dict[str, Any]]], list[dict[str, Any]]]:
    """The transitions with their times, and the other items."""
    transitions = [_transition(item) for item in history if item["HistoryItemType"] == "StateUpdate"]
    _leave_out_followed(transitions)
    return transitions, [_item(item) for item in history if item["HistoryItemType"] != "StateUpdate"]


def _transition(item: dict[str, Any]) -> tuple[datetime, dict[str, Any]]:
    data = embedded_json.mapping(item.get("HistoryData"))
    old, new = embedded_json.mapping(data.get("oldState")), embedded_json.mapping(data.get("newState"))
    data = embedded_json.mapping(new.get("stateReasonData"))
    reason = embedded_json.text(new.get("stateReason")) or item.get("HistorySummary", "")
    datapoints, in_band = wording.recent_datapoints(data), "recentUpperThresholds" in data
    row = {
        "time": utc_text(item["Timestamp"]),
        "from": embedded_json.text(old.get("stateValue")),
        "to": embedded_json.text(new.get("stateValue")),
        "datapoints": datapoints or None,
        "reason": clip(reason, _REASON_CHARS) if not datapoints or in_band or wording.says_more(reason) else None,
    }
    return item["Timestamp"].astimezone(timezone.utc), row


def _leave_out_followed(transitions: Sequence[tuple[datetime, dict[str, Any]]]) -> None:
    """Where a state was left is told once: `from` stays only where the transition before does not say it."""
    for (_, later), (_, earlier) in pairwise(transitions):
        if later["from"] == earlier["to"]:
            later["from"] = None


def _item(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "time": utc_text(item["Timestamp"]),
        "type": item["HistoryItemType"],
        "summary": clip(item.get("HistorySummary", ""), _REASON_CHARS),
        "changed": _changed(item),
        "contributor": _contributor(item),
    }


def _changed(item: dict[str, Any]) -> str | None:
    """What an edit of the alarm changed: each field with its old and its new value."""
    data = embedded_json.mapping(item.get("HistoryData"))
    new = embedded_json.mapping(data.get("updatedAlarm"))
    fields = embedded_json.mapping(data.get("originalUpdatedFields")).items()
    old = {name: value for name, value in fields if name != _EDITED_AT}
    return (
        clip(
            "; ".join(f"{name}: {json.dumps(old[name])} -> {json.dumps(new.get(name))}" for name in old), _REASON_CHARS
        )
        or None
    )


def _contributor(item: dict[str, Any]) -> str | None:
    attributes: dict[str, str] = item.get("AlarmContributorAttributes") or {}
    return ", ".join(f"{name}={value}" for name, value in attributes.items()) or item.get("AlarmContributorId")


def _notes(alarm: wording.Alarm | None, count: int, more: bool, item_type: str, reach: timedelta) -> list[str]:
    notes = []
    if alarm is None:
        notes.append("The alarm does not exist any more; its history does.")
    if more:
        notes.append(
            f"The newest {count:,} are shown, more exist: raise max_items (1,000 at most) or narrow the window."
        )
    if count == 0:
        further = (
            "CloudWatch keeps none for longer"
            if reach >= _KEPT
            else "try start_time='30d', as far back as CloudWatch keeps any"
        )
        notes.append(f"No {item_type} in the window: {further}.")
    return notes


def _flapping(risen: Sequence[datetime]) -> Flapping | None:
    """The hour with the most transitions to ALARM, when there are several in it."""
    times = sorted(risen)
    spans = [[later for later in times[position:] if later - first <= _HOUR] for position, first in enumerate(times)]
    most = max(spans, key=len, default=[])
    if len(most) < _FLAPPING:
        return None
    return Flapping(count=len(most), start=utc_text(most[0]), end=utc_text(most[-1]))


def _investigate(risen: Sequence[datetime], alarm: wording.Alarm | None, now: datetime) -> list[tuple[str, str, str]]:
    """Around each transition to ALARM, 5 × period × evaluation periods before and 2 × period after; merged."""
    period = (wording.period(alarm) if alarm else None) or _DEFAULT_PERIOD
    periods = (alarm or {}).get("EvaluationPeriods") or _DEFAULT_PERIODS
    before = timedelta(seconds=max(0, min(5 * periods * period, _MOST_BEFORE)))
    after = timedelta(seconds=max(0, min(2 * period, _MOST_BEFORE)))
    merged: list[tuple[datetime, datetime, list[datetime]]] = []
    for moment in sorted(risen):
        start, end = moment - before, min(min(moment, now) + after, now)
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], end, [*merged[-1][2], moment])
        else:
            merged.append((start, end, [moment]))
    return [(utc_text(start), utc_text(end), _why(moments)) for start, end, moments in reversed(merged)]


def _why(moments: Sequence[datetime]) -> str:
    first = f"to ALARM at {utc_text(moments[0])}"
    return first if len(moments) == 1 else f"{len(moments)} times {first} to {utc_text(moments[-1])}"
