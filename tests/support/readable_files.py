"""Snapshots as readable JSON files, one for each test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

from tests.support.asking import Reply
from tests.support.readable_json import readable


class ReadableFiles(SingleFileSnapshotExtension):
    """One file for each test, snapshots/MODULE/TEST.json, as JSON that a reviewer can read."""

    _write_mode = WriteMode.TEXT
    file_extension = "json"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(cls._root(test_location) / test_location.basename)

    @classmethod
    def discovery_dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(cls._root(test_location))

    @staticmethod
    def _root(test_location: PyTestLocation) -> Path:
        """A node id begins with the test's file, relative to pytest's root."""
        below_root = Path(test_location.nodeid.partition("::")[0]).parts
        return Path(test_location.filepath).parents[len(below_root) - 1] / "snapshots"

    def serialize(self, data: Any, **_: Any) -> str:
        return readable(data.for_snapshot() if isinstance(data, Reply) else data)
