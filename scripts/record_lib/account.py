"""The AWS account of a run: whose it is, and clients that write nothing but what has the run's prefix."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

# AWS holds back PutMetricAlarm at three a second, and CreateLogGroup at ten.
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10})
_READS = ("Describe", "Get", "List", "StartQuery")
# Where each operation that writes has the name of what it writes.
_NAMED = {
    "CreateLogAnomalyDetector": "detectorName",
    "CreateLogGroup": "logGroupName",
    "CreateLogStream": "logGroupName",
    "DeleteAlarms": "AlarmNames",
    "DeleteAnomalyDetector": "SingleMetricAnomalyDetector.Namespace",
    "DeleteLogGroup": "logGroupName",
    "PutCompositeAlarm": "AlarmName",
    "PutLogEvents": "logGroupName",
    "PutMetricAlarm": "AlarmName",
    "PutMetricData": "Namespace",
    "PutQueryDefinition": "name",
    "PutRetentionPolicy": "logGroupName",
    "SetAlarmState": "AlarmName",
}
# These know no name: their ids come from a list of what has the prefix.
_BY_ID = frozenset({"DeleteLogAnomalyDetector", "DeleteQueryDefinition"})


class WrongAccount(Exception):
    """The credentials are of another account than the one that was named."""


@dataclass(frozen=True)
class Account:
    """Clients for CloudWatch Logs and CloudWatch, of one account and Region, that write under `prefix` only."""

    number: str
    region: str
    prefix: str
    logs: Any
    cloudwatch: Any


def enter(number: str, region: str, prefix: str) -> Account:
    """The account that the environment's credentials belong to.

    Raises:
        WrongAccount: it is not the one with this number. Nothing has been written.
    """
    session = boto3.Session(region_name=region)
    caller = session.client("sts").get_caller_identity()["Account"]
    if caller != number:
        raise WrongAccount(f"These are the credentials of account {caller}, not of {number}: nothing was done.")
    clients = [session.client(service, config=_PATIENT) for service in ("logs", "cloudwatch")]
    for client in clients:
        client.meta.events.register("before-parameter-build", _Guard(prefix))
    return Account(number, region, prefix, *clients)


@contextmanager
def environment(variables: Mapping[str, str], *, without: tuple[str, ...] = ()) -> Iterator[None]:
    """The process's environment with these variables, and without those that begin so."""
    before = dict(os.environ)
    for name in [name for name in os.environ if name.startswith(without)]:
        del os.environ[name]
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class _Guard:
    """Refuses to send what would write anything but what has the prefix."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def __call__(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        if model.name.startswith(_READS) or model.name in _BY_ID:
            return
        value: Any = params
        for member in _NAMED.get(model.name, "nothing").split("."):
            value = value.get(member, {})
        names = value if isinstance(value, list) else [value]
        if not names or not all(isinstance(name, str) and name.startswith(self._prefix) for name in names):
            raise PermissionError(f"{model.name} of {names} was not sent: it is not of {self._prefix}")
