"""What must hold of the catalogue's files: their schema, and what a schema cannot say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from scripts.catalog_lib.facts import of_metric
from scripts.catalog_lib.files import ALIASES, DATA, Entry, file_name, in_order, read, written

_SCHEMA_FILE = Path(__file__).parents[2] / "docs" / "catalogue.schema.json"
SCHEMA = Draft202012Validator(json.loads(_SCHEMA_FILE.read_text("utf-8")))


def complaints(data: Path = DATA, aliases: Path = ALIASES) -> Iterator[str]:
    """What is wrong with the files, a line each."""
    for file in sorted(data.iterdir()):
        yield from (f"{file.name}: {wrong}" for wrong in _of_file(file.name, file.read_text("utf-8")))
    yield from (f"{aliases.name}: {wrong}" for wrong in _of_aliases(aliases.read_text("utf-8"), data))


def _of_file(name: str, text: str) -> Iterator[str]:
    try:
        entry = read(text)
    except ValueError as error:
        yield str(error)
        return
    if errors := sorted(SCHEMA.iter_errors(entry), key=lambda error: [str(step) for step in error.absolute_path]):
        yield from (f"{_place(error.absolute_path)}: {error.message}" for error in errors)
        return
    if name != file_name(entry["namespace"]):
        yield f"a file of {entry['namespace']} is called {file_name(entry['namespace'])}"
    yield from _of_texts(entry)
    for metric, own in entry["metrics"].items():
        yield from (f"{metric}: {wrong}" for wrong in of_metric(entry | own))
    if text != written(entry):
        yield "not in order or not one metric a line: scripts/catalog.py format writes it so"


def _place(path: Any) -> str:
    return " ".join(str(step) for step in path) or "the file"


def _of_texts(entry: Entry) -> Iterator[str]:
    first: dict[str, str] = {}
    for metric, facts in entry["metrics"].items():
        other = first.setdefault(facts["description"], metric)
        if other != metric:
            yield f"{metric}: described as {other} is"


def _of_aliases(text: str, data: Path) -> Iterator[str]:
    try:
        aliases = read(text)
    except ValueError as error:
        yield str(error)
        return
    for alias, namespaces in aliases.items():
        unknown = [namespace for namespace in namespaces if not (data / file_name(namespace)).exists()]
        if unknown or not namespaces:
            yield f"{alias} stands for what is not in the catalogue: {', '.join(unknown) or 'nothing'}"
    if list(aliases) != sorted(aliases, key=in_order):
        yield "not in order"
