"""What a run would write, ask, cost and take: the seeding is counted, and the calls are those of the cassettes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

from botocore import xform_name

from cloudwatch_mcp.recording import load
from cloudwatch_mcp.recording.matching import operation
from cloudwatch_mcp.sandbox.incidents.checkout_failures import INCIDENT
from cloudwatch_mcp.sandbox.kit.seed import Target, seed
from scripts.record_lib.readiness import AT_MOST

_TWO_HOURS = timedelta(hours=2) / timedelta(days=365 / 12)  # of a month
_EVENT_OVERHEAD = 26
"""API_PutLogEvents: of each event, in bytes."""
_SECONDS_PER_TEST = 10


def estimate(tests: Sequence[str], root: Path, parts: Sequence[str], now: datetime, end: datetime) -> Iterator[str]:
    """Lines of text.

    Prices are in USD in US East (N. Virginia), https://aws.amazon.com/cloudwatch/pricing/; other Regions cost up to a
    quarter more. What queries scan and anomaly bands add is less than a cent.
    """
    writes = _writes(end, parts)
    written = Counter(name for name, _ in writes)
    cassettes = filter(Path.exists, (_cassette(test, root) for test in tests))
    requests = Counter(xform_name(operation(request)) for path in cassettes for request, _ in load(path).data)
    events = [event for _, asked in writes for event in asked.get("logEvents", ())]
    ingested = sum(len(event["message"].encode()) + _EVENT_OVERHEAD for event in events)
    metrics = {
        json.dumps([asked["Namespace"], datum["MetricName"], datum["Dimensions"]])
        for _, asked in writes
        for datum in asked.get("MetricData", ())
    }
    costs = {
        f"log ingestion, {ingested / 1e6:.1f} MB": 0.50 * ingested / 1e9,
        f"{len(metrics)} metrics for two hours": 0.30 * len(metrics) * _TWO_HOURS,
        "alarms for two hours": 0.10 * written["put_metric_alarm"] * _TWO_HOURS,
        "composite alarms for two hours": 0.50 * written["put_composite_alarm"] * _TWO_HOURS,
        "requests": 0.01 * (written.total() + requests.total()) / 1000,
    }
    waiting, visible = max(timedelta(), end - now) / timedelta(minutes=1), AT_MOST / timedelta(minutes=1)
    minutes = waiting + len(tests) * _SECONDS_PER_TEST / 60
    yield f"would record {len(tests)} tests, in about {minutes:.0f} minutes and at most {visible:.0f} more:"
    yield f"  the incident ends at {end:%H:%M} UTC, and AWS may take {visible:.0f} minutes to show all of it"
    for title, counts in (("write, and remove again", written), ("ask, as the cassettes do now", requests)):
        yield f"would {title}:"
        yield from (f"  {count:5,} × {name}" for name, count in sorted(counts.items()))
    yield "would cost about:"
    yield from (f"  {cost:.4f} USD  {what}" for what, cost in costs.items())
    yield f"  {sum(costs.values()):.2f} USD in all"


def _writes(end: datetime, parts: Sequence[str]) -> list[tuple[str, dict[str, Any]]]:
    """The calls that seeding makes, as method and arguments."""
    client = Mock()
    client.configure_mock(**{"describe_log_groups.side_effect": _describe_log_groups})
    seed(INCIDENT, Target(client, client, end), parts)
    return [(name, asked) for name, _, asked in client.method_calls]


def _describe_log_groups(*, logGroupNamePrefix: str) -> dict[str, Any]:  # noqa: N803 - boto3's name
    return {"logGroups": [{"logGroupName": logGroupNamePrefix, "logGroupArn": logGroupNamePrefix}]}


def _cassette(test: str, root: Path) -> Path:
    file, _, name = test.partition("::test_")
    return root / "cassettes" / Path(file).stem.removeprefix("test_") / f"{name}.yaml"
