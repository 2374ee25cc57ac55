"""Waits until what was written to an account can be read there."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import anyio

from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.sandbox.incidents.checkout_failures import INCIDENT
from cloudwatch_mcp.sandbox.kit.metrics import SampledMetric
from scripts.record_lib.account import Account, RunFailed, listed

AT_MOST = timedelta(minutes=20)
_INTERVAL = 15.0
_PERIOD = 300
_HOUR = timedelta(hours=1)
_THREE_HOURS = timedelta(hours=3)
_UNFINISHED = ("Scheduled", "Running")


def wait_until(moment: datetime, clock: Clock, say: Callable[[str], None]) -> None:
    while (seconds := (moment - clock.now()).total_seconds()) > 0:
        say(f"waiting until {moment:%H:%M} UTC, {seconds / 60:.0f} more minutes")
        _pause(clock, min(seconds, 600))


def wait_until_readable(
    account: Account, now: datetime, parts: Collection[str], clock: Clock, say: Callable[[str], None]
) -> None:
    """Wait until the last hour's log events and the last three hours' datapoints can be read.

    Raises:
        RunFailed: some of them still cannot, after 20 minutes.
    """
    if "logs" in parts:
        events = _written_events(account, now)
        _wait("logs", sum(events.values()), lambda: _readable_events(account, events, now, clock), clock, say)
    if "metrics" in parts:
        series = INCIDENT.custom_metrics
        written = len(series) + sum(len(_written_periods(each, now)) for each in series)
        _wait("metrics", written, lambda: _readable_periods(account, series, now), clock, say)


def _wait(part: str, written: int, readable: Callable[[], int], clock: Clock, say: Callable[[str], None]) -> None:
    deadline = clock.now() + AT_MOST
    while (count := readable()) < written:
        say(f"{part}: {count:,} of {written:,} can be read")
        if clock.now() > deadline:
            raise RunFailed(f"After 20 minutes only {count:,} of {written:,} {part} can be read.")
        _pause(clock, _INTERVAL)


def _pause(clock: Clock, seconds: float) -> None:
    anyio.run(clock.sleep, seconds)


def _written_events(account: Account, now: datetime) -> dict[str, int]:
    """How many events of the last hour each log group has; those without any are left out."""
    start, end = (now - _HOUR).timestamp() * 1000, now.timestamp() * 1000
    counts = {
        account.prefix + group.name: sum(start <= event.time <= end for event in group.events(now))
        for group in INCIDENT.log_groups
    }
    return {name: count for name, count in counts.items() if count}


def _readable_events(account: Account, names: Iterable[str], now: datetime, clock: Clock) -> int:
    """How many events of the last hour Logs Insights counts; a query of each group, as one reads one class only."""
    total = 0
    window = {"startTime": int((now - _HOUR).timestamp()), "endTime": int(now.timestamp())}
    for name in names:
        query = account.logs.start_query(logGroupName=name, queryString="stats count(*) as events", **window)
        while (answer := account.logs.get_query_results(queryId=query["queryId"]))["status"] in _UNFINISHED:
            _pause(clock, 1.0)
        total += sum(int(cell["value"]) for row in answer["results"] for cell in row if cell["field"] == "events")
    return total


def _written_periods(series: SampledMetric, now: datetime) -> set[int]:
    """The five-minute periods of the last three hours in which the metric was written."""
    start = (now - _THREE_HOURS).timestamp()
    times = (datum["Timestamp"] for datum in series.datapoints(now))
    return {time // _PERIOD for time in times if time >= start}


def _readable_periods(account: Account, series: Sequence[SampledMetric], now: datetime) -> int:
    """How many metrics are listed, and how many of their five-minute periods have data."""
    queries = [_query(f"m{number}", each, account.prefix) for number, each in enumerate(series)]
    namespaces = {each.published_in(account.prefix) for each in series}
    names = [listed(account.cloudwatch, "list_metrics", "Metrics[].MetricName", Namespace=each) for each in namespaces]
    window = {"StartTime": now - _THREE_HOURS, "EndTime": now}
    counts = "MetricDataResults[].length(Values)"
    data: Iterator[int] = listed(account.cloudwatch, "get_metric_data", counts, MetricDataQueries=queries, **window)
    return sum(len(list(each)) for each in names) + sum(data)


def _query(query_id: str, series: SampledMetric, prefix: str) -> dict[str, Any]:
    metric = {"Namespace": series.published_in(prefix), **series.description}
    return {"Id": query_id, "MetricStat": {"Metric": metric, "Period": _PERIOD, "Stat": "SampleCount"}}
