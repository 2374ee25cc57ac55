"""docs/aws-behaviour.md: the behaviour of AWS on which the tests rely, and the evidence for it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

from scripts.generated.markdown import table
from tests.support.behaviours import behaviours
from tests.support.places import ROOT

EVIDENCE = ("recorded", "documented", "pasted", "assumed")
_EVIDENCE = re.compile(r"(?m)^  evidence: (?:\|-\n    )?(.+)$")  # long texts are blocks
_INTRODUCTION = """\
# How AWS behaves, and how we know

AWS's service model gives the names, types and bounds of every request and response, and the suite checks each cassette
against it. The tests also rely on the behaviour below, which the model does not state. Each row names the evidence:

- **recorded**: responses of AWS in a public repository, recorded from a live account.
- **documented**: AWS's own documentation.
- **pasted**: a response or an error that a user of AWS quotes in public.
- **assumed**: no public source has it whole. The row names what the assumption rests on.

`scripts/record --target aws` confirms or refutes those that a test can check on an account."""
_AUTHORED = """\
## Cassettes that are written by hand

{} of {} have the shape of public responses, with example values. The others show what no public source has whole.

"""


def page(root: Path = ROOT) -> str:
    """The text of docs/aws-behaviour.md."""
    known = behaviours(root)
    services = sorted({each.service for each in known})
    counts = Counter((each.service, each.evidence) for each in known)
    overview = [(name, *(counts[name, kind] for kind in EVIDENCE)) for name in services]
    sections = [_INTRODUCTION, table(["service", *EVIDENCE], overview, "--:")]
    for name in services:
        rows = [
            (_escaped(each.sentence), each.evidence, _escaped(each.source), "<br>".join(map(_link, each.tests)))
            for each in known
            if each.service == name
        ]
        sections += [f"## {name}", table(["behaviour", "evidence", "source", "test"], rows)]
    return "\n\n".join([*sections, _cassettes(root / "cassettes")]) + "\n"


def _cassettes(folder: Path) -> str:
    """The authored cassettes whose metadata name the public responses that they follow."""
    texts = {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.yaml"))}
    authored = {name: _EVIDENCE.search(text) for name, text in texts.items() if "\n  target: authored\n" in text}
    rows = [(name, _escaped(evidence[1])) for name, evidence in authored.items() if evidence]
    return _AUTHORED.format(len(rows), len(authored)) + table(["cassette", "follows"], rows)


def _escaped(text: str) -> str:
    for special in ("\\", "|", "<", ">", "*"):
        text = text.replace(special, f"\\{special}")
    return text


def _link(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{file.removeprefix('tests/')}](../{file}) `{name}`"
