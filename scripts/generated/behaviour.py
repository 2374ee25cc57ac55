"""The behaviour of AWS on which the tests rely, and the evidence for it: docs/aws-behaviour.md."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from scripts.generated.markdown import table
from tests.support.behaviours import behaviours
from tests.support.places import ROOT

EVIDENCE = ("recorded", "documented", "pasted", "assumed")
_EVIDENCE = re.compile(r"(?m)^  evidence: (?:\|-\n    )?(.+)$")  # long texts are blocks


def behaviour(root: Path = ROOT) -> str:
    """The number of behaviours of each service, and a table of each service's behaviours."""
    known = behaviours(root)
    services = sorted({each.service for each in known})
    counts = Counter((each.service, each.evidence) for each in known)
    overview = [(name, *(counts[name, kind] for kind in EVIDENCE)) for name in services]
    sections = [table(["service", *EVIDENCE], overview, "--:")]
    for name in services:
        rows = [
            (_escaped(each.sentence), each.evidence, _escaped(each.source), "<br>".join(map(_link, each.tests)))
            for each in known
            if each.service == name
        ]
        sections += [f"## {name}", table(["behaviour", "evidence", "source", "test"], rows)]
    return "\n\n".join(sections)


def authored_cassettes(folder: Path = ROOT / "cassettes") -> str:
    """The authored cassettes whose metadata name the public responses that they follow."""
    texts = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.yaml"))}
    authored = {name: _EVIDENCE.search(text) for name, text in texts.items() if "\n  target: authored\n" in text}
    rows = [(name, _escaped(evidence[1])) for name, evidence in authored.items() if evidence]
    summary = f"{len(rows)} of {len(authored)} have the shape of public responses, with example values."
    return f"{summary} The others show what no public source has whole.\n\n{table(['cassette', 'follows'], rows)}"


def _escaped(text: str) -> str:
    for special in ("\\", "|", "<", ">", "*"):
        text = text.replace(special, f"\\{special}")
    return text


def _link(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{file.removeprefix('tests/')}](../{file}) `{name}`"
