"""The AWS account of a run, and clients that write nothing but what begins with the run's prefix."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config

from cloudwatch_mcp.recording.wire import is_aws
from scripts.record_lib.permissions import guard

# AWS throttles PutMetricAlarm at three a second, and CreateLogGroup at ten.
_PATIENT = Config(retries={"mode": "standard", "total_max_attempts": 10})


class RunFailed(Exception):
    """A run cannot start or go on; the message says why."""


@dataclass(frozen=True)
class Account:
    """Clients for CloudWatch Logs and CloudWatch, of one account and Region, that write under `prefix` only."""

    number: str
    region: str
    profile: str | None
    prefix: str
    logs: Any
    cloudwatch: Any

    @property
    def teardown_command(self) -> str:
        profile = f" --profile {self.profile}" if self.profile else ""
        return f"scripts/record --teardown {self.prefix}{profile} --region {self.region} --account {self.number}"

    @property
    def environment(self) -> dict[str, str]:
        """For a process that uses the same credentials; botocore would prefer keys to a profile."""
        keys = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
        profile = {"AWS_PROFILE": self.profile, **dict.fromkeys(keys, "")} if self.profile else {}
        return {"AWS_REGION": self.region, **profile}


def enter(number: str, region: str, profile: str | None, prefix: str) -> Account:
    """The account of the credentials: the profile's, or else the environment's.

    Raises:
        RunFailed: it is another account, or an endpoint is overridden. Nothing has been written.
    """
    session = boto3.Session(profile_name=profile, region_name=region)
    sts, logs, cloudwatch = clients = [session.client(each, config=_PATIENT) for each in ("sts", "logs", "cloudwatch")]
    require_aws(clients)
    caller = sts.get_caller_identity()["Account"]
    if caller != number:
        raise RunFailed(f"These credentials are for account {caller}, not {number}: nothing was done.")
    for client in (logs, cloudwatch):
        client.meta.events.register("before-parameter-build", guard(prefix))
    return Account(number, region, profile, prefix, logs, cloudwatch)


def require_aws(clients: list[Any]) -> None:
    """Refuse an endpoint override, whether it comes from a variable or from the profile."""
    if variables := [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
        raise RunFailed(f"Requests might not go to AWS: unset {', '.join(variables)}.")
    for url in (client.meta.endpoint_url for client in clients):
        if not is_aws(url):
            raise RunFailed(f"Requests would go to {url}: remove endpoint_url in the profile.")


def listed(client: Any, operation: str, path: str, **asked: Any) -> Iterator[Any]:
    """What the JMESPath expression `path` finds in all pages of an operation's answer."""
    yield from client.get_paginator(operation).paginate(**asked).search(path)
