"""The configuration of checks, workflows and scripts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.places import ROOT

HOOKS = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SCRIPTS = sorted(path for path in (ROOT / "scripts").glob("*.py") if path.read_bytes().startswith(b"#!"))


def test_every_hook_runs_from_the_venv_without_a_network() -> None:
    (repository,) = HOOKS
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        assert hook["entry"].startswith(".venv/bin/")
        assert hook["priority"] == 0


def test_a_secret_fails_the_hook_and_the_suite_s_made_up_ones_do_not(tmp_path: Path) -> None:
    (entry,) = (hook["entry"] for hook in HOOKS[0]["hooks"] if hook["id"] == "secrets")
    leak = tmp_path / "leak.py"
    lines = {"password": "hunter2-0f9a", "aws_secret_access_key": "testing"}  # pragma: allowlist secret
    leak.write_text("".join(f'{name} = "{value}"\n' for name, value in lines.items()))
    command = [Path(sys.executable).with_name("detect-secrets-hook"), *entry.split()[1:], leak]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert re.findall(r"Location: +(\S+)", done.stdout) == [f"{leak}:1"]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_restarts_in_the_venv_first(script: Path) -> None:
    text = script.read_text("utf-8")
    before, guard, _ = text.partition('if __name__ == "__main__":\n    import in_venv')
    assert guard
    assert re.findall(r"(?m)^(?:from|import) (\S+)", before) == ["__future__"]
    assert os.access(script, os.X_OK)


def test_a_script_runs_from_anywhere_with_any_python(tmp_path: Path) -> None:
    """Another Python is one whose prefix is not .venv; here it is made up, and the restart is only looked at."""
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "in_venv.py").write_bytes((ROOT / "scripts" / "in_venv.py").read_bytes())
    setup = tmp_path / "scripts" / "setup"
    setup.write_text('#!/bin/sh\nmkdir -p "$(dirname "$0")/../.venv/bin" && cd "$(dirname "$0")/../.venv/bin" &&\n'
                     'printf "#!/bin/sh\\necho restarted \\"\\$@\\"\\n" >python && chmod +x python\n')  # fmt: skip
    setup.chmod(0o755)
    script = tmp_path / "scripts" / "some.py"
    script.write_text('if __name__ == "__main__":\n    import in_venv\nprint("not reached")\n')
    done = subprocess.run([sys.executable, script, "--flag"], cwd="/", capture_output=True, text=True, check=True)
    assert done.stdout == f"restarted {script} --flag\n"


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_pins_its_actions_by_commit_and_may_only_read(workflow: Path) -> None:
    text = workflow.read_text("utf-8")
    used = re.findall(r"(?m)uses: (\S+)", text)
    assert used
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", action) for action in used)
    content: dict[str, Any] = yaml.safe_load(text)
    assert content["permissions"] == {"contents": "read"}
    assert not any("permissions" in job for job in content["jobs"].values())
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")


def test_dependabot_looks_after_every_place_that_pins_something() -> None:
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))["updates"]
    pinning = {
        "pip": "requirements.txt",
        "docker": "Dockerfile",
        "npm": "package.json",
        "github-actions": ".github/workflows/ci.yml",
    }
    places = {update["package-ecosystem"]: update["directory"].strip("/") for update in updates}
    assert places.keys() == pinning.keys()
    assert all((ROOT / places[each] / file).exists() for each, file in pinning.items())


@pytest.mark.parametrize(
    ("file", "command"),
    [("scripts/setup", "--require-hashes"), ("scripts/lock", "uv pip compile"), ("Dockerfile", "--require-hashes")],
)
def test_no_package_is_built_from_a_source_archive(file: str, command: str) -> None:
    """Building one runs it, with build tools that no lock pins."""
    lines = (ROOT / file).read_text("utf-8").replace("\\\n", "").replace('"$uv"', "uv").splitlines()
    (line,) = (line for line in lines if command in line)
    assert "--only-binary :all:" in line


def test_the_clients_lock_pins_by_hash_and_names_no_registry() -> None:
    pinned = json.loads((ROOT / "scripts" / "clients_lib" / "package-lock.json").read_text("utf-8"))["packages"]
    package = json.loads((ROOT / "scripts" / "clients_lib" / "package.json").read_text("utf-8"))
    direct = package["dependencies"] | package["devDependencies"]
    assert {name: pinned[f"node_modules/{name}"]["version"] for name in direct} == direct
    for name, package in pinned.items():
        assert "resolved" not in package, name
        assert not name or "integrity" in package or package.get("inBundle"), name


def test_the_hosts_of_the_clients_are_downloaded_on_request_only() -> None:
    """They take a gigabyte. scripts/clients.py installs with --omit=dev unless it gets --hosts."""
    pinned = json.loads((ROOT / "scripts" / "clients_lib" / "package-lock.json").read_text("utf-8"))["packages"]
    hosts = ("@anthropic-ai/claude-code", "@google/gemini-cli", "@openai/codex")
    assert all(pinned[f"node_modules/{host}"]["dev"] for host in hosts)
    for file in ("scripts/test", ".ci/run"):
        assert "--hosts" not in (ROOT / file).read_text("utf-8")
