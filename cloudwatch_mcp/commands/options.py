"""The options of the command line, and which of them exclude each other."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from textwrap import fill
from typing import Any

from cloudwatch_mcp import __version__
from cloudwatch_mcp.config import variables

DEFAULT_INCIDENT = "checkout-failures"
_WIDTH = 80
_MAX_PORT = 65_535
_DESCRIPTION = (
    "An MCP server with which an AI assistant reads AWS CloudWatch logs, metrics and alarms. Without a command it "
    "serves an MCP client over stdin and stdout; normally the client starts it."
)
_CHECK = (
    "Show which credentials, account and Region the server uses, and whether AWS allows each operation that it needs. "
    "Costs nothing. The exit code is 0 only if everything works."
)
_POLICY = "Print the smallest IAM policy with which every tool works."
_SANDBOX = (
    "Serve the offline CloudWatch alone, for the AWS CLI, boto3 and other AWS tools, until Ctrl-C. The variables that "
    "point a tool at it go to stdout. Needs no AWS account."
)
_INCIDENT = "the sample incident to investigate; a wrong name lists them"
_FAULT = "what goes wrong, such as throttle=0.2,latency=300ms,deny=logs:StartQuery,expire; can be repeated"
_DEMO = "Investigate the sandbox's sample incident with all ten tools. Needs no AWS account."


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="cloudwatch-mcp",
        description=fill(_DESCRIPTION, _WIDTH),
        epilog=_environment_help(),
        formatter_class=lambda prog: argparse.RawDescriptionHelpFormatter(prog, width=_WIDTH),
    )
    top.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    top.add_argument(
        "--sandbox", action="store_true", help="use an offline CloudWatch with a sample incident, instead of AWS"
    )
    top.add_argument("--incident", metavar="NAME", help=f"with --sandbox: {_INCIDENT}")
    top.add_argument("--fault", metavar="FAULT", action="append", help=f"with --sandbox: {_FAULT}")
    top.add_argument(
        "--record", metavar="FILE", help="record the session to FILE, or to FILE-2, FILE-3 ... if it exists"
    )
    top.add_argument(
        "--redact",
        metavar="REGEX",
        action="append",
        default=[],
        help="with --record: replace what matches; can be repeated",
    )
    top.add_argument(
        "--replay",
        metavar="FILE",
        action="append",
        default=[],
        help="answer from a recording, instead of AWS; can be repeated, for the sessions of one investigation",
    )
    top.add_argument("--profile", help="AWS profile, unless a tool call names one")
    top.add_argument("--region", help="AWS Region, unless a tool call names one")
    commands = top.add_subparsers(dest="command", title="commands", metavar="command")
    _add_demo(commands)
    _add_sandbox(commands)
    _add_check(commands)
    policy = commands.add_parser("policy", help="print the IAM policy that the server needs", description=_POLICY)
    _add_log_groups(policy, "allow queries of these log groups only")
    return top


def _add_demo(commands: Any) -> None:
    demo = commands.add_parser("demo", help="investigate a sample incident with all ten tools", description=_DEMO)
    demo.add_argument("--incident", metavar="NAME", default=argparse.SUPPRESS, help=_INCIDENT)
    demo.add_argument("--full", action="store_true", help="print each answer in full, as the model gets it")


def _add_sandbox(commands: Any) -> None:
    sandbox = commands.add_parser("sandbox", help="serve an offline CloudWatch to any AWS tool", description=_SANDBOX)
    sandbox.add_argument("--port", type=_port, default=0, metavar="N", help="port on 127.0.0.1; default: a free one")
    contents = sandbox.add_mutually_exclusive_group()
    contents.add_argument("--incident", metavar="NAME", default=argparse.SUPPRESS, help=_INCIDENT)
    contents.add_argument("--empty", action="store_true", help="start without data")
    sandbox.add_argument(
        "--at",
        metavar="TIME",
        help="make the clock stand still, ISO 8601 or relative such as 3h; default: a running clock",
    )
    sandbox.add_argument("--fault", metavar="FAULT", action="append", default=argparse.SUPPRESS, help=_FAULT)
    sandbox.add_argument("--json", action="store_true", help="print one JSON object instead of shell commands")


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else _MAX_PORT + 1
    if port > _MAX_PORT:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a port: give a number up to {_MAX_PORT}, or 0 for a free one"
        )
    return port


def _add_check(commands: Any) -> None:
    check = commands.add_parser(
        "check", help="check credentials, Region and permissions, and say what to fix", description=_CHECK
    )
    check.add_argument("--profile", default=argparse.SUPPRESS, help="AWS profile")
    check.add_argument("--region", default=argparse.SUPPRESS, help="AWS Region")
    check.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    _add_log_groups(check, "check queries of these log groups")


def _add_log_groups(command: argparse.ArgumentParser, use: str) -> None:
    command.add_argument(
        "--log-groups",
        metavar="LOG_GROUP",
        nargs="+",
        action="extend",
        default=[],
        help=f"{use}: names or ARNs, with * as a wildcard",
    )


def _environment_help() -> str:
    rows = [
        f"  {name}\n{fill(f'{about} Default: {default}.', _WIDTH, initial_indent=indent, subsequent_indent=indent)}"
        for indent in [" " * 6]
        for name, about, default in variables()
    ]
    return "\n".join(
        ["environment:", *rows, "  AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL and others, as in every AWS tool"]
    )


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """The options; exits with a message if they are unknown or contradict each other."""
    options = parser().parse_args(arguments)
    if contradiction := _contradiction(options):
        sys.exit(f"cloudwatch-mcp: {contradiction}")
    return options


def _contradiction(options: argparse.Namespace) -> str | None:
    given = {
        name
        for name in ("fault", "record", "redact", "replay", "sandbox", "incident", "profile", "region")
        if getattr(options, name)
    }
    rules = [
        (options.command == "demo", "with demo, which has its own sandbox", given - {"sandbox", "incident"}),
        (options.command == "check", "with check, which asks AWS", {"record", "redact", "replay"}),
        (options.command == "policy", "with policy, which is the same for all", given),
        (options.replay, "with --replay, which has its own account, Region and time", given - {"replay"}),
        (options.sandbox, "with --sandbox, which has its own account and Region", {"profile", "region"}),
        (options.command == "sandbox", "with the command sandbox", given - {"incident", "fault"}),
        (not options.record, "without --record", {"redact"}),
        (
            not options.sandbox and options.command not in {"sandbox", "demo"},
            "without --sandbox",
            {"incident", "fault"},
        ),
    ]
    for applies, reason, excluded in rules:
        if applies and (wrong := " and ".join(f"--{name}" for name in sorted(given & excluded))):
            return f"{wrong} cannot be used {reason}."
    return None
