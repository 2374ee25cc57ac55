"""An offline CloudWatch endpoint: moto, extended, with seeded incidents to investigate."""

from __future__ import annotations

import os
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING

from moto.moto_api._internal import mock_random

from cloudwatch_mcp.sandbox import cloudwatch, logs
from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.incidents import incident as find_incident
from cloudwatch_mcp.sandbox.kit.seed_sandbox import seed_sandbox
from cloudwatch_mcp.sandbox.server import Application, Server

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["Clock", "Sandbox"]

LINKED_ACCOUNT = "111122223333"

_one_at_a_time = Lock()


class Sandbox:
    """CloudWatch, CloudWatch Logs and STS on loopback HTTP, for any boto3 client with `endpoint_url`.

    Args:
        now: the time at which the sandbox's clock stands still; by default it follows the wall clock.
        incident: the name of the incident to write, whose data ends at `now`; None: nothing.
        polls_to_complete: how often a query is polled before it is Complete; None: until it is stopped.

    moto keeps its state for the whole process, so one sandbox runs at a time.

    Raises:
        ValueError: there is no such incident; the message lists those that there are.
    """

    region = "us-east-1"

    def __init__(
        self,
        *,
        now: datetime | None = None,
        incident: str | None = "checkout-failures",
        polls_to_complete: int | None = 2,
    ) -> None:
        self.clock = Clock(now)
        self._incident = find_incident(incident) if incident else None
        self._polls_to_complete = polls_to_complete
        self._server: Server | None = None

    @property
    def endpoint_url(self) -> str:
        if self._server is None:
            raise RuntimeError("the sandbox is not running")
        return self._server.endpoint_url

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point any AWS client at this sandbox and at nothing else."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "AWS_REGION": self.region,
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",  # it wins where both are set
        }

    def hold_queries(self, hold: bool) -> None:
        """Whether queries started from now on run until they are stopped."""
        logs.SandboxLogsResponse.state.polls_to_complete = None if hold else self._polls_to_complete

    def start(self) -> Self:
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("a sandbox is running in this process already; stop it first")
        try:
            logs.install(self.clock, polls_to_complete=self._polls_to_complete, linked_accounts=[LINKED_ACCOUNT])
            cloudwatch.install(self.clock)
            mock_random.seed("the ids that moto hands out")
            application = Application()
            if self._incident:
                seed_sandbox(self._incident, self.region, self.clock, LINKED_ACCOUNT)
            self._server = Server(application)
        except BaseException:
            _one_at_a_time.release()
            raise
        return self

    def stop(self) -> None:
        """Stop serving and free the port. Safe to call twice."""
        if self._server is not None:
            self._server.stop()
            self._server = None
            _one_at_a_time.release()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
