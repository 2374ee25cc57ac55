"""That each gate of ours can fail; the tools' own gates are theirs to test."""

from __future__ import annotations

import json
import sys
from email.message import Message
from runpy import run_path
from types import SimpleNamespace
from typing import Any
from urllib.error import URLError

import pytest
import yaml
from packaging.requirements import Requirement

from scripts.gates_lib import CANNOT_RUN, audit, licences, lock, project, secret_scan
from tests.support.places import ROOT

NEEDS = {"mcp": ["pydantic>=2", "rich; extra == 'cli'", "colorama; sys_platform == 'win32'"]}


def out_of_step(asked: list[str], pinned: dict[str, set[str]]) -> list[str]:
    return list(lock.complaints("the lock", map(Requirement, asked), pinned, lambda name: NEEDS.get(name, [])))


def test_a_lock_that_has_what_is_asked_for_and_what_that_needs_is_in_step() -> None:
    assert out_of_step(["mcp>=2"], {"mcp": {"2.3.0"}, "pydantic": {"2.11"}, "colorama": {"0.4"}}) == []


def test_an_extra_s_needs_belong_to_the_lock_when_it_is_asked_for() -> None:
    pinned = {"mcp": {"2.3.0"}, "pydantic": {"2.11"}, "colorama": {"0.4"}, "rich": {"15"}}
    assert out_of_step(["mcp"], pinned) == ["the lock pins rich, which nothing asks for"]
    assert out_of_step(["mcp[cli]"], pinned) == []


def test_a_lock_that_lacks_or_has_too_old_a_release_is_out_of_step() -> None:
    assert out_of_step(["Loguru>=0.7"], {}) == ["the lock lacks Loguru, which pyproject.toml asks for"]
    too_old = ["the lock pins loguru 0.6, pyproject.toml asks for loguru>=0.7"]
    assert out_of_step(["loguru>=0.7"], {"loguru": {"0.6"}}) == too_old
    assert out_of_step(["loguru>=0.7"], {"loguru": {"0.6", "0.7"}}) == too_old
    assert out_of_step(["loguru>=0.7; python_version > '3.11'"], {"loguru": {"0.6", "0.7"}}) == []


def test_a_lock_s_pins_are_read_with_all_their_versions() -> None:
    text = (
        "Foo.bar==1.2 ; python_full_version < '3.11' \\\n    --hash=sha256:00\nfoo-bar==2.0 \\\n    --hash=sha256:00\n"
    )
    assert project.pins(text) == {"foo-bar": {"1.2", "2.0"}}


def of_licence(**headers: str) -> list[str]:
    metadata: Any = Message()
    for name, value in headers.items():
        metadata[name.replace("_", "-")] = value
    return [licence for licence in licences.licences(metadata) if not licences.allowed(licence)]


def test_a_licence_that_is_not_on_the_list_is_found_wherever_it_is_stated() -> None:
    gpl = "License :: OSI Approved :: GNU General Public License v3 (GPLv3)"
    assert of_licence(License_Expression="GPL-3.0-only") == ["GPL-3.0-only"]
    assert of_licence(Classifier=gpl) == ["GNU General Public License v3 (GPLv3)"]
    assert of_licence(License="Proprietary") == ["Proprietary"]
    assert of_licence() == ["none stated"]


def test_one_alternative_of_a_licence_is_enough_and_all_parts_of_it_are_needed() -> None:
    assert of_licence(License_Expression="GPL-2.0-only OR (MIT AND BSD-3-Clause)") == []
    assert of_licence(License_Expression="MIT AND GPL-2.0-only") == ["MIT AND GPL-2.0-only"]


def audited(monkeypatch: pytest.MonkeyPatch, answer: Any) -> int | str | None:
    """How the audit ends when this is the database's answer to each release."""

    def ask(releases: audit.Releases) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return {"results": [answer] * len(releases)}

    monkeypatch.setattr(audit, "ask", ask)
    try:
        audit.main()
    except SystemExit as ended:
        return ended.code
    return 0


def test_a_known_vulnerability_is_told_with_its_release(monkeypatch: pytest.MonkeyPatch) -> None:
    said = str(audited(monkeypatch, {"vulns": [{"id": "PYSEC-1"}, {"id": "GHSA-0"}]}))
    assert "\nboto3 " in said
    assert said.splitlines()[0].endswith(": GHSA-0, PYSEC-1")


def test_releases_without_known_vulnerabilities_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    assert audited(monkeypatch, {}) == 0


def test_an_audit_without_a_network_says_so_and_fails_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert audited(monkeypatch, URLError("no such host")) == CANNOT_RUN
    assert "cannot be asked here (<urlopen error no such host>)" in capsys.readouterr().out


def test_a_secret_is_found_and_one_of_the_baseline_is_not_told_again() -> None:
    baseline = json.loads((ROOT / ".secrets.baseline").read_text("utf-8"))
    (known,) = baseline["results"]["tests/support/server_process.py"]
    found = secret_scan.scan(["tests/support/server_process.py"], baseline)
    assert [secret.type for _, secret in found] == [known["type"]]
    assert secret_scan.complaints(found, baseline) == []
    del baseline["results"]["tests/support/server_process.py"]
    (complaint,) = secret_scan.complaints(found, baseline)
    assert complaint.startswith("tests/support/server_process.py:")


@pytest.fixture
def gates(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return SimpleNamespace(**run_path(str(ROOT / "scripts" / "gates")))


def ended(gates: Any, monkeypatch: pytest.MonkeyPatch, **codes: int) -> int | str | None:
    """How scripts/gates ends when its gates are these, each ending with its code."""
    gates.GATES.clear()
    gates.GATES |= {
        name: (sys.executable, "-c", f"print('this is {name}'); raise SystemExit({code})")
        for name, code in codes.items()
    }
    monkeypatch.setattr(sys, "argv", ["gates"])
    try:
        gates.main()
    except SystemExit as end:
        return end.code
    return 0


def test_a_gate_that_failed_is_named_with_what_it_said(
    gates: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(gates, monkeypatch, good=0, bad=1) == "FAILED: bad"
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} == {"ok", "FAILED", "this"}
    assert "    this is bad" in lines
    assert "    this is good" not in lines


def test_a_gate_that_cannot_run_here_says_why_and_fails_nothing(
    gates: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ended(gates, monkeypatch, away=CANNOT_RUN) == 0
    assert capsys.readouterr().out == "skipped  away: this is away\n"


def test_each_quick_gate_is_a_hook_that_needs_nothing_but_the_venv(gates: Any) -> None:
    (repository,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert repository["repo"] == "local"
    assert [hook["id"] for hook in repository["hooks"]] == list(gates.QUICK)
    for hook in repository["hooks"]:
        assert hook["entry"] == f".venv/bin/python scripts/gates {hook['id']}"
        assert (hook["language"], hook["pass_filenames"]) == ("system", False)


def test_dependabot_looks_after_every_place_that_pins_something() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))["updates"]
    pinning = {"pip": "requirements.txt", "docker": "Dockerfile", "npm": "package.json"}
    looked_at = {update["package-ecosystem"]: update["directory"].strip("/") for update in updates}
    assert looked_at.keys() == pinning.keys()
    assert all((ROOT / looked_at[each] / file).exists() for each, file in pinning.items())


@pytest.mark.parametrize(
    ("file", "command", "times"),
    [
        ("scripts/setup", "--require-hashes", 2),
        ("scripts/lock", "uv pip compile", 1),
        ("Dockerfile", "--require-hashes", 1),
    ],
)
def test_no_package_is_built_from_a_source_archive(file: str, command: str, times: int) -> None:
    """To build one runs it, with build tools that no lock pins."""
    lines = (ROOT / file).read_text("utf-8").replace("\\\n", "").splitlines()
    installing = [line for line in lines if command in line]
    assert len(installing) == times
    assert all("--only-binary :all:" in line for line in installing)


def test_the_clients_lock_pins_by_hash_and_names_no_registry() -> None:
    pinned = json.loads((ROOT / "scripts" / "clients_lib" / "package-lock.json").read_text("utf-8"))["packages"]
    wanted = json.loads((ROOT / "scripts" / "clients_lib" / "package.json").read_text("utf-8"))["dependencies"]
    assert {name: pinned[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    for name, package in pinned.items():
        assert "resolved" not in package, name
        assert not name or "integrity" in package or package.get("inBundle"), name
