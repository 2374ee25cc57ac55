"""The last burst of alarms: those that went to ALARM shortly after one another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from cloudwatch_mcp.alarms import wording
from cloudwatch_mcp.errors import quote_all
from cloudwatch_mcp.timerange import utc_text

_MAX_GAP = timedelta(minutes=30)
_AT_ONCE = timedelta(minutes=1)  # most alarms are evaluated once a minute
_SHOWN = 3  # alarms that fired at once


def burst_note(alarms: Sequence[wording.Alarm]) -> list[str]:
    """A note on which alarm of the last burst fired first; none for a single alarm.

    Composite alarms are left out: they follow their components.
    """
    burst: list[tuple[datetime, str]] = []
    times = ((wording.state_since(alarm), alarm) for alarm in alarms if alarm.get("StateValue") == "ALARM")
    fired = [(time, alarm["AlarmName"]) for time, alarm in times if time and wording.kind(alarm) != "composite"]
    for time, name in sorted(fired, reverse=True):
        if burst and burst[-1][0] - time > _MAX_GAP:
            break
        burst.append((time, name))
    if len(burst) < 2:
        return []
    start = burst[-1][0]
    first = [name for time, name in sorted(burst) if time - start <= _AT_ONCE]
    if len(first) == len(burst):
        return [
            f"The last burst, of {len(burst):,} alarms at {utc_text(start)}, fired within a minute: none was first."
        ]
    others = f" and {len(first) - _SHOWN:,} more" if len(first) > _SHOWN else ""
    fired_first = f"{quote_all(first[:_SHOWN])}{others} fired first, at {utc_text(start)}"
    return [f"Of the last burst of {len(burst):,} alarms, {fired_first}; the loudest is often a victim."]
