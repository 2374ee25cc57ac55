"""The command line. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import argparse
import gc
import os
import signal
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

from cloudwatch_mcp import __version__
from cloudwatch_mcp.commands.options import DEFAULT_INCIDENT, parse
from cloudwatch_mcp.config import Settings, SettingsError


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code."""
    _let_signals_end_a_container()
    closed = _open_closed_streams()
    options = parse(arguments)
    if options.command is None and closed:
        _refuse(f"{closed[0]} is closed: an MCP client talks to the server over stdin and stdout.")
    _leave(_run(options))


def _run(options: argparse.Namespace) -> int:
    """Do what the options ask for; the exit code."""
    commands = {"check": _check, "demo": _demo, "policy": _policy, "sandbox": _serve_sandbox_alone}
    if options.command:
        return commands[options.command](options)
    settings = _settings(options)
    if options.replay:
        return _serve_replay(settings, options)
    if options.record:
        return _serve_recorded(settings, options)
    return _serve(settings, options, _place(settings, options))


def _let_signals_end_a_container() -> None:
    """Exit on SIGTERM and SIGINT when this is process 1, for which the kernel has no default action."""
    if os.getpid() == 1:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: os._exit(128 + number))


def _open_closed_streams() -> list[str]:
    """Open the null device for each closed standard stream, or the next opened file would take its number.

    Returns the names of those that an MCP client needs.
    """
    closed = [name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None]
    for name in closed:
        mode = "r" if name == "stdin" else "w"
        setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - it stays open
    return [name for name in closed if name != "stderr"]


def _refuse(reason: object) -> NoReturn:
    sys.exit(f"cloudwatch-mcp: {reason}")


def _leave(code: int) -> NoReturn:
    with suppress(OSError):  # the reader has gone, or the disk is full
        sys.stdout.flush()
        sys.stderr.flush()
    # A thread that still waits for AWS would keep the process alive until its timeout.
    os._exit(code)


def _settings(options: argparse.Namespace) -> Settings:
    try:
        settings = Settings.from_environment(os.environ, profile=options.profile, region=options.region)
    except SettingsError as error:
        _refuse(error)
    # The list of allowed profiles is about AWS.
    return replace(settings, profiles=()) if options.sandbox or options.replay else settings


def _policy(options: argparse.Namespace) -> int:
    from cloudwatch_mcp.commands.policy import run

    return run(options.log_groups)


def _check(options: argparse.Namespace) -> int:
    settings = _settings(options)
    if options.sandbox:
        _enter_sandbox(options)
    _configure_log(settings)
    from cloudwatch_mcp.commands.check import run

    return run(settings, os.environ, log_groups=options.log_groups, in_json=options.json, in_sandbox=options.sandbox)


def _demo(options: argparse.Namespace) -> int:
    from cloudwatch_mcp.commands.demo import run

    _settings(options)  # a wrong setting is an error here, too
    sandbox = _sandbox("demo", options)
    _forget_aws()
    return run(sandbox, full=options.full)


def _serve_sandbox_alone(options: argparse.Namespace) -> int:
    from cloudwatch_mcp.commands.sandbox import run

    try:
        return run(_sandbox("sandbox", options), in_json=options.json)
    except OSError as error:  # the port is taken
        reason = os.strerror(error.errno or 0)
        _refuse(f"The sandbox cannot listen on port {options.port}: {reason}. Choose another --port.")


def _preparation(options: argparse.Namespace) -> Any:
    """Starts the sandbox once a client has listed the tools, so that neither the start nor the list waits for it."""
    if not options.sandbox:
        return None
    from cloudwatch_mcp.server.preparation import Preparation

    sandbox = _sandbox("--sandbox", options)
    _forget_aws()

    def start(report: Callable[[float, str], None]) -> None:
        _enter(sandbox.start(report))
        _write_stderr(f"cloudwatch-mcp: the sandbox is at {sandbox.endpoint_url}\n")

    return Preparation(start)


def _enter_sandbox(options: argparse.Namespace) -> None:
    _enter(_sandbox("--sandbox", options).start())


def _enter(sandbox: Any) -> None:
    """Point this process at the sandbox, and at nothing else."""
    _forget_aws()
    os.environ |= sandbox.environment


def _forget_aws() -> None:
    for name in [name for name in os.environ if name.startswith("AWS_") or name == "CLOUDWATCH_MCP_PROFILES"]:
        del os.environ[name]


def _sandbox(user: str, options: argparse.Namespace) -> Any:
    _check_sandbox(user)
    from cloudwatch_mcp.sandbox import Sandbox

    try:
        return Sandbox(
            incident=None if getattr(options, "empty", False) else options.incident or DEFAULT_INCIDENT,
            now=_at(options),
            port=getattr(options, "port", 0),
            faults=",".join(options.fault or ()),
        )
    except ValueError as error:  # there is no such incident or fault
        _refuse(error)


def _at(options: argparse.Namespace) -> Any:
    """The time at which the sandbox's clock stands still."""
    if not getattr(options, "at", None):
        return None
    from cloudwatch_mcp.clock import Clock
    from cloudwatch_mcp.errors import InputError
    from cloudwatch_mcp.timerange import parse_time

    try:
        return parse_time(options.at, Clock().now(), "--at")
    except InputError as error:
        _refuse(error)


def _check_sandbox(user: str) -> None:
    """Refuse before anything is loaded if the extra is not installed."""
    from importlib.util import find_spec

    if missing := [name for name in ("moto", "lark", "regex") if not find_spec(name)]:
        _refuse(f"{user} needs the extra `sandbox`: install cloudwatch-mcp[sandbox] (missing: {', '.join(missing)}).")


def _recording(flag: str) -> Any:
    try:
        from cloudwatch_mcp import recording
    except ImportError as error:
        _refuse(f"{flag} needs the extra `record`: install cloudwatch-mcp[record] ({error}).")
    return recording


def _serve_replay(settings: Settings, options: argparse.Namespace) -> int:
    recording = _recording("--replay")
    _configure_log(settings)
    _forget_aws()
    try:
        replay = recording.Replay(recording.load(*options.replay), repeat_last=True)
    except recording.CassetteUnreadable as error:
        _refuse(error)
    return _serve(settings, options, _place(settings, options), clients=replay.clients(settings), clock=replay.clock)


def _serve_recorded(settings: Settings, options: argparse.Namespace) -> int:
    recording = _recording("--record")
    try:
        recorder = recording.Recorder(
            redact=options.redact,
            names=_names_of_tools(),
            journal=options.record,
            region=settings.region or _region_of_environment(),
            profile=settings.profile,
        )
    except recording.CannotRecord as error:
        _refuse(error)
    clients = recorder.clients(settings, os.environ)
    place = f"{_place(settings, options)}, recording to {options.record}"
    return _serve(settings, options, place, clients=clients, clock=recorder.clock, leaving=recorder.finish)


def _names_of_tools() -> set[str]:
    """The names of the tools and their arguments, which --redact does not replace."""
    from inspect import signature

    from cloudwatch_mcp.tools import TOOLS

    functions = [tool.function for tool in TOOLS]
    return {name for function in functions for name in (function.__name__, *signature(function).parameters)}


def _serve(
    settings: Settings,
    options: argparse.Namespace,
    place: str,
    *,
    leaving: Callable[[], None] = lambda: None,
    **parts: Any,
) -> int:
    gc.disable()  # all that is imported stays: searching it for garbage is a sixth of the start
    import anyio

    _configure_log(settings)
    preparation = _preparation(options)  # first of all: it refuses a missing extra or an unknown incident
    from cloudwatch_mcp.server.lifecycle import serve
    from cloudwatch_mcp.server.tool_calls import build_server
    from cloudwatch_mcp.server.tracing import start_tracing

    server = build_server(settings, os.environ, preparation=preparation, **parts)
    end_tracing = start_tracing(os.environ)
    gc.freeze()
    gc.enable()
    if sys.stdin.isatty():
        server.used.set()  # a person wants to read where the sandbox is
        _write_stderr(
            f"cloudwatch-mcp {__version__} serves {place}.\n"
            "It waits for an MCP client on stdin; your MCP client starts it in the same way. Ctrl-C stops it.\n"
            "To see it work, run `cloudwatch-mcp demo`; to check your AWS access, `cloudwatch-mcp check`.\n"
        )

    def leave() -> None:
        leaving()
        end_tracing()

    return anyio.run(serve, server, leave)


def _place(settings: Settings, options: argparse.Namespace) -> str:
    """Where the answers come from, for a person."""
    if options.replay:
        return f"the recording {' and '.join(options.replay)}"
    if options.sandbox:
        return "the sandbox's sample incident, in an offline CloudWatch"
    source = "the CloudWatch at AWS_ENDPOINT_URL" if os.environ.get("AWS_ENDPOINT_URL") else "AWS CloudWatch"
    profile = settings.profile or os.environ.get("AWS_PROFILE") or "default"
    region = settings.region or _region_of_environment() or "that of the profile"
    return f"{source} (profile: {profile}, Region: {region})"


def _region_of_environment() -> str | None:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


def _write_stderr(text: str) -> None:
    with suppress(OSError):  # the reader has gone
        sys.stderr.write(text)
        sys.stderr.flush()


def _configure_log(settings: Settings) -> None:
    os.environ.setdefault("LOGURU_AUTOINIT", "False")  # no log handler that `configure` would remove: 7 ms of the start
    from cloudwatch_mcp.server.logging import configure

    configure(settings.log_level, settings.log_file)
