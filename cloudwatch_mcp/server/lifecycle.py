"""Serves over stdin and stdout until the client disconnects or a signal ends the process."""

from __future__ import annotations

import ctypes
import gc
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import NoReturn

import anyio
from loguru import logger

from cloudwatch_mcp.server.tool_calls import CloudWatchServer, origin

_M_ARENA_MAX, _ARENAS = -8, 4  # mallopt(3)
_M_MMAP_THRESHOLD, _LARGE_BLOCK = (
    -3,
    128 * 1024,
)  # bytes; once it is set, glibc no longer raises it after each large block
_SWITCH_INTERVAL = 0.001  # seconds; with Python's default, the event loop would wait 5 ms for each shaping thread
# A full collection stops everything while it visits the million objects of a large answer, so the youngest generation
# is collected less often than by default. Errors leave garbage, so the oldest is collected more often.
_GARBAGE_THRESHOLDS = (1_000, 10, 3)
_WARM_UP_DELAY = 0.1  # seconds after tools/list, for its response to be written
_WRITE_TIMEOUT = 1.0  # seconds for the client to read the last responses, after all calls have ended


async def serve(server: CloudWatchServer, on_exit: Callable[[], None] = lambda: None) -> int:
    """Serve over stdin and stdout until stdin ends. The result is the exit code: 1 if writing to the client fails.

    A signal, or a thread that hangs on stdin or stdout, ends the process. `on_exit` is called first.
    """
    _limit_heap()
    sys.setswitchinterval(_SWITCH_INTERVAL)
    gc.set_threshold(*_GARBAGE_THRESHOLDS)
    code = 0
    async with anyio.create_task_group() as group:
        if sys.platform != "win32":
            group.start_soon(_exit_on_signal, server, on_exit)
        group.start_soon(_exit_when_stuck, server, on_exit)
        group.start_soon(_warm_up, server)
        try:
            await server.run_stdio_async()
        except Exception as error:  # noqa: BLE001 - an ExceptionGroup of any failures, such as a broken pipe
            logger.warning("The connection to the client failed ({}).", origin(error))
            code = 1
        group.cancel_scope.cancel()
    on_exit()
    return code


def _limit_heap() -> None:
    """Make glibc's malloc share a few heaps among threads, and return a large block to the system once it is freed."""
    with suppress(AttributeError, OSError, TypeError):
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, _ARENAS)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)


async def _warm_up(server: CloudWatchServer) -> None:
    """Import the tools and boto3 while the model reads the definitions: neither the start nor the first call waits."""
    await server.used.wait()
    await server.runtime.clock.sleep(_WARM_UP_DELAY)
    await server.import_tools()
    if server.preparation is not None:
        await server.preparation.run()
    await server.runtime.clients.warm_up()
    gc.freeze()  # the tools' code and boto3's tables are never garbage, so no collection needs to visit them


async def _exit_on_signal(server: CloudWatchServer, on_exit: Callable[[], None]) -> None:
    numbers = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup sets SIG_IGN
        numbers.append(signal.SIGHUP)
    with anyio.open_signal_receiver(*numbers) as signals:
        async for number in signals:
            await server.cancel_running_calls()
            _exit(on_exit, 128 + number)


async def _exit_when_stuck(server: CloudWatchServer, on_exit: Callable[[], None]) -> None:
    """Exit when all calls have ended and the server has not: a write that the client does not read never ends."""
    await server.calls_ended.wait()
    await anyio.sleep(_WRITE_TIMEOUT)
    logger.warning("The client does not read what the server writes.")
    _exit(on_exit, 1)


def _exit(on_exit: Callable[[], None], code: int) -> NoReturn:
    """End the process at once: an ordinary exit would wait for the threads that read stdin and write stdout."""
    try:
        on_exit()
    finally:
        os._exit(code)
