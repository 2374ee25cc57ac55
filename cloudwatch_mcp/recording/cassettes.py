"""Cassette files: read, written, and grown while they are recorded.

A finished cassette is one YAML document. While it is recorded it is a journal, a line of JSON for each thing that
happened, so that it is whole whenever the process ends.
"""

from __future__ import annotations

import json
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from loguru import logger
from vcr.cassette import Cassette
from vcr.record_mode import RecordMode
from vcr.request import Request

from cloudwatch_mcp.recording import readable
from cloudwatch_mcp.recording.errors import CannotRecord, CassetteUnreadable
from cloudwatch_mcp.recording.matching import identity, operation

JOURNAL = "# cloudwatch-mcp recording, not finished: a line of JSON for each event\n"


class Files:
    """A persister of vcrpy's, for files of either form."""

    @staticmethod
    def load_cassette(path: str | Path, serializer: Any) -> tuple[list[Request], list[dict[str, Any]], dict[str, Any]]:
        text = Path(path).read_text(encoding="utf-8")
        whole = _from_journal(text, str(path)) if text.startswith(JOURNAL) else serializer.deserialize(text)
        pairs = [_pair(each) for each in whole["interactions"]]
        return [request for request, _ in pairs], [response for _, response in pairs], whole.get("metadata") or {}

    @staticmethod
    def save_cassette(path: str | Path, cassette: dict[str, Any], serializer: Any) -> None:
        """Written beside and then moved, so that a file is never half a cassette."""
        pairs = zip(cassette["requests"], cassette["responses"], strict=True)
        whole = {"version": 1, "metadata": cassette["metadata"], "interactions": [interaction(*pair) for pair in pairs]}
        beside = Path(path).with_name(Path(path).name + ".new")
        beside.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(serializer.serialize(whole), encoding="utf-8")
        beside.replace(path)


class Recording(Cassette):  # type: ignore[misc]  # vcrpy has no types
    """A cassette and what is said of it; vcrpy for Python 3.10 knows no metadata."""

    def __init__(self) -> None:
        super().__init__(None, serializer=readable, persister=Files, record_mode=RecordMode.NEW_EPISODES)
        self.metadata: dict[str, Any] = {}

    def get_metadata(self, key: str, default: Any) -> Any:
        return self.metadata.setdefault(key, default)


def empty() -> Recording:
    return Recording()


def load(path: str | Path) -> Recording:
    """The cassette of a file.

    Raises:
        CassetteUnreadable: there is no such file, or it is none.
    """
    recording = Recording()
    try:
        requests, responses, recording.metadata = Files.load_cassette(path, readable)
    except OSError as error:
        raise CassetteUnreadable(f"{path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError) as error:
        raise CassetteUnreadable(f"{path} cannot be read: {error}.") from None
    recording.data = list(zip(requests, responses, strict=True))
    recorded_at = recording.metadata.get("recorded_at")
    if not isinstance(recorded_at, datetime) or recorded_at.tzinfo is None:
        raise CassetteUnreadable(f"{path} cannot be read: its metadata.recorded_at is no time with a zone.")
    return recording


def save(cassette: Cassette, path: str | Path, metadata: dict[str, Any]) -> None:
    """Write the cassette; interactions are in the order of operation and parameters, equal ones as they happened."""
    data = sorted(cassette.data, key=lambda pair: (operation(pair[0]), *identity(pair[0])))
    requests, responses = [request for request, _ in data], [response for _, response in data]
    Files.save_cassette(path, {"requests": requests, "responses": responses, "metadata": metadata}, readable)


class Journal:
    """A cassette file under way.

    Raises:
        CannotRecord: the file exists, or cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        try:
            self._file = self.path.open("x", encoding="utf-8")
        except FileExistsError:
            raise CannotRecord(f"{path} exists: name another file, or remove it.") from None
        except OSError as error:
            raise CannotRecord(f"{path} cannot be written: {error.strerror}.") from None
        self._write(JOURNAL)

    def add(self, kind: str, event: dict[str, Any]) -> None:
        """`kind` is metadata, of which the last counts, call or interaction."""
        self._write(json.dumps({kind: event}, default=_as_text) + "\n")

    def close(self) -> None:
        self._file.close()

    def _write(self, text: str) -> None:
        self._file.write(text)
        self._file.flush()


def interaction(request: Request, response: dict[str, Any]) -> dict[str, Any]:
    """The two with texts for bytes."""
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


def _from_journal(text: str, name: str) -> dict[str, Any]:
    *lines, rest = text.removeprefix(JOURNAL).split("\n")
    if rest:
        logger.warning("{}: its last event is cut off and was dropped.", name)
    events = [event for line in lines for event in json.loads(line).items()]
    found: dict[str, list[Any]] = {"metadata": [{}], "call": [], "interaction": []}
    for kind, event in events:
        found[kind].append(event)
    metadata = found["metadata"][-1]
    if "recorded_at" in metadata:
        metadata["recorded_at"] = _as_time(metadata["recorded_at"])
    metadata["calls"] = [{**call, "at": _as_time(call["at"])} for call in found["call"]]
    return {"metadata": metadata, "interactions": found["interaction"]}


def _as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} is no JSON")


def _as_time(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))
