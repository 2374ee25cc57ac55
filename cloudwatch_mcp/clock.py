"""The one place that reads the wall clock and sleeps; everything else is handed a `Clock`."""

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
    return random.uniform(0.8, 1.2)  # noqa: S311 - jitter keeps no secret


@dataclass(frozen=True)
class Clock:
    """Time as the server knows it.

    `now` is aware and in UTC, `monotonic` counts seconds, `sleep` waits for seconds. `during` is entered for each tool
    call, by name and arguments, and `jitter` is the factor by which waits vary.
    """

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    during: Callable[[str, Mapping[str, Any]], AbstractContextManager[None]] = lambda _tool, _arguments: nullcontext()
    jitter: Callable[[], float] = _jitter
