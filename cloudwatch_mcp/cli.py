"""The command line. Nothing heavy is imported before it is known to be needed."""

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
from cloudwatch_mcp.config import Settings, SettingsError, variables


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="cloudwatch-mcp",
        description="An MCP server over stdio that lets an AI assistant investigate AWS CloudWatch logs, metrics and "
        "alarms, read-only. Without a command it serves: an MCP client starts it and talks to it.",
        epilog=_environment_help(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    top.add_argument("--sandbox", action="store_true", help="serve an offline CloudWatch with a seeded incident")
    top.add_argument("--record", metavar="FILE", help="write what AWS is asked and answers to FILE, for --replay")
    top.add_argument(
        "--redact", metavar="REGEX", action="append", default=[], help="with --record: replace what matches; repeatable"
    )
    top.add_argument("--replay", metavar="FILE", help="serve from a recording, without AWS")
    top.add_argument("--profile", help="AWS profile; a tool call's profile_name wins")
    top.add_argument("--region", help="AWS Region; a tool call's region wins")
    commands = top.add_subparsers(dest="command", metavar="command")
    commands.add_parser("demo", help="investigate the sandbox's incident with all ten tools, and print every answer")
    _add_check(commands)
    policy = commands.add_parser("policy", help="print the IAM policy that the server needs", description=_POLICY)
    _add_log_groups(policy)
    return top


_CHECK = (
    "Say where the credentials come from, which account and Region they lead to, and whether AWS allows each of the "
    "operations that the server needs. It asks AWS for nothing that costs. The exit code is 0 only when all is well."
)
_POLICY = "Print the smallest IAM policy with which every tool works."


def _add_check(commands: Any) -> None:
    check = commands.add_parser(
        "check", help="say whether the server will work here, and if not, what to do", description=_CHECK
    )
    check.add_argument("--profile", default=argparse.SUPPRESS, help="AWS profile, as before the command")
    check.add_argument("--region", default=argparse.SUPPRESS, help="AWS Region, as before the command")
    check.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    _add_log_groups(check)


def _add_log_groups(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--log-groups",
        metavar="LOG_GROUP",
        nargs="+",
        action="extend",
        default=[],
        help="names or ARNs of the only log groups to be queried; * is a wildcard",
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; leaves with the exit code."""
    _let_signals_end_a_container()
    closed = _open_closed_streams()
    options = parser().parse_args(arguments)
    _refuse_contradictions(options)
    if options.command is None and closed:
        sys.exit(f"cloudwatch-mcp: {closed[0]} is closed: an MCP client talks to the server over stdin and stdout.")
    if options.command == "policy":
        sys.exit(_policy(options))
    try:
        settings = Settings.from_environment(os.environ, profile=options.profile, region=options.region)
    except SettingsError as error:
        sys.exit(f"cloudwatch-mcp: {error}")
    if options.sandbox or options.replay:
        settings = replace(settings, profiles=())  # those are of AWS
    if options.command == "demo":
        sys.exit(_demo())
    if options.replay:
        _serve_replay(settings, options.replay)
    if options.sandbox:
        _enter_sandbox()
    if options.command == "check":
        _check(settings, options)
    if options.record:
        _serve_recorded(settings, options)
    _serve(settings)


def _let_signals_end_a_container() -> None:
    """The first process has no default action for them; other processes are ended by it until they serve."""
    if os.getpid() == 1:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda number, _: os._exit(128 + number))


def _open_closed_streams() -> list[str]:
    """Open the null device as each standard stream that is closed: what is opened next would take its place.

    The names of those of them that a client needs.
    """
    closed = [name for name in ("stdin", "stdout", "stderr") if getattr(sys, name) is None]
    for name in closed:
        mode = "r" if name == "stdin" else "w"
        setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - it stays open
    return [name for name in closed if name != "stderr"]


def _refuse_contradictions(options: argparse.Namespace) -> None:
    given = {name for name in ("record", "redact", "replay", "sandbox", "profile", "region") if getattr(options, name)}
    apart = [
        (options.command == "demo", "demo runs by itself", {"record", "redact", "replay"}),
        (options.command == "check", "check asks AWS itself", {"record", "redact", "replay"}),
        (options.command == "policy", "the policy is the same for all", given),
        (options.replay, "--replay has its own account, Region and time", given - {"replay"}),
        (options.sandbox, "--sandbox has its own account and Region", {"profile", "region"}),
        (not options.record, "--redact is for --record", {"redact"}),
    ]
    for applies, reason, excluded in apart:
        if applies and (wrong := " and ".join(f"--{name}" for name in sorted(given & excluded))):
            sys.exit(f"cloudwatch-mcp: {reason}: leave {wrong} out.")


def _policy(options: argparse.Namespace) -> int:
    from cloudwatch_mcp.commands.policy import run

    return run(options.log_groups)


def _check(settings: Settings, options: argparse.Namespace) -> NoReturn:
    _configure_log(settings)
    from cloudwatch_mcp.aws.secrets import hide, known_secrets
    from cloudwatch_mcp.commands.check import run

    try:
        code = run(settings, os.environ, log_groups=options.log_groups, in_json=options.json)
    except KeyboardInterrupt:
        code = 130
    except Exception as error:  # noqa: BLE001 - whoever checks is told what failed, and is shown no traceback
        while inner := getattr(error, "exceptions", ()):  # an ExceptionGroup, of calls that ran at once
            error = inner[0]
        reason = hide(f"{type(error).__name__}: {error}", known_secrets(None, os.environ))
        sys.stderr.write(f"cloudwatch-mcp: the check itself failed, please report it: {reason}\n")
        code = 1
    _leave(code)


def _leave(code: int) -> NoReturn:
    with suppress(OSError):  # nobody reads any more, or the disk is full
        sys.stdout.flush()
        sys.stderr.flush()
    # A thread that still waits for AWS would keep the process alive until its timeout.
    os._exit(code)


def _demo() -> int:
    from cloudwatch_mcp.commands.demo import run

    sandbox = _sandbox("demo")
    _leave_aws()
    return run(sandbox)


def _enter_sandbox() -> None:
    """Point this process at an embedded CloudWatch, and at nothing else of AWS."""
    sandbox = _sandbox("--sandbox").start()
    _leave_aws()
    os.environ |= sandbox.environment


def _leave_aws() -> None:
    for name in [name for name in os.environ if name.startswith("AWS_") or name == "CLOUDWATCH_MCP_PROFILES"]:
        del os.environ[name]


def _sandbox(wanted_by: str) -> Any:
    try:
        from cloudwatch_mcp.sandbox import Sandbox
    except ImportError as error:
        sys.exit(f"cloudwatch-mcp: {wanted_by} needs the extra `sandbox`: install cloudwatch-mcp[sandbox] ({error}).")
    return Sandbox()


def _recording(wanted_by: str) -> Any:
    try:
        from cloudwatch_mcp import recording
    except ImportError as error:
        sys.exit(f"cloudwatch-mcp: {wanted_by} needs the extra `record`: install cloudwatch-mcp[record] ({error}).")
    return recording


def _serve_replay(settings: Settings, path: str) -> NoReturn:
    recording = _recording("--replay")
    _configure_log(settings)
    _leave_aws()
    try:
        replay = recording.Replay(path, repeat_last=True)
    except recording.CassetteUnreadable as error:
        sys.exit(f"cloudwatch-mcp: {error}")
    _serve(settings, clients=replay.clients(settings), clock=replay.clock)


def _serve_recorded(settings: Settings, options: argparse.Namespace) -> NoReturn:
    recording = _recording("--record")
    try:
        recorder = recording.Recorder(
            "sandbox" if options.sandbox else "aws",
            redact=options.redact,
            names=_names_of_tools(),
            journal=options.record,
            region=settings.region or os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"),
            profile=settings.profile,
        )
    except recording.CannotRecord as error:
        sys.exit(f"cloudwatch-mcp: {error}")
    clients = recorder.clients(settings, os.environ)
    _serve(settings, clients=clients, clock=recorder.clock, leaving=recorder.finish)


def _names_of_tools() -> set[str]:
    """The tools' names and those of their arguments: --redact leaves them as they are."""
    from inspect import signature

    from cloudwatch_mcp.tools import TOOLS

    functions = [tool.function for tool in TOOLS]
    return {name for function in functions for name in (function.__name__, *signature(function).parameters)}


def _serve(settings: Settings, *, leaving: Callable[[], None] = lambda: None, **made: Any) -> NoReturn:
    gc.disable()  # what is imported is kept: to look for garbage in it is a sixth of the time to start
    import anyio

    _configure_log(settings)
    from cloudwatch_mcp.server.lifecycle import serve
    from cloudwatch_mcp.server.tool_calls import build_server

    server = build_server(settings, os.environ, **made)
    gc.freeze()
    gc.enable()
    _leave(anyio.run(serve, server, leaving))


def _configure_log(settings: Settings) -> None:
    from cloudwatch_mcp.server.logging import configure

    configure(settings.log_level, settings.log_file)


def _environment_help() -> str:
    rows = [f"  {name}\n      {about} Default: {default}." for name, about, default in variables()]
    return "\n".join(
        ["environment:", *rows, "  AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and others, as for every AWS tool."]
    )
