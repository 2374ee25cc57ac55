"""The tool that shows how one alarm came to its state."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from cloudwatch_mcp.alarms.components import component_rows
from cloudwatch_mcp.alarms.history import history_notes, other_rows, read_history, transition_rows, transitions_in
from cloudwatch_mcp.alarms.investigation import Flapping, flapping, windows_to_investigate
from cloudwatch_mcp.alarms.summary import AlarmSummary, summarize
from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.timerange import TimeText, resolve_window
from cloudwatch_mcp.tools.context import Ctx, EndTime, ProfileName, Region, runtime

_DEFAULT_WINDOW = timedelta(hours=24)


class AlarmHistory(Answer):
    """Newest first; `from` is null where the row below has it as `to`. `investigate`: windows, [start, end, why]."""

    narrow_by: ClassVar[str] = "narrow the window or lower max_items"

    alarm: AlarmSummary
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

    Works for metric, math, anomaly and composite alarms, deleted ones too. Pass the suggested windows to
    get_metric_data and execute_log_insights_query.
    """
    rt = runtime(ctx)
    now = rt.clock.now()
    window = resolve_window(start_time, end_time, now=now, default=_DEFAULT_WINDOW)
    aws = await rt.clients.at(profile_name, region)
    alarm, items, more = await read_history(aws, alarm_name, history_item_type, window, max_items)
    components, component_notes = await component_rows(aws, alarm) if include_component_alarms else ([], [])
    transitions = await rt.in_thread(transitions_in, items)
    others = await rt.in_thread(other_rows, items)
    alarm_times = [transition.time for transition in transitions if transition.new_state == "ALARM"]
    notes = history_notes(alarm, len(items), more, history_item_type, now - window.start)
    return AlarmHistory(
        region=aws.region,
        profile=aws.profile,
        window=window.as_text(),
        notes=[*aws.notes, *notes, *component_notes],
        alarm=summarize(alarm_name, alarm),
        flapping=flapping(alarm_times),
        transitions=table(transition_rows(transitions, with_settings=alarm is None)),
        items=table(others),
        investigate=windows_to_investigate(alarm_times, alarm, now),
        components=table(components),
    )
