"""README and docs: their commands work as they stand there, their links lead somewhere, README stays short."""

from __future__ import annotations

import json
import re
import shlex
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from cloudwatch_mcp import __version__, cli
from cloudwatch_mcp.commands.options import parse
from cloudwatch_mcp.recording.__main__ import main as recording_main
from tests.support.places import ROOT
from tests.support.server_process import ForkedServer

README = ROOT / "README.md"
DOCUMENTS = {path.name: path.read_text("utf-8") for path in (README, *sorted((ROOT / "docs").glob("*.md")))}


def blocks(language: str, text: str) -> list[str]:
    return re.findall(rf"(?ms)^```{language}\n(.+?)^```", text)


def commands(text: str) -> list[str]:
    return [line for block in blocks("sh", text) for line in block.splitlines() if line]


LINES = {line for text in DOCUMENTS.values() for line in commands(text)}
# Commands that run elsewhere: the file that runs them, and the name of the test or gate in it.
ELSEWHERE = {
    "scripts/demo": (".pre-commit-config.yaml", "cloudwatch-mcp demo"),
    "cloudwatch-mcp demo": (".pre-commit-config.yaml", "cloudwatch-mcp demo"),
    "claude mcp add cloudwatch -- cloudwatch-mcp --sandbox": (
        "tests/server/test_command_line.py",
        "def sandbox_server(",
    ),
    ".venv/bin/python scripts/package.py": ("tests/packaging/test_packaging.py", '"package.py"'),
}
NOT_RUN = {  # docker is not everywhere; test_dockerfile.py tests the Dockerfile's rules
    "docker build --tag cloudwatch-mcp .",
    "docker run --rm --interactive --read-only cloudwatch-mcp --sandbox",
}
SERVING = sorted(line for line in LINES if line.startswith("claude mcp add ") and line not in ELSEWHERE)
PRINTING = sorted(line for line in LINES if line.startswith("cloudwatch-mcp ") and line not in ELSEWHERE)
INSTALLING = sorted(line for line in LINES if line.startswith("pip install "))
CHECKING = "python -m cloudwatch_mcp.recording check incident.yaml"
JSON = [block for text in DOCUMENTS.values() for block in blocks("json", text) if '"mcpServers"' in block]


def test_every_command_is_run_or_known_not_to_be() -> None:
    assert sorted(LINES) == sorted([*SERVING, *PRINTING, *INSTALLING, *ELSEWHERE, *NOT_RUN, CHECKING])


@pytest.mark.parametrize(("file", "name"), sorted(set(ELSEWHERE.values())))
def test_what_runs_a_command_elsewhere_exists(file: str, name: str) -> None:
    assert name in (ROOT / file).read_text("utf-8")


@pytest.mark.parametrize("line", sorted(NOT_RUN))
def test_a_command_that_is_not_run_is_that_of_the_dockerfile(line: str) -> None:
    assert f"#   {line}\n" in (ROOT / "Dockerfile").read_text("utf-8")


@pytest.mark.parametrize("line", PRINTING)
def test_a_command_succeeds_and_prints_the_operations(
    line: str, sandbox: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config_file: Path
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    config_file.write_text("[profile prod]\naws_access_key_id = testing\naws_secret_access_key = testing\n")
    monkeypatch.setattr(cli, "_enter_sandbox", lambda _: None)  # AWS_ENDPOINT_URL is a sandbox already
    monkeypatch.setattr(cli, "_leave", sys.exit)
    with pytest.raises(SystemExit) as ended:
        cli.main(shlex.split(line)[1:])
    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert "logs:StartQuery" in printed or "The sandbox allows all 11 operations." in printed


def test_the_servers_of_the_docs_answer_and_the_recorded_session_is_replayed(
    sandbox: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, config_file: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    config_file.write_text(
        f"[profile your-profile]\nendpoint_url = {sandbox}\n"
        "aws_access_key_id = testing\naws_secret_access_key = testing\n"
    )
    answers: list[str] = []
    for line in SERVING:
        options, command = line.split(" -- ")
        variables = dict(pair.split("=") for pair in re.findall(r"--env (\S+)", options))
        arguments = shlex.split(command)[1:]
        with ForkedServer(*arguments, AWS_CONFIG_FILE=str(config_file), **variables) as process:
            process.initialize()
            answers.append(process.call("get_active_alarms").text)
            process.end_input()
            assert process.wait() == 0
    on_aws, recorded, replayed = answers
    assert '"region":"eu-west-1"' in on_aws
    assert '"shop-checkout-degraded"' in recorded
    assert recorded == replayed
    assert recording_main(shlex.split(CHECKING)[3:]) == 0


@pytest.mark.parametrize("line", INSTALLING)
def test_an_installation_is_of_this_project_with_extras_that_exist(line: str) -> None:
    what, extras = re.fullmatch(r"pip install '(.+)\[(.+)\]'(?: pytest)?", line).groups()  # type: ignore[union-attr]
    assert what in {".", "cloudwatch-mcp", f"dist/cloudwatch_mcp-{__version__}-py3-none-any.whl"}
    declared = re.findall(r"(?m)^(\w+) = \[", _table_of("project.optional-dependencies"))
    assert set(Requirement(f"cloudwatch-mcp[{extras}]").extras) <= set(declared)


def _table_of(name: str) -> str:
    """A table of pyproject.toml, as text: Python 3.10 has no parser for it."""
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    return text.partition(f"[{name}]\n")[2].partition("\n[project")[0]


EXTRAS = {"--sandbox": "sandbox", "demo": "sandbox", "sandbox": "sandbox", "--record": "record", "--replay": "record"}


@pytest.mark.parametrize("name", [name for name, text in DOCUMENTS.items() if "pip install" in str(commands(text))])
def test_an_installation_has_the_extras_that_the_commands_after_it_need(name: str) -> None:
    installed: set[str] = set()
    for line in commands(DOCUMENTS[name]):
        if line.startswith("pip install"):
            installed = set(line.partition("[")[2].partition("]")[0].split(","))
        elif "cloudwatch-mcp" in line and installed:
            assert {extra for word, extra in EXTRAS.items() if word in line.split()} <= installed, line


@pytest.mark.parametrize("block", JSON)
def test_a_clients_configuration_starts_the_server(block: str) -> None:
    (server,) = json.loads(block)["mcpServers"].values()
    assert server["command"] == "cloudwatch-mcp"
    assert parse(server["args"]).command is None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_to_a_file_and_a_heading_of_it(name: str) -> None:
    directory = ROOT if name == README.name else ROOT / "docs"
    for link in re.findall(r"\]\(([^)\s]+)\)", DOCUMENTS[name]):
        target, _, anchor = link.partition("#")
        if not target.startswith("https://"):
            file = directory / target if target else directory / name
            assert file.exists(), link
            headings = re.findall(r"(?m)^#+ (.+)$", file.read_text("utf-8")) if anchor else []
            assert not anchor or anchor in {heading.lower().replace(" ", "-") for heading in headings}, link


def test_the_readme_is_short_and_names_every_document() -> None:
    text = DOCUMENTS[README.name]
    assert len(text.splitlines()) <= 160
    assert [name for name in DOCUMENTS if name != README.name and f"(docs/{name})" not in text] == []
