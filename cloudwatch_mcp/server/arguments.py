"""Validates a tool call's arguments. An unknown argument is an error, not ignored."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mcp.server.mcpserver.tools import Tool
from pydantic import ValidationError

from cloudwatch_mcp.errors import InputError, nearest, quote, quote_all

_MAX_REPORTED = 5  # invalid arguments in one error


def validated(tool: Tool, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, parsed for the tool's function.

    Raises:
        InputError: an argument is unknown, missing or invalid; the message lists up to five problems.
    """
    valid = tool.parameters["properties"]
    if unknown := [name for name in arguments if name not in valid]:
        near = [match for name in unknown[:_MAX_REPORTED] for match in nearest(name, valid, 1)]
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        more = f" and {len(unknown) - _MAX_REPORTED:,} more" if len(unknown) > _MAX_REPORTED else ""
        names = quote_all(unknown[:_MAX_REPORTED]) + more
        raise InputError(f"{tool.name} has no argument {names}.{hint} Its arguments are {', '.join(valid)}.")
    try:
        return tool.fn_metadata.validate_arguments(dict(arguments))
    except ValidationError as error:
        raise InputError(f"{tool.name}: {'; '.join(_problems(error))}.") from None


def _problems(error: ValidationError) -> list[str]:
    problems = []
    for each in error.errors(include_url=False)[:_MAX_REPORTED]:
        where = ".".join(str(part) for part in each["loc"] if not str(part).startswith(("function-", "constrained-")))
        given = "" if each["type"] == "missing" else f" (given {quote(each['input'])})"
        problems.append(f"{where}: {each['msg'][0].lower()}{each['msg'][1:]}{given}")
    return problems
