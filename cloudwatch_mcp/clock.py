"""The only module that reads the wall clock and sleeps; all others are passed a `Clock`."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

import anyio


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


def _jitter() -> float:
    return random.uniform(0.8, 1.2)  # noqa: S311 - jitter is not a secret


@dataclass(frozen=True)
class Clock:
    """The server's clocks and sleep.

    `now` is timezone-aware and in UTC; `monotonic` and `sleep` are in seconds. `during` returns a context manager for a
    tool call, by name and arguments. `jitter` returns a factor by which to vary a wait.
    """

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    during: Callable[[str, Mapping[str, Any]], AbstractContextManager[None]] = lambda _tool, _arguments: nullcontext()
    jitter: Callable[[], float] = _jitter
