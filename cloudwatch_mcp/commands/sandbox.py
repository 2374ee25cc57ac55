"""`cloudwatch-mcp sandbox`: the offline CloudWatch alone, for the AWS CLI, boto3 and other AWS tools."""

from __future__ import annotations

import json
import shlex
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from threading import Event
from typing import Any

# Set in the user's shell, they would take precedence over what the sandbox sets, or name what it does not have.
_UNSET = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_ENDPOINT_URL_CLOUDWATCH",
    "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS",
    "AWS_ENDPOINT_URL_STS",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
)


def _until_interrupted() -> None:
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    ended = Event()
    with suppress(KeyboardInterrupt):
        while not ended.wait(1):  # with a timeout: on Windows, Ctrl-C does not end a wait without
            pass


def run(sandbox: Any, *, in_json: bool, wait: Callable[[], None] = _until_interrupted) -> int:
    """Serve `sandbox`, a Sandbox not yet started, until `wait` returns: by default until Ctrl-C or SIGTERM.

    What a shell or a program needs goes to stdout, and what a person reads to stderr.
    """
    with sandbox.start(_show_progress):
        _show(f"Offline CloudWatch at {sandbox.endpoint_url} with {_contents(sandbox)}. Ctrl-C stops it.\n")
        sys.stdout.write(_as_json(sandbox) if in_json else _as_shell(sandbox))
        sys.stdout.flush()
        wait()
    return 0


def _contents(sandbox: Any) -> str:
    time = f", at {sandbox.clock.fixed:%Y-%m-%d %H:%M:%S} UTC" if sandbox.clock.fixed else ""
    return (f"the incident {sandbox.incident.name}" if sandbox.incident else "no data") + time


def _as_json(sandbox: Any) -> str:
    about = {
        "endpoint_url": sandbox.endpoint_url,
        "region": sandbox.region,
        "incident": sandbox.incident and sandbox.incident.name,
        "now": sandbox.clock.fixed and sandbox.clock.fixed.isoformat(),
        "environment": sandbox.environment,
    }
    return f"{json.dumps(about)}\n"


def _as_shell(sandbox: Any) -> str:
    exports = (f"export {name}={shlex.quote(value)}" for name, value in sandbox.environment.items())
    return "\n".join([f"unset {' '.join(_UNSET)}", *exports, ""])


def _show_progress(share: float, what: str) -> None:
    _show(f"[{share:4.0%}] {what} ...")


def _show(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
