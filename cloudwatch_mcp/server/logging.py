"""Logging with loguru, to stderr and optionally to a file. Records of the standard library's loggers go there too.

stdout belongs to the protocol. Records of other packages below INFO may quote requests, so they are never logged.
Logging neither blocks nor fails the server, even when a pipe or a disk is full or broken.
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
    """stderr without blocking: records that do not fit are dropped, and the next line says how many."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._dropped = 0

    def write(self, record: str) -> None:
        note = f"({self._dropped} log records were dropped: stderr is not read.)\n" if self._dropped else ""
        with suppress(OSError):  # the reader has gone, or the disk is full
            if self._try_write((note + record).encode("utf-8", "backslashreplace")):
                self._dropped = 0
                return
        self._dropped += 1

    def _try_write(self, text: bytes) -> bool:
        for start in range(0, len(text), select.PIPE_BUF):
            if not select.select([], [self._descriptor], [], 0)[1]:
                return False
            os.write(self._descriptor, text[start : start + select.PIPE_BUF])
        return True


class _File(RotatingFileHandler):
    """A log file whose disk may be full: then the records go to stderr only."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        pass


def configure(level: str, file: str | None = None) -> None:
    """Log records of `level` and above to stderr and to `file`. Tracebacks have no values of variables.

    If the file cannot be written, the server logs a warning and goes on without it.
    """
    logger.remove()
    logger.add(_stderr(), level=level, format="{time:HH:mm:ss} {level} {message}", backtrace=False, diagnose=False)
    logging.basicConfig(handlers=[_IntoLoguru()], level=max(logging.INFO, logger.level(level).no), force=True)
    if file is not None:
        _add_file(file, level)


def _stderr() -> _Stderr | TextIO:
    if sys.platform == "win32":  # where select() does not work on pipes
        return sys.stderr
    try:
        return _Stderr(sys.stderr.fileno())
    except OSError:  # under pytest, stderr is not a file
        return sys.stderr


def _add_file(file: str, level: str) -> None:
    line = "{time:YYYY-MM-DD HH:mm:ss.SSS} {process} {level} {message}"
    try:
        path = Path(file).expanduser()
        path.parent.mkdir(parents=True, exist_ok=True)
        handler = _File(path, maxBytes=10_000_000, backupCount=3, encoding="utf-8", errors="backslashreplace")
    except (OSError, RuntimeError, ValueError) as error:  # no such directory, no home, or not a path
        logger.warning("The log file {} cannot be written ({}): logs go to stderr only.", file, error)
    else:
        logger.add(handler, level=level, format=line, backtrace=False, diagnose=False)
