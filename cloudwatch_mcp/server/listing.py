"""The definitions that tools/list returns, read from a file: the start waits neither for the tools nor their schemas.

scripts/docs.py writes the file from `definitions`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pkgutil import get_data

from mcp.types import Tool


@cache
def listed_tools() -> Mapping[str, Tool]:
    """The definitions of the ten tools by name."""
    tools = (Tool.model_validate(each) for each in json.loads(get_data(__package__, "tools.json") or b""))
    return {tool.name: tool for tool in tools}
