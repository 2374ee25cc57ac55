"""What scripts/docs.py generates; scripts/test runs it whole, with --check."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts import docs
from scripts.generated import definitions, manifests, picture, tokens
from scripts.generated.markdown import replaced
from tests.support.places import ROOT


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what is generated; the tokens and the picture, which take seconds, are as they are there."""
    for name in (*docs.PARTS, *manifests.MANIFESTS, definitions.FILE, "docs/demo.svg", "docs/tokens.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "cassettes").symlink_to(ROOT / "cassettes")
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    monkeypatch.setattr(docs, "TOKENS", tmp_path / "docs" / "tokens.md")
    counts = tokens.parse((ROOT / "docs" / "tokens.md").read_text("utf-8"))
    monkeypatch.setattr(tokens, "measure", lambda: counts)
    drawn = (ROOT / "docs" / "demo.svg").read_text("utf-8")
    monkeypatch.setattr(picture, "draw", lambda: drawn)
    return tmp_path


def test_a_changed_file_or_part_has_drifted_until_it_is_written(copy: Path) -> None:
    assert list(docs.drift()) == []
    before = {name: (copy / name).read_text("utf-8") for name, _ in docs.generated()}
    for name in (definitions.FILE, "docs/demo.svg"):
        (copy / name).write_text("something else", "utf-8")
    for name in manifests.MANIFESTS:
        (copy / name).write_text(before[name].replace(manifests.DESCRIPTION, "something else"), "utf-8")
    for name, parts in docs.PARTS.items():
        for part in parts:
            document = (copy / name).read_text("utf-8")
            (copy / name).write_text(replaced(document, part.__name__, "something else"), "utf-8")
    assert list(docs.drift()) == [f"{name} has drifted from the code" for name in before]
    docs.write()
    assert {name: (copy / name).read_text("utf-8") for name in before} == before


def test_what_a_manifest_does_not_repeat_stays(copy: Path) -> None:
    server = json.loads((copy / "server.json").read_text("utf-8"))
    server["title"], server["packages"][0]["environmentVariables"][0]["description"] = "By hand", "By hand."
    assert json.loads(manifests.updated("server.json", json.dumps(server))) == server


def test_a_document_without_a_marker_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"The markers <!-- tools: .* and <!-- /tools --> are missing"):
        replaced("", "tools", "")
