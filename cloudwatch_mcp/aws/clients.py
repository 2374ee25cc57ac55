"""The client factory: boto3 sessions and clients, made on first use and shared.

All calls to AWS go through it, and only operations on the allow-list pass. boto3 is imported with the first call.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.to_thread

from cloudwatch_mcp import __version__
from cloudwatch_mcp.aws import exchange
from cloudwatch_mcp.aws.allow_list import OPERATIONS, refuse_unlisted, service_of
from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.aws.console import console_of
from cloudwatch_mcp.aws.exchange import Exchange
from cloudwatch_mcp.aws.failures import from_botocore, has_expired, not_sent, too_large
from cloudwatch_mcp.aws.responses import read_response
from cloudwatch_mcp.aws.retries import MAX_ATTEMPTS, RetryMode, retry_mode, retry_only_what_is_safe
from cloudwatch_mcp.aws.secrets import hidden, hide, known_secrets
from cloudwatch_mcp.aws.sending import Parameters, Response, Sender
from cloudwatch_mcp.aws.sessions import find_region, has_own_endpoint, open_session, refuse_unlisted_profile
from cloudwatch_mcp.errors import AwsError, CloudWatchError, InputError

if TYPE_CHECKING:
    import boto3

    from cloudwatch_mcp.config import Settings

_MAX_CLIENTS = 32  # that stay open, each with idle connections
_MAX_IDLE_CONNECTIONS = 16  # of one client; more than that are closed after use
_T = TypeVar("_T")


class Clients:
    """One boto3 session for each profile, and one client for each profile, Region and service.

    `open_session` opens the sessions: the recorder listens to those it opens, and a replay responds in place of AWS.
    """

    def __init__(
        self,
        settings: Settings,
        environment: Mapping[str, str],
        open_session: Callable[[str | None], boto3.Session] = open_session,
    ) -> None:
        self._settings = settings
        self._environment = environment
        self._open_session = open_session
        self._sender = Sender(self._transmit, settings.read_timeout)
        self._file_readers = anyio.CapacityLimiter(4)  # not anyio's default, which serves stdin and stdout
        self._lock = threading.RLock()
        self._sessions: dict[str | None, boto3.Session] = {}
        self._clients: OrderedDict[tuple[str | None, str, str, str], Any] = OrderedDict()

    async def at(self, profile_name: str | None, region: str | None) -> Aws:
        """The account and Region of a tool call; None stands for the configured one.

        Raises:
            InputError: there is no such profile or Region.
        """
        profile = profile_name or self._settings.profile
        find = partial(self._find, profile, region or self._settings.region)
        return find() if profile in self._sessions else await self._in_thread(find)

    async def warm_up(self) -> None:
        """Import boto3 and make the default clients, so that the first call does not wait for them."""
        await self._in_thread(self._make_default_clients)

    def session(self, profile: str | None) -> boto3.Session:
        """The shared session of a profile. May block.

        Raises:
            InputError: there is no such profile, the settings do not list it, or the configuration cannot be read.
        """
        refuse_unlisted_profile(profile, self._settings.profiles, self._environment)
        with self._lock:
            if profile not in self._sessions:
                self._sessions[profile] = self._configured(profile, lambda: self._open_session(profile))
            return self._sessions[profile]

    def client(self, profile: str | None, region: str, service: str, retries: RetryMode = "adaptive") -> Any:
        """The shared boto3 client, which refuses operations that are not on the allow-list. May block."""
        key = (profile, region, service, retries)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = self._new_client(profile, region, service, retries)
            self._clients.move_to_end(key)
            if len(self._clients) > _MAX_CLIENTS:
                _, unused = self._clients.popitem(last=False)
                unused.close()
            return self._clients[key]

    def _new_client(self, profile: str | None, region: str, service: str, retries: RetryMode) -> Any:
        from botocore.config import Config

        from cloudwatch_mcp.aws.connections import use_limited_connections

        config = Config(
            connect_timeout=self._settings.connect_timeout,
            read_timeout=self._settings.read_timeout,
            max_pool_connections=_MAX_IDLE_CONNECTIONS,
            retries={"mode": retries, "total_max_attempts": MAX_ATTEMPTS},
            user_agent_extra=f"cloudwatch-mcp/{__version__}",
        )
        session = self.session(profile)
        client = self._configured(profile, lambda: session.client(service, region_name=region, config=config))
        use_limited_connections(client)
        client.meta.events.register("before-parameter-build", refuse_unlisted)
        client.meta.events.register("before-parse", read_response)
        client.meta.events.register_first("needs-retry", retry_only_what_is_safe)
        return client

    def _transmit(
        self, aws: Aws, operation: str, parameters: Parameters, call: Exchange, *, renewed: bool = False
    ) -> Response:
        from botocore import xform_name

        service = service_of(operation)
        exchange.current.set(call)
        client = None
        try:
            client = self.client(aws.profile, aws.region, service, retry_mode(operation))
            response: Response = getattr(client, xform_name(operation))(**parameters)
        except CloudWatchError:
            raise
        except Exception as error:
            if has_expired(error) and not renewed and not call.ended:
                self._forget(aws.profile, client)
                return self._transmit(aws, operation, parameters, call, renewed=True)
            if call.ended == exchange.TOO_LARGE:
                raise too_large(operation, aws.region, exchange.MAX_RESPONSE_BYTES) from error
            raise self._failure(error, aws, service, operation) from error
        response.pop("ResponseMetadata", None)
        return response

    def _failure(self, error: Exception, aws: Aws, service: str, operation: str) -> AwsError:
        """The error for the reader. An invalid configuration can make botocore raise any kind of error."""
        from botocore.exceptions import BotoCoreError, ClientError
        from botocore.parsers import ResponseParserError

        if isinstance(error, BotoCoreError | ClientError | ResponseParserError):
            failure = from_botocore(error, aws.region, aws.profile, service, operation)
        else:
            failure = not_sent(operation, aws.region, error)
        return hidden(failure, self._secrets(aws.profile))

    def _forget(self, profile: str | None, stale: Any) -> None:
        """Drop the profile's session and clients, unless another thread has already replaced the `stale` client."""
        with self._lock:
            if stale is None or stale in self._clients.values():
                self._sessions.pop(profile, None)
                self._clients = OrderedDict((key, client) for key, client in self._clients.items() if key[0] != profile)

    def _find(self, profile: str | None, region: str | None) -> Aws:
        session, environment = self.session(profile), self._environment

        def find() -> Aws:
            name, note = find_region(session, region, environment)
            console = None if has_own_endpoint(session, environment) else console_of(name)
            return Aws(self._sender.send, name, profile, (note,) if note else (), console)

        return self._configured(profile, find)

    def _configured(self, profile: str | None, make: Callable[[], _T]) -> _T:
        """The result of `make`, which reads the user's AWS configuration.

        Raises:
            InputError: the configuration cannot be used; the message has botocore's reason.
        """
        try:
            return make()
        except CloudWatchError:
            raise
        except Exception as error:  # noqa: BLE001 - an invalid configuration can make botocore raise any kind of error
            reason = hide(str(error), self._secrets(profile))
            raise InputError(
                f"The AWS configuration cannot be used: {reason.rstrip('.')}. Check AWS_ENDPOINT_URL, the other AWS_ "
                "variables, ~/.aws/config and ~/.aws/credentials; `cloudwatch-mcp check` shows what is used."
            ) from None

    def _secrets(self, profile: str | None) -> set[str]:
        return known_secrets(self._sessions.get(profile), self._environment)

    def _make_default_clients(self) -> None:
        with suppress(Exception):  # the first call will report an invalid configuration
            profile = self._settings.profile
            region, _ = find_region(self.session(profile), self._settings.region, self._environment)
            for service in sorted(set(OPERATIONS.values())):
                self.client(profile, region, service)

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True, limiter=self._file_readers)
