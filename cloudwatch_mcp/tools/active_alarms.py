"""The tool that lists the alarms in ALARM now."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from pydantic import Field

from cloudwatch_mcp.alarms import wording
from cloudwatch_mcp.alarms.listing import MAX_READ, PAGE, first_alarms, pages_of_all_types
from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.answers.text import clip
from cloudwatch_mcp.timerange import utc_text
from cloudwatch_mcp.tools.context import Ctx, ProfileName, Region, runtime

_DESCRIPTION_CHARS = 200


class ActiveAlarms(Answer):
    """Newest transition first. `counts` are of all alarms in ALARM, shown or not; `recent` has datapoints."""

    narrow_by: ClassVar[str] = "newest first; raise CLOUDWATCH_MCP_MAX_RESPONSE_CHARS to see more"

    counts: dict[str, int] = {}
    composite_alarms: Table | None = None
    metric_alarms: Table | None = None
    log_alarms: Table | None = None


async def get_active_alarms(
    ctx: Ctx,
    max_items: Annotated[int, Field(ge=1, le=MAX_READ)] = 50,
    region: Region = None,
    profile_name: ProfileName = None,
) -> ActiveAlarms:
    """See what is in ALARM now: where to begin in an incident.

    Composite alarms come first, with their rule and what triggered them; then metric alarms with what they watch, the
    condition in one phrase and the recent datapoints; newest transition first. Continue with get_alarm_history.
    """
    rt = runtime(ctx)
    aws = await rt.clients.at(profile_name, region)
    alarms, more = await first_alarms(pages_of_all_types(aws, "DescribeAlarms", StateValue="ALARM", MaxRecords=PAGE))
    if more:
        # DescribeAlarms gives no order: composite alarms may be among those that were not read.
        only = {"StateValue": "ALARM", "AlarmTypes": ["CompositeAlarm"], "MaxRecords": PAGE}
        composites, _ = await first_alarms(aws.pages("DescribeAlarms", **only))
        alarms = composites + [alarm for alarm in alarms if wording.kind(alarm) != "composite"]
    shaped = await rt.in_thread(_shaped, alarms, max_items)
    notes = [*aws.notes, *_notes(aws.region, len(alarms), max_items, more)]
    return shaped.model_copy(update={"region": aws.region, "profile": aws.profile, "notes": notes})


def _notes(region: str, count: int, max_items: int, more: bool) -> list[str]:
    notes = []
    if count == 0:
        notes.append(
            f"No alarm is in ALARM in {region}. get_alarm_history shows past ones; other Regions have their own."
        )
    if count > max_items:
        higher = f", or raise max_items ({MAX_READ:,} at most)" if max_items < MAX_READ else ""
        notes.append(f"{max_items:,} of {count:,} active alarms shown: use get_alarm_history for details{higher}.")
    if more:
        notes.append(f"More than {MAX_READ:,} alarms are active: the first {MAX_READ:,} were read and sorted.")
    return notes


def _shaped(alarms: list[dict[str, Any]], max_items: int) -> ActiveAlarms:
    alarms.sort(key=_since, reverse=True)
    alarms.sort(key=lambda alarm: wording.kind(alarm) != "composite")
    shown = alarms[:max_items]
    kinds = [wording.kind(alarm) for alarm in alarms]
    return ActiveAlarms(
        counts={each: kinds.count(each) for each in dict.fromkeys(kinds)},
        composite_alarms=table([_composite_row(alarm) for alarm in shown if wording.kind(alarm) == "composite"]),
        metric_alarms=table([_row(alarm) for alarm in shown if wording.kind(alarm) not in ("composite", "log")]),
        log_alarms=table([_row(alarm) for alarm in shown if wording.kind(alarm) == "log"]),
    )


def _since(alarm: wording.Alarm) -> str:
    time = wording.state_since(alarm)
    return utc_text(time) if time else ""


def _composite_row(alarm: wording.Alarm) -> dict[str, Any]:
    return {
        "name": alarm["AlarmName"],
        "since": _since(alarm),
        "triggered_by": ", ".join(wording.triggered_by(alarm)),
        "rule": alarm.get("AlarmRule"),
        "reason": None if wording.triggered_by(alarm) else wording.reason_beside([], alarm.get("StateReason", "")),
        "description": clip(alarm.get("AlarmDescription", ""), _DESCRIPTION_CHARS),
        "actions_suppressed_by": _suppressed_by(alarm),
    }


def _suppressed_by(alarm: wording.Alarm) -> str | None:
    by = alarm.get("ActionsSuppressedBy")
    return f"{by} {wording.alarm_name(alarm['ActionsSuppressor'])}" if by and "ActionsSuppressor" in alarm else by


def _row(alarm: wording.Alarm) -> dict[str, Any]:
    kind = wording.kind(alarm)
    recent = wording.recent_datapoints(wording.reason_data(alarm))
    return {
        "name": alarm["AlarmName"],
        "kind": None if kind in ("metric", "log") else kind,
        "since": _since(alarm),
        "condition": wording.condition(alarm),
        "watches": wording.watches(alarm),
        "recent": recent or None,
        "reason": wording.reason_beside(recent, alarm.get("StateReason", "")),
        "description": clip(alarm.get("AlarmDescription", ""), _DESCRIPTION_CHARS),
        "evaluation": alarm.get("EvaluationState"),
    }
