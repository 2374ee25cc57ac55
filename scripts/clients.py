#!/usr/bin/env python3
"""Lets the clients that people use list and call all ten tools: the MCP Inspector's CLI and both TypeScript SDKs.

Each starts a server on the sandbox. When npm is missing or cannot install the clients, it says so and passes.
With --hosts, the command lines of three hosts connect to a server, too, each without a network.
"""

from __future__ import annotations

if __name__ == "__main__":
    import in_venv  # noqa: F401 - restarts in .venv

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT
from tempfile import TemporaryDirectory
from typing import Any

from cloudwatch_mcp.sandbox import Sandbox
from cloudwatch_mcp.tools import TOOLS
from tests.support.full_sandbox import fill_up
from tests.support.questions import ONE_PER_TOOL, Question, arguments_of
from tests.support.sandbox_clients import client_of

ROOT = Path(__file__).resolve().parent.parent
SOURCE, INSTALLED = ROOT / "scripts" / "clients_lib", ROOT / ".clients"
MODULES = INSTALLED / "node_modules"
SERVER = str(Path(sys.executable).with_name("cloudwatch-mcp"))
ENV = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CLOUDWATCH_MCP_"))}
ENV["MCP_CATALOG_PATH"] = str(INSTALLED / "mcp.json")  # the Inspector's default is in the home folder
SDKS = ("@modelcontextprotocol/client", "@modelcontextprotocol/sdk")
HOSTS = {  # the program, which npm's own links do not start without its scripts, and what stands before a command
    "Claude Code": ("@anthropic-ai/claude-code/cli-wrapper.cjs", "--"),
    "Codex": ("@openai/codex/bin/codex.js", "--"),
    "Gemini CLI": ("@google/gemini-cli/bundle/gemini.js", "--scope=user"),
}
OFFLINE = ("timeout", "120", "unshare", "--map-root-user", "--net")  # a host sends nothing anywhere
# What an editor asks of Codex: its list of servers connects to none.
CODEX_MESSAGES = (
    {"id": 0, "method": "initialize", "params": {"clientInfo": {"name": "clients", "title": "", "version": "1"}}},
    {"method": "initialized"},
    {"id": 1, "method": "mcpServerStatus/list", "params": {}},
)


class Failure(Exception):
    """A client got another answer than it should."""


def run(*command: str, **options: Any) -> str:
    """What the command prints. Raises Failure if it fails or takes five minutes."""
    options = {"cwd": INSTALLED, "env": ENV, "stderr": PIPE, **options}
    try:
        done = subprocess.run(command, stdout=PIPE, text=True, check=False, timeout=300, **options)  # noqa: S603 - ours
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failure(str(error)) from None
    if done.returncode:
        raise Failure(f"exit {done.returncode}: {(done.stderr or done.stdout).strip()[-1500:]}")
    return str(done.stdout)


def install(*, hosts: bool) -> None:
    """Install the clients as locked, unless they are. The hosts, a gigabyte, are npm's development dependencies.

    Raises:
        Failure: npm is missing or has failed.
    """
    INSTALLED.mkdir(exist_ok=True)
    for file in SOURCE.iterdir():
        shutil.copy(file, INSTALLED)
    lock, marker = INSTALLED / "package-lock.json", MODULES / "installed"
    complete = not hosts or all((MODULES / program).exists() for program, _ in HOSTS.values())
    if complete and marker.exists() and marker.read_bytes() == lock.read_bytes():
        return
    # npm would try each package twice more, after 10 s.
    options = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", *([] if hosts else ["--omit=dev"])]
    run("npm", "ci", *options)
    shutil.copy(lock, marker)


def calls(sandbox: Sandbox) -> list[tuple[Question, dict[str, Any]]]:
    """A question for each tool, and its arguments."""
    logs = client_of("logs", sandbox.endpoint_url)
    return [(question, arguments_of(question, logs, sandbox.clock.now())) for question in ONE_PER_TOOL]


def check_answer(question: Question, answer: Any) -> None:
    """Text and structured content are the same object, which answers the question."""
    content = answer.get("structuredContent") or {}
    if answer.get("isError") or not question.holds(content):
        raise Failure(f"{question.tool}: {json.dumps(answer)[:1500]}")
    if json.loads(answer["content"][0]["text"]) != content:
        raise Failure(f"{question.tool}: the text is not the structured content")


def check_names(names: list[str]) -> None:
    if names != [entry.function.__name__ for entry in TOOLS]:
        raise Failure(f"tools/list: {names}")


def inspector(sandbox: Sandbox) -> None:
    """The command line starts a server for each request, with the variables of its options."""
    variables = [part for name, value in sandbox.environment.items() for part in ("-e", f"{name}={value}")]
    ask = partial(run, "node_modules/.bin/mcp-inspector", "--cli", SERVER, *variables)

    def call(question: Question, arguments: dict[str, Any]) -> None:
        pairs = [f"{name}={each if isinstance(each, str) else json.dumps(each)}" for name, each in arguments.items()]
        given = ("--tool-arg", *pairs) if pairs else ()
        check_answer(question, json.loads(ask("--method", "tools/call", "--tool-name", question.tool, *given)))

    check_names([tool["name"] for tool in json.loads(ask("--method", "tools/list", "--strict"))["tools"]])
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(call, *zip(*calls(sandbox), strict=True)))


def typescript(sdk: str, sandbox: Sandbox) -> None:
    asked = calls(sandbox)
    given = json.dumps([{"tool": question.tool, "given": arguments} for question, arguments in asked])
    done = json.loads(run("node", "sdk.mjs", sdk, SERVER, env=ENV | sandbox.environment, input=given))
    check_names(done["tools"])
    for question, _ in asked:
        check_answer(question, done["answers"][question.tool])


def host(name: str) -> None:
    """Add the server to the configuration in an empty home folder, and let the host connect to it, offline."""
    program, separator = HOSTS[name]
    command = [*OFFLINE, "node", str(MODULES / program)]
    with TemporaryDirectory(dir=INSTALLED) as home:
        env = {"PATH": os.environ["PATH"], "HOME": home, "GEMINI_CLI_TRUST_WORKSPACE": "true"}
        run(*command, "mcp", "add", "cloudwatch", separator, SERVER, env=env, cwd=home)
        if name == "Codex":
            connect_codex([*command, "app-server"], env, home)
        elif " Connected" not in (listed := run(*command, "mcp", "list", env=env, cwd=home, stderr=STDOUT)):
            raise Failure(listed)


def connect_codex(command: list[str], env: dict[str, str], home: str) -> None:
    with subprocess.Popen(command, cwd=home, env=env, text=True, stdin=PIPE, stdout=PIPE, stderr=DEVNULL) as process:  # noqa: S603 - fixed
        assert process.stdin and process.stdout  # noqa: S101, PT018 - for the type checker
        process.stdin.write("".join(f"{json.dumps(message)}\n" for message in CODEX_MESSAGES))
        process.stdin.flush()
        answers = (json.loads(line) for line in process.stdout)
        servers: Any = next((answer["result"]["data"] for answer in answers if answer.get("id") == 1), [])
        process.kill()
    if [len(server["tools"]) for server in servers] != [len(TOOLS)]:
        raise Failure(json.dumps(servers)[:1500])


def passes(name: str, what: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except (Failure, ValueError) as failure:  # ValueError: what should be JSON is not
        sys.stdout.write(f"FAILED   {name}: {failure}\n")
        return False
    sys.stdout.write(f"ok       {name} {what}\n")
    return True


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--hosts", action="store_true", help=f"also connect {', '.join(HOSTS)}: downloads a gigabyte")
    hosts = HOSTS if options.parse_args().hosts else {}
    try:
        install(hosts=bool(hosts))
    except Failure as failure:
        sys.stdout.write(f"skipped  clients cannot be installed: {failure}\n")
        sys.exit(int(bool(hosts)))
    with Sandbox() as sandbox:
        fill_up(sandbox)
        checks = {"the MCP Inspector": partial(inspector, sandbox)}
        checks |= {sdk: partial(typescript, sdk, sandbox) for sdk in SDKS}
        passed = [passes(name, "lists and calls all ten tools", check) for name, check in checks.items()]
    passed += [passes(name, "connects", partial(host, name)) for name in hosts]
    sys.exit(int(not all(passed)))


if __name__ == "__main__":
    main()
