"""The tool that lists the alarms in ALARM now, or those in another state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from cloudwatch_mcp.alarms import wording
from cloudwatch_mcp.alarms.burst import burst_note
from cloudwatch_mcp.alarms.listing import MAX_READ, PAGE, first_alarms, pages_of_all_types
from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.answers.text import clip
from cloudwatch_mcp.aws.console import alarm_links
from cloudwatch_mcp.errors import quote
from cloudwatch_mcp.timerange import utc_text
from cloudwatch_mcp.tools.context import Ctx, ProfileName, Region, runtime

_DESCRIPTION_CHARS = 200
_ORDER = {"ALARM": 0, "INSUFFICIENT_DATA": 1, "OK": 2}


class ActiveAlarms(Answer):
    """Newest transition first. `counts` are of all alarms that match, shown or not; `recent` has datapoints.

    With state ANY, `states` counts them by state.
    """

    narrow_by: ClassVar[str] = "newest first; raise CLOUDWATCH_MCP_MAX_RESPONSE_CHARS to see more"

    counts: dict[str, int] = {}
    states: dict[str, int] = {}
    composite_alarms: Table | None = None
    metric_alarms: Table | None = None
    log_alarms: Table | None = None


State = Literal["ALARM", "OK", "INSUFFICIENT_DATA", "ANY"]


async def get_active_alarms(
    ctx: Ctx,
    state: Annotated[State, Field(description="Other states: an inventory.")] = "ALARM",
    name_prefix: Annotated[str | None, Field(min_length=1, max_length=255, description="Case matters.")] = None,
    max_items: Annotated[int, Field(ge=1, le=MAX_READ, description="Alarms shown.")] = 50,
    region: Region = None,
    profile_name: ProfileName = None,
) -> ActiveAlarms:
    """See what is in ALARM now: where to begin in an incident.

    Composite alarms come first, with rule and trigger; then metric alarms with metric, condition and recent datapoints;
    newest first. A note says which fired first. Continue with get_alarm_history.
    """
    rt = runtime(ctx)
    aws = await rt.clients.at(profile_name, region)
    asked = {"StateValue": None if state == "ANY" else state, "AlarmNamePrefix": name_prefix, "MaxRecords": PAGE}
    alarms, more = await first_alarms(pages_of_all_types(aws, "DescribeAlarms", **asked))
    if more:
        # DescribeAlarms gives no order: composite alarms may be among those that were not read.
        composites, _ = await first_alarms(aws.pages("DescribeAlarms", AlarmTypes=["CompositeAlarm"], **asked))
        alarms = composites + [alarm for alarm in alarms if wording.kind(alarm) != "composite"]
    shaped = await rt.in_thread(_shaped, alarms, state, max_items)
    notes = [*aws.notes, *_notes(aws.region, len(alarms), state, name_prefix, max_items), *shaped.notes]
    if more:
        notes.append(f"More than {MAX_READ:,} {_kind_of(state)}: the first {MAX_READ:,} were read and sorted.")
    shown = [each["AlarmName"] for each in alarms[:max_items]]  # _shaped has sorted them
    answer = shaped.model_copy(update={"region": aws.region, "profile": aws.profile, "notes": notes})
    return answer.with_links(alarm_links(aws, shown))


def _notes(region: str, count: int, state: State, prefix: str | None, max_items: int) -> list[str]:
    if count == 0 and (state != "ALARM" or prefix):
        named = f" whose name begins with {quote(prefix)}" if prefix else ""
        there_is = f"There is no alarm{named}" if state == "ANY" else f"No alarm{named} is in {state}"
        wider = "state='ANY' looks in all states" if state != "ANY" else "other Regions have their own"
        return [f"{there_is} in {region}: {wider}{'; prefixes are case-sensitive' if prefix else ''}."]
    if count == 0:
        return [f"No alarm is in ALARM in {region}. get_alarm_history shows past ones; other Regions have their own."]
    if count > max_items:
        higher = f", or raise max_items ({MAX_READ:,} at most)" if max_items < MAX_READ else ""
        alarms = "active alarms" if state == "ALARM" else "alarms"
        return [f"{max_items:,} of {count:,} {alarms} shown: use get_alarm_history for details{higher}."]
    return []


def _kind_of(state: State) -> str:
    return {"ALARM": "alarms are active", "ANY": "alarms match"}.get(state, f"alarms are in {state}")


def _shaped(alarms: list[dict[str, Any]], state: State, max_items: int) -> ActiveAlarms:
    alarms.sort(key=_since, reverse=True)
    alarms.sort(key=lambda alarm: wording.kind(alarm) != "composite")
    if state == "ANY":
        alarms.sort(key=lambda alarm: _ORDER.get(alarm.get("StateValue", ""), len(_ORDER)))
    shown = alarms[:max_items]
    kinds, states = [wording.kind(alarm) for alarm in alarms], [str(alarm.get("StateValue")) for alarm in alarms]
    return ActiveAlarms(
        notes=burst_note(alarms),
        counts={each: kinds.count(each) for each in dict.fromkeys(kinds)},
        states={each: states.count(each) for each in dict.fromkeys(states)} if state == "ANY" else {},
        composite_alarms=table([_composite_row(each, state) for each in shown if wording.kind(each) == "composite"]),
        metric_alarms=table([_row(each, state) for each in shown if wording.kind(each) not in ("composite", "log")]),
        log_alarms=table([_row(each, state) for each in shown if wording.kind(each) == "log"]),
    )


def _since(alarm: wording.Alarm) -> str:
    time = wording.state_since(alarm)
    return utc_text(time) if time else ""


def _composite_row(alarm: wording.Alarm, asked: State) -> dict[str, Any]:
    triggered_by = [] if _is_ok(alarm) else wording.triggered_by(alarm)
    return {
        "name": alarm["AlarmName"],
        **_state(alarm, asked),
        "since": _since(alarm),
        "triggered_by": ", ".join(triggered_by),
        "rule": alarm.get("AlarmRule"),
        "reason": None if triggered_by or _is_ok(alarm) else wording.reason_beside([], alarm.get("StateReason", "")),
        "description": clip(alarm.get("AlarmDescription", ""), _DESCRIPTION_CHARS),
        "actions_suppressed_by": _suppressed_by(alarm),
    }


def _state(alarm: wording.Alarm, asked: State) -> dict[str, Any]:
    return {"state": alarm.get("StateValue")} if asked == "ANY" else {}


def _is_ok(alarm: wording.Alarm) -> bool:
    return alarm.get("StateValue") == "OK"


def _suppressed_by(alarm: wording.Alarm) -> str | None:
    by = alarm.get("ActionsSuppressedBy")
    return f"{by} {wording.alarm_name(alarm['ActionsSuppressor'])}" if by and "ActionsSuppressor" in alarm else by


def _row(alarm: wording.Alarm, asked: State) -> dict[str, Any]:
    kind = wording.kind(alarm)
    recent = [] if _is_ok(alarm) else wording.recent_datapoints(wording.reason_data(alarm))
    return {
        "name": alarm["AlarmName"],
        **_state(alarm, asked),
        "kind": None if kind in ("metric", "log") else kind,
        "since": _since(alarm),
        "condition": wording.condition(alarm),
        "watches": wording.watches(alarm),
        "recent": recent or None,
        "reason": None if _is_ok(alarm) else wording.reason_beside(recent, alarm.get("StateReason", "")),
        "description": clip(alarm.get("AlarmDescription", ""), _DESCRIPTION_CHARS),
        "evaluation": alarm.get("EvaluationState"),
    }
