"""The AWS that is measured against: a front with latency in a process of its own, and the sandbox in another."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from typing import Any

from mcp.client.stdio import get_default_environment
from tokens_lib.volume import fill_up

from bench_lib.front import Front, Seen, forwarding_to
from bench_lib.large import answer_at_large
from cloudwatch_mcp.sandbox import Sandbox

_STARTED_WITHIN, _ANSWERED_WITHIN = 30, 5  # seconds


class Endpoint:
    """Where the server under test finds AWS; `environment` is the whole of its environment."""

    def __init__(self, url: str, environment: dict[str, str], pipe: Connection) -> None:
        self.url = url
        self.environment = {**get_default_environment(), **environment, "AWS_ENDPOINT_URL": url}
        self._pipe = pipe

    def delay(self, seconds: float) -> None:
        """Answer that long after each request came; with any delay, what was asked before is answered from memory."""
        self._ask(seconds)

    def seen(self) -> list[Seen]:
        """The requests answered since this was last asked."""
        seen: list[Seen] = self._ask(None)
        return seen

    def _ask(self, what: float | None) -> Any:
        self._pipe.send(what)
        if not self._pipe.poll(_ANSWERED_WITHIN):
            raise TimeoutError("the front does not answer")
        return self._pipe.recv()


@contextmanager
def sandbox(*, filled_up: bool = False) -> Iterator[Endpoint]:
    """The incident; filled up, with the 50 alarms and log groups that scripts/tokens asks about."""
    with _process(_run_sandbox, filled_up) as inner:
        environment: dict[str, str] = _first(inner)
        with _process(_run_front, environment["AWS_ENDPOINT_URL"]) as front:
            yield Endpoint(_first(front), environment, front)


@contextmanager
def large_answers() -> Iterator[Endpoint]:
    """An AWS that has as much of everything as the path of a request's URL says."""
    keys = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench", "AWS_REGION": "us-east-1"}
    with _process(_run_front, None) as front:
        yield Endpoint(_first(front), keys, front)


def _first(pipe: Connection) -> Any:
    if not pipe.poll(_STARTED_WITHIN):
        raise TimeoutError("the sandbox or the front does not start")
    return pipe.recv()


@contextmanager
def _process(run: Callable[..., None], *arguments: Any) -> Iterator[Connection]:
    spawning = multiprocessing.get_context("spawn")
    ours, theirs = spawning.Pipe()
    process = spawning.Process(target=run, args=(theirs, *arguments), daemon=True)
    process.start()
    try:
        yield ours
    finally:
        process.terminate()
        process.join()


def _run_sandbox(pipe: Connection, filled_up: bool) -> None:
    with Sandbox(polls_to_complete=1) as sandbox:
        if filled_up:
            os.environ |= sandbox.environment
            fill_up(sandbox)
        pipe.send(sandbox.environment)
        pipe.poll(None)  # until the other end is closed


def _run_front(pipe: Connection, target: str | None) -> None:
    asyncio.run(Front(forwarding_to(target) if target else answer_at_large).run(pipe))
