"""The catalogue's files: where they are, and the one way in which each is written."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

CATALOGUE = Path(__file__).parents[2] / "cloudwatch_mcp" / "metrics" / "catalog"
DATA = CATALOGUE / "data"
ALIASES = CATALOGUE / "aliases.json"
Entry = dict[str, Any]
SHARED = ("required_dimensions", "region", "period", "nonzero_only")
"""What a namespace may state for all of its metrics, besides dimensions."""


def read(text: str) -> Any:
    """JSON, each member of an object named once.

    Raises:
        ValueError: the text is no JSON, or names a member twice: a reader would see only the last.
    """
    return json.loads(text, object_pairs_hook=_named_once)


def _named_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    counts = Counter(name for name, _ in pairs)
    if repeated := sorted(name for name, count in counts.items() if count > 1):
        raise ValueError(f"named twice: {', '.join(repeated)}")
    return dict(pairs)


def file_name(namespace: str) -> str:
    """`/` is written `.`, and a `/` in front `_`."""
    return f"{re.sub('^/', '_', namespace).replace('/', '.')}.json"


def written(entry: Entry) -> str:
    """A namespace's file as it should be: names in order whatever their case, a metric a line."""
    facts = {"namespace": entry["namespace"], "dimensions": sorted(entry.get("dimensions", []), key=in_order)}
    facts |= {fact: entry[fact] for fact in SHARED if fact in entry}
    lines = [f"  {_line(name)}: {_line(fact)}," for name, fact in facts.items() if fact != []]
    metrics = [f"    {_line(name)}: {_line(entry['metrics'][name])}" for name in sorted(entry["metrics"], key=in_order)]
    return "\n".join(["{", *lines, '  "metrics": {', ",\n".join(metrics), "  }", "}", ""])


def in_order(name: str) -> tuple[str, str]:
    return name.casefold(), name


def _line(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
