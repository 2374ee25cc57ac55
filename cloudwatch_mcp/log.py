"""Logging: loguru to stderr and to a file if there is one, the standard library's loggers routed into it.

stdout belongs to the protocol. What other packages say below INFO may quote requests, so it is never written.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from loguru import logger


class _IntoLoguru(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        logger.opt(depth=6).log(level, "{}", record.getMessage())


def configure(level: str, file: str | None = None) -> None:
    """Write records of `level` and above to stderr and to `file`; tracebacks show no values of variables.

    A file that cannot be written is a warning: the server serves without.
    """
    logger.remove()
    logger.add(sys.stderr, level=level, format="{time:HH:mm:ss} {level} {message}", backtrace=False, diagnose=False)
    logging.basicConfig(handlers=[_IntoLoguru()], level=max(logging.INFO, logger.level(level).no), force=True)
    if file is not None:
        _write_to(file, level)


def _write_to(file: str, level: str) -> None:
    form = "{time:YYYY-MM-DD HH:mm:ss.SSS} {process} {level} {message}"
    try:
        logger.add(
            Path(file).expanduser(),
            level=level,
            format=form,
            rotation="10 MB",
            retention=3,
            encoding="utf-8",
            backtrace=False,
            diagnose=False,
        )
    except (OSError, RuntimeError, ValueError, LookupError) as error:  # no such place, no home, no path at all
        logger.warning("The log file {} cannot be written ({}): logs go to stderr only.", file, error)
