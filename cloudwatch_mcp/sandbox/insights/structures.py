"""Maps and lists: jsonParse, split, and access to their members (docs: CWL_QuerySyntax-operations-functions)."""

import json
from collections.abc import Sequence
from typing import Any

from cloudwatch_mcp.sandbox.insights.events import walk
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind, json_text

STRUCTURES = (Kind.STRUCTURE, Kind.LIST)


def parse(value: str) -> Any:
    """The map or list of a JSON text; None for anything else."""
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, (dict, list)) else None


def stringify(value: Any) -> str | None:
    return json_text(value) if isinstance(value, (dict, list)) else None


def split(value: str, delimiter: str) -> list[str]:
    return value.split(delimiter) if delimiter else list(value)


def member(structure: Expression, path: str) -> Expression:
    """The member at a path such as `users.1.action`."""
    read, parts = structure.read, path.split(".")

    def read_member(row: Any) -> Any:
        value = walk(read(row), parts)
        return int(value) if isinstance(value, bool) else value

    return Expression(read_member, Kind.STRUCTURE)


def items(value: Any) -> Sequence[Any]:
    """The items for `unnest`, which treats other values than lists as a list with one item."""
    return value if isinstance(value, list) else [value]
