"""A query's limits: its processor time and the length of its texts.

A model writes the queries, and a short one can exhaust any machine: a regular expression that backtracks without
end, or a text that doubles with every command.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from time import thread_time

MAX_TEXT = 262_144  # characters; the incident's events are much shorter
SECONDS = 4.0  # a query over all of the incident's events takes less than one

_EVALUATIONS = 64  # reading the clock takes longer than most of them

_ends: ContextVar[float] = ContextVar("_ends")
_evaluation = count().__next__


class OverBudgetError(Exception):
    """The query exceeds its limits."""


@contextmanager
def time_limit() -> Iterator[None]:
    """Limit this context to SECONDS of its thread's processor time."""
    token = _ends.set(thread_time() + SECONDS)
    try:
        with garbage_collection_paused():
            yield
    except (RecursionError, TimeoutError) as error:
        raise OverBudgetError from error
    finally:
        _ends.reset(token)


@contextmanager
def garbage_collection_paused() -> Iterator[None]:
    """Looking for garbage among hundreds of thousands of live objects takes a fifth of a query's time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def check() -> None:
    """Raise OverBudgetError when the time is up, at one of every few calls."""
    if not _evaluation() % _EVALUATIONS and thread_time() > _ends.get():
        raise OverBudgetError


def check_length(characters: int) -> None:
    if characters > MAX_TEXT:
        raise OverBudgetError


def remaining_seconds() -> float:
    """The processor time until the limit."""
    return max(_ends.get() - thread_time(), 0.001)
