"""The tool that says which log groups there are."""

from __future__ import annotations

import re
from itertools import chain
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.aws.calls import Aws, settle
from cloudwatch_mcp.errors import CloudWatchError, InputError, quote
from cloudwatch_mcp.timerange import from_millis
from cloudwatch_mcp.tools.context import Ctx, ProfileName, Region, runtime

_DATE = len("2026-11-20")
_GROUPS_A_PAGE = 50  # DescribeLogGroups: limit
_SOURCE_PREFIXES = re.compile(r"source\s+logGroups\s*\([^)]*namePrefix\s*:\s*\[([^\]]*)\]", re.IGNORECASE)


class LogGroups(Answer):
    """retention_days null: kept for ever; created is a date in UTC. ARN of a group: arn_prefix + name."""

    narrow_by: ClassVar[str] = "narrow with log_group_name_prefix or log_group_name_pattern"

    arn_prefix: str | None = None
    log_groups: Table | None = None
    saved_queries: Table | None = None


async def describe_log_groups(
    ctx: Ctx,
    log_group_name_prefix: str | None = None,
    log_group_name_pattern: Annotated[str | None, Field(description="Substring; not with a prefix.")] = None,
    log_group_class: Literal["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"] | None = None,
    max_items: Annotated[int, Field(ge=1, le=10_000)] = 50,
    include_linked_accounts: Annotated[bool, Field(description="From a monitoring account.")] = False,
    account_identifiers: Annotated[list[str] | None, Field(description="Only these linked accounts.")] = None,
    region: Region = None,
    profile_name: ProfileName = None,
) -> LogGroups:
    """Find log groups by name before you query them.

    Gives name, class, retention in days (none: kept for ever), stored bytes, creation time, and the saved queries
    that apply to them.
    """
    if log_group_name_prefix and log_group_name_pattern:
        raise InputError("Give log_group_name_prefix or log_group_name_pattern, not both.")
    if account_identifiers and len(account_identifiers) > 20:
        raise InputError(f"account_identifiers takes at most 20 accounts; {len(account_identifiers)} were given.")
    rt = runtime(ctx)
    aws = await rt.clients.at(profile_name, region)
    linked = include_linked_accounts or bool(account_identifiers)
    found, saved = await settle(
        _read_groups(
            aws,
            max_items,
            rt.settings.max_response_chars,
            logGroupNamePrefix=log_group_name_prefix or None,
            logGroupNamePattern=log_group_name_pattern or None,
            logGroupClass=log_group_class,
            includeLinkedAccounts=linked or None,
            accountIdentifiers=account_identifiers or None,
        ),
        _read_saved_queries(aws),
    )
    if isinstance(found, CloudWatchError):
        raise found
    groups, more = found
    notes = list(aws.notes)
    if more:
        higher = ", or raise max_items" if len(groups) == max_items else ""
        notes.append(f"The first {len(groups):,} were read, more exist: {LogGroups.narrow_by}{higher}.")
    if not groups:
        notes.append(_no_groups_note(aws, log_group_name_prefix, log_group_name_pattern, log_group_class))
    if isinstance(saved, CloudWatchError):
        notes.append(f"Saved queries are missing: {saved}")
        saved = []
    prefix = _common_prefix(groups)
    return LogGroups(
        region=aws.region,
        profile=aws.profile,
        notes=notes,
        arn_prefix=prefix,
        log_groups=await rt.in_thread(_groups_table, groups, prefix, linked),
        saved_queries=await rt.in_thread(_queries_table, saved, groups),
    )


async def _read_groups(aws: Aws, max_items: int, room: int, **parameters: Any) -> tuple[list[dict[str, Any]], bool]:
    """(groups, whether there are more): `max_items`, or when their names alone fill `room` characters."""
    groups: list[dict[str, Any]] = []
    async for page in aws.pages("DescribeLogGroups", limit=min(max_items, _GROUPS_A_PAGE), **parameters):
        groups += page.get("logGroups", [])
        room -= sum(len(group["logGroupName"]) for group in page.get("logGroups", []))
        if len(groups) >= max_items or room < 0:
            return groups[:max_items], bool(page.get("nextToken")) or len(groups) > max_items
    return groups, False


async def _read_saved_queries(aws: Aws) -> list[dict[str, Any]]:
    pages = [page["queryDefinitions"] async for page in aws.pages("DescribeQueryDefinitions", maxResults=1000)]
    return list(chain.from_iterable(pages))


def _no_groups_note(aws: Aws, prefix: str | None, pattern: str | None, log_class: str | None) -> str:
    if prefix:
        word = prefix.strip("/").split("/")[-1]
        other = f"try log_group_name_pattern={quote(word)}, or another region"
        return f"No log group begins with {quote(prefix)} in {aws.region}: {other}."
    if pattern:
        return f"No log group has {quote(pattern)} in its name in {aws.region}: try a shorter one, or another region."
    kind = f"log group of class {log_class}" if log_class else "log group"
    return f"There is no {kind} in {aws.region}: check the region and the profile."


def _groups_table(groups: list[dict[str, Any]], prefix: str | None, linked: bool) -> Table | None:
    return table([_group_row(group, prefix, linked) for group in groups])


def _queries_table(saved: list[dict[str, Any]], groups: list[dict[str, Any]]) -> Table | None:
    return table(_applicable(saved, [group["logGroupName"] for group in groups]))


def _arn(group: dict[str, Any]) -> str:
    arn: str = group.get("logGroupArn") or group.get("arn") or ""
    return arn.removesuffix(":*")


def _common_prefix(groups: list[dict[str, Any]]) -> str | None:
    return next((_arn(group).removesuffix(group["logGroupName"]) for group in groups if _arn(group)), None)


def _group_row(group: dict[str, Any], prefix: str | None, linked: bool) -> dict[str, Any]:
    arn, created = _arn(group), group.get("creationTime")
    elsewhere = bool(arn) and arn != f"{prefix}{group['logGroupName']}"
    kind = group.get("logGroupClass", "STANDARD")
    return {
        "name": group["logGroupName"],
        "class": None if kind == "STANDARD" else kind,
        "retention_days": group.get("retentionInDays"),
        "stored_bytes": group.get("storedBytes"),
        "created": None if created is None else from_millis(created)[:_DATE],
        "account": _account(arn) if linked else None,
        "arn": arn if elsewhere else None,
    }


def _account(arn: str) -> str | None:
    parts = arn.split(":")
    return parts[4] if len(parts) > 4 else None


def _applicable(saved: list[dict[str, Any]], names: list[str]) -> list[dict[str, Any]]:
    rows = []
    for definition in saved:
        query = definition.get("queryString", "")
        bound = {name.rsplit(":log-group:", 1)[-1] for name in definition.get("logGroupNames", [])}
        source = _SOURCE_PREFIXES.search(query)
        prefixes = re.findall(r"['\"]([^'\"]+)['\"]", source[1]) if source else []
        fitting = [name for name in names if name in bound]
        fitting += [f"{prefix}*" for prefix in prefixes if any(name.startswith(prefix) for name in names)]
        if fitting:
            rows.append({"name": definition.get("name"), "log_groups": fitting, "query": query})
    return rows
