"""An incident: what happened, its data, and the calls that establish it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.kit.alarms import CompositeAlarm, MetricAlarm
from cloudwatch_mcp.sandbox.kit.anomalies import Detector
from cloudwatch_mcp.sandbox.kit.logs import LogGroup
from cloudwatch_mcp.sandbox.kit.metrics import SampledMetric
from cloudwatch_mcp.sandbox.kit.timeline import before


class SavedQuery(NamedTuple):
    name: str
    query: str
    log_groups: tuple[str, ...] = ()
    age_in_days: int = 90


@dataclass(frozen=True)
class Truth:
    """What an investigation has to establish.

    Attributes:
        cause: one sentence.
        first_bad_minute: in minutes before the end; None when nothing is wrong.
        affected: the services that fail or are slow.
        innocent: what looks suspicious and is not the cause, each with the reason.
    """

    cause: str
    first_bad_minute: float | None
    affected: Sequence[str]
    innocent: Mapping[str, str]


class Call(NamedTuple):
    """A call of a tool, and texts that its answer must contain.

    In `shows`, {onset} is a minute within two of `Truth.first_bad_minute`, as the tools write it: 2026-11-20T11:06.
    """

    tool: str
    arguments: Mapping[str, Any]
    shows: tuple[str, ...]


def query(text: str, log_groups: Sequence[str], start_time: str, *shows: str) -> Call:
    """A call of execute_log_insights_query."""
    arguments = {"query_string": text, "start_time": start_time, "log_group_names": log_groups}
    return Call("execute_log_insights_query", arguments, shows)


def deployments(*shows: str) -> Call:
    """The query for the deployments of the last day."""
    text = 'fields @timestamp, service, from, to, change | filter msg = "deployment started"'
    return query(text, ["/shop/deployments"], "24h", *shows)


@dataclass(frozen=True)
class Incident:
    """Everything that the sandbox writes for an incident.

    Attributes:
        services: the parts of the system, each with what it does.
        evaluated: the spans, in minutes before the end, in which alarms are evaluated; older ones come first. Beyond
            `SampledMetric.fine`, alarms with a period of a minute lack four of five datapoints.
    """

    name: str
    title: str
    story: str
    services: Mapping[str, str]
    truth: Truth
    log_groups: Sequence[LogGroup] = ()
    metrics: Sequence[SampledMetric] = ()
    alarms: Sequence[MetricAlarm] = ()
    composite_alarms: Sequence[CompositeAlarm] = ()
    detectors: Sequence[Detector] = ()
    saved_queries: Sequence[SavedQuery] = ()
    linked_log_groups: Sequence[LogGroup] = ()
    evaluated: Sequence[tuple[float, float]] = ((355, 0),)
    solution: Sequence[Call] = ()

    def missing(self, call: Call, answer: str, now: datetime) -> list[str]:
        """What the answer to a call of `solution`, as JSON text, does not show; `now` is when the data ends."""
        first = self.truth.first_bad_minute or 0
        onsets = [f"{before(now, first + late):%Y-%m-%dT%H:%M}" for late in range(-2, 3)]
        return [shown for shown in call.shows if not any(shown.replace("{onset}", onset) in answer for onset in onsets)]

    @property
    def custom_metrics(self) -> list[SampledMetric]:
        """Those that PutMetricData accepts on AWS, which refuses them in its own namespaces."""
        return [metric for metric in self.metrics if not metric.is_of_aws]
