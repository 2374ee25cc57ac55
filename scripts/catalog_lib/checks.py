"""What must hold of the catalogue's files: their schema, and what a schema cannot say."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from jsonschema import Draft202012Validator

from scripts.catalog_lib.facts import of_metric
from scripts.catalog_lib.files import ALIASES, DATA, Entry, file_name, in_order, read, written

_SCHEMA_FILE = Path(__file__).parents[2] / "docs" / "catalogue.schema.json"
SCHEMA = Draft202012Validator(json.loads(_SCHEMA_FILE.read_text("utf-8")))


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
