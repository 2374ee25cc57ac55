"""Snapshots as readable JSON files, one for each test."""

from __future__ import annotations

from typing import Any

from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation

from tests.support.places import ROOT
from tests.support.readable_json import readable


class ReadableFiles(SingleFileSnapshotExtension):
    """One file a case under snapshots/, as JSON that a reviewer can read."""

    _write_mode = WriteMode.TEXT
    file_extension = "json"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        return str(ROOT / "snapshots" / test_location.basename)

    @classmethod
    def discovery_dirname(cls, *, test_location: PyTestLocation) -> str:  # noqa: ARG003 - syrupy's own signature
        return str(ROOT / "snapshots")

    def serialize(self, data: Any, **_: Any) -> str:
        return readable(data)
