"""Logging: loguru to stderr and to a file if there is one, the standard library's loggers routed into it.

stdout belongs to the protocol. What other packages say below INFO may quote requests, so it is never written.
Nothing waits for a log, and nothing fails with it: a pipe may be full or broken, and so may a disk.
"""

from __future__ import annotations

import logging
import os
import select
import sys
from contextlib import suppress
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import TextIO

from loguru import logger


class _IntoLoguru(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        logger.opt(depth=6).log(level, "{}", record.getMessage())


class _Stderr:
    """stderr, which is not waited for: what it does not take at once is dropped, and the next line says how much."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._dropped = 0

    def write(self, record: str) -> None:
        note = f"({self._dropped} log records were dropped: stderr is not read.)\n" if self._dropped else ""
        with suppress(OSError):  # nobody reads any more, or the disk is full
            if self._written((note + record).encode("utf-8", "backslashreplace")):
                self._dropped = 0
                return
        self._dropped += 1

    def _written(self, text: bytes) -> bool:
        for start in range(0, len(text), select.PIPE_BUF):
            if not select.select([], [self._descriptor], [], 0)[1]:
                return False
            os.write(self._descriptor, text[start : start + select.PIPE_BUF])
        return True


class _File(RotatingFileHandler):
    """A log file whose disk may be full: then its records are on stderr only."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        pass


def configure(level: str, file: str | None = None) -> None:
    """Write records of `level` and above to stderr and to `file`; tracebacks show no values of variables.

    A file that cannot be written is a warning: the server serves without.
    """
    logger.remove()
    logger.add(_stderr(), level=level, format="{time:HH:mm:ss} {level} {message}", backtrace=False, diagnose=False)
    logging.basicConfig(handlers=[_IntoLoguru()], level=max(logging.INFO, logger.level(level).no), force=True)
    if file is not None:
        _write_to(file, level)


def _stderr() -> _Stderr | TextIO:
    if sys.platform == "win32":  # where a pipe cannot be asked whether it takes more
        return sys.stderr
    try:
        return _Stderr(sys.stderr.fileno())
    except OSError:  # not a file, in a test
        return sys.stderr


def _write_to(file: str, level: str) -> None:
    form = "{time:YYYY-MM-DD HH:mm:ss.SSS} {process} {level} {message}"
    try:
        path = Path(file).expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _File(path, maxBytes=10_000_000, backupCount=3, encoding="utf-8", errors="backslashreplace")
    except (OSError, RuntimeError, ValueError) as error:  # no such place, no home, no path at all
        logger.warning("The log file {} cannot be written ({}): logs go to stderr only.", file, error)
    else:
        logger.add(handler, level=level, format=form, backtrace=False, diagnose=False)
