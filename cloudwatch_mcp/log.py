"""Logging: loguru to stderr, the standard library's loggers routed into it.

stdout belongs to the protocol. What other packages say below INFO may quote requests, so it is never written.
"""

from __future__ import annotations

import logging
import sys

from loguru import logger


class _IntoLoguru(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            level: str | int = logger.level(record.levelname).name
        except ValueError:
            level = record.levelno
        logger.opt(depth=6).log(level, "{}", record.getMessage())


def configure(level: str) -> None:
    """Write records of `level` and above to stderr; tracebacks show no values of variables."""
    logger.remove()
    logger.add(sys.stderr, level=level, format="{time:HH:mm:ss} {level} {message}", backtrace=False, diagnose=False)
    logging.basicConfig(handlers=[_IntoLoguru()], level=max(logging.INFO, logger.level(level).no), force=True)
