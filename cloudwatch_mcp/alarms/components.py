"""The components of a composite alarm: the alarms that its rule names."""

from __future__ import annotations

from typing import Any

from cloudwatch_mcp.alarms import wording
from cloudwatch_mcp.alarms.listing import PAGE, alarms_by_name
from cloudwatch_mcp.alarms.rules import RuleError, component_names
from cloudwatch_mcp.alarms.summary import summarize
from cloudwatch_mcp.aws.calls import Aws, settle
from cloudwatch_mcp.errors import CloudWatchError, quote_all

_SHOWN = 10  # names in a note


async def component_rows(aws: Aws, alarm: wording.Alarm | None) -> tuple[list[dict[str, Any]], list[str]]:
    """A row for each alarm that a composite alarm's rule names, in the rule's order, and notes on missing ones."""
    if alarm is None or "AlarmRule" not in alarm:
        return [], ["include_component_alarms: this is not a composite alarm, so it has no components."]
    try:
        names = component_names(alarm["AlarmRule"])
    except RuleError as error:
        return [], [f"The components are not shown, because the rule could not be parsed ({error})."]
    chunks = [names[start : start + PAGE] for start in range(0, len(names), PAGE)]
    results = await settle(*(alarms_by_name(aws, chunk) for chunk in chunks))
    notes = [f"Components are missing: {result}" for result in results if isinstance(result, CloudWatchError)]
    children = {child["AlarmName"]: child for result in results if isinstance(result, list) for child in result}
    if not notes and (missing := [name for name in names if name not in children]):
        more = f" and {len(missing) - _SHOWN:,} more" if len(missing) > _SHOWN else ""
        notes.append(f"The rule names alarms that do not exist: {quote_all(missing[:_SHOWN])}{more}.")
    rows = [summarize(children[name]).model_dump(exclude={"description"}) for name in names if name in children]
    return rows, notes
