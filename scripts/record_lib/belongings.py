"""What an account has of a run: everything whose name begins with its prefix."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from scripts.record_lib.account import Account


class Thing(NamedTuple):
    kind: str
    name: str
    remove: Callable[[], Any]

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


_Kind = Callable[[Account], Iterator[Thing]]


def belongings(account: Account) -> list[Thing]:
    """Everything with the prefix, in the order in which it can be removed."""
    return [thing for kind in _KINDS.values() for thing in _of_this_run(account, kind)]


def remove(account: Account, tell: Callable[[str], None]) -> list[str]:
    """Remove everything with the prefix; returns what is left. What cannot be removed does not keep the rest."""
    return [left for name, kind in _KINDS.items() for left in _remove_all(account, name, kind, tell)]


def _of_this_run(account: Account, kind: _Kind) -> list[Thing]:
    return [thing for thing in kind(account) if thing.name.startswith(account.prefix)]


def _remove_all(account: Account, name: str, kind: _Kind, tell: Callable[[str], None]) -> list[str]:
    try:
        for thing in _of_this_run(account, kind):
            _remove(thing, tell)
        return [str(thing) for thing in _of_this_run(account, kind)]
    except (BotoCoreError, ClientError) as error:
        return [f"perhaps {name}: {error}"]


def _remove(thing: Thing, tell: Callable[[str], None]) -> None:
    try:
        thing.remove()
    except (BotoCoreError, ClientError) as error:
        tell(f"{thing} was not removed: {error}")


def _saved_queries(account: Account) -> Iterator[Thing]:
    asked: dict[str, Any] = {"queryDefinitionNamePrefix": account.prefix}
    while True:
        page = account.logs.describe_query_definitions(**asked)
        for each in page["queryDefinitions"]:
            delete = partial(account.logs.delete_query_definition, queryDefinitionId=each["queryDefinitionId"])
            yield Thing("saved query", each["name"], delete)
        if not page.get("nextToken"):
            return
        asked["nextToken"] = page["nextToken"]


def _log_anomaly_detectors(account: Account) -> Iterator[Thing]:
    for page in account.logs.get_paginator("list_log_anomaly_detectors").paginate():
        for each in page["anomalyDetectors"]:
            delete = partial(account.logs.delete_log_anomaly_detector, anomalyDetectorArn=each["anomalyDetectorArn"])
            yield Thing("log anomaly detector", each.get("detectorName", ""), delete)


def _composite_alarms(account: Account) -> Iterator[Thing]:
    """Parents first: AWS deletes no alarm that a composite alarm depends on."""
    rules = {alarm["AlarmName"]: alarm["AlarmRule"] for alarm in _alarms(account, "CompositeAlarm")}
    while rules:
        children = {name for name in rules if any(f'"{name}"' in rule for rule in rules.values())}
        for name in sorted(set(rules) - children or rules):
            del rules[name]
            yield Thing("composite alarm", name, partial(account.cloudwatch.delete_alarms, AlarmNames=[name]))


def _metric_alarms(account: Account) -> Iterator[Thing]:
    for alarm in _alarms(account, "MetricAlarm"):
        delete = partial(account.cloudwatch.delete_alarms, AlarmNames=[alarm["AlarmName"]])
        yield Thing("alarm", alarm["AlarmName"], delete)


def _alarms(account: Account, kind: str) -> Iterator[dict[str, Any]]:
    pages = account.cloudwatch.get_paginator("describe_alarms")
    for page in pages.paginate(AlarmNamePrefix=account.prefix, AlarmTypes=[kind]):
        yield from page[f"{kind}s"]


def _anomaly_detectors(account: Account) -> Iterator[Thing]:
    """For an alarm on an anomaly band CloudWatch makes a detector, which outlives the alarm."""
    for page in account.cloudwatch.get_paginator("describe_anomaly_detectors").paginate():
        for each in page["AnomalyDetectors"]:
            metric = each.get("SingleMetricAnomalyDetector", {})
            delete = partial(account.cloudwatch.delete_anomaly_detector, SingleMetricAnomalyDetector=metric)
            yield Thing("anomaly detector", f"{metric.get('Namespace', '')} {metric.get('MetricName')}", delete)


def _log_groups(account: Account) -> Iterator[Thing]:
    for page in account.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=account.prefix):
        for each in page["logGroups"]:
            delete = partial(account.logs.delete_log_group, logGroupName=each["logGroupName"])
            yield Thing("log group", each["logGroupName"], delete)


_KINDS = {
    "saved queries": _saved_queries,
    "log anomaly detectors": _log_anomaly_detectors,
    "composite alarms": _composite_alarms,
    "alarms": _metric_alarms,
    "anomaly detectors": _anomaly_detectors,
    "log groups": _log_groups,
}
