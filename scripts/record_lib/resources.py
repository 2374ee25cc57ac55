"""The resources of a run in an account: every resource whose name begins with the run's prefix."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from graphlib import TopologicalSorter
from operator import attrgetter
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from scripts.record_lib.account import Account, listed

Say = Callable[[str], None]
Listed = Iterable[tuple[str, Any]]
"""Names of resources, each with the argument that removes it."""


def names(account: Account) -> list[str]:
    """Of every resource with the prefix, in the order in which they are removed."""
    return [name for kind in _KINDS for name, _ in _of_run(account, kind)]


def remove(account: Account, say: Say) -> list[str]:
    """Remove every resource with the prefix; returns what remains. A failure does not stop the rest."""
    return [remaining for kind in _KINDS for remaining in _remove_kind(account, kind, say)]


def _remove_kind(account: Account, kind: str, say: Say) -> list[str]:
    try:
        for name, value in _of_run(account, kind):
            _remove(account, kind, name, value, say)
        return [f"{kind} {name}" for name, _ in _of_run(account, kind)]
    except (BotoCoreError, ClientError) as error:
        return [f"perhaps each {kind}: {error}"]


def _remove(account: Account, kind: str, name: str, value: Any, say: Say) -> None:
    _, method, argument = _KINDS[kind]
    try:
        attrgetter(method)(account)(**{argument: value})
    except (BotoCoreError, ClientError) as error:
        say(f"{kind} {name} was not removed: {error}")


def _of_run(account: Account, kind: str) -> list[tuple[str, Any]]:
    return [(name, value) for name, value in _KINDS[kind][0](account) if name.startswith(account.prefix)]


def _saved_queries(account: Account) -> Listed:
    """In one page: a run writes a few."""
    answer = account.logs.describe_query_definitions(queryDefinitionNamePrefix=account.prefix, maxResults=1000)
    return ((each["name"], each["queryDefinitionId"]) for each in answer["queryDefinitions"])


def _log_anomaly_detectors(account: Account) -> Listed:
    found = listed(account.logs, "list_log_anomaly_detectors", "anomalyDetectors[]")
    return ((each.get("detectorName", ""), each["anomalyDetectorArn"]) for each in found)


def _composite_alarms(account: Account) -> Listed:
    """Parents first: AWS does not delete an alarm that a composite alarm depends on."""
    alarms = listed(
        account.cloudwatch,
        "describe_alarms",
        "CompositeAlarms[]",
        AlarmNamePrefix=account.prefix,
        AlarmTypes=["CompositeAlarm"],
    )
    rules = {alarm["AlarmName"]: alarm["AlarmRule"] for alarm in alarms}
    parents = {name: [parent for parent, rule in rules.items() if f'"{name}"' in rule] for name in rules}
    return ((name, [name]) for name in TopologicalSorter(parents).static_order())


def _metric_alarms(account: Account) -> Listed:
    return ((name, [name]) for name in listed(account.cloudwatch, "describe_alarms", "MetricAlarms[].AlarmName"))


def _anomaly_detectors(account: Account) -> Listed:
    """CloudWatch creates a detector for an alarm on an anomaly band, and keeps it when the alarm is deleted."""
    path = "AnomalyDetectors[].SingleMetricAnomalyDetector"
    detectors = listed(account.cloudwatch, "describe_anomaly_detectors", path)
    return ((f"{metric['Namespace']} {metric['MetricName']}", metric) for metric in detectors)


def _log_groups(account: Account) -> Listed:
    return ((name, name) for name in listed(account.logs, "describe_log_groups", "logGroups[].logGroupName"))


# How each kind is listed, and the method and the parameter that remove one, in the order in which they can be removed.
_KINDS: dict[str, tuple[Callable[[Account], Listed], str, str]] = {
    "saved query": (_saved_queries, "logs.delete_query_definition", "queryDefinitionId"),
    "log anomaly detector": (_log_anomaly_detectors, "logs.delete_log_anomaly_detector", "anomalyDetectorArn"),
    "composite alarm": (_composite_alarms, "cloudwatch.delete_alarms", "AlarmNames"),
    "alarm": (_metric_alarms, "cloudwatch.delete_alarms", "AlarmNames"),
    "anomaly detector": (_anomaly_detectors, "cloudwatch.delete_anomaly_detector", "SingleMetricAnomalyDetector"),
    "log group": (_log_groups, "logs.delete_log_group", "logGroupName"),
}
