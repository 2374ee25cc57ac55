"""The client factory: the only way to AWS, and only for eleven operations that read.

Blocking boto3 calls run in threads of their own limiter, never on the event loop and never in anyio's default
threads, which also serve stdin and stdout. boto3 itself is imported with the first call.
"""

from __future__ import annotations

import json
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from cloudwatch_mcp import __version__
from cloudwatch_mcp.errors import (
    AwsError,
    CloudWatchError,
    InputError,
    OperationRefused,
    from_botocore,
    has_expired,
)
from cloudwatch_mcp.sessions import find_region, open_session

if TYPE_CHECKING:
    import boto3

    from cloudwatch_mcp.config import Settings

# The allow-list, and the source of the IAM policy in the documents. StopQuery ends a query of one's own; all others
# only read.
OPERATIONS: Mapping[str, str] = MappingProxyType(
    {
        "DescribeAlarmHistory": "cloudwatch",
        "DescribeAlarms": "cloudwatch",
        "GetMetricData": "cloudwatch",
        "ListMetrics": "cloudwatch",
        "DescribeLogGroups": "logs",
        "DescribeQueryDefinitions": "logs",
        "GetQueryResults": "logs",
        "ListAnomalies": "logs",
        "ListLogAnomalyDetectors": "logs",
        "StartQuery": "logs",
        "StopQuery": "logs",
    }
)
_MAX_CONCURRENT_CALLS = 32
_MAX_ATTEMPTS = 4


@dataclass
class Tally:
    """What one tool call has cost so far: the Region it spoke to and its calls to AWS."""

    region: str | None = None
    calls: int = 0


tally: ContextVar[Tally | None] = ContextVar("tally", default=None)


class Clients:
    """One boto3 session a profile and one client a (profile, Region, service), made on first use and shared."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self._settings = settings
        self._environment = environment
        self._limiter = anyio.CapacityLimiter(_MAX_CONCURRENT_CALLS)
        self._lock = threading.RLock()
        self._sessions: dict[str | None, boto3.Session] = {}
        self._clients: dict[tuple[str | None, str, str], Any] = {}

    async def at(self, profile_name: str | None, region: str | None) -> Aws:
        """The account and Region of a tool call.

        Raises:
            InputError: no such profile, or no such Region.
        """
        profile = profile_name or self._settings.profile
        aws: Aws = await self._in_thread(partial(self._resolve, profile, region or self._settings.region))
        return aws

    def client(self, profile: str | None, region: str, service: str) -> Any:
        """The shared boto3 client; it refuses every operation outside the allow-list. May block."""
        key = (profile, region, service)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._new_client(profile, region, service)
            return self._clients[key]

    async def send(self, aws: Aws, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = await self._in_thread(partial(self._send, aws, operation, parameters))
        return answer

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._limiter)

    def _send(
        self, aws: Aws, operation: str, parameters: Mapping[str, Any], *, renewed: bool = False
    ) -> dict[str, Any]:
        from botocore import xform_name
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        service = OPERATIONS.get(operation)
        if service is None:
            raise OperationRefused(f"{operation} is not one of the operations this server may send.")
        client = None
        try:
            client = self.client(aws.profile, aws.region, service)
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        except (BotoCoreError, ClientError, ResponseParserError) as error:
            if has_expired(error) and not renewed:
                self._forget(aws.profile, client)
                return self._send(aws, operation, parameters, renewed=True)
            raise from_botocore(error, aws.region, aws.profile, service, operation) from error
        answer.pop("ResponseMetadata", None)
        return answer

    def _forget(self, profile: str | None, stale: Any) -> None:
        """Drop the session that `stale` belongs to, unless another thread has replaced it already."""
        with self._lock:
            if stale is None or stale in self._clients.values():
                self._sessions.pop(profile, None)
                self._clients = {key: client for key, client in self._clients.items() if key[0] != profile}

    def _session(self, profile: str | None) -> boto3.Session:
        with self._lock:
            if profile not in self._sessions:
                self._sessions[profile] = open_session(profile)
            return self._sessions[profile]

    def _new_client(self, profile: str | None, region: str, service: str) -> Any:
        from botocore.config import Config

        config = Config(
            connect_timeout=self._settings.connect_timeout,
            read_timeout=self._settings.read_timeout,
            max_pool_connections=_MAX_CONCURRENT_CALLS,
            retries={"mode": "adaptive", "total_max_attempts": _MAX_ATTEMPTS},
            user_agent_extra=f"cloudwatch-mcp/{__version__}",
        )
        try:
            client = self._session(profile).client(service, region_name=region, config=config)
        except ValueError as error:
            raise InputError(f"{error}. Check AWS_ENDPOINT_URL and the profile's endpoint_url.") from None
        client.meta.events.register("before-parameter-build", _refuse_unlisted)
        client.meta.events.register("before-parse", _refuse_unreadable)
        return client

    def _resolve(self, profile: str | None, region: str | None) -> Aws:
        name, note = find_region(self._session(profile), region, self._environment)
        return Aws(self, name, profile, (note,) if note else ())


def _refuse_unlisted(model: Any, **_: Any) -> None:
    if OPERATIONS.get(model.name) != model.service_model.service_name:
        raise OperationRefused(f"{model.name} is not one of the operations this server may send.")


def _refuse_unreadable(operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
    """A body that is no JSON, a proxy's page say, is an empty answer to botocore: no alarm, no log group."""
    from botocore.parsers import ResponseParserError

    if response_dict["status_code"] >= 300 or operation_model.service_model.resolved_protocol != "json":
        return
    try:
        answer = json.loads(response_dict["body"])
    except ValueError:  # UnicodeDecodeError and JSONDecodeError alike
        answer = None
    if not isinstance(answer, dict):
        raise ResponseParserError(f"the answer with status {response_dict['status_code']} was no JSON object.")


@dataclass(frozen=True)
class Aws:
    """One account and Region as one tool call sees them; `notes` say what was assumed."""

    clients: Clients = field(repr=False)
    region: str
    profile: str | None
    notes: tuple[str, ...] = ()

    async def call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        """AWS's answer, as botocore parsed it. Parameters that are None are left out.

        Raises:
            AwsError: AWS refused, or could not be reached.
        """
        if (count := tally.get()) is not None:
            count.region, count.calls = self.region, count.calls + 1
        given = {name: value for name, value in parameters.items() if value is not None}
        return await self.clients.send(self, operation, given)

    async def pages(self, operation: str, **parameters: Any) -> AsyncIterator[dict[str, Any]]:
        """Every page of a paginated operation.

        Raises:
            AwsError: as `call`; also when AWS hands out the same token twice, which would never end.
        """
        name = "nextToken" if OPERATIONS.get(operation) == "logs" else "NextToken"
        token: str | None = None
        seen: set[str] = set()
        while token is None or token not in seen:
            if token is not None:
                seen.add(token)
                parameters[name] = token
            page = await self.call(operation, **parameters)
            yield page
            token = page.get(name)
            if not token:
                return
        raise AwsError(
            f"{operation} in {self.region} repeated a page token; the listing was given up. Call again.",
            code="RepeatedToken",
            operation=operation,
        )


async def settle(*calls: Coroutine[Any, Any, Any]) -> list[Any]:
    """The results of `calls`, run at once; one that failed gives its CloudWatchError as the result."""
    results: list[Any] = [None] * len(calls)

    async def run(position: int, call: Coroutine[Any, Any, Any]) -> None:
        try:
            results[position] = await call
        except CloudWatchError as error:
            results[position] = error

    async with anyio.create_task_group() as group:
        for position, call in enumerate(calls):
            group.start_soon(run, position, call)
    return results
