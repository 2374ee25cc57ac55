"""The tool that shows how one alarm came to its state."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from cloudwatch_mcp.alarms.changes import change_notes, change_rows
from cloudwatch_mcp.alarms.components import component_rows
from cloudwatch_mcp.alarms.flapping import Flapping, flapping
from cloudwatch_mcp.alarms.history import (
    History,
    history_notes,
    other_rows,
    read_history,
    stays_in,
    transition_rows,
    transitions_in,
)
from cloudwatch_mcp.alarms.investigation import windows_to_investigate
from cloudwatch_mcp.alarms.summary import AlarmSummary
from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.aws.console import alarm_links
from cloudwatch_mcp.timerange import TimeText, Window, resolve_window
from cloudwatch_mcp.tools.context import Ctx, EndTime, ProfileName, Region, runtime

DEFAULT_WINDOW = timedelta(hours=24)
_MAX_ITEMS = 50
_MAX_FLAPPING_ROWS = 10  # `flapping` sums up the others


class AlarmHistory(Answer):
    """Newest first; `from` is null where the row below has it as `to`. `investigate`: windows, [start, end, why].

    `configuration_changes` are those of the last 30 days, whatever the window.
    """

    narrow_by: ClassVar[str] = "narrow the window or lower max_items"

    alarm: AlarmSummary
    configuration_changes: Table | None = None
    flapping: Flapping | None = None
    transitions: Table | None = None
    items: Table | None = None
    investigate: list[tuple[str, str, str]] = []
    components: Table | None = None


ItemType = Literal[
    "StateUpdate", "ConfigurationUpdate", "Action", "AlarmContributorStateUpdate", "AlarmContributorAction"
]


async def get_alarm_history(
    ctx: Ctx,
    alarm_name: Annotated[str, Field(min_length=1, max_length=255, description="Exact.")],
    start_time: Annotated[TimeText | None, Field(description="Default: 24 h before the end.")] = None,
    end_time: EndTime = None,
    history_item_type: Annotated[ItemType, Field(description="What to list.")] = "StateUpdate",
    max_items: Annotated[
        int | None, Field(ge=1, le=1_000, description="Default: 50, of a flapping alarm 10 rows.")
    ] = None,
    include_component_alarms: Annotated[bool, Field(description="Add a composite alarm's children.")] = False,
    region: Region = None,
    profile_name: ProfileName = None,
) -> AlarmHistory:
    """See when and why one alarm changed state, whether it flaps, and which time windows to investigate.

    Shows changes of its threshold and configuration, too. Works for metric, math, anomaly, composite and deleted
    alarms. Pass the windows to get_metric_data and execute_log_insights_query.
    """
    rt = runtime(ctx)
    now = rt.clock.now()
    window = resolve_window(start_time, end_time, now=now, default=DEFAULT_WINDOW)
    aws = await rt.clients.at(profile_name, region)
    limit = max_items or _MAX_ITEMS
    history = await read_history(aws, alarm_name, history_item_type, window, max_items=limit, now=now)
    components, component_notes = await component_rows(aws, history.alarm) if include_component_alarms else ([], [])
    shaped = await rt.in_thread(_shaped, alarm_name, history, window, max_items is None, now)
    notes = [*history_notes(history, history_item_type, now - window.start), *shaped.notes, *component_notes]
    scope = {"region": aws.region, "profile": aws.profile, "window": window.as_text()}
    answer = shaped.model_copy(update={**scope, "notes": [*aws.notes, *notes], "components": table(components)})
    return answer.with_links(alarm_links(aws, [alarm_name] if history.alarm else []))


def _shaped(name: str, history: History, window: Window, shorten: bool, now: datetime) -> AlarmHistory:
    """The answer but for its scope and components; `shorten` shows the newest transitions of a flapping alarm only."""
    transitions = transitions_in(history.items)
    stays = stays_in(transitions, min(window.end, now))
    deleted_period = next((each.settings["period"] for each in transitions if each.settings["period"]), None)
    summary, changes = flapping(stays), history.changes()
    windows, window_notes = windows_to_investigate(stays, history.alarm, deleted_period, now)
    rows = transition_rows(transitions, with_settings=history.alarm is None)
    notes = [*change_notes(changes), *window_notes]
    if summary and shorten and len(rows) > _MAX_FLAPPING_ROWS:
        notes.append(f"The newest {_MAX_FLAPPING_ROWS} of {len(rows)} transitions are shown: max_items shows more.")
        rows = rows[:_MAX_FLAPPING_ROWS]
    return AlarmHistory(
        notes=notes,
        alarm=history.summary(name),
        configuration_changes=table(change_rows(changes)),
        flapping=summary,
        transitions=table(rows),
        items=table(other_rows(history.items)),
        investigate=windows,
    )
