"""Which cases a run records, and why it leaves the others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from cloudwatch_mcp.recording import load
from cloudwatch_mcp.sandbox.incident.alarm_catalog import metric_alarms
from cloudwatch_mcp.sandbox.incident.metrics import HISTORY
from cloudwatch_mcp.timerange import parse_time
from tests.support.cases import Case

_TIMES = ("start_time", "end_time")
_RELATIVE = re.compile(r"now|(?:now\s*)?[+-]?\s*\d[\d.]*\s*[a-z]+.*", re.IGNORECASE)
_OTHER_ACCOUNTS = frozenset({"profile_name", "account_identifiers", "include_linked_accounts"})
_OF_LOGS = ("analyze_log_group", "execute_log_insights_query", "get_logs_insight_query_results")
# docs, AnalyzingLogData: Insights cannot access events older than their log group, and a run's are an hour old.
# docs, API_PutMetricData: datapoints older than 3 hours take up to 2 hours to become readable.
_SHOWN = {**dict.fromkeys(_OF_LOGS, timedelta(hours=1)), "get_metric_data": timedelta(hours=3)}


@dataclass
class Choice:
    """The cases to record, and the names of the others by the reason why they are left."""

    cases: list[Case] = field(default_factory=list)
    left: dict[str, list[str]] = field(default_factory=dict)

    def leave(self, case: Case, reason: str) -> None:
        self.left.setdefault(reason, []).append(case.name)


def for_sandbox(cases: Iterable[Case]) -> Choice:
    choice = Choice()
    for case in cases:
        if case.target not in ("aws", "sandbox"):
            choice.leave(case, _by_hand(case))
        elif _is_from_aws(case.cassette):
            choice.leave(case, "recorded on AWS, which is worth more: delete the cassette to have the sandbox's")
        else:
            choice.cases.append(case)
    return choice


def for_aws(cases: Iterable[Case], region: str, now: datetime) -> Choice:
    choice = Choice()
    for case in cases:
        reason = _why_not_on_aws(case, region, now)
        if reason is None:
            choice.cases.append(case)
        else:
            choice.leave(case, reason)
    return choice


def matching(cases: Sequence[Case], pattern: str) -> list[Case]:
    """Those whose name the pattern fits.

    Raises:
        LookupError: there is none.
    """
    found = [case for case in cases if fnmatchcase(case.name, pattern)]
    if not found:
        raise LookupError(f"No case is named {pattern!r}. Names read TOOL/SITUATION; * stands for anything.")
    return found


def parts(cases: Iterable[Case]) -> tuple[str, ...]:
    """The parts of the incident that the cases need."""
    tools = {case.tool for case in cases}
    alarms = {"get_active_alarms", "get_alarm_history"} & tools
    metrics = alarms or {"get_metric_data", "get_metric_metadata"} & tools
    logs = tools - {"get_active_alarms", "get_alarm_history", "get_metric_data", "get_metric_metadata"}
    needed = {"logs": logs, "metrics": metrics, "alarms": alarms}
    return tuple(part for part, is_needed in needed.items() if is_needed)


def _by_hand(case: Case) -> str:
    return "nothing is asked of AWS" if case.target == "none" else "written by hand"


def _is_from_aws(cassette: Path) -> bool:
    return cassette.exists() and load(cassette).get_metadata("target", None) == "aws"


def _why_not_on_aws(case: Case, region: str, now: datetime) -> str | None:
    """The first reason against it."""
    values = dict(_values({**case.arguments, "after_query": dict(case.after_query or {})}))
    reasons = {
        _by_hand(case): case.target in ("authored", "none"),
        "cannot be had on demand of an account, but of the sandbox": case.target == "sandbox",
        "its query has to run until it is stopped": case.hold_queries,
        "AWS publishes its metrics itself": _is_of_aws(values),
        "it needs another account": not _OTHER_ACCOUNTS.isdisjoint(values),
        f"it names another Region than {region}": any(each != region for each in _regions(values)),
        "it names a time that is not relative to now": any(
            name in values and not _RELATIVE.fullmatch(str(values[name]).strip()) for name in _TIMES
        ),
    }
    found = next((reason for reason, applies in reasons.items() if applies), None)
    if found is None and _reaches_too_far_back(case.tool, values, now):
        return "its window reaches further back than AWS shows what is newly written"
    return found


def _is_of_aws(values: dict[str, Any]) -> bool:
    alarms = {alarm.name for alarm in metric_alarms() if alarm.series.namespace.startswith("AWS/")}
    return values.get("alarm_name") in alarms or any(str(each).startswith("AWS/") for each in values.values())


def _reaches_too_far_back(tool: str, values: dict[str, Any], now: datetime) -> bool:
    """Whether data is in the window that AWS does not show yet; where there never was any, none is missed."""
    start, end = (parse_time(values[name], now) if name in values else now for name in _TIMES)
    return now - start > _SHOWN.get(tool, timedelta.max) and now - end < HISTORY


def _values(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """All arguments, however deep they are."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from _values(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _values(each, name)
    else:
        yield name, value


def _regions(values: dict[str, Any]) -> Iterator[str]:
    if "region" in values:
        yield values["region"]
    for each in values.values():
        yield from re.findall(r"^arn:aws:logs:([^:]+):", str(each))
