"""The tool that lists log groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.aws.calls import Aws, settle
from cloudwatch_mcp.errors import CloudWatchError, InputError, quote
from cloudwatch_mcp.logs.group_arn import LogGroupArn
from cloudwatch_mcp.logs.groups import arn_text
from cloudwatch_mcp.logs.saved_queries import read_saved_queries, saved_query_rows
from cloudwatch_mcp.timerange import from_millis
from cloudwatch_mcp.tools.context import Ctx, ProfileName, Region, runtime

_DATE = len("2026-11-20")
_GROUPS_A_PAGE = 50  # DescribeLogGroups: limit
_MAX_ACCOUNTS = 20  # DescribeLogGroups: accountIdentifiers


class LogGroups(Answer):
    """retention_days null: kept for ever; created is a date in UTC. ARN of a group: arn_prefix + name."""

    narrow_by: ClassVar[str] = "narrow with log_group_name_prefix or log_group_name_pattern"

    arn_prefix: str | None = None
    log_groups: Table | None = None
    saved_queries: Table | None = None


async def describe_log_groups(
    ctx: Ctx,
    log_group_name_prefix: Annotated[str | None, Field(description="Like /aws/lambda/.")] = None,
    log_group_name_pattern: Annotated[str | None, Field(description="Substring; not with a prefix.")] = None,
    log_group_class: Literal["STANDARD", "INFREQUENT_ACCESS", "DELIVERY"] | None = None,
    max_items: Annotated[int, Field(ge=1, le=10_000, description="Groups to read.")] = 50,
    include_linked_accounts: Annotated[bool, Field(description="From a monitoring account.")] = False,
    account_identifiers: Annotated[list[str] | None, Field(description="Only these linked accounts.")] = None,
    region: Region = None,
    profile_name: ProfileName = None,
) -> LogGroups:
    """Find log groups by name before you query them.

    Gives name, class, retention in days (none: kept for ever), stored bytes, creation time, and the saved queries
    that apply to them.
    """
    request = _request(
        log_group_name_prefix, log_group_name_pattern, log_group_class, include_linked_accounts, account_identifiers
    )
    rt = runtime(ctx)
    aws = await rt.clients.at(profile_name, region)
    listing, saved = await settle(
        _list_groups(aws, request, max_items, rt.settings.max_response_chars), read_saved_queries(aws)
    )
    if isinstance(listing, CloudWatchError):
        raise listing
    notes = [*aws.notes, *_listing_notes(aws, request, listing, max_items)]
    if isinstance(saved, CloudWatchError):
        notes.append(f"Saved queries are missing: {saved}")
        saved = []
    prefix = _arn_prefix(listing.groups)
    return LogGroups(
        region=aws.region,
        profile=aws.profile,
        notes=notes,
        arn_prefix=prefix,
        log_groups=await rt.in_thread(_groups_table, listing.groups, prefix, "includeLinkedAccounts" in request),
        saved_queries=await rt.in_thread(_saved_queries_table, saved, listing.groups),
    )


def _request(
    prefix: str | None, pattern: str | None, log_class: str | None, linked: bool, accounts: list[str] | None
) -> dict[str, Any]:
    """The parameters of DescribeLogGroups."""
    if prefix and pattern:
        raise InputError("Give log_group_name_prefix or log_group_name_pattern, not both.")
    if accounts and len(accounts) > _MAX_ACCOUNTS:
        raise InputError(f"account_identifiers takes at most {_MAX_ACCOUNTS} accounts; {len(accounts)} were given.")
    parameters = {
        "logGroupNamePrefix": prefix,
        "logGroupNamePattern": pattern,
        "logGroupClass": log_class,
        "includeLinkedAccounts": linked or bool(accounts),
        "accountIdentifiers": accounts,
    }
    return {name: value for name, value in parameters.items() if value}


@dataclass(frozen=True)
class _Listing:
    groups: list[dict[str, Any]]
    more_exist: bool


async def _list_groups(aws: Aws, request: dict[str, Any], max_items: int, max_chars: int) -> _Listing:
    """The first `max_items` log groups, or fewer if their names alone are longer than an answer may be."""
    groups: list[dict[str, Any]] = []
    chars = 0
    async for page in aws.pages("DescribeLogGroups", limit=min(max_items, _GROUPS_A_PAGE), **request):
        groups += page.get("logGroups", [])
        chars += sum(len(group["logGroupName"]) for group in page.get("logGroups", []))
        if len(groups) >= max_items or chars > max_chars:
            return _Listing(groups[:max_items], bool(page.get("nextToken")) or len(groups) > max_items)
    return _Listing(groups, more_exist=False)


def _listing_notes(aws: Aws, request: dict[str, Any], listing: _Listing, max_items: int) -> list[str]:
    if not listing.groups:
        return [_no_groups_note(aws, request)]
    if not listing.more_exist:
        return []
    count = len(listing.groups)
    or_raise = ", or raise max_items" if count == max_items else ""
    return [f"The first {count:,} were read, more exist: {LogGroups.narrow_by}{or_raise}."]


def _no_groups_note(aws: Aws, request: dict[str, Any]) -> str:
    prefix, pattern = request.get("logGroupNamePrefix"), request.get("logGroupNamePattern")
    if prefix:
        word = prefix.strip("/").split("/")[-1]
        other = f"try log_group_name_pattern={quote(word)}, or another region"
        return f"No log group begins with {quote(prefix)} in {aws.region}: {other}."
    if pattern:
        return f"No log group has {quote(pattern)} in its name in {aws.region}: try a shorter one, or another region."
    log_class = request.get("logGroupClass")
    kind = f"log group of class {log_class}" if log_class else "log group"
    return f"There is no {kind} in {aws.region}: check the region and the profile."


def _groups_table(groups: list[dict[str, Any]], prefix: str | None, linked: bool) -> Table | None:
    return table([_group_row(group, prefix, linked) for group in groups])


def _saved_queries_table(saved: list[dict[str, Any]], groups: list[dict[str, Any]]) -> Table | None:
    return table(saved_query_rows(saved, [group["logGroupName"] for group in groups]))


def _arn_prefix(groups: list[dict[str, Any]]) -> str | None:
    """The prefix of the first ARN: all groups share it, except those of linked accounts."""
    return next((arn.prefix for group in groups if (arn := LogGroupArn.match(arn_text(group)))), None)


def _group_row(group: dict[str, Any], prefix: str | None, linked: bool) -> dict[str, Any]:
    arn, created = LogGroupArn.match(arn_text(group)), group.get("creationTime")
    log_class = group.get("logGroupClass", "STANDARD")
    return {
        "name": group["logGroupName"],
        "class": None if log_class == "STANDARD" else log_class,
        "retention_days": group.get("retentionInDays"),
        "stored_bytes": group.get("storedBytes"),
        "created": None if created is None else from_millis(created)[:_DATE],
        "account": arn.account if arn and linked else None,
        "arn": str(arn) if arn and arn.prefix != prefix else None,
    }
