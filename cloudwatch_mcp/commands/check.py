"""`cloudwatch-mcp check`: whether the server works here, and if not, what to fix."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import TypeVar

import anyio
import anyio.to_thread

from cloudwatch_mcp.aws.allow_list import OPERATIONS
from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.aws.failures import DENIED_CODES, no_answer
from cloudwatch_mcp.aws.identity import Caller, find_caller, find_credentials
from cloudwatch_mcp.aws.secrets import hide, known_secrets
from cloudwatch_mcp.aws.sessions import configured_region, has_own_endpoint
from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.commands.check_report import Findings, Verdict, as_json, as_text, span
from cloudwatch_mcp.commands.policy import LogGroupError, log_group_name
from cloudwatch_mcp.commands.probes import REQUEST_ERRORS, parameters
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.errors import AwsError, CloudWatchError

_NO_CREDENTIALS = (
    "No AWS credentials were found: run `aws sso login` or `aws configure`, name a profile with --profile or "
    "AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. `cloudwatch-mcp --sandbox` needs none."
)
_CLOCK_ERRORS = re.compile(
    r"signature expired|not yet current|request has expired|RequestExpired|TooSkewed", re.IGNORECASE
)
_TOLERATED = timedelta(minutes=4)  # AWS refuses a signature that is 5 minutes off
_T = TypeVar("_T")


def run(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    log_groups: Sequence[str],
    in_json: bool,
    in_sandbox: bool = False,
) -> int:
    """Check and print the findings; the exit code, which is 0 only if every operation is allowed."""
    secrets = known_secrets(None, {} if in_sandbox else environment)  # the sandbox's key is the word "sandbox"
    try:
        for each in log_groups:
            log_group_name(each)
        findings = anyio.run(partial(examine, settings, environment, log_groups=log_groups, in_sandbox=in_sandbox))
        report = json.dumps(as_json(findings), indent=2) if in_json else as_text(findings, sys.stdout.encoding)
    except KeyboardInterrupt:
        return 130
    except LogGroupError as error:
        sys.stderr.write(f"cloudwatch-mcp: {error}\n")
        return 1
    except Exception as error:  # noqa: BLE001 - a defect is one line to report, not a traceback
        reason = _innermost(error)
        text = hide(f"{type(reason).__name__}: {reason}", secrets)
        sys.stderr.write(f"cloudwatch-mcp: the check itself failed, please report it: {text}\n")
        return 1
    sys.stdout.write(hide(report, secrets) + "\n")
    return 0 if findings.all_well else 1


def _innermost(error: BaseException) -> BaseException:
    """The first error of an ExceptionGroup, which a task group raises."""
    while inner := getattr(error, "exceptions", ()):
        error = inner[0]
    return error


async def examine(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    log_groups: Sequence[str] = (),
    in_sandbox: bool = False,
    clock: Clock | None = None,
) -> Findings:
    """Send AWS one harmless request for each operation, with the server's own clients and settings."""
    clients, now = Clients(settings, environment), (clock or Clock()).now
    findings = Findings(now(), settings.profile or environment.get("AWS_PROFILE"), log_groups, in_sandbox)
    try:
        aws = await clients.at(None, None)
        session = clients.session(aws.profile)
        findings.region = aws.region
        _, findings.region_source = configured_region(session, settings.region, environment)
        find = partial(find_credentials, session, aws.region, aws.profile)
        findings.credentials = await _within(settings.read_timeout, aws, find)
    except CloudWatchError as error:
        findings.problems.append(_with_flags(error))
        return findings
    if findings.credentials is None:
        findings.problems.append(_NO_CREDENTIALS)
        return findings
    if in_sandbox:
        findings.region_source = "the sandbox"
        findings.credentials = replace(findings.credentials, source="the sandbox")
    await _try_all(aws, clients, settings, findings)
    if has_own_endpoint(session, environment):
        with suppress(CloudWatchError):  # a malformed address, which each operation has reported
            for service in sorted(set(OPERATIONS.values())):
                findings.endpoints[service] = clients.client(aws.profile, aws.region, service).meta.endpoint_url
    return findings


async def _try_all(aws: Aws, clients: Clients, settings: Settings, findings: Findings) -> None:
    async def try_one(operation: str) -> None:
        findings.verdicts[operation] = await _try(aws, operation, findings.log_groups)

    async def identify() -> None:
        session = clients.session(aws.profile)
        try:
            find = partial(find_caller, session, aws.region, aws.profile, settings)
            findings.caller = await _within(settings.read_timeout, aws, find, "GetCallerIdentity")
        except AwsError as error:
            findings.caller = Caller(error=error)

    async with anyio.create_task_group() as group:
        group.start_soon(identify)
        for operation in OPERATIONS:
            group.start_soon(try_one, operation)
    findings.problems.extend(_problems(findings))


async def _try(aws: Aws, operation: str, log_groups: Sequence[str]) -> Verdict:
    try:
        answer = await aws.call(operation, **parameters(operation, log_groups))
    except CloudWatchError as error:
        code = error.code if isinstance(error, AwsError) else type(error).__name__
        if code in REQUEST_ERRORS:
            return Verdict("allowed")
        return Verdict("denied" if code in DENIED_CODES else "unknown", code, _with_flags(error))
    if operation == "StartQuery" and "queryId" in answer:
        with suppress(CloudWatchError):  # AWS never starts it; another endpoint may
            await aws.call("StopQuery", queryId=answer["queryId"])
    return Verdict("allowed")


async def _within(seconds: float, aws: Aws, work: Callable[[], _T], operation: str = "GetCredentials") -> _T:
    with anyio.move_on_after(seconds):
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
    raise no_answer(operation, aws.region, seconds)


def _with_flags(error: CloudWatchError) -> str:
    """The error, with the command line's flags for the tools' arguments."""
    return str(error).replace("profile_name", "--profile").replace("Pass region", "Pass --region")


def _problems(findings: Findings) -> list[str]:
    """One line for each kind of failure."""
    problems = []
    if denied := findings.actions("denied"):
        problems.append(f"AWS denies {len(denied)} of {len(OPERATIONS)} operations: {', '.join(denied)}.")
        if any("explicit deny" in verdict.reason for verdict in findings.verdicts.values()):
            problems.append(
                "AWS names an explicit deny, which no policy that allows can override. Ask the account's administrator."
            )
    by_code: dict[str, list[str]] = {}
    for operation in OPERATIONS:
        verdict = findings.verdicts[operation]
        if verdict.status == "unknown":
            by_code.setdefault(verdict.code, []).append(verdict.reason)
    for first, *others in by_code.values():
        more = f" {len(others)} more operations failed in the same way." if others else ""
        problems.append(first + more + _about_the_clock(first, findings))
    return problems


def _about_the_clock(reason: str, findings: Findings) -> str:
    suspected = bool(_CLOCK_ERRORS.search(reason))
    if "ignature" not in reason and not suspected:
        return ""
    aws_time = findings.caller.aws_time
    if aws_time is None:
        return " Check that this machine's clock is right." if suspected else ""
    ahead = findings.now - aws_time
    if abs(ahead) < _TOLERATED:
        return ""
    direction = "ahead of" if ahead > timedelta() else "behind"
    return f" This machine's clock is {span(abs(ahead))} {direction} AWS's: set it right."
