"""The command line. Nothing heavy is imported before it is known to be needed."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from typing import Any

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
    top.add_argument("--profile", help="AWS profile; a tool call's profile_name wins")
    top.add_argument("--region", help="AWS Region; a tool call's region wins")
    commands = top.add_subparsers(dest="command", metavar="command")
    commands.add_parser("demo", help="investigate the sandbox's incident with all ten tools, and print every answer")
    return top


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line; leaves with the exit code."""
    options = parser().parse_args(arguments)
    try:
        settings = Settings.from_environment(os.environ, profile=options.profile, region=options.region)
    except SettingsError as error:
        sys.exit(f"cloudwatch-mcp: {error}")
    if options.command == "demo":
        sys.exit(_demo())
    if options.sandbox:
        if options.profile or options.region:
            sys.exit("cloudwatch-mcp: --sandbox has its own account and Region: leave --profile and --region out.")
        _enter_sandbox()
    _serve(settings)


def _demo() -> int:
    from cloudwatch_mcp.demo import run

    return run(_sandbox("demo"))


def _enter_sandbox() -> None:
    """Point this process at an embedded CloudWatch, and at nothing else of AWS."""
    sandbox = _sandbox("--sandbox").start()
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ |= sandbox.environment


def _sandbox(wanted_by: str) -> Any:
    try:
        from cloudwatch_mcp.sandbox import Sandbox
    except ImportError as error:
        sys.exit(f"cloudwatch-mcp: {wanted_by} needs the extra `sandbox`: install cloudwatch-mcp[sandbox] ({error}).")
    return Sandbox()


def _serve(settings: Settings) -> None:
    import anyio

    from cloudwatch_mcp import log

    log.configure(settings.log_level)
    from cloudwatch_mcp.server import build_server, serve

    anyio.run(serve, build_server(settings, os.environ))
    sys.stdout.flush()
    # A thread that still waits for AWS would keep the process alive until its timeout.
    os._exit(0)


def _environment_help() -> str:
    rows = [f"  {name}\n      {about} Default: {default}." for name, about, default in variables()]
    return "\n".join(["environment:", *rows, "  AWS_PROFILE, AWS_REGION, AWS_ENDPOINT_URL, … as for every AWS tool."])
