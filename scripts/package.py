#!/usr/bin/env python3
"""Builds the wheel, the sdist and the .mcpb bundle, offline, into dist/ or the given folder."""

from __future__ import annotations

if __name__ == "__main__":
    import in_venv  # noqa: F401 - restarts in .venv

import sys
import tarfile
import zipfile
from pathlib import Path

from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).resolve().parent.parent
# What the host needs to run the bundle: uv installs the project from its pyproject.toml.
BUNDLED = ("cloudwatch_mcp/", "pyproject.toml", "README.md", "LICENSE")
EPOCH = (1980, 1, 1, 0, 0, 0)  # zip knows no earlier time; a fixed one makes two builds equal


def build(folder: Path) -> tuple[Path, Path]:
    """The wheel and the sdist."""
    wheel, sdist = (next(builder(str(ROOT)).build(directory=str(folder))) for builder in (WheelBuilder, SdistBuilder))
    return Path(wheel), Path(sdist)


def bundle(sdist: Path) -> Path:
    """The .mcpb beside the sdist: files of the sdist, and the manifest."""
    contents = {"manifest.json": (ROOT / "manifest.json").read_bytes()}
    with tarfile.open(sdist) as archive:
        for member in archive:
            name = member.name.partition("/")[2]
            content = archive.extractfile(member)
            if content is not None and name.startswith(BUNDLED):
                contents[name] = content.read()
    file = sdist.with_name(sdist.name.replace(".tar.gz", ".mcpb"))
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(contents):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), contents[name], zipfile.ZIP_DEFLATED)
    return file


def main() -> None:
    wheel, sdist = build(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "dist")
    for file in (wheel, sdist, bundle(sdist)):
        sys.stdout.write(f"{file}  {file.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
