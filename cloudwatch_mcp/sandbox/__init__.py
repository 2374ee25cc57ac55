"""An offline CloudWatch endpoint: moto, extended, with seeded incidents to investigate."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any

from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.faults import Faults, parse
from cloudwatch_mcp.sandbox.incidents import INCIDENTS
from cloudwatch_mcp.sandbox.incidents import incident as find_incident
from cloudwatch_mcp.sandbox.kit.incident import Incident, Truth

if TYPE_CHECKING:
    from typing_extensions import Self

    from cloudwatch_mcp.sandbox.server import Server

__all__ = ["INCIDENTS", "Clock", "Incident", "Sandbox", "Truth"]

LINKED_ACCOUNT = "111122223333"

_one_at_a_time = Lock()


class Sandbox:
    """CloudWatch, CloudWatch Logs and STS on loopback HTTP, for any AWS client.

    Args:
        incident: the name of the incident to write, one of INCIDENTS, whose data ends at `now`; None: nothing.
        now: the time at which the sandbox's clock stands still; by default it follows the wall clock.
        port: of 127.0.0.1; 0: a free one.
        polls_to_complete: how often a query is polled before it is Complete; None: until it is stopped.
        faults: what goes wrong after the start, such as "throttle=0.2,latency=300ms,deny=logs:StartQuery,expire".

    Attributes:
        incident: the incident with its truth, or None.
        clock: its `now()` is the sandbox's time in UTC.
        region: the Region of the data.

    moto keeps its state for the whole process, so one sandbox runs at a time.

    Raises:
        ValueError: there is no such incident, `now` has no time zone, or `faults` cannot be read.
    """

    region = "us-east-1"

    def __init__(
        self,
        *,
        incident: str | None = "checkout-failures",
        now: datetime | None = None,
        port: int = 0,
        polls_to_complete: int | None = 2,
        faults: str = "",
    ) -> None:
        self.clock = Clock(now)
        self.incident: Incident | None = find_incident(incident) if incident else None
        self._port = port
        self._faults = parse(faults)
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
            "AWS_DEFAULT_REGION": self.region,  # boto3 and the AWS CLI of version 1 read only this one
            "AWS_ACCESS_KEY_ID": "sandbox",
            "AWS_SECRET_ACCESS_KEY": "sandbox",
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",  # it wins where both are set
        }

    def client(self, service: str) -> Any:
        """A boto3 client of the sandbox: `client("logs")`, `client("cloudwatch")` or `client("sts")`."""
        from cloudwatch_mcp.sandbox.server import session

        return session().client(service, region_name=self.region, endpoint_url=self.endpoint_url)

    def hold_queries(self, hold: bool) -> None:
        """Whether queries started from now on run until they are stopped."""
        from cloudwatch_mcp.sandbox import logs

        logs.SandboxLogsResponse.state.polls_to_complete = None if hold else self._polls_to_complete

    def hold_alarms(self, hold: bool) -> None:
        """Whether metric alarms put from now on stay in the states that SetAlarmState gives them."""
        from cloudwatch_mcp.sandbox import cloudwatch

        cloudwatch.hold_alarms(hold)

    def start(self, report: Callable[[float, str], None] = lambda _share, _step: None) -> Self:
        """Write the incident, and listen.

        Args:
            report: is called with the share of the start that is done, from 0 to 1, and the next step.

        Raises:
            RuntimeError: a sandbox is running in this process already.
            OSError: the port is taken.
        """
        if not _one_at_a_time.acquire(blocking=False):
            raise RuntimeError("a sandbox is running in this process already; stop it first")
        try:
            report(0.0, "Loading the offline CloudWatch")
            self._server = self._listening(report)
        except BaseException:
            _one_at_a_time.release()
            raise
        return self

    def _listening(self, report: Callable[[float, str], None]) -> Server:
        from moto.moto_api._internal import mock_random

        from cloudwatch_mcp.sandbox import cloudwatch, logs
        from cloudwatch_mcp.sandbox.kit.seed_sandbox import seed_sandbox
        from cloudwatch_mcp.sandbox.server import Application, Server

        logs.install(self.clock, polls_to_complete=self._polls_to_complete, linked_accounts=[LINKED_ACCOUNT])
        cloudwatch.install(self.clock)
        mock_random.seed("the ids that moto hands out")
        application = Application()
        if self.incident:
            report(0.3, f"Writing the incident {self.incident.name}")
            cloudwatch.hold_alarms(True)
            seed_sandbox(self.incident, self.region, self.clock, LINKED_ACCOUNT)
            cloudwatch.hold_alarms(False)
        application.faults = Faults(self._faults, self.clock)
        return Server(application, self._port)

    def stop(self) -> None:
        """Stop serving and free the port. Safe to call twice."""
        if self._server is not None:
            self._server.stop()
            self._server = None
            _one_at_a_time.release()

    def __enter__(self) -> Self:
        return self if self._server else self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()
