"""The client factory: the only way to AWS, and only for eleven operations that read.

Blocking boto3 calls run in threads of their own, never on the event loop and never in anyio's default threads, which
also serve stdin and stdout. boto3 itself is imported with the first call.
"""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, TypeVar

import anyio
import anyio.to_thread

from cloudwatch_mcp import __version__
from cloudwatch_mcp.aws import responses
from cloudwatch_mcp.aws.calls import OPERATIONS, Aws, tally
from cloudwatch_mcp.aws.secrets import hidden, hide, known_secrets
from cloudwatch_mcp.aws.sessions import find_region, open_session, refuse_unlisted
from cloudwatch_mcp.errors import (
    AwsError,
    CloudWatchError,
    InputError,
    OperationRefused,
    from_botocore,
    has_expired,
    no_answer,
    no_turn,
    not_sent,
    too_large,
)

if TYPE_CHECKING:
    import boto3

    from cloudwatch_mcp.aws.connections import Exchange
    from cloudwatch_mcp.config import Settings

_MAX_CONCURRENT_CALLS = 32  # to one account and Region
_MAX_THREADS = 64  # to all of them
_MAX_IDLE_CONNECTIONS = 16  # of a client; what more calls at once open is closed after them
_STOP_WITHIN = 30.0  # seconds for a StopQuery, whoever waits for it
_MAX_CLIENTS = 32  # kept open; each has idle connections
_MAX_ATTEMPTS = 4
RetryMode: TypeAlias = Literal["adaptive", "standard"]
_T = TypeVar("_T")


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
        self._threads = ThreadPoolExecutor(_MAX_THREADS, "aws")
        self._turns: dict[tuple[str | None, str], anyio.Semaphore] = {}
        self._turns_to_stop: dict[tuple[str | None, str], anyio.Semaphore] = {}
        self._lock = threading.RLock()
        self._sessions: dict[str | None, boto3.Session] = {}
        self._clients: OrderedDict[tuple[str | None, str, str, str], Any] = OrderedDict()

    async def at(self, profile_name: str | None, region: str | None) -> Aws:
        """The account and Region of a tool call.

        Raises:
            InputError: no such profile, or no such Region.
        """
        profile = profile_name or self._settings.profile
        find = partial(self._find_region, profile, region or self._settings.region)
        name, note = find() if profile in self._sessions else await self._in_thread(find)
        return Aws(self.send, name, profile, (note,) if note else ())

    def client(self, profile: str | None, region: str, service: str, retries: RetryMode = "adaptive") -> Any:
        """The shared boto3 client; it refuses every operation outside the allow-list. May block.

        An adaptive one holds requests back while AWS throttles.
        """
        key = (profile, region, service, retries)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._new_client(profile, region, service, retries)
            self._clients.move_to_end(key)
            if len(self._clients) > _MAX_CLIENTS:
                _, unused = self._clients.popitem(last=False)
                unused.close()
            return self._clients[key]

    async def send(self, aws: Aws, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """AWS's answer, or an error when it takes longer than the read timeout, retries and turns included."""
        from cloudwatch_mcp.aws.connections import Exchange

        turns = self._turns if operation != "StopQuery" else self._turns_to_stop
        turn = turns.setdefault((aws.profile, aws.region), anyio.Semaphore(_MAX_CONCURRENT_CALLS))
        seconds, exchange = self._settings.read_timeout, Exchange()
        sending: Future[dict[str, Any]] | None = None
        with anyio.move_on_after(seconds):
            await turn.acquire()
            if operation == "StopQuery":
                sending = self._stop(aws, parameters, asyncio.get_running_loop())
            else:
                sending = self._threads.submit(copy_context().run, self._send, aws, operation, parameters, exchange)
            sending.add_done_callback(partial(_release, turn, asyncio.get_running_loop()))
            try:
                return await asyncio.shield(_observed(sending))
            except anyio.get_cancelled_exc_class():
                self._give_up(sending, exchange, aws, operation)
                raise
        failure = no_turn if sending is None or sending.cancelled() else no_answer
        raise failure(operation, aws.region, seconds)

    def _give_up(self, sending: Future[dict[str, Any]], exchange: Exchange, aws: Aws, operation: str) -> None:
        """A call that has no thread yet is dropped; one that has is ended on its connection, and frees its thread.

        A StartQuery may still start a query, whose id nobody gets: so it has more time, and what it started is stopped.
        StopQuery goes on by itself.
        """
        if operation == "StopQuery" or sending.cancel():
            return
        if operation != "StartQuery":
            exchange.give_up()
            return

        loop = asyncio.get_running_loop()

        def stop(started: Future[dict[str, Any]]) -> None:
            if started.exception() is None:
                self._stop(aws, {"queryId": started.result()["queryId"]}, loop)

        sending.add_done_callback(stop)
        loop.call_later(self._settings.read_timeout, exchange.give_up)

    def _stop(self, aws: Aws, query: Mapping[str, Any], loop: asyncio.AbstractEventLoop) -> Future[dict[str, Any]]:
        """StopQuery in a thread of its own: it waits behind no call that hangs, and goes on when nobody waits."""
        from cloudwatch_mcp.aws.connections import Exchange

        stopping: Future[dict[str, Any]] = Future()
        exchange = Exchange()

        def stop() -> None:
            try:
                stopping.set_result(self._send(aws, "StopQuery", query, exchange))
            except Exception as error:  # noqa: BLE001 - whoever waits gets it
                stopping.set_exception(error)

        with suppress(RuntimeError):  # the loop has ended, and the process soon
            loop.call_soon_threadsafe(loop.call_later, _STOP_WITHIN, exchange.give_up)
        threading.Thread(target=copy_context().run, args=(stop,), name="aws-stop", daemon=True).start()
        return stopping

    async def warm(self) -> None:
        """Import boto3 and make the default clients, so that the first call need not."""
        await self._in_thread(self._warm)

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._files)

    def _send(
        self, aws: Aws, operation: str, parameters: Mapping[str, Any], exchange: Exchange, *, renewed: bool = False
    ) -> dict[str, Any]:
        from botocore import xform_name

        from cloudwatch_mcp.aws import connections

        service = OPERATIONS.get(operation)
        if service is None:
            raise OperationRefused(f"{operation} is not one of the operations this server may send.")
        connections.current.set(exchange)
        client = None
        try:
            # A query that is to be stopped bills while it waits.
            client = self.client(
                aws.profile, aws.region, service, "standard" if operation == "StopQuery" else "adaptive"
            )
            answer: dict[str, Any] = getattr(client, xform_name(operation))(**parameters)
        except CloudWatchError:
            raise
        except Exception as error:
            if has_expired(error) and not renewed and not exchange.ended:
                self._forget(aws.profile, client)
                return self._send(aws, operation, parameters, exchange, renewed=True)
            if exchange.ended == connections.TOO_LARGE:
                raise too_large(operation, aws.region, connections.MAX_ANSWER_BYTES) from error
            raise self._failure(error, aws, service, operation) from error
        answer.pop("ResponseMetadata", None)
        return answer

    def _failure(self, error: Exception, aws: Aws, service: str, operation: str) -> AwsError:
        """Whatever botocore raises on the way to AWS, a wrong configuration too, is an error for the reader."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        if isinstance(error, BotoCoreError | ClientError | ResponseParserError):
            failure = from_botocore(error, aws.region, aws.profile, service, operation)
        else:
            failure = not_sent(operation, aws.region, error)
        return hidden(failure, self._secrets(aws.profile))

    def _secrets(self, profile: str | None) -> set[str]:
        return known_secrets(self._sessions.get(profile), self._environment)

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
                self._clients = OrderedDict((key, made) for key, made in self._clients.items() if key[0] != profile)

    def session(self, profile: str | None) -> boto3.Session:
        """The shared session of a profile. May block.

        Raises:
            InputError: there is no such profile, the settings do not list it, or the configuration cannot be read.
        """
        refuse_unlisted(profile, self._settings.profiles, self._environment)
        with self._lock:
            if profile not in self._sessions:
                self._sessions[profile] = self._configured(profile, lambda: self._open_session(profile))
            return self._sessions[profile]

    def _find_region(self, profile: str | None, region: str | None) -> tuple[str, str | None]:
        session = self.session(profile)
        return self._configured(profile, lambda: find_region(session, region, self._environment))

    def _configured(self, profile: str | None, made: Callable[[], _T]) -> _T:
        """What boto3 makes of the user's configuration.

        Raises:
            InputError: it cannot; the message has its reason.
        """
        try:
            return made()
        except CloudWatchError:
            raise
        except Exception as error:  # noqa: BLE001 - botocore raises errors of many kinds for what a user wrote
            reason = hide(str(error), self._secrets(profile))
            raise InputError(
                f"The AWS configuration cannot be used: {reason.rstrip('.')}. Check AWS_ENDPOINT_URL, the other AWS_ "
                "variables, ~/.aws/config and ~/.aws/credentials; `cloudwatch-mcp check` shows what is used."
            ) from None

    def _new_client(self, profile: str | None, region: str, service: str, retries: RetryMode) -> Any:
        from botocore.config import Config

        from cloudwatch_mcp.aws import connections

        config = Config(
            connect_timeout=self._settings.connect_timeout,
            read_timeout=self._settings.read_timeout,
            max_pool_connections=_MAX_IDLE_CONNECTIONS,
            retries={"mode": retries, "total_max_attempts": _MAX_ATTEMPTS},
            user_agent_extra=f"cloudwatch-mcp/{__version__}",
        )
        session = self.session(profile)
        client = self._configured(profile, lambda: session.client(service, region_name=region, config=config))
        connections.watch(client)
        client.meta.events.register("before-parameter-build", _refuse_unlisted)
        client.meta.events.register("before-parse", _read_answer)
        client.meta.events.register_first("needs-retry", _repeat_only_what_is_safe)
        return client


def _observed(sending: Future[dict[str, Any]]) -> asyncio.Future[dict[str, Any]]:
    """The future of a call that may end after all who waited for it have gone: its error is not reported as unseen."""
    waiting = asyncio.wrap_future(sending)
    waiting.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
    return waiting


def _release(turn: anyio.Semaphore, loop: asyncio.AbstractEventLoop, _: Future[dict[str, Any]]) -> None:
    with suppress(RuntimeError):  # the loop has ended, and with it all who wait for a turn
        loop.call_soon_threadsafe(turn.release)


def _refuse_unlisted(model: Any, **_: Any) -> None:
    if OPERATIONS.get(model.name) != model.service_model.service_name:
        raise OperationRefused(f"{model.name} is not one of the operations this server may send.")


def _read_answer(
    operation_model: Any, response_dict: dict[str, Any], customized_response_dict: dict[str, Any], **_: Any
) -> None:
    """Reads the answer in botocore's place, which fails on a wrong type and takes a proxy's page for no data."""
    from botocore.parsers import ResponseParserError

    body, status = response_dict["body"], response_dict["status_code"]
    count = tally.get()
    if operation_model.service_model.resolved_protocol != "json":
        return
    if status >= 300:
        response_dict["body"] = responses.read_error(body, status)
        return
    response_dict["body"] = b"{}"
    try:
        answer, left_out = responses.read(body, operation_model.output_shape)
    except responses.UnfitAnswer as error:
        raise ResponseParserError(f"the answer with status {status} is not one of AWS's: {error}.") from None
    customized_response_dict.update(answer)
    if count is not None:
        count.add(operation_model.name, len(body), left_out)


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

    from cloudwatch_mcp.aws.connections import current

    exchange = current.get()
    if caught_exception is not None and exchange is not None and exchange.ended:
        raise caught_exception
    answer = response[1] if response else {}
    if operation.name == "StartQuery" and answer.get("Error", {}).get("Code") == "LimitExceededException":
        raise ClientError(answer, operation.name)
    was_sent = not isinstance(caught_exception, EndpointConnectionError | ConnectTimeoutError)
    silent = isinstance(caught_exception, ReadTimeoutError)
    if caught_exception is not None and (silent or (operation.name == "StartQuery" and was_sent)):
        raise caught_exception
