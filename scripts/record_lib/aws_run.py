"""A run on an AWS account: what it writes there, how long that takes to be seen, and how it is removed.

Logs Insights sees no event older than its log group (docs, AnalyzingLogData), and nobody can say when an alarm went
off but CloudWatch. So the incident is not written as past but as what will be: log events and datapoints of the next
hour, which AWS takes up to two hours ahead. While the run waits, it happens: the alarms go off by themselves, and
when it is over, the windows of the cases end where the incident ends, as they do on the sandbox.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any, NamedTuple

import anyio

from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.recording import Recorder
from cloudwatch_mcp.sandbox.incident.alarm_catalog import metric_alarms
from cloudwatch_mcp.sandbox.incident.seed import seed
from cloudwatch_mcp.sandbox.incident.state_changes import StateChange, state_changes
from scripts.record_lib import choice, prefix
from scripts.record_lib.account import Account
from scripts.record_lib.belongings import remove
from scripts.record_lib.progress import Progress
from scripts.record_lib.readiness import wait_until, wait_until_readable
from scripts.record_lib.takes import Takes
from tests.support.cases import Case

AHEAD = timedelta(minutes=65)
"""How much of the incident is still to come when it is written: the hour that log queries look at, and room."""
_GRID = timedelta(minutes=30)
TAG = "cloudwatch-mcp-record"


class Result(NamedTuple):
    """The files that changed, and what is left in the account."""

    changed: list[str]
    left: list[str]


def run(account: Account, cases: Sequence[Case], clock: Clock, progress: Progress) -> Result:
    """Record the cases and install them. Whatever happens, what was written to the account is removed.

    Raises:
        NotInstalled: a recording is not what it has to be; the old ones are as they were.
        NotReady: AWS did not show in time what was written.
    """
    with _ended_by_signals():
        try:
            changed = _record(account, cases, clock, progress)
        finally:
            with _undisturbed():
                left = tear_down(account, progress)
    return Result(changed, left)


def tear_down(account: Account, progress: Progress) -> list[str]:
    """Remove what has the account's prefix; tells and returns what is left."""
    progress.tell(f"removing everything that begins with {account.prefix}")
    left = remove(account, progress.tell)
    for each in left:
        progress.tell(f"LEFT in the account: {each}")
    progress.tell(
        f"Remove it with: {teardown_command(account)}" if left else "nothing is left; custom metrics cannot be deleted"
    )
    return left


def teardown_command(account: Account) -> str:
    profile = f" --profile {os.environ['AWS_PROFILE']}" if "AWS_PROFILE" in os.environ else ""
    return f"scripts/record --teardown {account.prefix}{profile} --region {account.region} --account {account.number}"


def _record(account: Account, cases: Sequence[Case], clock: Clock, progress: Progress) -> list[str]:
    parts = choice.parts(cases)
    now = incident_end(clock.now(), parts)
    progress.tell(f"writing {', '.join(parts)} under {account.prefix}; the incident ends at {now:%H:%M} UTC")
    progress.tell(f"should this process be killed: {teardown_command(account)}")
    seed(
        account.logs,
        account.cloudwatch,
        now=now,
        prefix=account.prefix,
        tags={TAG: account.prefix.strip("-")},
        parts=parts,
    )
    wait_until(now - timedelta(minutes=1), clock, progress, "the incident happens")
    if "alarms" in parts:
        _bring_alarms_to_their_states(account, now)
    wait_until(now, clock, progress, "the incident's last minute")
    wait_until_readable(account, now, parts, clock, progress)
    with TemporaryDirectory() as stage:
        takes = Takes(Path(stage))
        for number, case in enumerate(cases):
            progress.show("of the cases recorded", number / len(cases), case.name)
            asked = prefix.put_before_names(case, account.prefix, account.number)
            take_out = partial(prefix.take_out, prefix=account.prefix)
            anyio.run(takes.record, case, asked, _recorder(account, now, clock), take_out)
        return takes.install()


def incident_end(begun: datetime, parts: Sequence[str]) -> datetime:
    """When a run's incident ends: at a full or a half hour, so that periods and bins are cut as on the sandbox."""
    into = timedelta(seconds=begun.timestamp() % _GRID.total_seconds())
    last = begun - into  # datapoints can be of the past, and are read at once
    return last if parts == ("metrics",) else last + _GRID * -(-(AHEAD + into) // _GRID)


def _recorder(account: Account, now: datetime, clock: Clock) -> Recorder:
    """Of a server whose windows end where the incident ends; it waits for queries in real time."""
    base = Clock(now=lambda: now, monotonic=clock.monotonic, sleep=clock.sleep)
    return Recorder("aws", base=base, account=account.number, region=account.region, rename_queries=True)


def _bring_alarms_to_their_states(account: Account, now: datetime) -> None:
    """Set the alarms that CloudWatch did not bring there itself, as those on metrics that only AWS can publish.

    SetAlarmState lasts until the alarm is next evaluated (docs, API_SetAlarmState): its history keeps it, and a
    composite alarm is evaluated by it; the alarm itself may be back in its own state when it is asked for.
    """
    wanted: dict[str, StateChange] = {change.alarm.name: change for change in state_changes(metric_alarms(), now)}
    pages = account.cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNamePrefix=account.prefix, AlarmTypes=["MetricAlarm"]
    )
    states: dict[str, str] = {
        alarm["AlarmName"]: alarm["StateValue"] for page in pages for alarm in page["MetricAlarms"]
    }
    for name, change in wanted.items():
        if states.get(account.prefix + name) != change.state:
            account.cloudwatch.set_alarm_state(**{**change.parameters(), "AlarmName": account.prefix + name})


@contextmanager
def _ended_by_signals() -> Iterator[None]:
    """SIGTERM ends a run as Ctrl-C does: what it wrote is removed."""

    def interrupt(number: int, _: FrameType | None) -> None:
        for each in (signal.SIGTERM, signal.SIGINT):
            signal.signal(each, signal.SIG_IGN)
        raise KeyboardInterrupt(signal.Signals(number).name)

    with _handling(signal.SIGTERM, interrupt), _handling(signal.SIGINT, interrupt):
        yield


@contextmanager
def _undisturbed() -> Iterator[None]:
    with _handling(signal.SIGTERM, signal.SIG_IGN), _handling(signal.SIGINT, signal.SIG_IGN):
        yield


@contextmanager
def _handling(number: signal.Signals, handler: Any) -> Iterator[None]:
    before = signal.signal(number, handler)
    try:
        yield
    finally:
        signal.signal(number, before)
