"""The client factory: the only way to AWS, and only for eleven operations that read.

Blocking boto3 calls run in a pool of threads for each account and Region, never on the event loop and never in anyio's
default threads, which also serve stdin and stdout. boto3 itself is imported with the first call.
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread

from cloudwatch_mcp import __version__
from cloudwatch_mcp.aws import OPERATIONS, Aws
from cloudwatch_mcp.errors import (
    InputError,
    OperationRefused,
    from_botocore,
    has_expired,
    no_answer,
    no_turn,
    not_sent,
)
from cloudwatch_mcp.sessions import find_region, open_session, refuse_unlisted

if TYPE_CHECKING:
    import boto3

    from cloudwatch_mcp.config import Settings

_MAX_CONCURRENT_CALLS = 32
_MAX_ATTEMPTS = 4


class Clients:
    """One boto3 session a profile and one client a (profile, Region, service), made on first use and shared.

    `opened_by` makes the sessions: a recorder's are heard, a replay's answer themselves.
    """

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        opened_by: Callable[[str | None], boto3.Session] = open_session,
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._open_session = opened_by
        self._files = anyio.CapacityLimiter(4)  # not anyio's own, which serves stdin and stdout
        self._pools: dict[tuple[str | None, str], ThreadPoolExecutor] = {}
        self._lock = threading.RLock()
        self._sessions: dict[str | None, boto3.Session] = {}
        self._clients: dict[tuple[str | None, str, str], Any] = {}

    async def at(self, profile_name: str | None, region: str | None) -> Aws:
        """The account and Region of a tool call.

        Raises:
            InputError: no such profile, or no such Region.
        """
        profile = profile_name or self._settings.profile
        session = self._sessions.get(profile) or await self._in_thread(partial(self.session, profile))
        name, note = find_region(session, region or self._settings.region, self._environment)
        return Aws(self.send, name, profile, (note,) if note else ())

    def client(self, profile: str | None, region: str, service: str) -> Any:
        """The shared boto3 client; it refuses every operation outside the allow-list. May block."""
        key = (profile, region, service)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._new_client(profile, region, service)
            return self._clients[key]

    async def send(self, aws: Aws, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """AWS's answer, or an error when it takes longer than the read timeout, repetitions and turns included."""
        pool = self._pools.setdefault((aws.profile, aws.region), ThreadPoolExecutor(_MAX_CONCURRENT_CALLS, "aws"))
        sending = pool.submit(copy_context().run, self._send, aws, operation, parameters)
        seconds = self._settings.read_timeout
        try:
            with anyio.move_on_after(seconds):
                # Given up, a call that has no thread yet is dropped; one that has keeps its place in the pool.
                return await asyncio.wrap_future(sending)
        except anyio.get_cancelled_exc_class():
            self._stop_unread(pool, sending, aws, operation)
            raise
        self._stop_unread(pool, sending, aws, operation)
        failure = no_turn if sending.cancelled() else no_answer
        raise failure(operation, aws.region, seconds)

    def _stop_unread(self, pool: ThreadPoolExecutor, sending: Future[Any], aws: Aws, operation: str) -> None:
        """A StartQuery that was given up may still start a query, whose id nobody gets: it is stopped when it does."""

        def stop(started: Future[Any]) -> None:
            if not started.cancelled() and started.exception() is None:
                pool.submit(self._send, aws, "StopQuery", {"queryId": started.result()["queryId"]})

        if operation == "StartQuery":
            sending.add_done_callback(stop)

    async def warm(self) -> None:
        """Import boto3 and make the default clients, so that the first call need not."""
        await self._in_thread(self._warm)

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._files)

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
        except (OSError, RuntimeError) as error:
            raise not_sent(operation, aws.region, error) from error
        answer.pop("ResponseMetadata", None)
        return answer

    def _warm(self) -> None:
        # Whatever is wrong with the configuration, the first call tells; a warm-up must not end the server.
        with suppress(Exception):
            profile = self._settings.profile
            region, _ = find_region(self.session(profile), self._settings.region, self._environment)
            for service in sorted(set(OPERATIONS.values())):
                self.client(profile, region, service)

    def _forget(self, profile: str | None, stale: Any) -> None:
        """Drop the session that `stale` belongs to, unless another thread has replaced it already."""
        with self._lock:
            if stale is None or stale in self._clients.values():
                self._sessions.pop(profile, None)
                self._clients = {key: client for key, client in self._clients.items() if key[0] != profile}

    def session(self, profile: str | None) -> boto3.Session:
        """The shared session of a profile. May block.

        Raises:
            InputError: there is no such profile, or the settings do not list it.
        """
        refuse_unlisted(profile, self._settings.profiles, self._environment)
        with self._lock:
            if profile not in self._sessions:
                self._sessions[profile] = self._open_session(profile)
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
            client = self.session(profile).client(service, region_name=region, config=config)
        except ValueError as error:
            raise InputError(f"{error}. Check AWS_ENDPOINT_URL and the profile's endpoint_url.") from None
        client.meta.events.register("before-parameter-build", _refuse_unlisted)
        client.meta.events.register("before-parse", _refuse_unreadable)
        client.meta.events.register_first("needs-retry", _repeat_only_what_is_safe)
        return client


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


def _repeat_only_what_is_safe(
    operation: Any, caught_exception: Exception | None, response: Any = None, **_: Any
) -> None:
    """Ends botocore's repetitions, by raising, where another one would only cost.

    botocore takes LimitExceededException, the answer to one query too many, for throttling: it would ask three times
    more, and slow down every other call to Logs. `insights` waits instead.

    After a read timeout there is no time left. A StartQuery that failed after it was sent may have started a query:
    a second one would leave the first running, unread and billed.
    """
    from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

    answer = response[1] if response else {}
    if operation.name == "StartQuery" and answer.get("Error", {}).get("Code") == "LimitExceededException":
        raise ClientError(answer, operation.name)
    was_sent = not isinstance(caught_exception, EndpointConnectionError | ConnectTimeoutError)
    silent = isinstance(caught_exception, ReadTimeoutError)
    if caught_exception is not None and (silent or (operation.name == "StartQuery" and was_sent)):
        raise caught_exception
