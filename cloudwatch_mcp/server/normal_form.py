"""The normal form of a tool call, which is the same for two calls that ask the same question in other words."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic_core import to_jsonable_python

from cloudwatch_mcp.errors import InputError
from cloudwatch_mcp.logs.query_scanner import normalized
from cloudwatch_mcp.metrics.statistics import parse_statistic
from cloudwatch_mcp.server.arguments import validated
from cloudwatch_mcp.server.definitions import definitions
from cloudwatch_mcp.timerange import given_window
from cloudwatch_mcp.tools import TOOLS

_TIMES = ("start_time", "end_time")
_LOG_GROUPS = ("log_group_names", "log_group_identifiers")
_WINDOWS = {entry.function.__name__: entry.window for entry in TOOLS}
_SPELLINGS: Mapping[str, Callable[[str, Mapping[str, Any]], str]] = {
    "query_string": lambda text, call: normalized(text, call["query_language"]),
    "focus": lambda text, _: normalized(f"filter {text}", "CWLI"),
    "expression": lambda text, _: normalized(text, "PPL"),  # in metric math, too, a / never begins a regular expression
    "statistic": lambda text, _: parse_statistic(text),
    **dict.fromkeys(("log_group_arn", *_LOG_GROUPS), lambda text, _: text.removesuffix(":*")),
}


def normal_form(name: str, arguments: Mapping[str, Any], now: datetime) -> dict[tuple[str, ...], Any]:
    """What the call asks at the time `now`: values by the names of the arguments that make them up.

    Defaults are filled in, lists are sorted, queries are without their layout, and a tool's window is a `Window`.
    Arguments that the tool refuses stay as they are.
    """
    try:
        values = validated(definitions()[name], arguments)
        length = _WINDOWS[name]
        window = length and given_window(*map(values.get, _TIMES), now=now, default=length)
        plain = {each: _normal(each, to_jsonable_python(value), values) for each, value in values.items()}
    except (KeyError, InputError):
        return {(each,): value for each, value in arguments.items() if value is not None}
    parts: dict[tuple[str, ...], Any] = {}
    if window:
        parts[_TIMES] = window
    groups, identifiers = map(plain.get, _LOG_GROUPS)
    if not (groups and identifiers):
        parts[_LOG_GROUPS] = groups or identifiers
    joint = {each for names in parts for each in names}
    return parts | {(each,): value for each, value in plain.items() if each not in joint}


def _normal(name: str, value: Any, call: Mapping[str, Any]) -> Any:
    if isinstance(value, list):  # no tool has a list whose order matters
        return sorted((_normal(name, each, call) for each in value), key=json.dumps)
    if isinstance(value, dict):
        return {each: _normal(each, member, call) for each, member in value.items()}
    if isinstance(value, str) and name in _SPELLINGS:
        return _SPELLINGS[name](value, call)
    return value
