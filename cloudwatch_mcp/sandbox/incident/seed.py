"""Writes the incident through the AWS API, as into a real account."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.incident.alarm_catalog import composite_alarms, metric_alarms
from cloudwatch_mcp.sandbox.incident.anomalies import DETECTORS
from cloudwatch_mcp.sandbox.incident.log_groups import LOG_GROUPS, LogGroup
from cloudwatch_mcp.sandbox.incident.log_text import Event
from cloudwatch_mcp.sandbox.incident.metrics import SampledMetric
from cloudwatch_mcp.sandbox.incident.metrics_shop import shop_metrics
from cloudwatch_mcp.sandbox.incident.saved_queries import SAVED_QUERIES
from cloudwatch_mcp.sandbox.incident.state_changes import CREATED

Travel = Callable[[datetime], None]

# API_PutLogEvents: a batch has at most 10,000 events and 1,048,576 bytes, counting 26 for each event.
_BATCH_EVENTS, _BATCH_BYTES, _EVENT_OVERHEAD = 10_000, 1_048_576, 26
_DATUMS = 1000
"""API_PutMetricData: at most 1,000 in a request."""

PARTS = ("logs", "metrics", "alarms")


def seed(
    logs: Any,
    cloudwatch: Any,
    *,
    now: datetime,
    prefix: str = "",
    actions: Sequence[str] = (),
    tags: Mapping[str, str] | None = None,
    parts: Collection[str] = PARTS,
    clock: Clock | None = None,
) -> None:
    """Write log groups and events, custom metrics, alarms, saved queries and anomaly detectors.

    Args:
        logs: a boto3 client for CloudWatch Logs.
        cloudwatch: a boto3 client for CloudWatch.
        now: when the data ends; the incident starts 56 minutes earlier.
        prefix: for every name, including namespaces.
        actions: ARNs of the alarms' actions.
        tags: for log groups, alarms and log anomaly detectors.
        parts: "logs" includes saved queries and anomaly detectors.
        clock: the sandbox's, to create resources in the past.
    """
    travel = clock.travel if clock else _no_travel
    tagged = {"tags": dict(tags)} if tags else {}
    if "logs" in parts:
        for group in LOG_GROUPS:
            travel(now - timedelta(days=group.age_in_days))
            logs.create_log_group(logGroupName=prefix + group.name, logGroupClass=group.log_class, **tagged)
            _fill_log_group(logs, group, now, prefix + group.name, travel)
    if "metrics" in parts:
        write_metrics(cloudwatch, shop_metrics(), now, prefix)
    if "alarms" in parts:
        travel(now - CREATED)
        _write_alarms(cloudwatch, prefix, list(actions), tags or {})
    if "logs" in parts:
        _write_saved_queries(logs, now, prefix, travel)
        _write_detectors(logs, now, prefix, tagged, travel)
    travel(now)


def log_group_arn(logs: Any, name: str) -> str:
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return next(str(group["logGroupArn"]) for group in groups if group["logGroupName"] == name)


def write_metrics(cloudwatch: Any, series: Iterable[SampledMetric], now: datetime, prefix: str = "") -> None:
    datums: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in series:
        datums[each.published_in(prefix)].extend(each.datapoints(now))
    for namespace, data in datums.items():
        for start in range(0, len(data), _DATUMS):
            cloudwatch.put_metric_data(Namespace=namespace, MetricData=data[start : start + _DATUMS])


def _no_travel(_: datetime) -> None:
    """Nothing: a real account's clock cannot be set."""


def _fill_log_group(logs: Any, group: LogGroup, now: datetime, name: str, travel: Travel) -> None:
    if group.retention:
        logs.put_retention_policy(logGroupName=name, retentionInDays=group.retention)
    for stream, events in groupby(sorted(group.events(now)), key=lambda event: event.stream):
        logs.create_log_stream(logGroupName=name, logStreamName=stream)
        for batch in _batches(events):
            travel(datetime.fromtimestamp(batch[-1]["timestamp"] / 1000 + 1, now.tzinfo))
            logs.put_log_events(logGroupName=name, logStreamName=stream, logEvents=batch)


def _batches(events: Iterator[Event]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    size = 0
    for event in events:
        bytes_ = len(event.message.encode()) + _EVENT_OVERHEAD
        if batch and (size + bytes_ > _BATCH_BYTES or len(batch) == _BATCH_EVENTS):
            yield batch
            batch, size = [], 0
        batch.append({"timestamp": event.time, "message": event.message})
        size += bytes_
    if batch:
        yield batch


def _write_alarms(cloudwatch: Any, prefix: str, actions: list[str], tags: Mapping[str, str]) -> None:
    tagged = {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]} if tags else {}
    for alarm in metric_alarms():
        cloudwatch.put_metric_alarm(**alarm.parameters(prefix, actions), **tagged)
    for composite in composite_alarms():
        cloudwatch.put_composite_alarm(**composite.parameters(prefix, actions), **tagged)


def _write_saved_queries(logs: Any, now: datetime, prefix: str, travel: Travel) -> None:
    for saved in SAVED_QUERIES:
        travel(now - timedelta(days=saved.age_in_days))
        logs.put_query_definition(
            name=prefix + saved.name,
            queryString=saved.query.replace("namePrefix: ['", f"namePrefix: ['{prefix}"),
            logGroupNames=[prefix + name for name in saved.log_groups],
        )


def _write_detectors(logs: Any, now: datetime, prefix: str, tagged: Mapping[str, Any], travel: Travel) -> None:
    for detector in DETECTORS:
        travel(now - timedelta(days=detector.age_in_days))
        arn = log_group_arn(logs, prefix + detector.log_group)
        logs.create_log_anomaly_detector(
            detectorName=prefix + detector.name, logGroupArnList=[arn], evaluationFrequency="FIVE_MIN", **tagged
        )
