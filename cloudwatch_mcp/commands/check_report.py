"""The findings of a check, as text for a terminal and as one JSON object."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, TypeAlias

from cloudwatch_mcp import __version__
from cloudwatch_mcp.aws.allow_list import OPERATIONS
from cloudwatch_mcp.aws.identity import Caller, Credentials
from cloudwatch_mcp.commands.policy import action, document

Status: TypeAlias = Literal["allowed", "denied", "unknown"]
_MARKS: dict[Status, str] = {"allowed": "✓", "denied": "✗", "unknown": "?"}
_ASCII_MARKS: dict[Status, str] = {"allowed": "ok", "denied": "NO", "unknown": "?"}


@dataclass(frozen=True)
class Verdict:
    """Whether AWS allows an operation; if not, or if that is unknown, the error's code and text."""

    status: Status
    code: str = ""
    reason: str = ""


@dataclass
class Findings:
    """What a check found; a check that cannot go on leaves the rest empty. `now` is aware."""

    now: datetime
    profile: str | None
    log_groups: Sequence[str] = ()
    in_sandbox: bool = False
    region: str | None = None
    region_source: str = ""
    credentials: Credentials | None = None
    caller: Caller = field(default_factory=Caller)
    endpoints: dict[str, str] = field(default_factory=dict)
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def all_well(self) -> bool:
        return len(self.actions("allowed")) == len(OPERATIONS)

    def actions(self, status: Status) -> list[str]:
        """The IAM actions of the operations with this verdict."""
        return sorted(action(operation) for operation, verdict in self.verdicts.items() if verdict.status == status)

    @property
    def common_failure(self) -> str | None:
        """The error's code if every operation failed with the same one: then no operation was really tried."""
        codes = {verdict.code for verdict in self.verdicts.values() if verdict.status == "unknown"}
        tried = [verdict for verdict in self.verdicts.values() if verdict.status != "unknown"]
        return codes.pop() if len(codes) == 1 and not tried else None

    @property
    def missing_policy(self) -> dict[str, Any] | None:
        """The smallest policy that allows what is denied."""
        denied = [operation for operation, verdict in self.verdicts.items() if verdict.status == "denied"]
        return document(denied, self.log_groups) if denied else None


def versions() -> dict[str, str]:
    """The versions in use, from package metadata: importing the packages would be slow."""
    return {
        "cloudwatch-mcp": __version__,
        "Python": platform.python_version(),
        **{package: _version(package) for package in ("mcp", "boto3", "botocore")},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def as_json(findings: Findings) -> dict[str, Any]:
    """The findings as JSON, without what is unknown. Times are in UTC."""
    credentials, caller = findings.credentials, findings.caller
    expires = credentials and credentials.expires
    found = {
        "ok": findings.all_well,
        "problems": findings.problems,
        "versions": versions(),
        "profile": findings.profile,
        "credentials": credentials
        and {
            "source": credentials.source,
            **({"expires": f"{expires.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%SZ}"} if expires else {}),
        },
        "account": caller.account,
        "account_error": None if caller.error is None else str(caller.error),
        "arn": caller.arn,
        "region": findings.region and {"name": findings.region, "source": findings.region_source},
        "endpoints": findings.endpoints or None,
        "operations": [
            {
                "action": action(operation),
                "status": findings.verdicts[operation].status,
                **({"reason": findings.verdicts[operation].reason} if findings.verdicts[operation].reason else {}),
            }
            for operation in OPERATIONS
            if operation in findings.verdicts
        ],
        "missing_policy": findings.missing_policy,
    }
    return {name: value for name, value in found.items() if value is not None}


def as_text(findings: Findings, encoding: str | None) -> str:
    """The findings as text that `encoding` can encode."""
    parts = [
        [", ".join(f"{name} {number}" for name, number in versions().items())],
        [f"{name:<12} {value}" for name, value in _facts(findings)],
        _table(findings, encoding),
        findings.problems or [_success(findings)],
    ]
    if policy := findings.missing_policy:
        parts += [["This policy allows what is missing:"], [json.dumps(policy, indent=2)]]
    known = encoding or "ascii"
    return "\n\n".join("\n".join(part) for part in parts if part).encode(known, "replace").decode(known)


def _success(findings: Findings) -> str:
    if findings.in_sandbox:
        return (
            f"The sandbox allows all {len(OPERATIONS)} operations. This says nothing about your AWS access: "
            "run `cloudwatch-mcp check` to check that."
        )
    return f"All {len(OPERATIONS)} operations are allowed: the server works here."


def _facts(findings: Findings) -> list[tuple[str, str]]:
    caller, credentials = findings.caller, findings.credentials
    facts = [("Profile", findings.profile), ("Credentials", credentials and _with_expiry(credentials, findings.now))]
    if caller.account:
        facts.append(("Account", f"{caller.account}, as {caller.arn}"))
    elif caller.error and caller.error.code != findings.common_failure:
        facts.append(("Account", f"unknown: {caller.error}"))
    if findings.region:
        facts.append(("Region", f"{findings.region}, from {findings.region_source}"))
    for url in dict.fromkeys(findings.endpoints.values()):
        services = [service for service, each in findings.endpoints.items() if each == url]
        facts.append(("Endpoint", f"{url} for {' and '.join(services)}"))
    return [(name, value) for name, value in facts if value]


def _with_expiry(credentials: Credentials, now: datetime) -> str:
    if credentials.expires is None:
        return f"from {credentials.source}, no known expiry"
    remaining = credentials.expires - now
    when = f"{credentials.expires.astimezone():%Y-%m-%d %H:%M %Z}"
    return f"from {credentials.source}, " + (
        f"expire {when}, in {span(remaining)}" if remaining > timedelta() else f"expired {when}, {span(-remaining)} ago"
    )


def span(length: timedelta) -> str:
    """As `42 min`, `11 h 5 min` or `3 d 2 h`."""
    minutes = int(length.total_seconds() // 60)
    hours, days = minutes // 60, minutes // 1440
    if days:
        return f"{days} d {hours % 24} h"
    return f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def _table(findings: Findings, encoding: str | None) -> list[str]:
    if findings.common_failure:
        return []
    marks = _MARKS
    try:
        "".join(marks.values()).encode(encoding or "ascii")
    except UnicodeEncodeError:
        marks = _ASCII_MARKS
    wide = max(map(len, marks.values()))
    rows = {action(operation): verdict for operation, verdict in findings.verdicts.items()}
    return [
        f"{marks[rows[name].status]:<{wide}} {name}" + (f"  {rows[name].code}" if rows[name].code else "")
        for name in sorted(rows)
    ]
