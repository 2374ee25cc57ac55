"""The AWS account of a run, and clients that write nothing but what begins with the run's prefix."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from cloudwatch_mcp.recording.wire import is_aws

# AWS throttles PutMetricAlarm at three a second, and CreateLogGroup at ten.
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10})
_READS = ("Describe", "Get", "List", "StartQuery")
# The parameter with the resource's name, of each operation that writes.
_NAME_PARAMETERS = {
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
# These take ids, which come from a list of what has the prefix.
_BY_ID = frozenset({"DeleteLogAnomalyDetector", "DeleteQueryDefinition"})


class AccountRefused(Exception):
    """The credentials are for another account, or requests would not go to AWS."""


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
        AccountRefused: it is another account, or an endpoint is overridden. Nothing has been written.
    """
    session = boto3.Session(region_name=region)
    clients = [session.client(service, config=_PATIENT) for service in ("sts", "logs", "cloudwatch")]
    require_aws(clients)
    caller = clients[0].get_caller_identity()["Account"]
    if caller != number:
        raise AccountRefused(f"These credentials are for account {caller}, not {number}: nothing was done.")
    for client in clients[1:]:
        client.meta.events.register("before-parameter-build", _Guard(prefix))
    return Account(number, region, prefix, *clients[1:])


def require_aws(clients: list[Any]) -> None:
    """Refuse an endpoint override, whether it comes from a variable or from the profile."""
    variables = [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]
    if variables:
        raise AccountRefused(f"Requests might not go to AWS: unset {', '.join(variables)}.")
    for client in clients:
        if not is_aws(client.meta.endpoint_url):
            raise AccountRefused(
                f"Requests would go to {client.meta.endpoint_url}: remove endpoint_url in the profile."
            )


@contextmanager
def environment(variables: Mapping[str, str], *, without: tuple[str, ...] = ()) -> Iterator[None]:
    """Set variables of this process, and remove others, for the block."""
    before = dict(os.environ)
    for name in without:
        os.environ.pop(name, None)
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


class _Guard:
    """Refuses to send a write to anything that does not begin with the prefix."""

    def __init__(self, prefix: str) -> None:
        self._prefix = prefix

    def __call__(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        if model.name.startswith(_READS) or model.name in _BY_ID:
            return
        value: Any = params
        for member in _NAME_PARAMETERS.get(model.name, "nothing").split("."):
            value = value.get(member, {})
        names = value if isinstance(value, list) else [value]
        if not names or not all(isinstance(name, str) and name.startswith(self._prefix) for name in names):
            raise PermissionError(f"{model.name} of {names} was not sent: it does not begin with {self._prefix}")
