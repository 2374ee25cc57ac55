"""What a query may cost: processor time, and the length of the texts that it makes.

A query is written by a model, and a short one can ask for more than any machine has: a regular expression that
backtracks without end, or a text that doubles with every command.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from time import thread_time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_TEXT = 262_144  # characters; no event of the incident is nearly as long
SECONDS = 4.0  # a query of all the incident's events takes less than one

_ends: ContextVar[float] = ContextVar("_ends")


class OverBudgetError(Exception):
    """The query asks for more than a query may."""


@contextmanager
def limited() -> Iterator[None]:
    """Give what runs in this context SECONDS of its thread's processor time."""
    token = _ends.set(thread_time() + SECONDS)
    try:
        yield
    except (RecursionError, TimeoutError) as error:
        raise OverBudgetError from error
    finally:
        _ends.reset(token)


def check() -> None:
    """Raises OverBudgetError when the time is up."""
    if thread_time() > _ends.get():
        raise OverBudgetError


def check_length(characters: int) -> None:
    if characters > MAX_TEXT:
        raise OverBudgetError


def left() -> float:
    """The seconds that are left."""
    return max(_ends.get() - thread_time(), 0.001)
