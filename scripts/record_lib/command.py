"""The command line of scripts/record."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from cloudwatch_mcp.clock import Clock
from scripts.record_lib import aws_run
from scripts.record_lib.account import Account, AccountRefused, enter, environment
from scripts.record_lib.estimate import estimate
from scripts.record_lib.policy import policy
from scripts.record_lib.readiness import NotReady
from scripts.record_lib.suite import Suite, SuiteFailed
from tests.support.places import ROOT
from tests.support.run_prefix import FAMILY, is_prefix, new_prefix

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_METRIC_TOOLS = frozenset({"get_metric_data", "get_metric_metadata"})
_FAILURES = (AccountRefused, NotReady, SuiteFailed, PermissionError, BotoCoreError, ClientError)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="scripts/record",
        description="Record the cassettes and snapshots of the tests marked `aws` again, from an AWS account. "
        "From the sandbox: pytest --record-mode=rewrite.",
    )
    top.add_argument("--target", choices=["aws"], default="aws", help="where to record; the default")
    top.add_argument("--account", metavar="ID", help="the account that the credentials must belong to")
    top.add_argument("--region", metavar="REGION")
    top.add_argument("--profile", metavar="NAME", help="default: the environment's credentials")
    top.add_argument("-k", metavar="EXPRESSION", default="", help="the tests to record, as for pytest")
    top.add_argument("--dry-run", action="store_true", help="print what it would do, its cost and time; call nothing")
    top.add_argument("--teardown", metavar="PREFIX", help="only remove what a run left in the account")
    top.add_argument("--policy", action="store_true", help="print the IAM policy that recording needs")
    return top


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT, clock: Clock | None = None) -> int:
    """Returns the exit code. `root` has the tests, cassettes and snapshots."""
    options = parser().parse_args(arguments)
    if options.policy:
        _print(policy(options.account, options.region))
        return 0
    _validate(options)
    try:
        with _credentials(options):
            if options.teardown is not None:
                return int(bool(aws_run.tear_down(_enter(options, options.teardown), _say)))
            return _record(options, Suite(root, options.k), clock or Clock())
    except _FAILURES as error:
        _say(f"scripts/record: {error}")
    except KeyboardInterrupt as error:
        _say(f"scripts/record: stopped by {error or 'SIGINT'}; nothing was changed")
    return 1


def _record(options: argparse.Namespace, suite: Suite, clock: Clock) -> int:
    tests = suite.tests()
    parts = _parts(tests)
    if options.dry_run:
        _print(*estimate(tests, suite.root, parts, clock.now(), aws_run.incident_end(clock.now(), parts)))
        return 0
    result = aws_run.run(_enter(options, new_prefix()), suite, parts, clock, _say)
    _print(
        f"{len(tests)} tests recorded; {len(result.changed)} files changed", *(f"  {each}" for each in result.changed)
    )
    _print("Custom metrics cannot be deleted: ListMetrics forgets them after two weeks, and they cost nothing more.")
    return int(bool(result.remaining))


def _parts(tests: Sequence[str]) -> tuple[str, ...]:
    """The parts of the incident that the tests need."""
    tools = {test.partition(".py::")[0].rpartition("test_")[2] for test in tests}
    alarms = {"get_active_alarms", "get_alarm_history"} & tools
    needed = {
        "logs": tools - {"get_active_alarms", "get_alarm_history", *_METRIC_TOOLS},
        "metrics": alarms | (_METRIC_TOOLS & tools),
        "alarms": alarms,
    }
    return tuple(part for part, needing in needed.items() if needing)


def _validate(options: argparse.Namespace) -> None:
    missing = [f"--{name}" for name in ("account", "region") if not getattr(options, name)]
    if missing:
        parser().error(f"{' and '.join(missing)} must be given")
    if options.teardown is not None and not is_prefix(options.teardown):
        parser().error(f"{options.teardown!r} is no prefix of a run, such as {FAMILY}x7k2m9q4ab-")


def _enter(options: argparse.Namespace, prefix: str) -> Account:
    return enter(options.account, options.region, prefix)


def _credentials(options: argparse.Namespace) -> AbstractContextManager[None]:
    if options.profile is None:
        return environment({"AWS_REGION": options.region})
    # botocore would prefer the environment's keys to those of AWS_PROFILE
    return environment({"AWS_REGION": options.region, "AWS_PROFILE": options.profile}, without=_KEYS)


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")


def _print(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
