"""Work that takes seconds and must end before the first tool call: the start of the sandbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import anyio
import anyio.to_thread
from loguru import logger

from cloudwatch_mcp.errors import CloudWatchError

_INTERVAL = 0.5  # seconds between two notifications

Report: TypeAlias = Callable[[float, str], None]
"""Reports the share of the work that is done, from 0 to 1, and what comes next."""


class Preparation:
    """The work runs once, in a thread, while the server answers what needs no AWS. Tool calls wait for it."""

    def __init__(self, work: Callable[[Report], None]) -> None:
        self._work = work
        self._share, self._next = 0.0, "Starting"
        self._ended = anyio.Event()
        self._failure: Exception | None = None

    async def run(self) -> None:
        try:
            await anyio.to_thread.run_sync(self._work, self._report, abandon_on_cancel=True)
        except Exception as error:  # noqa: BLE001 - each tool call reports it
            logger.error("The server could not be prepared: {}", error)
            self._failure = error
        self._ended.set()

    async def wait(self, context: Any) -> None:
        """Return when the work has ended; until then, send progress to the client.

        Raises:
            CloudWatchError: the work failed.
        """
        while not self._ended.is_set():
            await context.report_progress(self._share, 1.0, self._next)
            with anyio.move_on_after(_INTERVAL):
                await self._ended.wait()
        if self._failure is not None:
            raise CloudWatchError(f"The server could not be prepared: {self._failure}. Restart it.")

    def _report(self, share: float, following: str) -> None:
        self._share, self._next = share, following
