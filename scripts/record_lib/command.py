"""The command line of scripts/record."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from cloudwatch_mcp.clock import Clock
from scripts.record_lib import aws_run, choice, prefix, sandbox_run
from scripts.record_lib.account import Account, WrongAccount, enter, environment
from scripts.record_lib.choice import Choice
from scripts.record_lib.estimate import estimate
from scripts.record_lib.policy import policy
from scripts.record_lib.progress import Progress
from scripts.record_lib.readiness import NotReady
from scripts.record_lib.takes import NotInstalled
from tests.support.cases import CASES, Case
from tests.support.places import ROOT

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_FAILURES = (WrongAccount, NotReady, NotInstalled, LookupError, PermissionError, BotoCoreError, ClientError)
_AFTERWARDS = (
    "custom metrics cannot be deleted: ListMetrics forgets them after two weeks, and nothing more is billed.",
    "anomalies, linked accounts, failing queries and most errors cannot be had on demand: see what was left.",
)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(
        prog="scripts/record", description="Record the suite's cassettes and snapshots again."
    )
    top.add_argument("--target", choices=("sandbox", "aws"), default="sandbox", help="what to record; default: sandbox")
    top.add_argument("--only", metavar="PATTERN", default="*", help="the cases so named, such as 'get_metric_data/*'")
    top.add_argument("--dry-run", action="store_true", help="say what would be written, asked and paid; call nothing")
    aws = top.add_argument_group("on AWS")
    aws.add_argument("--account", metavar="ID", help="the account that must be the credentials' own")
    aws.add_argument("--region", metavar="REGION")
    aws.add_argument("--profile", metavar="NAME", help="default: the environment's credentials")
    aws.add_argument("--teardown", metavar="PREFIX", help="only remove what a run left in the account")
    aws.add_argument("--policy", action="store_true", help="print the IAM policy that recording needs")
    return top


def main(arguments: Sequence[str] | None = None, *, root: Path = ROOT, clock: Clock | None = None) -> int:
    """Returns the exit code. Cassettes and snapshots are under `root`."""
    options = parser().parse_args(arguments)
    progress = Progress(sys.stderr)
    try:
        if options.policy:
            _say(policy(options.account, options.region))
            return 0
        if options.teardown is not None:
            return _tear_down(options, progress)
        cases = [replace(case, root=root) for case in choice.matching(CASES, options.only)]
        if options.target == "aws":
            return _on_aws(cases, options, clock or Clock(), progress)
        return _on_sandbox(cases, options, progress)
    except _FAILURES as error:
        progress.tell(f"scripts/record: {error}")
    except KeyboardInterrupt as error:
        progress.tell(f"scripts/record: ended by {error or 'SIGINT'}; nothing was changed")
    return 1


def _on_sandbox(cases: Sequence[Case], options: argparse.Namespace, progress: Progress) -> int:
    if options.account or options.region or options.profile:
        parser().error("the sandbox has its own account and Region: give --target aws, too, or leave them out")
    chosen = choice.for_sandbox(cases)
    if options.dry_run:
        _say("would record on the sandbox:", *(f"  {case.name}" for case in chosen.cases))
    else:
        _report(sandbox_run.run(chosen.cases, progress), chosen)
    _say_left(chosen, named=False)
    return 0


def _on_aws(cases: Sequence[Case], options: argparse.Namespace, clock: Clock, progress: Progress) -> int:
    _require_place(options)
    chosen = choice.for_aws(cases, options.region, clock.now())
    left = []
    if options.dry_run:
        _say_estimate(chosen, options, clock)
    elif chosen.cases:
        with _place(options):
            result = aws_run.run(_enter(options, prefix.new()), chosen.cases, clock, progress)
        _report(result.changed, chosen)
        left = result.left
    _say_left(chosen, named=True)
    _say(*_AFTERWARDS)
    return int(bool(left))


def _tear_down(options: argparse.Namespace, progress: Progress) -> int:
    _require_place(options)
    if not prefix.is_prefix(options.teardown):
        parser().error(f"{options.teardown!r} is no prefix of a run, which reads {prefix.FAMILY}xxxxxxxxxx-")
    with _place(options):
        return int(bool(aws_run.tear_down(_enter(options, options.teardown), progress)))


def _require_place(options: argparse.Namespace) -> None:
    missing = [f"--{name}" for name in ("account", "region") if not getattr(options, name)]
    if missing:
        parser().error(f"on AWS, {' and '.join(missing)} must be given")


def _enter(options: argparse.Namespace, its_prefix: str) -> Account:
    return enter(options.account, options.region, its_prefix)


def _say_estimate(chosen: Choice, options: argparse.Namespace, clock: Clock) -> None:
    parts = choice.parts(chosen.cases)
    end = aws_run.incident_end(clock.now(), parts)
    _say(f"would record {len(chosen.cases)} cases in {options.region} of {options.account}, from {end:%H:%M} UTC on")
    _say(*estimate(chosen.cases, parts, end))


def _place(options: argparse.Namespace) -> AbstractContextManager[None]:
    if options.profile is None:
        return environment({"AWS_REGION": options.region})
    # botocore would prefer the environment's keys to those of AWS_PROFILE
    return environment({"AWS_REGION": options.region, "AWS_PROFILE": options.profile}, without=_KEYS)


def _report(changed: Sequence[str], chosen: Choice) -> None:
    _say(f"{len(chosen.cases)} cases recorded, replayed and checked; {len(changed)} files changed")
    _say(*(f"  {path}" for path in changed))
    if changed:
        _say("scripts/docs.py renews the README's table of cassettes")


def _say_left(chosen: Choice, *, named: bool) -> None:
    for reason, names in chosen.left.items():
        _say(f"left as they are, {len(names)}: {reason}", *(f"  {name}" for name in names if named))


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
