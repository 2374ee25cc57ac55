"""The tool that says what is alarming now."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any, ClassVar

from pydantic import Field

from cloudwatch_mcp.alarms import wording
from cloudwatch_mcp.alarms.listing import alarms_in, pages_of_all_types
from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.answers.text import clip
from cloudwatch_mcp.timerange import utc_text
from cloudwatch_mcp.tools.context import Ctx, ProfileName, Region, runtime

_MOST_READ = 1_000
_PAGE = 100  # DescribeAlarms: MaxRecords
_DESCRIPTION_CHARS = 200
_REASON_CHARS = 300


class ActiveAlarms(Answer):
    """Newest transition first. `counts` are of all alarms in ALARM, shown or not; `recent` are datapoints."""

    narrow_by: ClassVar[str] = "the newest come first, and CLOUDWATCH_MCP_MAX_RESPONSE_CHARS allows more"

    counts: dict[str, int] = {}
    composite_alarms: Table | None = None
    metric_alarms: Table | None = None
    log_alarms: Table | None = None


async def get_active_alarms(
    ctx: Ctx,
    max_items: Annotated[int, Field(ge=1, le=_MOST_READ)] = 50,
    region: Region = None,
    profile_name: ProfileName = None,
) -> ActiveAlarms:
    """See what is in ALARM now: where to begin in an incident.

    Composite alarms come first, with their rule and what triggered them; then metric alarms with what they watch, the
    condition in one phrase and the recent datapoints; newest transition first. Go on with get_alarm_history.
    """
    rt = runtime(ctx)
    aws = await rt.clients.at(profile_name, region)
    alarms, more = await _read(pages_of_all_types(aws, "DescribeAlarms", StateValue="ALARM", MaxRecords=_PAGE))
    if more:
        # AWS gives no order: composite alarms may be among those that were not read.
        only = {"StateValue": "ALARM", "AlarmTypes": ["CompositeAlarm"], "MaxRecords": _PAGE}
        composites, _ = await _read(aws.pages("DescribeAlarms", **only))
        alarms = composites + [alarm for alarm in alarms if wording.kind(alarm) != "composite"]
    shaped = await rt.in_thread(_shaped, alarms, max_items)
    shown, notes = min(len(alarms), max_items), list(aws.notes)
    if not alarms:
        notes.append(
            f"No alarm is in ALARM in {aws.region}. get_alarm_history shows past ones; other Regions have their own."
        )
    if len(alarms) > shown:
        higher = f", or raise max_items ({_MOST_READ:,} at most)" if max_items < _MOST_READ else ""
        notes.append(f"{shown:,} of {len(alarms):,} active alarms shown: use get_alarm_history for details{higher}.")
    if more:
        notes.append(f"More than {_MOST_READ:,} alarms are active: the first {_MOST_READ:,} were read and sorted.")
    return shaped.model_copy(update={"region": aws.region, "profile": aws.profile, "notes": notes})


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


async def _read(pages: AsyncIterator[dict[str, Any]]) -> tuple[list[dict[str, Any]], bool]:
    alarms: list[dict[str, Any]] = []
    async for page in pages:
        alarms += alarms_in(page)
        if len(alarms) >= _MOST_READ:
            return alarms[:_MOST_READ], bool(page.get("NextToken")) or len(alarms) > _MOST_READ
    return alarms, False


def _since(alarm: wording.Alarm) -> str:
    moment = alarm.get("StateTransitionedTimestamp") or alarm.get("StateUpdatedTimestamp")
    return utc_text(moment) if moment else ""


def _composite_row(alarm: wording.Alarm) -> dict[str, Any]:
    return {
        "name": alarm["AlarmName"],
        "since": _since(alarm),
        "triggered_by": ", ".join(wording.triggered_by(alarm)),
        "rule": alarm.get("AlarmRule"),
        "reason": None if wording.triggered_by(alarm) else clip(alarm.get("StateReason", ""), _REASON_CHARS),
        "description": clip(alarm.get("AlarmDescription", ""), _DESCRIPTION_CHARS),
        "actions_suppressed_by": _suppressed_by(alarm),
    }


def _suppressed_by(alarm: wording.Alarm) -> str | None:
    by = alarm.get("ActionsSuppressedBy")
    return f"{by} {wording.alarm_name(alarm['ActionsSuppressor'])}" if by and "ActionsSuppressor" in alarm else by


def _row(alarm: wording.Alarm) -> dict[str, Any]:
    kind = wording.kind(alarm)
    recent, reason = wording.recent_datapoints(wording.reason_data(alarm)), alarm.get("StateReason", "")
    return {
        "name": alarm["AlarmName"],
        "kind": None if kind in ("metric", "log") else kind,
        "since": _since(alarm),
        "condition": wording.condition(alarm),
        "watches": wording.watches(alarm),
        "recent": recent or None,
        "reason": clip(reason, _REASON_CHARS) if not recent or wording.says_more(reason) else None,
        "description": clip(alarm.get("AlarmDescription", ""), _DESCRIPTION_CHARS),
        "evaluation": alarm.get("EvaluationState"),
    }
