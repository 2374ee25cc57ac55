"""Sends calls to AWS in threads of their own, each within a deadline.

Blocking boto3 calls never run on the event loop, nor in anyio's default threads, which also serve stdin and stdout.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial
from typing import Any, TypeAlias

import anyio

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.aws.exchange import Exchange
from cloudwatch_mcp.aws.failures import no_answer, no_free_slot

_SLOTS = 32  # concurrent calls to one account and Region
_THREADS = 64  # concurrent calls to all of them
_STOP_QUERY_TIMEOUT = 30.0  # seconds

Parameters: TypeAlias = Mapping[str, Any]
Response: TypeAlias = dict[str, Any]
Transmit: TypeAlias = Callable[[Aws, str, Parameters, Exchange], Response]
"""Sends one call and blocks until AWS responds."""


class Sender:
    """Sends calls with `transmit`. Waiting for a slot, and retries, count towards a call's `timeout` in seconds."""

    def __init__(self, transmit: Transmit, timeout: float) -> None:
        self._transmit = transmit
        self._timeout = timeout
        self._threads = ThreadPoolExecutor(_THREADS, "aws")
        self._slots: dict[tuple[str | None, str], anyio.Semaphore] = {}
        self._slots_to_stop: dict[tuple[str | None, str], anyio.Semaphore] = {}

    async def send(self, aws: Aws, operation: str, parameters: Parameters) -> Response:
        """AWS's response.

        Raises:
            AwsError: AWS returned an error, could not be reached, or did not respond in time.
        """
        slots = self._slots_to_stop if operation == "StopQuery" else self._slots
        slot = slots.setdefault((aws.profile, aws.region), anyio.Semaphore(_SLOTS))
        exchange = Exchange()
        sending: Future[Response] | None = None
        with anyio.move_on_after(self._timeout):
            await slot.acquire()
            if operation == "StopQuery":
                sending = self._stop_query(aws, parameters, asyncio.get_running_loop())
            else:
                work = partial(self._transmit, aws, operation, parameters, exchange)
                sending = self._threads.submit(copy_context().run, work)
            sending.add_done_callback(partial(_release, slot, asyncio.get_running_loop()))
            try:
                return await asyncio.shield(_awaitable(sending))
            except anyio.get_cancelled_exc_class():
                self._give_up(sending, exchange, aws, operation)
                raise
        failure = no_free_slot if sending is None or sending.cancelled() else no_answer
        raise failure(operation, aws.region, self._timeout)

    def _give_up(self, sending: Future[Response], exchange: Exchange, aws: Aws, operation: str) -> None:
        """Drop a call that has no thread yet; close the connection of any other, which frees its thread.

        StopQuery goes on. StartQuery gets the same time again: if it still starts a query, that query is stopped,
        because no caller has its id.
        """
        if operation == "StopQuery" or sending.cancel():
            return
        if operation != "StartQuery":
            exchange.give_up()
            return

        loop = asyncio.get_running_loop()

        def stop(started: Future[Response]) -> None:
            if started.exception() is None:
                self._stop_query(aws, {"queryId": started.result()["queryId"]}, loop)

        sending.add_done_callback(stop)
        loop.call_later(self._timeout, exchange.give_up)

    def _stop_query(self, aws: Aws, parameters: Parameters, loop: asyncio.AbstractEventLoop) -> Future[Response]:
        """Send StopQuery in a thread of its own, so that it never waits for calls that hang."""
        stopping: Future[Response] = Future()
        exchange = Exchange()

        def stop() -> None:
            try:
                stopping.set_result(self._transmit(aws, "StopQuery", parameters, exchange))
            except Exception as error:  # noqa: BLE001 - raised where the future is awaited
                stopping.set_exception(error)

        with suppress(RuntimeError):  # the loop has ended, and the process is about to
            loop.call_soon_threadsafe(loop.call_later, _STOP_QUERY_TIMEOUT, exchange.give_up)
        threading.Thread(target=copy_context().run, args=(stop,), name="aws-stop", daemon=True).start()
        return stopping


def _awaitable(sending: Future[Response]) -> asyncio.Future[Response]:
    """The future for the event loop; asyncio does not log its error if the caller has gone."""
    waiting = asyncio.wrap_future(sending)
    waiting.add_done_callback(lambda done: done.cancelled() or done.exception())
    return waiting


def _release(slot: anyio.Semaphore, loop: asyncio.AbstractEventLoop, _: Future[Response]) -> None:
    with suppress(RuntimeError):  # the loop has ended, and with it the calls that waited for a slot
        loop.call_soon_threadsafe(slot.release)
