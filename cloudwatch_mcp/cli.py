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
from itertools import chain, count
from pathlib import Path
from typing import Any, NoReturn

from cloudwatch_mcp import __version__
from cloudwatch_mcp.commands.options import parse
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
    if options.command == "policy":
        return _policy(options)
    settings = _settings(options)
    if options.command == "demo":
        return _demo(options)
    if options.replay:
        return _serve_replay(settings, options)
    if options.sandbox:
        _enter_sandbox()
    if options.command == "check":
        return _check(settings, options)
    if options.record:
        return _serve_recorded(settings, options)
    return _serve(settings, _place(settings, options))


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


def _check(settings: Settings, options: argparse.Namespace) -> int:
    _configure_log(settings)
    from cloudwatch_mcp.commands.check import run

    return run(settings, os.environ, log_groups=options.log_groups, in_json=options.json, in_sandbox=options.sandbox)


def _demo(options: argparse.Namespace) -> int:
    from cloudwatch_mcp.commands.demo import run

    sandbox = _sandbox("demo")
    _forget_aws()
    return run(sandbox, full=options.full)


def _enter_sandbox() -> None:
    """Start an embedded CloudWatch and point this process at it, and at nothing else."""
    _tell_terminal("Starting the sandbox ...")
    sandbox = _sandbox("--sandbox").start()
    _forget_aws()
    os.environ |= sandbox.environment


def _forget_aws() -> None:
    for name in [name for name in os.environ if name.startswith("AWS_") or name == "CLOUDWATCH_MCP_PROFILES"]:
        del os.environ[name]


def _sandbox(user: str) -> Any:
    try:
        from cloudwatch_mcp.sandbox import Sandbox
    except ImportError as error:
        _refuse(f"{user} needs the extra `sandbox`: install cloudwatch-mcp[sandbox] ({error}).")
    return Sandbox()


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
        replay = recording.Replay(options.replay, repeat_last=True)
    except recording.CassetteUnreadable as error:
        _refuse(error)
    return _serve(settings, _place(settings, options), clients=replay.clients(settings), clock=replay.clock)


def _serve_recorded(settings: Settings, options: argparse.Namespace) -> int:
    recorder, path = _recorder(settings, options)
    if path != Path(options.record):
        sys.stderr.write(f"cloudwatch-mcp: {options.record} exists, recording to {path}\n")

    def finish() -> None:
        recorder.finish()
        if recorder.is_empty:  # a client's health check
            with suppress(OSError):
                path.unlink()

    clients = recorder.clients(settings, os.environ)
    place = f"{_place(settings, options)}, recording to {path}"
    return _serve(settings, place, clients=clients, clock=recorder.clock, leaving=finish)


def _recorder(settings: Settings, options: argparse.Namespace) -> tuple[Any, Path]:
    """A recorder, and the file that it writes."""
    recording = _recording("--record")
    while True:
        path = _free_path(options.record)
        try:
            recorder = recording.Recorder(
                redact=options.redact,
                names=_names_of_tools(),
                journal=path,
                region=settings.region or _region_of_environment(),
                profile=settings.profile,
            )
        except recording.CannotRecord as error:
            if not os.path.lexists(path):  # if it exists now, another server has just taken this name
                _refuse(error)
        else:
            return recorder, path


def _free_path(file: str) -> Path:
    """The file, or FILE-2, FILE-3 and so on if it exists: a client starts the same command again and again."""
    path = Path(file)
    if path.is_dir():
        _refuse(f"{path} is a directory: name a file in it.")
    numbered = (path.with_stem(f"{path.stem}-{number}") for number in count(2))
    return next(each for each in chain([path], numbered) if not os.path.lexists(each))


def _names_of_tools() -> set[str]:
    """The names of the tools and their arguments, which --redact does not replace."""
    from inspect import signature

    from cloudwatch_mcp.tools import TOOLS

    functions = [tool.function for tool in TOOLS]
    return {name for function in functions for name in (function.__name__, *signature(function).parameters)}


def _serve(settings: Settings, place: str, *, leaving: Callable[[], None] = lambda: None, **parts: Any) -> int:
    gc.disable()  # all that is imported stays: searching it for garbage is a sixth of the start
    import anyio

    _configure_log(settings)
    from cloudwatch_mcp.server.lifecycle import serve
    from cloudwatch_mcp.server.tool_calls import build_server

    server = build_server(settings, os.environ, **parts)
    gc.freeze()
    gc.enable()
    _tell_terminal(
        f"cloudwatch-mcp {__version__} serves {place}.\n"
        "It waits for an MCP client on stdin; your MCP client starts it in the same way. Ctrl-C stops it.\n"
        "To see it work, run `cloudwatch-mcp demo`; to check your AWS access, `cloudwatch-mcp check`."
    )
    return anyio.run(serve, server, leaving)


def _place(settings: Settings, options: argparse.Namespace) -> str:
    """Where the answers come from, for a person."""
    if options.replay:
        return f"the recording {options.replay}"
    if options.sandbox:
        return f"the sandbox's sample incident, an offline CloudWatch at {os.environ['AWS_ENDPOINT_URL']}"
    source = "the CloudWatch at AWS_ENDPOINT_URL" if os.environ.get("AWS_ENDPOINT_URL") else "AWS CloudWatch"
    profile = settings.profile or os.environ.get("AWS_PROFILE") or "default"
    region = settings.region or _region_of_environment() or "that of the profile"
    return f"{source} (profile: {profile}, Region: {region})"


def _region_of_environment() -> str | None:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION")


def _tell_terminal(text: str) -> None:
    """Write to stderr if a person, not an MCP client, has started the server."""
    if sys.stdin.isatty():
        with suppress(OSError):
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()


def _configure_log(settings: Settings) -> None:
    from cloudwatch_mcp.server.logging import configure

    configure(settings.log_level, settings.log_file)
