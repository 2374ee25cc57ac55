"""The command line in a process that is forked from one with its imports: a new Python takes a second of CPU for them.

A test of the start itself, such as of its imports or its first signals, needs a new Python.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from typing import IO, Any

from typing_extensions import Self

from cloudwatch_mcp.cli import main
from tests.support.endpoint import PATIENCE

_FORKING = multiprocessing.get_context("forkserver")
_FORKING.set_forkserver_preload([__name__, "tests.support.warm_process"])


class ForkedProcess:
    """What tests use of subprocess.Popen. A stream is a pipe unless its file descriptor is given.

    `before` is called in the process first, as by a shell: it may close a stream or ignore a signal.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        env: Mapping[str, str],
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        before: Callable[[], object] = bool,
    ) -> None:
        self.stdin, their_stdin = _pipe_to(stdin)
        self.stdout, their_stdout = _pipe_from(stdout)
        self.stderr, their_stderr = _pipe_from(stderr)
        theirs = [Connection(each) for each in (their_stdin, their_stdout, their_stderr)]
        largest_file = resource.getrlimit(resource.RLIMIT_FSIZE)
        self._process = _FORKING.Process(target=_run, args=(arguments, env, theirs, largest_file, before), daemon=True)
        self._process.start()
        for each in theirs:
            each.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self.wait(PATIENCE)
        for pipe in (self.stdin, self.stdout, self.stderr):
            if pipe is not None:
                pipe.close()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def send_signal(self, number: signal.Signals) -> None:
        if self._process.is_alive():
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        """The exit code, or the negative number of a signal.

        Raises:
            subprocess.TimeoutExpired: the process has not ended by then.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("cloudwatch-mcp", timeout)
        return self._process.exitcode


def _pipe_to(file: int | None) -> tuple[IO[bytes] | None, int]:
    if file is not None:
        return None, os.dup(file)
    theirs, ours = os.pipe()
    return os.fdopen(ours, "wb", buffering=0), theirs


def _pipe_from(file: int | None) -> tuple[IO[bytes] | None, int]:
    if file is not None:
        return None, os.dup(file)
    ours, theirs = os.pipe()
    return os.fdopen(ours, "rb"), theirs


def _run(
    arguments: Sequence[str],
    env: Mapping[str, str],
    streams: Sequence[Connection],
    largest_file: tuple[int, int],
    before: Callable[[], object],
) -> None:
    os.environ.clear()
    os.environ.update(env)
    time.tzset()
    for number, stream in enumerate(streams):
        os.dup2(stream.fileno(), number)
        stream.close()
    resource.setrlimit(resource.RLIMIT_FSIZE, largest_file)
    before()
    sys.stdin, sys.stdout, sys.stderr = (_opened(number, mode) for number, mode in enumerate("rww"))
    main(arguments)


def _opened(number: int, mode: str) -> Any:
    """A standard stream; None if it is closed, as in a new Python."""
    try:
        return os.fdopen(number, mode, encoding="utf-8")
    except OSError:
        return None
