"""What a run would write, ask, cost and take: the seeding is counted, and the calls are those of the cassettes."""

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
from cloudwatch_mcp.sandbox.incidents.checkout_failures import INCIDENT
from cloudwatch_mcp.sandbox.kit.seed import Target, seed
from scripts.record_lib.readiness import AT_MOST

# USD in US East (N. Virginia), https://aws.amazon.com/cloudwatch/pricing/; other Regions cost up to a quarter more.
LOG_INGESTION_GB = 0.50
LOG_QUERY_GB = 0.005
METRIC_MONTH = 0.30
ALARM_METRIC_MONTH = 0.10
COMPOSITE_ALARM_MONTH = 0.50
REQUEST = 0.01 / 1000
METRIC_REQUESTED = 0.01 / 1000
_BILLED_MONTHS = timedelta(hours=2) / timedelta(days=365 / 12)
_EVENT_OVERHEAD = 26
"""API_PutLogEvents: of each event, in bytes."""
_SECONDS_PER_TEST = 10


class Seeding:
    """Stands for a client, and counts what would be written."""

    def __init__(self) -> None:
        self.operations: Counter[str] = Counter()
        self.log_bytes = 0
        self.metrics: set[str] = set()
        self.alarm_metrics = 0

    def __getattr__(self, method: str) -> Callable[..., dict[str, Any]]:
        def count(**asked: Any) -> dict[str, Any]:
            self.operations[method] += 1
            self.log_bytes += sum(
                len(each["message"].encode()) + _EVENT_OVERHEAD for each in asked.get("logEvents", ())
            )
            for datum in asked.get("MetricData", ()):
                self.metrics.add(json.dumps([asked["Namespace"], datum["MetricName"], datum.get("Dimensions")]))
            self.alarm_metrics += _alarm_metrics(asked) if method == "put_metric_alarm" else 0
            name = asked.get("logGroupNamePrefix", "")
            return {"logGroups": [{"logGroupName": name, "logGroupArn": name}]}

        return count


def estimate(tests: Sequence[str], root: Path, parts: Sequence[str], now: datetime, end: datetime) -> Iterator[str]:
    """Lines of text."""
    seeding, asked, scanned, metrics = Seeding(), Counter[str](), 0, 0
    seed(INCIDENT, Target(seeding, seeding, end), parts)
    for cassette in filter(Path.exists, (_cassette(test, root) for test in tests)):
        for request, response in load(cassette).data:
            asked[xform_name(operation(request))] += 1
            metrics += sum("MetricStat" in each for each in parameters(request).get("MetricDataQueries", ()))
            scanned += _scanned(response)
    waiting, visible = max(timedelta(), end - now) / timedelta(minutes=1), AT_MOST / timedelta(minutes=1)
    recording = len(tests) * _SECONDS_PER_TEST / 60
    yield f"would record {len(tests)} tests, in about {waiting + recording:.0f} minutes and at most {visible:.0f} more:"
    yield f"  the incident ends at {end:%H:%M} UTC, and AWS may take {visible:.0f} minutes to show all of it"
    yield "would write, and remove again:"
    yield from _listed(seeding.operations)
    yield "would ask, as the cassettes do now:"
    yield from _listed(asked)
    yield "would cost about:"
    costs = {
        f"log ingestion, {seeding.log_bytes / 1e6:.1f} MB": LOG_INGESTION_GB * seeding.log_bytes / 1e9,
        f"queries, {scanned / 1e6:.1f} MB": LOG_QUERY_GB * scanned / 1e9,
        f"{len(seeding.metrics)} metrics for two hours": METRIC_MONTH * len(seeding.metrics) * _BILLED_MONTHS,
        f"alarms on {seeding.alarm_metrics} metrics for two hours": ALARM_METRIC_MONTH
        * seeding.alarm_metrics
        * _BILLED_MONTHS,
        "composite alarms for two hours": COMPOSITE_ALARM_MONTH
        * seeding.operations["put_composite_alarm"]
        * _BILLED_MONTHS,
        "requests": REQUEST * (seeding.operations.total() + asked.total()) + METRIC_REQUESTED * metrics,
    }
    yield from (f"  {cost:.4f} USD  {what}" for what, cost in costs.items())
    yield f"  {sum(costs.values()):.2f} USD in all"


def _cassette(test: str, root: Path) -> Path:
    file, _, name = test.partition("::test_")
    return root / "cassettes" / Path(file).stem.removeprefix("test_") / f"{name}.yaml"


def _listed(operations: Counter[str]) -> Iterator[str]:
    yield from (f"  {count:5,} × {name}" for name, count in sorted(operations.items()))


def _alarm_metrics(alarm: dict[str, Any]) -> int:
    """An anomaly band counts as two metrics besides its own (the pricing page)."""
    stats = sum("MetricStat" in each for each in alarm.get("Metrics", ())) or 1
    return stats + (2 if "ThresholdMetricId" in alarm else 0)


def _scanned(response: dict[str, Any]) -> int:
    """The bytes that a query scanned; each poll of it counts, which is too much rather than too little."""
    try:
        answer = json.loads(response["body"]["string"])
    except ValueError:
        return 0
    return int(answer.get("statistics", {}).get("bytesScanned", 0))
