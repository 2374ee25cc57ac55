"""A recording in progress: one line of JSON for each event, so that the file can be read after a crash."""

from __future__ import annotations

import json
import os
import tempfile
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from io import FileIO
from itertools import chain, count
from pathlib import Path
from typing import Any

from loguru import logger

from cloudwatch_mcp.recording.errors import CannotRecord
from cloudwatch_mcp.recording.readable import mapping

HEADER = "# cloudwatch-mcp recording, not finished: a line of JSON for each event\n"
KINDS = ("metadata", "call", "interaction")


class Journal:
    """A file that only its owner can read, created with the first call: a client's health check makes none.

    If it exists, the journal is FILE-2, FILE-3 and so on: a client starts the same command again and again. If a write
    fails, the file ends with a complete line, and the write is retried.

    Attributes:
        path: the file, once it is created.
        waiting: the lines that are not written yet.

    Raises:
        CannotRecord: the path is a directory, or its directory cannot be written to.
    """

    def __init__(self, path: str | Path, metadata: Callable[[], dict[str, Any]]) -> None:
        self.path = Path(path)
        self.waiting: deque[bytes] = deque()
        self._metadata = metadata
        self._file: FileIO | None = None
        self._size = 0
        if self.path.is_dir():
            raise CannotRecord(f"{path} is a directory: name a file in it.")
        try:
            with tempfile.TemporaryFile(dir=self.path.parent) as trial:
                trial.write(HEADER.encode())
        except OSError as error:
            raise CannotRecord(f"{path} cannot be written: {error.strerror}.") from None

    @property
    def is_empty(self) -> bool:
        return self._file is None and not self.waiting

    def add(self, kind: str, event: dict[str, Any]) -> None:
        """Write an event; `kind` is one of KINDS, and the last metadata event counts."""
        if kind == "metadata" and self._file is None:
            return  # the file will begin with the metadata
        self.waiting.append(_line(kind, event))
        file = self.create()
        while self.waiting:
            self._append(file, self.waiting[0])
            self.waiting.popleft()

    def create(self) -> FileIO:
        """The file, which is created if it has not been."""
        if self._file is not None:
            return self._file
        self.path.parent.mkdir(parents=True, exist_ok=True)
        path, file = _created(self.path)
        try:
            self._append(file, HEADER.encode() + _line("metadata", self._metadata()))
        except OSError:
            file.close()
            path.unlink()
            raise
        if path != self.path:
            logger.warning("{} exists, recording to {}.", self.path, path)
        self.path, self._file = path, file
        return file

    def revise(self, change: Callable[[str], str]) -> None:
        """Change what was written, in place: a replacement has the same length, so this works on a full disk."""
        self.waiting = deque(change(line.decode()).encode() for line in self.waiting)
        if self._file is not None:
            self._file.seek(0)
            written = self._file.read(self._size).decode("latin-1")
            _write(self._file, 0, change(written).encode("latin-1"))

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def _append(self, file: FileIO, line: bytes) -> None:
        try:
            _write(file, self._size, line)
        except OSError:
            with suppress(OSError):
                file.truncate(self._size)
            raise
        self._size += len(line)


def _created(path: Path) -> tuple[Path, FileIO]:
    """A new file of this name or, if it exists, of the next number. Other servers may be creating theirs."""
    names = chain([path], (path.with_stem(f"{path.stem}-{number}") for number in count(2)))
    return next((each, file) for each in names if (file := _new_file(each)))


def _new_file(path: Path) -> FileIO | None:
    with suppress(FileExistsError):
        return FileIO(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600), "r+")
    return None


def _write(file: FileIO, offset: int, data: bytes) -> None:
    file.seek(offset)
    rest = memoryview(data)
    while rest:
        rest = rest[file.write(rest) :]


def read(text: str, name: str) -> dict[str, Any]:
    """The cassette in a journal's text, as a mapping.

    Raises:
        ValueError: a line is not an event.
    """
    *lines, rest = text.removeprefix(HEADER).split("\n")
    if rest:
        logger.warning("{}: its last event is cut off and was dropped.", name)
    events: dict[str, list[Any]] = {kind: [] for kind in KINDS}
    for number, line in enumerate(lines, start=2):
        kind, event = _event(line, number)
        events[kind].append(event)
    metadata = events["metadata"][-1] if events["metadata"] else {}
    if not isinstance(metadata, dict):
        raise ValueError("its metadata is not a mapping")  # noqa: TRY004 - the file is wrong, not an argument's type
    return mapping(
        {"metadata": {**metadata, "calls": events["call"]}, "interactions": list(map(_flat, events["interaction"]))}
    )


def _event(line: str, number: int) -> tuple[str, Any]:
    try:
        ((kind, event),) = json.loads(line, object_pairs_hook=_once).items()
    except RecursionError:
        raise ValueError(f"line {number} is nested too deeply") from None
    except (ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"line {number} is not an event ({str(error)[:100]})") from None
    if kind not in KINDS:
        raise ValueError(f"line {number} is not an event of {', '.join(KINDS)}")
    return kind, event


def _once(members: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(members)
    if len(value) != len(members):
        raise ValueError("a member occurs twice")
    return value


def _flat(interaction: Any) -> Any:
    """The interaction with its response body as text, where vcrpy has a mapping."""
    try:
        response = interaction["response"]
        return {**interaction, "response": {**response, "body": response["body"]["string"]}}
    except (LookupError, TypeError):
        return interaction  # validation rejects it later


def _line(kind: str, event: dict[str, Any]) -> bytes:
    return (json.dumps({kind: event}, default=_text) + "\n").encode()


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(timezone.utc).isoformat().replace("+00:00", "Z")
    raise TypeError(f"{type(value).__name__} cannot be written as JSON")
