"""The resources of a run in an account: everyresource whose name begins with its prefix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.record_lib.account import Account


class Resource(NamedTuple):
    kind: str
    name: str
    remove: Callable[[], Any]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


_Kind = Callable[[Account], Iterator[Resource]]


def belongings(account: Account) -> list[Resource]:
    """Everyresource with the prefix, in the order in which it can be removed."""
    return [resource for kind in _KINDS.values() for resource in _of_this_run(account, kind)]


def remove(account: Account, say: Callable[[str], None]) -> list[str]:
    """Remove everyresource with the prefix; returns what remains. A failure does not stop the rest."""
    return [left for name, kind in _KINDS.items() for left in _remove_all(account, name, kind, say)]


def _of_this_run(account: Account, kind: _Kind) -> list[Resource]:
    return [resource for resource in kind(account) if resource.name.startswith(account.prefix)]


def _remove_all(account: Account, name: str, kind: _Kind, say: Callable[[str], None]) -> list[str]:
    try:
        for resource in _of_this_run(account, kind):
            _remove(resource, say)
        return [str(resource) for resource in _of_this_run(account, kind)]
    except (BotoCoreError, ClientError) as error:
        return [f"perhaps {name}: {error}"]


def _remove(resource: Resource, say: Callable[[str], None]) -> None:
    try:
        resource.remove()
    except (BotoCoreError, ClientError) as error:
        say(f"{resource} was not removed: {error}")


def _saved_queries(account: Account) -> Iterator[Resource]:
    asked: dict[str, Any] = {"queryDefinitionNamePrefix": account.prefix}
    while True:
        page = account.logs.describe_query_definitions(**asked)
        for each in page["queryDefinitions"]:
            delete = partial(account.logs.delete_query_definition, queryDefinitionId=each["queryDefinitionId"])
            yield Resource("saved query", each["name"], delete)
        if not page.get("nextToken"):
            return
        asked["nextToken"] = page["nextToken"]


def _log_anomaly_detectors(account: Account) -> Iterator[Resource]:
    for page in account.logs.get_paginator("list_log_anomaly_detectors").paginate():
        for each in page["anomalyDetectors"]:
            delete = partial(account.logs.delete_log_anomaly_detector, anomalyDetectorArn=each["anomalyDetectorArn"])
            yield Resource("log anomaly detector", each.get("detectorName", ""), delete)


def _composite_alarms(account: Account) -> Iterator[Resource]:
    """Parents first: AWS does not delete an alarm that a composite alarm depends on."""
    rules = {alarm["AlarmName"]: alarm["AlarmRule"] for alarm in _alarms(account, "CompositeAlarm")}
    while rules:
        children = {name for name in rules if any(f'"{name}"' in rule for rule in rules.values())}
        for name in sorted(set(rules) - children or rules):
            del rules[name]
            yield Resource("composite alarm", name, partial(account.cloudwatch.delete_alarms, AlarmNames=[name]))


def _metric_alarms(account: Account) -> Iterator[Resource]:
    for alarm in _alarms(account, "MetricAlarm"):
        delete = partial(account.cloudwatch.delete_alarms, AlarmNames=[alarm["AlarmName"]])
        yield Resource("alarm", alarm["AlarmName"], delete)


def _alarms(account: Account, kind: str) -> Iterator[dict[str, Any]]:
    pages = account.cloudwatch.get_paginator("describe_alarms")
    for page in pages.paginate(AlarmNamePrefix=account.prefix, AlarmTypes=[kind]):
        yield from page[f"{kind}s"]


def _anomaly_detectors(account: Account) -> Iterator[Resource]:
    """CloudWatch creates a detector for an alarm on an anomaly band, and keeps it when the alarm is deleted."""
    for page in account.cloudwatch.get_paginator("describe_anomaly_detectors").paginate():
        for each in page["AnomalyDetectors"]:
            metric = each.get("SingleMetricAnomalyDetector", {})
            delete = partial(account.cloudwatch.delete_anomaly_detector, SingleMetricAnomalyDetector=metric)
            yield Resource("anomaly detector", f"{metric.get('Namespace', '')} {metric.get('MetricName')}", delete)


def _log_groups(account: Account) -> Iterator[Resource]:
    for page in account.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=account.prefix):
        for each in page["logGroups"]:
            delete = partial(account.logs.delete_log_group, logGroupName=each["logGroupName"])
            yield Resource("log group", each["logGroupName"], delete)


_KINDS = {
    "saved queries": _saved_queries,
    "log anomaly detectors": _log_anomaly_detectors,
    "composite alarms": _composite_alarms,
    "alarms": _metric_alarms,
    "anomaly detectors": _anomaly_detectors,
    "log groups": _log_groups,
}
