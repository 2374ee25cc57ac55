"""What a run would write, ask and cost, without a call: the seeding is counted, and the calls are the cassettes'."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from botocore import xform_name

from cloudwatch_mcp.recording import load
from cloudwatch_mcp.recording.matching import operation, parameters
from cloudwatch_mcp.sandbox.incident.seed import seed
from tests.support.cases import Case

# USD in US East (N. Virginia), https://aws.amazon.com/cloudwatch/pricing/; other Regions cost up to a quarter more.
LOG_INGESTION_GB = 0.50
LOG_QUERY_GB = 0.005
METRIC_MONTH = 0.30
ALARM_METRIC_MONTH = 0.10
COMPOSITE_ALARM_MONTH = 0.50
REQUEST = 0.01 / 1000
METRIC_REQUESTED = 0.01 / 1000
_MONTH = timedelta(days=365 / 12)
_ALIVE = timedelta(hours=2)
"""How long a run's metrics and alarms are billed: its time, in full hours."""
_EVENT_OVERHEAD = 26
"""API_PutLogEvents: of each event, in bytes."""


class Written:
    """Stands for a client and counts what would be written."""

    def __init__(self) -> None:
        self.operations: Counter[str] = Counter()
        self.log_bytes = 0
        self.metrics: set[tuple[str, ...]] = set()
        self.alarm_metrics = 0

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        def count(**asked: Any) -> dict[str, Any]:
            self.operations[method] += 1
            self.log_bytes += sum(
                len(each["message"].encode()) + _EVENT_OVERHEAD for each in asked.get("logEvents", ())
            )
            self.metrics |= {(asked["Namespace"], *_identity(datum)) for datum in asked.get("MetricData", ())}
            self.alarm_metrics += _alarm_metrics(asked) if method == "put_metric_alarm" else 0
            name = asked.get("logGroupNamePrefix", "")
            return {"logGroups": [{"logGroupName": name, "logGroupArn": name}]}

        return count


class Asked:
    """What the cases' cassettes ask, of those that have one."""

    def __init__(self, cases: Sequence[Case]) -> None:
        self.operations: Counter[str] = Counter()
        self.scanned: Counter[str] = Counter()
        self.metrics = 0
        self.unknown: list[str] = []
        for case in cases:
            if case.cassette.exists():
                self._add(case.cassette)
            else:
                self.unknown.append(case.name)

    def _add(self, path: Path) -> None:
        for request, response in load(path).data:
            name, asked = xform_name(operation(request)), parameters(request)
            self.operations[name] += 1
            self.metrics += sum("MetricStat" in each for each in asked.get("MetricDataQueries", ()))
            if name == "get_query_results":
                key = f"{path} {asked['queryId']}"
                self.scanned[key] = max(self.scanned[key], _scanned(response))


def estimate(cases: Sequence[Case], parts: Sequence[str], now: datetime) -> Iterator[str]:
    """Lines of text."""
    written, asked = Written(), Asked(cases)
    seed(written, written, now=now, parts=parts)
    yield "would write, and remove again:"
    yield from _listed(written.operations)
    yield "would ask, as the cassettes do now, and now and then whether all can be read:"
    yield from _listed(asked.operations)
    if asked.unknown:
        yield f"  and what {len(asked.unknown)} cases without a cassette ask: {', '.join(asked.unknown)}"
    yield "would cost about:"
    costs = {
        f"log ingestion, {written.log_bytes / 1e6:.1f} MB": LOG_INGESTION_GB * written.log_bytes / 1e9,
        f"queries, {asked.scanned.total() / 1e6:.1f} MB": LOG_QUERY_GB * asked.scanned.total() / 1e9,
        f"{len(written.metrics)} metrics for two hours": METRIC_MONTH * len(written.metrics) * (_ALIVE / _MONTH),
        f"alarms on {written.alarm_metrics} metrics for two hours": ALARM_METRIC_MONTH
        * written.alarm_metrics
        * (_ALIVE / _MONTH),
        "composite alarms for two hours": COMPOSITE_ALARM_MONTH
        * written.operations["put_composite_alarm"]
        * (_ALIVE / _MONTH),
        "requests": REQUEST * (written.operations.total() + asked.operations.total())
        + METRIC_REQUESTED * asked.metrics,
    }
    yield from (f"  {cost:.4f} USD  {what}" for what, cost in costs.items())
    yield f"  {sum(costs.values()):.2f} USD in all"


def _listed(operations: Counter[str]) -> Iterator[str]:
    yield from (f"  {count:5,} × {name}" for name, count in sorted(operations.items()))


def _identity(datum: dict[str, Any]) -> tuple[str, ...]:
    pairs = sorted((each["Name"], each["Value"]) for each in datum.get("Dimensions", ()))
    return (datum["MetricName"], *(text for pair in pairs for text in pair))


def _alarm_metrics(alarm: dict[str, Any]) -> int:
    """An anomaly band counts as two metrics besides its own (the pricing page)."""
    stats = sum("MetricStat" in each for each in alarm.get("Metrics", ())) or 1
    return stats + (2 if "ThresholdMetricId" in alarm else 0)


def _scanned(response: dict[str, Any]) -> int:
    try:
        answer = json.loads(response["body"]["string"])
    except ValueError:
        return 0
    return int(answer.get("statistics", {}).get("bytesScanned", 0))
