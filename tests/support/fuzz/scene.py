"""A tool call and AWS's plausible responses to it, as JSON on the wire.

Each item of a list has its own mark, such as `mark1`, which the tool's answer shows: it must still do so when another
item is bad.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.frozen_time import NOW

JSON = dict[str, Any]
ACCOUNT = "us-east-1:123456789012"
AT = NOW.timestamp()
GROUP = f"arn:aws:logs:{ACCOUNT}:log-group:/app/api"


@dataclass(frozen=True)
class CannedResponse:
    """AWS's response to requests for `operation` whose JSON contains `request_text`."""

    operation: str
    body: JSON
    request_text: str = ""


@dataclass(frozen=True)
class Scene:
    """One tool call; a request gets the first response that fits it."""

    name: str
    tool: str
    arguments: Mapping[str, Any]
    responses: tuple[CannedResponse, ...]
