"""Waits until what was written to an account can be read there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import anyio

from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.sandbox.incidents.checkout_failures import INCIDENT
from cloudwatch_mcp.sandbox.kit.logs import LogGroup
from cloudwatch_mcp.sandbox.kit.metrics import FINE, SampledMetric
from scripts.record_lib.account import Account

AT_MOST = timedelta(minutes=20)
_INTERVAL = 15.0
_PERIOD = 300
_QUERIES = 500
"""API_GetMetricData: at most 500 in a request."""


class NotReady(Exception):
    """AWS did not show in time what was written."""


def wait_until(moment: datetime, clock: Clock, say: Callable[[str], None]) -> None:
    while (seconds := (moment - clock.now()).total_seconds()) > 0:
        say(f"waiting until {moment:%H:%M} UTC, {seconds / 60:.0f} more minutes")
        pause(clock, min(seconds, 600))


def wait_until_readable(
    account: Account, now: datetime, parts: Iterable[str], clock: Clock, say: Callable[[str], None]
) -> None:
    """Wait until the last hour's log events and the last three hours' datapoints can be read.

    Raises:
        NotReady: some of them still cannot, after 20 minutes.
    """
    checks: dict[str, Callable[[], tuple[int, int]]] = {
        "logs": lambda: _log_events(account, now, clock),
        "metrics": lambda: _datapoints(account, now),
    }
    for part in [part for part in parts if part in checks]:
        deadline = clock.now() + AT_MOST
        while True:
            readable, written = checks[part]()
            say(f"{part}: {readable:,} of {written:,} can be read")
            if readable >= written:
                break
            if clock.now() > deadline:
                raise NotReady(f"After 20 minutes only {readable:,} of {written:,} {part} can be read.")
            pause(clock, _INTERVAL)


def pause(clock: Clock, seconds: float) -> None:
    anyio.run(clock.sleep, seconds)


def _log_events(account: Account, now: datetime, clock: Clock) -> tuple[int, int]:
    """How many events Logs Insights counts in the last hour, and how many were written."""
    start, end = int(now.timestamp()) - 3600, int(now.timestamp())
    readable = written = 0
    for _, groups in groupby(sorted(INCIDENT.log_groups, key=_class), key=_class):
        counts = {
            account.prefix + group.name: sum(start * 1000 <= event.time <= end * 1000 for event in group.events(now))
            for group in groups
        }
        names = [name for name, count in counts.items() if count]
        if names:
            query = account.logs.start_query(
                logGroupNames=names, startTime=start, endTime=end, queryString="stats count(*) as events"
            )
            readable += _count(account, query["queryId"], clock)
            written += sum(counts.values())
    return readable, written


def _class(group: LogGroup) -> str:
    return group.log_class


def _count(account: Account, query_id: str, clock: Clock) -> int:
    while (answer := account.logs.get_query_results(queryId=query_id))["status"] in ("Scheduled", "Running"):
        pause(clock, 1.0)
    return sum(int(cell["value"]) for row in answer["results"] for cell in row if cell["field"] == "events")


def _datapoints(account: Account, now: datetime) -> tuple[int, int]:
    """How many metrics are listed and how many five-minute periods have data, and how many were written."""
    series = INCIDENT.custom_metrics
    start = now - FINE
    readable = sum(_lengths(account, series, start, now))
    written = len(series) + sum(len(_periods(each, start, now)) for each in series)
    for namespace in {each.published_in(account.prefix) for each in series}:
        for page in account.cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace):
            readable += len(page["Metrics"])
    return readable, written


def _lengths(account: Account, series: list[SampledMetric], start: datetime, end: datetime) -> Iterator[int]:
    queries = [_query(f"m{number}", each, account.prefix) for number, each in enumerate(series)]
    for first in range(0, len(queries), _QUERIES):
        pages = account.cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries[first : first + _QUERIES], StartTime=start, EndTime=end
        )
        for page in pages:
            yield from (len(result["Values"]) for result in page["MetricDataResults"])


def _query(identity: str, series: SampledMetric, prefix: str) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in series.dimensions.items()]
    metric = {"Namespace": series.published_in(prefix), "MetricName": series.name, "Dimensions": dimensions}
    return {"Id": identity, "MetricStat": {"Metric": metric, "Period": _PERIOD, "Stat": "SampleCount"}}


def _periods(series: SampledMetric, start: datetime, end: datetime) -> set[int]:
    """The five-minute periods, on the clock's grid, in which the metric was written."""
    last = int(end.timestamp())
    times = range(int(start.timestamp()), last, 60)
    return {time // _PERIOD for time in times if series.samples((last - time) / 60)}
