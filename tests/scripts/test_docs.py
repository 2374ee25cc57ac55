"""What scripts/docs.py generates; scripts/test runs it whole, with --check."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts import docs
from scripts.generated import tokens
from tests.support.places import ROOT


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of what is generated, with the tokens as they are in its table."""
    for name in ("README.md", *docs.FILES):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / "cassettes").symlink_to(ROOT / "cassettes")
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    monkeypatch.setattr(docs, "README", tmp_path / "README.md")
    begin, end = docs.section((ROOT / "README.md").read_text("utf-8"), "tokens")
    counts = tokens.parse((ROOT / "README.md").read_text("utf-8")[begin:end])
    monkeypatch.setattr(tokens, "measure", lambda: counts)
    return tmp_path


def test_the_generated_files_follow_from_the_code(copy: Path) -> None:
    assert copy.exists()
    assert list(docs.drift()) == []


@pytest.mark.parametrize("name", docs.PARTS)
def test_a_changed_part_of_the_readme_has_drifted_until_it_is_written(copy: Path, name: str) -> None:
    readme = copy / "README.md"
    before = readme.read_text("utf-8")
    readme.write_text(docs.replaced(before, name, "something else"), "utf-8")
    assert list(docs.drift()) == [f"README.md: the part {name} has drifted from the code"]
    docs.write()
    assert readme.read_text("utf-8") == before


@pytest.mark.parametrize("name", docs.FILES)
def test_a_changed_file_has_drifted_until_it_is_written(copy: Path, name: str) -> None:
    (copy / name).write_text("something else", "utf-8")
    assert list(docs.drift()) == [f"{name} has drifted from the code"]
    docs.write()
    assert (copy / name).read_bytes() == (ROOT / name).read_bytes()


def test_a_readme_without_a_marker_is_refused() -> None:
    with pytest.raises(SystemExit, match=r"README.md lacks the markers <!-- tools: .* and <!-- /tools -->"):
        docs.section("", "tools")


def test_every_snapshot_belongs_to_a_test() -> None:
    for file in (ROOT / "snapshots").rglob("*.json"):
        if (ROOT / "snapshots" / "cases") in file.parents:
            continue  # tests/tools/test_cassettes.py
        test, (module,) = re.split(r"[\[.]", file.name)[0], (ROOT / "tests").rglob(f"{file.parent.name}.py")
        assert f"def {test}(" in module.read_text("utf-8"), f"{file} is of no test: delete it"
