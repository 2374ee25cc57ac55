"""A tool call and the plausible answers that AWS gives to it, as JSON on the wire.

Each item of a list has words of its own, `mark1` say, that the tool shows: they must stay when another item is bad.
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
class Told:
    """AWS's answer to the requests for `operation` whose JSON has the text `holds` in it."""

    operation: str
    body: JSON
    holds: str = ""


@dataclass(frozen=True)
class Scene:
    """One tool call; of the answers that fit a request the first is given."""

    name: str
    tool: str
    arguments: Mapping[str, Any]
    told: tuple[Told, ...]
