"""The only module that reads the wall clock and sleeps; all others are passed a `Clock`."""

from __future__ import annotations

import random
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, TypeAlias

import anyio

Arguments: TypeAlias = Mapping[str, Any]
NormalForm: TypeAlias = Callable[[str, Arguments, datetime], Mapping[tuple[str, ...], Any]]
"""What a tool call asks at a time: values by the names of the arguments that make them up."""


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


def _jitter() -> float:
    return random.uniform(0.8, 1.2)  # noqa: S311 - jitter is not a secret


@dataclass(frozen=True)
class Clock:
    """The server's clocks and sleep.

    `now` is timezone-aware and in UTC; `monotonic` and `sleep` are in seconds. `during` returns a context manager for a
    tool call, by name, arguments and the function that compares calls; it gives the arguments to call the tool with.
    `jitter` returns a factor by which to vary a wait.
    """

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    during: Callable[[str, Arguments, NormalForm], AbstractContextManager[Arguments]] = (
        lambda _tool, arguments, _normal_form: nullcontext(arguments)
    )
    jitter: Callable[[], float] = _jitter
