"""The command line of scripts/record."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError
from loguru import logger

from cloudwatch_mcp.clock import Clock
from scripts.record_lib import aws_run
from scripts.record_lib.account import RunFailed, enter
from scripts.record_lib.estimate import estimate
from scripts.record_lib.permissions import policy
from scripts.record_lib.suite import Suite
from tests.support.places import ROOT
from tests.support.run_prefix import FAMILY, is_prefix, new_prefix

_METRIC_TOOLS = frozenset({"get_metric_data", "get_metric_metadata"})
_ALARM_TOOLS = frozenset({"get_active_alarms", "get_alarm_history"})


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT, clock: Clock | None = None) -> int:
    """Returns the exit code. `root` has the tests, cassettes and snapshots."""
    options = _options(arguments)
    if options.policy:
        _print(policy(options.account, options.region))
        return 0
    try:
        if options.teardown:
            account = enter(options.account, options.region, options.profile, options.teardown)
            return int(bool(aws_run.tear_down(account, _say)))
        return _record(options, Suite(root, options.k), clock or Clock())
    except (RunFailed, PermissionError, BotoCoreError, ClientError) as error:
        _say(f"scripts/record: {error}")
    except KeyboardInterrupt as error:
        _say(f"scripts/record: stopped by {error or 'SIGINT'}; nothing was changed")
    return 1


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="scripts/record",
        description="Record the cassettes and snapshots of the tests marked `aws` again, from an AWS account. "
        "From the sandbox: pytest --record-mode=rewrite.",
    )
    parser.add_argument("--target", choices=["aws"], default="aws", help="where to record; the default")
    parser.add_argument("--account", metavar="ID", help="the account that the credentials must belong to")
    parser.add_argument("--region", metavar="REGION")
    parser.add_argument("--profile", metavar="NAME", help="default: the environment's credentials")
    parser.add_argument("-k", metavar="EXPRESSION", default="", help="the tests to record, as for pytest")
    parser.add_argument("--dry-run", action="store_true", help="print what it would do, its cost and time")
    parser.add_argument("--teardown", metavar="PREFIX", type=_prefix, help="only remove what a run left in the account")
    parser.add_argument("--policy", action="store_true", help="print the IAM policy that recording needs")
    options = parser.parse_args(arguments)
    missing = [f"--{name}" for name in ("account", "region") if not getattr(options, name)]
    if missing and not options.policy:
        parser.error(f"{' and '.join(missing)} must be given")
    return options


def _prefix(text: str) -> str:
    if not is_prefix(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no prefix of a run, such as {FAMILY}x7k2m9q4ab-")
    return text


def _record(options: argparse.Namespace, suite: Suite, clock: Clock) -> int:
    tests = suite.tests()
    parts = _parts(tests)
    if options.dry_run:
        _print(*estimate(tests, suite.root, parts, clock.now(), aws_run.incident_end(clock.now(), parts)))
        return 0
    account = enter(options.account, options.region, options.profile, new_prefix())
    changed, remaining = aws_run.run(account, suite, parts, clock, _say)
    _print(f"{len(tests)} tests recorded; {len(changed)} files changed", *(f"  {each}" for each in changed))
    _print("Custom metrics cannot be deleted: ListMetrics forgets them after two weeks, and they cost nothing more.")
    return int(bool(remaining))


def _parts(tests: Sequence[str]) -> tuple[str, ...]:
    """The parts of the incident that the tests need."""
    tools = {test.partition(".py::")[0].rpartition("test_")[2] for test in tests}
    needed = {
        "logs": tools - _ALARM_TOOLS - _METRIC_TOOLS,
        "metrics": tools & (_ALARM_TOOLS | _METRIC_TOOLS),
        "alarms": tools & _ALARM_TOOLS,
    }
    return tuple(part for part, needing in needed.items() if needing)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _print(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


if __name__ == "__main__":
    logger.remove()  # a line for each tool call
    sys.exit(main())
