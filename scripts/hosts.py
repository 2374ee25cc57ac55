"""Lets hosts' own command lines connect to the server: Claude Code, Codex, Gemini CLI.

None has a network, so that it sends nothing anywhere, and each has an empty home folder.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT
from typing import Any

_OFFLINE = ("timeout", "120", "unshare", "--map-root-user", "--net")
HOSTS = {  # the program, which npm's own links do not start without its scripts, and what stands before a command
    "Claude Code": ("@anthropic-ai/claude-code/cli-wrapper.cjs", ["--"]),
    "Codex": ("@openai/codex/bin/codex.js", ["--"]),
    "Gemini CLI": ("@google/gemini-cli/bundle/gemini.js", ["--scope=user"]),
}
_MESSAGES = (
    {"id": 0, "method": "initialize", "params": {"clientInfo": {"name": "clients", "title": "", "version": "1"}}},
    {"method": "initialized"},
    {"id": 1, "method": "mcpServerStatus/list", "params": {}},
)


class Failure(Exception):
    """A client got another answer than it should."""


def can_be_offline() -> bool:
    """Whether this system runs a process without a network."""
    try:
        return subprocess.run([*_OFFLINE, "true"], capture_output=True, check=False).returncode == 0  # noqa: S603 - fixed
    except FileNotFoundError:
        return False


def connect(host: str, modules: Path, server: str, home: Path) -> None:
    """Add the server to the host's configuration, and let the host connect to it.

    Raises Failure if it does not.
    """
    program, separator = HOSTS[host]
    command = [*_OFFLINE, "node", str(modules / program)]
    env = {"PATH": os.environ["PATH"], "HOME": str(home), "GEMINI_CLI_TRUST_WORKSPACE": "true"}
    options: dict[str, Any] = {"cwd": home, "env": env, "text": True}
    for arguments in (["add", "cloudwatch", *separator, server], ["list"]):
        done = subprocess.run([*command, "mcp", *arguments], stdout=PIPE, stderr=STDOUT, check=False, **options)  # noqa: S603 - fixed
        if done.returncode:
            raise Failure(f"exit {done.returncode}: {done.stdout[-1500:]}")
    if host == "Codex":
        _connect_codex([*command, "app-server"], options)
    elif " Connected" not in done.stdout:
        raise Failure(done.stdout)


def _connect_codex(command: list[str], options: dict[str, Any]) -> None:
    """Ask Codex what its servers have, as an editor does: its list of servers connects to none."""
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, **options) as process:  # noqa: S603 - fixed
        assert process.stdin and process.stdout  # noqa: S101, PT018 - for the type checker
        process.stdin.write("".join(f"{json.dumps(message)}\n" for message in _MESSAGES))
        process.stdin.flush()
        answers = (json.loads(line) for line in process.stdout)
        servers: Any = next((answer["result"]["data"] for answer in answers if answer.get("id") == 1), [])
        process.kill()
    if [len(server["tools"]) for server in servers] != [10]:
        raise Failure(json.dumps(servers)[:1500])
