"""Waits until what was written to an account can be read there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

import anyio

from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.sandbox.incident.log_groups import LOG_GROUPS, LogGroup
from cloudwatch_mcp.sandbox.incident.metrics import FINE, Series
from cloudwatch_mcp.sandbox.incident.metrics_shop import shop_metrics
from scripts.record_lib.account import Account
from scripts.record_lib.progress import Progress

_EVERY, _AT_MOST = 15.0, timedelta(minutes=20)
_A_MINUTE = 60.0
_PERIOD = 300
_QUERIES = 500
"""API_GetMetricData: at most 500 in a request."""


class NotReady(Exception):
    """AWS did not show in time what was written."""


def wait_until(moment: datetime, clock: Clock, progress: Progress, what: str) -> None:
    begun = clock.now()
    while (left := (moment - clock.now()).total_seconds()) > 0:
        progress.show(what, 1 - left / (moment - begun).total_seconds(), f"({left / 60:.0f} min left)")
        pause(clock, min(left, _A_MINUTE))


def wait_until_readable(
    account: Account, now: datetime, parts: Iterable[str], clock: Clock, progress: Progress
) -> None:
    """Wait until the last hour's log events can be queried, and the last three hours' datapoints read.

    Raises:
        NotReady: some of it cannot, after 20 minutes.
    """
    checks: dict[str, Callable[[], tuple[int, int]]] = {
        "logs": lambda: _queryable(account, now, clock),
        "metrics": lambda: _readable(account, now),
    }
    for part in [part for part in parts if part in checks]:
        deadline = clock.now() + _AT_MOST
        while True:
            found, written = checks[part]()
            progress.show(f"of the {part} can be read", found / max(1, written), f"({found:,} of {written:,})")
            if found >= written:
                break
            if clock.now() > deadline:
                raise NotReady(f"Of {written:,} {part} that were written only {found:,} can be read after 20 minutes.")
            pause(clock, _EVERY)


def pause(clock: Clock, seconds: float) -> None:
    anyio.run(clock.sleep, seconds)


def _queryable(account: Account, now: datetime, clock: Clock) -> tuple[int, int]:
    """How many events Logs Insights counts in the last hour, and how many were written."""
    start, end = int(now.timestamp()) - 3600, int(now.timestamp())
    found = written = 0
    for _, groups in groupby(sorted(LOG_GROUPS, key=_class), key=_class):
        counts = {
            account.prefix + group.name: sum(start * 1000 <= event.time <= end * 1000 for event in group.events(now))
            for group in groups
        }
        names = [name for name, count in counts.items() if count]
        if names:
            query = account.logs.start_query(
                logGroupNames=names, startTime=start, endTime=end, queryString="stats count(*) as events"
            )
            found += _counted(account, query["queryId"], clock)
            written += sum(counts.values())
    return found, written


def _class(group: LogGroup) -> str:
    return group.log_class


def _counted(account: Account, query_id: str, clock: Clock) -> int:
    while True:
        answer = account.logs.get_query_results(queryId=query_id)
        if answer["status"] not in ("Scheduled", "Running"):
            break
        pause(clock, 1.0)
    return sum(int(cell["value"]) for row in answer["results"] for cell in row if cell["field"] == "events")


def _readable(account: Account, now: datetime) -> tuple[int, int]:
    """How many of the metrics are listed and of their five minutes have datapoints, and how many were written."""
    series = shop_metrics()
    start = now - FINE
    found = sum(_lengths(account, series, start, now))
    written = len(series) + sum(len(_periods(each, start, now)) for each in series)
    for namespace in {each.published_in(account.prefix) for each in series}:
        for page in account.cloudwatch.get_paginator("list_metrics").paginate(Namespace=namespace):
            found += len(page["Metrics"])
    return found, written


def _lengths(account: Account, series: list[Series], start: datetime, end: datetime) -> Iterator[int]:
    queries = [_query(f"m{number}", each, account.prefix) for number, each in enumerate(series)]
    for first in range(0, len(queries), _QUERIES):
        pages = account.cloudwatch.get_paginator("get_metric_data").paginate(
            MetricDataQueries=queries[first : first + _QUERIES], StartTime=start, EndTime=end
        )
        for page in pages:
            yield from (len(result["Values"]) for result in page["MetricDataResults"])


def _query(identity: str, series: Series, prefix: str) -> dict[str, Any]:
    dimensions = [{"Name": name, "Value": value} for name, value in series.dimensions.items()]
    metric = {"Namespace": series.published_in(prefix), "MetricName": series.name, "Dimensions": dimensions}
    return {"Id": identity, "MetricStat": {"Metric": metric, "Period": _PERIOD, "Stat": "SampleCount"}}


def _periods(series: Series, start: datetime, end: datetime) -> set[int]:
    """The five minutes, on the clock's grid, in which the metric was written."""
    last = int(end.timestamp())
    times = range(int(start.timestamp()), last, 60)
    return {time // _PERIOD for time in times if series.samples((last - time) / 60)}
