"""Cassette files that are read and written as a whole; `journal` writes those that are still being recorded."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import Any

from vcr.cassette import Cassette
from vcr.record_mode import RecordMode
from vcr.request import Request

from cloudwatch_mcp.recording import document, journal, readable
from cloudwatch_mcp.recording.errors import CassetteUnreadable
from cloudwatch_mcp.recording.matching import CALL, call_number, identity, operation

_DEFAULTS = ("region", "profile", "default_profile")


class CassetteWithMetadata(Cassette):  # type: ignore[misc]  # vcrpy has no types
    """A cassette with metadata, which vcrpy 8, the release for Python 3.10, does not have."""

    def __init__(self) -> None:
        super().__init__(None, record_mode=RecordMode.NEW_EPISODES)
        self.metadata: dict[str, Any] = {}

    def get_metadata(self, key: str, default: Any) -> Any:
        return self.metadata.setdefault(key, default)


def empty() -> CassetteWithMetadata:
    return CassetteWithMetadata()


def load(*paths: str | Path) -> CassetteWithMetadata:
    """Load a cassette, finished or still being recorded; or several, the sessions of one investigation, as one.

    Raises:
        CassetteUnreadable: there is no such file, it is not a valid cassette, or the cassettes have different default
            profiles or Regions.
    """
    sessions = list(map(_loaded, paths))
    return sessions[0] if len(sessions) == 1 else _joined(sessions)


def _loaded(path: str | Path) -> CassetteWithMetadata:
    cassette = CassetteWithMetadata()
    try:
        whole = _read(Path(path))
        cassette.metadata = document.metadata(whole["metadata"])
    except OSError as error:
        raise CassetteUnreadable(f"{path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise CassetteUnreadable(f"{path} cannot be read: it is not text in UTF-8.") from None
    except ValueError as error:
        raise CassetteUnreadable(f"{path} cannot be read: {error}.") from None
    cassette.data = [_pair(each) for each in whole["interactions"]]
    return cassette


def _joined(sessions: Sequence[CassetteWithMetadata]) -> CassetteWithMetadata:
    whole, calls = CassetteWithMetadata(), list[Any]()
    whole.metadata = {**sessions[0].metadata, "calls": calls, "profiles": {}}
    for each in sessions:
        if any(each.metadata.get(name) != whole.metadata.get(name) for name in _DEFAULTS):
            raise CassetteUnreadable("The recordings have different default profiles or Regions: replay one at a time.")
        for request, response in each.data:
            if number := call_number(request):
                request.headers[CALL] = str(number + len(calls))
            whole.data.append((request, response))
        calls += each.metadata.get("calls", [])
        whole.metadata["profiles"] |= each.metadata.get("profiles", {})
    return whole


def save(cassette: Cassette, path: str | Path, metadata: dict[str, Any]) -> str:
    """Write the cassette and return its text.

    Interactions are sorted by operation and parameters; equal ones keep their order. They have no numbers if all are of
    one call.
    """
    data = sorted(cassette.data, key=lambda pair: (operation(pair[0]), *identity(pair[0])))
    interactions = [interaction(*pair) for pair in data]
    if len(metadata.get("calls", [])) < 2:
        for each in interactions:
            each["request"]["headers"].pop(CALL, None)
    text = readable.serialize({"version": 1, "metadata": metadata, "interactions": interactions})
    _replace(Path(path), text)
    return text


def interaction(request: Request, response: dict[str, Any]) -> dict[str, Any]:
    """A request and its response, with bodies as text."""
    return {
        "request": {
            "method": request.method,
            "uri": request.uri,
            "body": request.body.decode(),
            "headers": {name: [value] for name, value in request.headers.items()},
        },
        "response": {**response, "body": {"string": response["body"]["string"].decode()}},
    }


def _pair(texts: dict[str, Any]) -> tuple[Request, dict[str, Any]]:
    response = texts["response"]
    return Request(**texts["request"]), {**response, "body": {"string": response["body"]["string"].encode()}}


def _read(path: Path) -> dict[str, Any]:
    if not S_ISREG(path.stat().st_mode):
        raise ValueError("it is not a regular file")
    text = path.read_text(encoding="utf-8")
    return journal.read(text, str(path)) if text.startswith(journal.HEADER) else readable.deserialize(text)


def _replace(path: Path, text: str) -> None:
    """Replace the file, which only its owner can read, in one step.

    The text goes to a new file in the same directory, whose name nobody can guess and use for a symbolic link.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".cloudwatch-mcp-", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        beside.replace(path)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
