"""An alarm in a few fields."""

from __future__ import annotations

from pydantic import BaseModel

from cloudwatch_mcp.alarms import wording
from cloudwatch_mcp.timerange import utc_text


class AlarmSummary(BaseModel):
    name: str
    kind: str
    state: str | None = None
    since: str | None = None
    condition: str | None = None
    watches: str | None = None
    description: str | None = None


def summarize(alarm: wording.Alarm) -> AlarmSummary:
    """The alarm as it is now."""
    kind = wording.kind(alarm)
    since = wording.state_since(alarm)
    return AlarmSummary(
        name=alarm["AlarmName"],
        kind=kind,
        state=alarm.get("StateValue"),
        since=utc_text(since) if since else None,
        condition=wording.condition(alarm),
        watches=None if kind == "composite" else wording.watches(alarm),
        description=alarm.get("AlarmDescription"),
    )


def summarize_deleted(name: str, last: wording.Alarm | None) -> AlarmSummary:
    """A deleted alarm as it was `last`, as far as that is known."""
    if last is None:
        return AlarmSummary(name=name, kind="deleted")
    was = summarize({**last, "AlarmName": name})
    return was.model_copy(update={"kind": "deleted"})
