"""A run on an AWS account: seed the incident, wait until it can be read, record, and remove it.

Logs Insights does not find events older than their log group (docs, AnalyzingLogData), and only CloudWatch decides when
an alarm went off. So the run writes the incident of the next hour, which AWS accepts up to two hours ahead, and waits
while it happens: alarms go off by themselves, and the tests' time windows end where the incident ends, as on the
sandbox.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.recording import check
from cloudwatch_mcp.sandbox.alarms.evaluation import Evaluation, evaluate
from cloudwatch_mcp.sandbox.incidents.checkout_failures import INCIDENT
from cloudwatch_mcp.sandbox.kit.alarms import MetricAlarm
from cloudwatch_mcp.sandbox.kit.seed import Target, seed
from cloudwatch_mcp.sandbox.metrics.data import read_series
from cloudwatch_mcp.sandbox.metrics.store import MetricStore
from scripts.record_lib.account import Account, RunFailed, listed
from scripts.record_lib.readiness import wait_until, wait_until_readable
from scripts.record_lib.resources import remove
from scripts.record_lib.suite import Suite
from tests.support.cassettes import AwsRun
from tests.support.run_prefix import remove_prefix

AHEAD = timedelta(minutes=65)
"""How much of the incident is still to come when it is written: the hour that log queries look at, and a margin."""
_GRID = timedelta(minutes=30)
TAG = "cloudwatch-mcp-record"
Say = Callable[[str], None]


def run(account: Account, suite: Suite, parts: Sequence[str], clock: Clock, say: Say) -> tuple[list[str], list[str]]:
    """Record the suite's tests. In any case, what was written to the account is removed.

    Returns the files that changed, and what could not be removed from the account.

    Raises:
        RunFailed: AWS did not show in time what was written, a test failed, or a cassette must not be committed; all
            files are as they were.
    """
    before = suite.files()
    with _on_signals(_interrupt):
        try:
            _record(account, suite, parts, clock, say)
        except BaseException:
            suite.restore(before)
            raise
        finally:
            with _on_signals(signal.SIG_IGN):
                remaining = tear_down(account, say)
    return sorted(str(path.relative_to(suite.root)) for path in _changed(suite, before)), remaining


def tear_down(account: Account, say: Say) -> list[str]:
    """Remove what begins with the account's prefix; returns what could not be removed."""
    say(f"removing everything that begins with {account.prefix}")
    remaining = remove(account, say)
    for each in remaining:
        say(f"STILL in the account: {each}")
    say(f"Remove it with: {account.teardown_command}" if remaining else "nothing remains but the custom metrics")
    return remaining


def incident_end(started: datetime, parts: Sequence[str]) -> datetime:
    """When a run's incident ends: at a full or a half hour, so that periods and bins start as on the sandbox."""
    into = timedelta(seconds=started.timestamp() % _GRID.total_seconds())
    last = started - into  # datapoints can be in the past, and can be read at once
    return last if tuple(parts) == ("metrics",) else last + _GRID * -(-(AHEAD + into) // _GRID)


def _record(account: Account, suite: Suite, parts: Sequence[str], clock: Clock, say: Say) -> None:
    end = incident_end(clock.now(), parts)
    say(f"writing {', '.join(parts)} under {account.prefix}; the incident ends at {end:%H:%M} UTC")
    say(f"if this process is killed: {account.teardown_command}")
    tags = {TAG: account.prefix.strip("-")}
    seed(INCIDENT, Target(account.logs, account.cloudwatch, end, account.prefix, tags=tags), parts)
    wait_until(end - timedelta(minutes=1), clock, say)
    if "alarms" in parts:
        _set_alarm_states(account, end)
    wait_until(end, clock, say)
    wait_until_readable(account, end, parts, clock, say)
    before = suite.files()
    this_run = AwsRun(account.number, account.region, account.prefix, end.isoformat())
    suite.record(account.environment | this_run.environment())
    problems = [
        f"{path.name}: {problem}"
        for path in _changed(suite, before)
        if path.suffix == ".yaml"
        for problem in [*remove_prefix(path, account.prefix), *(finding.what for finding in check(path))]
    ]
    if problems:
        raise RunFailed("\n".join(["Nothing was changed:", *problems]))
    suite.update_snapshots()


def _changed(suite: Suite, before: Mapping[Path, bytes]) -> list[Path]:
    return [path for path, content in suite.files().items() if before.get(path) != content]


def _set_alarm_states(account: Account, end: datetime) -> None:
    """Set the state of alarms that CloudWatch does not evaluate as wanted, such as those on metrics in AWS/….

    SetAlarmState lasts until the next evaluation (docs, API_SetAlarmState): the history keeps it, and composite alarms
    follow it, but the alarm itself may have its own state again when a test asks.
    """
    states = dict(listed(account.cloudwatch, "describe_alarms", "MetricAlarms[].[AlarmName, StateValue]"))
    for alarm in INCIDENT.alarms:
        wanted = _by_its_metrics(alarm, end)
        if wanted and states.get(account.prefix + alarm.name) != wanted.state:
            account.cloudwatch.set_alarm_state(
                AlarmName=account.prefix + alarm.name,
                StateValue=wanted.state,
                StateReason=wanted.reason,
                StateReasonData=wanted.reason_data,
            )


def _by_its_metrics(alarm: MetricAlarm, end: datetime) -> Evaluation | None:
    """The alarm's state at the end, as the sandbox evaluates it."""
    store = MetricStore()
    for series in [alarm.series, alarm.per] if alarm.per else [alarm.series]:
        for datum in series.datapoints(end):
            store.put(series.namespace, [datum], end)
    return evaluate(alarm.parameters("", []), partial(read_series, store), end)


@contextmanager
def _on_signals(handler: Any) -> Iterator[None]:
    """Handle SIGTERM as SIGINT: a run ends with its teardown, which neither stops."""
    before = {number: signal.signal(number, handler) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _interrupt(number: int, _: object) -> None:
    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, signal.SIG_IGN)
    raise KeyboardInterrupt(signal.Signals(number).name)
