"""The answers to completion/complete: names in earlier answers of the session. Nothing is asked of AWS."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mcp.types import (
    Completion,
    CompletionArgument,
    CompletionContext,
    PromptReference,
    ResourceTemplateReference,
)

_MAX_NAMES = 1_000  # of each kind; the ones not seen for longest are forgotten
_MAX_VALUES = 100  # the protocol's limit
_TABLES = {  # of an answer: the kind of name in a column
    "composite_alarms": ("alarm", "name"),
    "metric_alarms": ("alarm", "name"),
    "log_alarms": ("alarm", "name"),
    "components": ("alarm", "name"),
    "log_groups": ("log group", "name"),
    "namespaces": ("namespace", "namespace"),
}
_FIELDS = {  # of an answer, or of the arguments of a call that succeeded
    "alarm_name": "alarm",
    "log_group": "log group",
    "log_group_names": "log group",
    "namespace": "namespace",
    "profile": "profile",
    "region": "region",
}
_ARGUMENTS = {  # of a prompt: the kinds of names that fit
    "alarm_name": ("alarm",),
    "profile_name": ("profile",),
    "region": ("region",),
    "service": ("log group", "namespace", "alarm"),
}


class SeenNames:
    """The names in a session's answers, by kind."""

    def __init__(self) -> None:
        self._names: dict[str, dict[str, None]] = {}

    def learn(self, arguments: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Remember the names in an answer, and in the arguments of its call."""
        for member, kind in _FIELDS.items():
            for value in (arguments.get(member), answer.get(member)):
                self._add(kind, value if isinstance(value, list) else [value])
        for member, (kind, column) in _TABLES.items():
            if member in answer:
                self._add(kind, _column(answer[member], column))

    async def complete(
        self,
        ref: PromptReference | ResourceTemplateReference,
        argument: CompletionArgument,
        _: CompletionContext | None,
    ) -> Completion:
        """The names that contain the text, whatever its case: first those that begin with it, the last seen first."""
        sought, kinds = argument.value.casefold(), _ARGUMENTS.get(argument.name, ())
        if not isinstance(ref, PromptReference):
            kinds = ()
        names = dict.fromkeys(name for kind in kinds for name in reversed(self._of(kind)))
        fitting = [name for name in names if sought in name.casefold()]
        fitting.sort(key=lambda name: not name.casefold().startswith(sought))
        values = fitting[:_MAX_VALUES]
        return Completion(values=values, total=len(fitting), has_more=len(fitting) > len(values))

    def _of(self, kind: str) -> dict[str, None]:
        return self._names.setdefault(kind, {})

    def _add(self, kind: str, values: Iterable[Any]) -> None:
        names = self._of(kind)
        for value in values:
            if isinstance(value, str):
                names.pop(value, None)
                names[value] = None
        for forgotten in list(names)[:-_MAX_NAMES]:
            del names[forgotten]


def _column(table: Mapping[str, Any], column: str) -> list[Any]:
    if column not in table["columns"]:
        return [table.get("same", {}).get(column)]
    position = table["columns"].index(column)
    return [row[position] for row in table["rows"] if len(row) > position]
