"""The tests' sandbox, in its own process.

moto keeps one state for a whole process, and the sandbox's own tests reset it. The new process imports this module,
which therefore imports neither pytest nor mcp; and as every test imports it, it does not import the sandbox either.
"""

from __future__ import annotations

import json
import multiprocessing
from contextlib import suppress
from datetime import datetime
from multiprocessing.connection import Client, Connection, Listener
from threading import Event, Thread

from typing_extensions import Self

HELD = "# held"
"""A comment: a query with it runs until it is stopped, while others end after a few polls."""


class SandboxProcess:
    """The incident; with `full`, also the volume that tests/support/questions.py asks about."""

    def __init__(self, now: datetime, *, full: bool = False) -> None:
        processes = multiprocessing.get_context("spawn")
        self._pipe, theirs = processes.Pipe()
        self._process = processes.Process(target=_run, args=(theirs, now, full), daemon=True)
        self._process.start()
        self._listener = Listener()
        self._url: str | None = None
        Thread(target=self._send_url, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """The endpoint's URL; waits until the incident is seeded."""
        self._url = self._url or self._pipe.recv()
        return self._url

    @property
    def address(self) -> str:
        """What `url_at` needs, in any process."""
        return str(self._listener.address)

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()
        self._listener.close()
        self._pipe.close()

    def _send_url(self) -> None:
        """Send the URL to each process that connects."""
        with suppress(OSError, EOFError):  # it is stopped
            while True:
                with self._listener.accept() as connection:
                    connection.send(self.url)


def url_at(address: str) -> str:
    """The URL of another process's sandbox; waits until the incident is seeded."""
    with Client(address) as connection:
        return str(connection.recv())


def _run(pipe: Connection, now: datetime, full: bool) -> None:
    from cloudwatch_mcp.sandbox import Sandbox

    _hold_marked_queries()
    with Sandbox(now=now) as running:
        if full:
            from tests.support.full_sandbox import fill_up

            fill_up(running)
        pipe.send(running.endpoint_url)
        Event().wait()


def _hold_marked_queries() -> None:
    from cloudwatch_mcp.sandbox.logs.queries import QueryOperations

    start = QueryOperations.start_query

    def start_query(response: QueryOperations) -> str:
        answer = start(response)
        if HELD in response.request()["queryString"]:
            response.regional.queries[json.loads(answer)["queryId"]].polls_to_complete = None
        return answer

    QueryOperations.start_query = start_query  # type: ignore[assignment,method-assign]  # only the tests hold queries
