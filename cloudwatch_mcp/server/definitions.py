"""The tools with their definitions: title, description, annotations and slim JSON schemas."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from mcp.server.mcpserver.tools import Tool
from mcp.types import ToolAnnotations

from cloudwatch_mcp.server import icons
from cloudwatch_mcp.tools import TOOLS, ToolEntry


@cache
def definitions() -> Mapping[str, Tool]:
    """The ten tools by name."""
    return {entry.function.__name__: _definition(entry) for entry in TOOLS}


def _definition(entry: ToolEntry) -> Tool:
    tool = Tool.from_function(
        entry.function,
        title=entry.title,
        context_kwarg="ctx",
        icons=[icons.OF_TOOLS[entry.subject]],
        description=" ".join((entry.function.__doc__ or "").split()),
        annotations=ToolAnnotations(
            title=entry.title,
            read_only_hint=entry.read_only,
            destructive_hint=False,
            idempotent_hint=True,
            open_world_hint=bool(entry.operations),
        ),
    )
    tool.parameters = {**_slim(tool.parameters, tool.parameters.get("$defs", {})), "additionalProperties": False}
    metadata = tool.fn_metadata
    metadata.output_schema = _slim(metadata.output_schema, (metadata.output_schema or {}).get("$defs", {}))
    return tool


def _slim(schema: Any, definitions: Mapping[str, Any]) -> Any:
    """The JSON schema without generated titles and null types, and with each `$ref` replaced by its definition."""
    if isinstance(schema, list):
        return [_slim(item, definitions) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return _slim(definitions[schema["$ref"].rsplit("/", 1)[-1]] | beside, definitions)
    return {
        key: {name: _slim_property(each, definitions) for name, each in value.items()}
        if key == "properties"
        else _slim(value, definitions)
        for key, value in schema.items()
        if key not in ("$defs", "title")
    }


def _slim_property(schema: dict[str, Any], definitions: Mapping[str, Any]) -> Any:
    """The schema of a property: in arguments and answers, it may be missing but is never null."""
    types = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    if rest.get("default") in (None, []):
        rest.pop("default", None)
    if types:
        rest |= types[0] if len(types) == 1 else {"anyOf": types}
    return _slim(rest, definitions)
