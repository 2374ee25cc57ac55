"""Writes an incident through the AWS API, as into a real account."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.kit.incident import Incident
from cloudwatch_mcp.sandbox.kit.logs import Event, LogGroup
from cloudwatch_mcp.sandbox.kit.metrics import SampledMetric

# API_PutLogEvents: a batch has at most 10,000 events and 1,048,576 bytes, counting 26 for each event.
_BATCH_EVENTS, _BATCH_BYTES, _EVENT_OVERHEAD = 10_000, 1_048_576, 26
_DATUMS = 1000
"""API_PutMetricData: at most 1,000 in a request."""

CREATED = timedelta(days=45)
"""The age of the alarms."""

PARTS = ("logs", "metrics", "alarms")


@dataclass(frozen=True)
class Target:
    """Where to write.

    Attributes:
        logs: a boto3 client for CloudWatch Logs.
        cloudwatch: a boto3 client for CloudWatch.
        now: when the data ends.
        prefix: for every name, including namespaces.
        actions: ARNs of the alarms' actions.
        tags: for log groups, alarms and log anomaly detectors.
        clock: the sandbox's, to create resources in the past; a real account's cannot be set.
    """

    logs: Any
    cloudwatch: Any
    now: datetime
    prefix: str = ""
    actions: Sequence[str] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    clock: Clock | None = None

    def travel(self, to: datetime) -> None:
        if self.clock:
            self.clock.travel(to)

    def days_ago(self, days: float) -> None:
        self.travel(self.now - timedelta(days=days))

    @property
    def log_tags(self) -> dict[str, Any]:
        return {"tags": dict(self.tags)} if self.tags else {}


def seed(incident: Incident, to: Target, parts: Collection[str] = PARTS) -> None:
    """Write log groups and events, saved queries and anomaly detectors ("logs"), custom metrics, and alarms."""
    if "logs" in parts:
        for group in incident.log_groups:
            write_log_group(to, group)
        _write_saved_queries(to, incident)
        _write_detectors(to, incident)
    if "metrics" in parts:
        write_metrics(to, incident.custom_metrics)
    if "alarms" in parts:
        _write_alarms(to, incident)
    to.travel(to.now)


def log_group_arn(logs: Any, name: str) -> str:
    groups = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return next(str(group["logGroupArn"]) for group in groups if group["logGroupName"] == name)


def write_metrics(to: Target, series: Iterable[SampledMetric]) -> None:
    datums: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in series:
        datums[each.published_in(to.prefix)].extend(each.datapoints(to.now))
    for namespace, data in datums.items():
        for start in range(0, len(data), _DATUMS):
            to.cloudwatch.put_metric_data(Namespace=namespace, MetricData=data[start : start + _DATUMS])


def write_log_group(to: Target, group: LogGroup) -> None:
    name = to.prefix + group.name
    to.days_ago(group.age_in_days)
    to.logs.create_log_group(logGroupName=name, logGroupClass=group.log_class, **to.log_tags)
    if group.retention:
        to.logs.put_retention_policy(logGroupName=name, retentionInDays=group.retention)
    for stream, events in groupby(sorted(group.events(to.now)), key=lambda event: event.stream):
        to.logs.create_log_stream(logGroupName=name, logStreamName=stream)
        for batch in _batches(events):
            to.travel(datetime.fromtimestamp(batch[-1]["timestamp"] / 1000 + 1, to.now.tzinfo))
            to.logs.put_log_events(logGroupName=name, logStreamName=stream, logEvents=batch)


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


def _write_alarms(to: Target, incident: Incident) -> None:
    to.travel(to.now - CREATED)
    actions = list(to.actions)
    tagged = {"Tags": [{"Key": key, "Value": value} for key, value in to.tags.items()]} if to.tags else {}
    for alarm in incident.alarms:
        to.cloudwatch.put_metric_alarm(**alarm.parameters(to.prefix, actions), **tagged)
    for composite in incident.composite_alarms:
        to.cloudwatch.put_composite_alarm(**composite.parameters(to.prefix, actions), **tagged)


def _write_saved_queries(to: Target, incident: Incident) -> None:
    for saved in incident.saved_queries:
        to.days_ago(saved.age_in_days)
        to.logs.put_query_definition(
            name=to.prefix + saved.name,
            queryString=saved.query.replace("namePrefix: ['", f"namePrefix: ['{to.prefix}"),
            logGroupNames=[to.prefix + name for name in saved.log_groups],
        )


def _write_detectors(to: Target, incident: Incident) -> None:
    for detector in incident.detectors:
        to.days_ago(detector.age_in_days)
        arn = log_group_arn(to.logs, to.prefix + detector.log_group)
        to.logs.create_log_anomaly_detector(
            detectorName=to.prefix + detector.name, logGroupArnList=[arn], evaluationFrequency="FIVE_MIN", **to.log_tags
        )
