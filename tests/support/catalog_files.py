"""The catalogue's files: what must hold of each beyond its schema, and the one way in which it is written."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from tests.support.catalog_facts import of_metric
from tests.support.places import ROOT

CATALOGUE = ROOT / "cloudwatch_mcp" / "metrics" / "catalog"
DATA = CATALOGUE / "data"
ALIASES = CATALOGUE / "aliases.json"
Entry = dict[str, Any]
SCHEMA = Draft202012Validator(json.loads((ROOT / "docs" / "catalogue.schema.json").read_text("utf-8")))
SHARED = ("required_dimensions", "region", "period", "nonzero_only")
"""What a namespace may state for all of its metrics, besides dimensions."""


def complaints(data: Path = DATA, aliases: Path = ALIASES) -> Iterator[str]:
    """What is wrong with the files, a line each."""
    for file in (*sorted(data.iterdir()), aliases):
        yield from (f"{file.name}: {wrong}" for wrong in _of_file(file, data))


def _of_file(file: Path, data: Path) -> Iterator[str]:
    try:
        content = read(file.read_text("utf-8"))
    except ValueError as error:
        yield str(error)
        return
    yield from _of_entry(file, content) if file.parent == data else _of_aliases(content, data)


def _of_entry(file: Path, entry: Entry) -> Iterator[str]:
    errors = [(" ".join(map(str, error.absolute_path)), error.message) for error in SCHEMA.iter_errors(entry)]
    if errors:
        yield from (f"{place or 'the file'}: {message}" for place, message in sorted(errors))
        return
    if file.name != file_name(entry["namespace"]):
        yield f"a file of {entry['namespace']} is called {file_name(entry['namespace'])}"
    described: dict[str, str] = {}
    for metric, own in entry["metrics"].items():
        if (other := described.setdefault(own["description"], metric)) != metric:
            yield f"{metric}: described as {other} is"
        yield from (f"{metric}: {wrong}" for wrong in of_metric(entry | own))
    if file.read_text("utf-8") != written(entry):
        yield "not in order or not one metric a line: scripts/catalog.py format writes it so"


def _of_aliases(aliases: dict[str, list[str]], data: Path) -> Iterator[str]:
    for alias, namespaces in aliases.items():
        unknown = [namespace for namespace in namespaces if not (data / file_name(namespace)).exists()]
        if unknown or not namespaces:
            yield f"{alias} stands for what is not in the catalogue: {', '.join(unknown) or 'nothing'}"
    if list(aliases) != sorted(aliases, key=in_order):
        yield "not in order"


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
