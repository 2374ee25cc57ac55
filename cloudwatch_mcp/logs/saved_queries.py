"""Saved Logs Insights queries, and which log groups they apply to."""

from __future__ import annotations

import re
from itertools import chain
from typing import Any

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.logs.group_arn import LogGroupArn
from cloudwatch_mcp.logs.query_text import names_its_source

_SOURCE_PREFIXES = re.compile(r"source\s+logGroups\s*\([^)]*namePrefix\s*:\s*\[([^\]]*)\]", re.IGNORECASE)
_QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")


async def read_saved_queries(aws: Aws) -> list[dict[str, Any]]:
    pages = [page["queryDefinitions"] async for page in aws.pages("DescribeQueryDefinitions", maxResults=1000)]
    return list(chain.from_iterable(pages))


def saved_query_rows(definitions: list[dict[str, Any]], group_names: list[str]) -> list[dict[str, Any]]:
    """The saved queries that apply to these log groups: first those that name them, or prefixes in a SOURCE command.

    Then those that name no log group, which apply to any.
    """
    rows = []
    for definition in definitions:
        query = definition.get("queryString", "")
        applies_to = _by_name(definition, group_names) + _by_prefix(query, group_names)
        if applies_to or (group_names and not _has_log_groups(definition, query)):
            rows.append(
                {
                    "name": definition.get("name"),
                    "log_groups": applies_to or None,
                    "query": query,
                    "parameters": _parameters(definition) or None,
                }
            )
    return sorted(rows, key=lambda row: row["log_groups"] is None)


def _has_log_groups(definition: dict[str, Any], query: str) -> bool:
    language = definition.get("queryLanguage", "CWLI")
    return bool(definition.get("logGroupNames")) or names_its_source(query, language)


def _parameters(definition: dict[str, Any]) -> dict[str, str | None]:
    """The default values of the query's parameters, which it contains as {{name}}; None for one that has none."""
    given = definition.get("parameters", [])
    return {parameter["name"]: parameter.get("defaultValue") for parameter in given if "name" in parameter}


def _by_name(definition: dict[str, Any], group_names: list[str]) -> list[str]:
    given = definition.get("logGroupNames", [])
    names = {arn.name if (arn := LogGroupArn.match(name)) else name for name in given}
    return [name for name in group_names if name in names]


def _by_prefix(query: str, group_names: list[str]) -> list[str]:
    source = _SOURCE_PREFIXES.search(query)
    prefixes = _QUOTED.findall(source[1]) if source else []
    return [f"{prefix}*" for prefix in prefixes if any(name.startswith(prefix) for name in group_names)]
