"""`cloudwatch-mcp check`: whether the server will work here, asked of AWS at no cost; if it will not, what is wrong."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import partial
from types import MappingProxyType
from typing import Any, TypeVar

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
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.errors import AwsError, CloudWatchError

_NO_QUERY = "00000000-0000-0000-0000-000000000000"
_NO_LOG_GROUP = "cloudwatch-mcp/check/there-is-no-such-log-group"

# What each operation is asked. None of it costs: listings of one item; a metric search that nothing matches, as
# GetMetricData is billed by the metrics returned; a query of a log group that does not exist and of the first second
# of 1970, which AWS refuses for any log group; a query id of nobody's.
PROBES: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        "DescribeAlarmHistory": {"MaxRecords": 1},
        "DescribeAlarms": {"MaxRecords": 1},
        "GetMetricData": {
            "MetricDataQueries": [
                {"Id": "none", "Expression": "SEARCH('{cloudwatch-mcp/check} MetricName=\"none\"', 'Sum', 60)"}
            ],
            "StartTime": 0,
            "EndTime": 60,
        },
        "ListMetrics": {"Namespace": "cloudwatch-mcp/check"},
        "DescribeLogGroups": {"limit": 1},
        "DescribeQueryDefinitions": {"maxResults": 1},
        "GetQueryResults": {"queryId": _NO_QUERY},
        "ListAnomalies": {"limit": 1},
        "ListLogAnomalyDetectors": {"limit": 1},
        "StartQuery": {
            "logGroupNames": [_NO_LOG_GROUP],
            "startTime": 0,
            "endTime": 1,
            "queryString": "fields @timestamp",
            "limit": 1,
        },
        "StopQuery": {"queryId": _NO_QUERY},
    }
)
# AWS looks at permissions first: it has looked at what was asked, so the operation is allowed.
_ANSWERED = frozenset(
    {
        "InvalidParameterException",
        "InvalidParameterValue",
        "LimitExceededException",
        "MalformedQueryException",
        "ResourceNotFound",
        "ResourceNotFoundException",
        "ValidationError",
        "ValidationException",
    }
)
_NO_CREDENTIALS = (
    "No AWS credentials were found: run `aws sso login` or `aws configure`, name a profile with --profile or "
    "AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. `cloudwatch-mcp --sandbox` needs none."
)
_BY_THE_CLOCK = re.compile(
    r"signature expired|not yet current|request has expired|RequestExpired|TooSkewed", re.IGNORECASE
)
_TOLERATED = timedelta(minutes=4)  # AWS refuses what is signed 5 minutes before or after its own time
_T = TypeVar("_T")


async def examine(
    settings: Settings,
    environment: Mapping[str, str],
    *,
    log_groups: Sequence[str] = (),
    clock: Clock | None = None,
) -> Findings:
    """Ask AWS all that the server would ask it, with the server's own clients and settings."""
    clients, now = Clients(settings, environment), (clock or Clock()).now
    findings = Findings(now(), settings.profile or environment.get("AWS_PROFILE"), log_groups)
    try:
        aws = await clients.at(None, None)
        session = clients.session(aws.profile)
        findings.region = aws.region
        _, findings.region_source = configured_region(session, settings.region, environment)
        find = partial(find_credentials, session, aws.region, aws.profile)
        findings.credentials = await _within(settings.read_timeout, aws, find)
    except CloudWatchError as error:
        findings.problems.append(_said(error))
        return findings
    if findings.credentials is None:
        findings.problems.append(_NO_CREDENTIALS)
        return findings
    await _ask_all(aws, clients, settings, findings)
    if has_own_endpoint(session, environment):
        with suppress(CloudWatchError):  # an address that is none: each operation has said so
            for service in sorted(set(OPERATIONS.values())):
                findings.endpoints[service] = clients.client(aws.profile, aws.region, service).meta.endpoint_url
    return findings


async def _ask_all(aws: Aws, clients: Clients, settings: Settings, findings: Findings) -> None:
    async def ask(operation: str) -> None:
        findings.verdicts[operation] = await _ask(aws, operation, _parameters(operation, findings.log_groups))

    async def ask_who() -> None:
        session = clients.session(aws.profile)
        try:
            find = partial(find_caller, session, aws.region, aws.profile, settings)
            findings.caller = await _within(settings.read_timeout, aws, find, "GetCallerIdentity")
        except AwsError as error:
            findings.caller = Caller(error=error)

    async with anyio.create_task_group() as group:
        group.start_soon(ask_who)
        for operation in OPERATIONS:
            group.start_soon(ask, operation)
    findings.problems.extend(_problems(findings))


def _parameters(operation: str, log_groups: Sequence[str]) -> Mapping[str, Any]:
    if operation != "StartQuery" or not log_groups:
        return PROBES[operation]
    names = [log_group_name(each).replace("*", "cloudwatch-mcp-check").replace("?", "x") for each in log_groups[:50]]
    return {**PROBES[operation], "logGroupNames": names}


async def _ask(aws: Aws, operation: str, parameters: Mapping[str, Any]) -> Verdict:
    try:
        answer = await aws.call(operation, **parameters)
    except CloudWatchError as error:
        code = error.code if isinstance(error, AwsError) else type(error).__name__
        if code in _ANSWERED:
            return Verdict("allowed")
        return Verdict("denied" if code in DENIED_CODES else "unknown", code, _said(error))
    if operation == "StartQuery" and "queryId" in answer:
        with suppress(CloudWatchError):  # AWS never starts it; what only speaks its protocol may
            await aws.call("StopQuery", queryId=answer["queryId"])
    return Verdict("allowed")


async def _within(seconds: float, aws: Aws, work: Callable[[], _T], operation: str = "GetCredentials") -> _T:
    with anyio.move_on_after(seconds):
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)
    raise no_answer(operation, aws.region, seconds)


def _said(error: CloudWatchError) -> str:
    """As the command line names things."""
    return str(error).replace("profile_name", "--profile").replace("Pass region", "Pass --region")


def _problems(findings: Findings) -> list[str]:
    """One line for each way to fail, denials in one."""
    problems = []
    if denied := findings.actions("denied"):
        problems.append(f"AWS denies {len(denied)} of {len(OPERATIONS)} operations: {', '.join(denied)}.")
        if any("explicit deny" in verdict.reason for verdict in findings.verdicts.values()):
            problems.append("AWS names an explicit deny: no policy that allows lifts it. Ask who manages the account.")
    by_code: dict[str, list[str]] = {}
    for operation in OPERATIONS:
        verdict = findings.verdicts[operation]
        if verdict.status == "unknown":
            by_code.setdefault(verdict.code, []).append(verdict.reason)
    for first, *others in by_code.values():
        more = f" {len(others)} more operations failed likewise." if others else ""
        problems.append(first + more + _about_the_clock(first, findings))
    return problems


def _about_the_clock(reason: str, findings: Findings) -> str:
    suspected = bool(_BY_THE_CLOCK.search(reason))
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


def run(settings: Settings, environment: Mapping[str, str], *, log_groups: Sequence[str], in_json: bool) -> int:
    """Examine and print; the exit code, which is 0 only when all is well."""
    try:
        for each in log_groups:
            log_group_name(each)
    except LogGroupError as error:
        sys.stderr.write(f"cloudwatch-mcp: {error}\n")
        return 1
    findings = anyio.run(partial(examine, settings, environment, log_groups=log_groups))
    report = json.dumps(as_json(findings), indent=2) if in_json else as_text(findings, sys.stdout.encoding)
    sys.stdout.write(hide(report, known_secrets(None, environment)) + "\n")
    return 0 if findings.all_well else 1
