"""All checks of a cassette file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from cloudwatch_mcp.recording import leaks
from cloudwatch_mcp.recording.cassettes import CassetteWithMetadata, load
from cloudwatch_mcp.recording.errors import CassetteUnreadable
from cloudwatch_mcp.recording.model_check import complaints

TARGETS = ("aws", "sandbox", "authored")


@dataclass(frozen=True)
class Finding:
    """A problem in a file; a leak has its line."""

    path: Path
    what: str
    line: int | None = None

    def __str__(self) -> str:
        place = str(self.path) if self.line is None else f"{self.path}:{self.line}"
        return f"{place}: {self.what}"


def check(path: str | Path) -> list[Finding]:
    """Find leaks in the file's text, and what AWS's service model does not allow."""
    path = Path(path)
    try:
        cassette, text = load(path), path.read_text(encoding="utf-8")
    except CassetteUnreadable as error:
        return [Finding(path, str(error))]
    leaked = [Finding(path, leak.kind, leak.line) for leak in leaks.find(text)]
    return leaked + [Finding(path, what) for what in [*_provenance(cassette), *complaints(cassette)]]


def _provenance(cassette: CassetteWithMetadata) -> list[str]:
    target, protocol = cassette.metadata.get("target"), cassette.metadata.get("protocol")
    wrong = []
    if target not in TARGETS:
        wrong.append(f"metadata.target is {target!r}, not one of {', '.join(TARGETS)}")
    if protocol != "json":
        wrong.append(f"metadata.protocol is {protocol!r}, not 'json'")
    return wrong
