from __future__ import annotations

import re
import subprocess
import sys
from runpy import run_path

from tests.support.places import ROOT


def test_the_generated_parts_of_the_readme_follow_from_the_code() -> None:
    checked = subprocess.run(
        [sys.executable, ROOT / "scripts" / "docs", "--check"], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr


def test_the_locks_pin_every_package_by_hash_and_name_no_index() -> None:
    for lock in ("requirements.txt", "requirements-dev.txt"):
        text = (ROOT / lock).read_text("utf-8")
        packages = [block for block in re.split(r"(?m)^(?=\S)", text) if block and not block.startswith("#")]
        assert len(packages) > 50
        assert all("==" in package and "--hash=sha256:" in package for package in packages)
        assert not re.search(r"(?m)^\s*(-i|--index|--extra-index|--find-links)|https?://", text)


def test_every_snapshot_belongs_to_a_test() -> None:
    for file in (ROOT / "snapshots").rglob("*.json"):
        if (ROOT / "snapshots" / "cases") in file.parents:
            continue  # tests/tools/test_cassettes.py
        test, (module,) = re.split(r"[\[.]", file.name)[0], (ROOT / "tests").rglob(f"{file.parent.name}.py")
        assert f"def {test}(" in module.read_text("utf-8"), f"{file} is of no test: delete it"


def test_the_picture_shows_what_the_snapshots_say() -> None:
    drawn: str = run_path(str(ROOT / "scripts" / "picture"))["picture"]()
    assert (ROOT / "docs" / "demo.svg").read_text("utf-8") == drawn, "run scripts/picture"
