#!/usr/bin/env python3
"""Lets the clients that people use list and call all ten tools: the MCP Inspector's CLI and both TypeScript SDKs.

Each starts a server on the sandbox. The command lines of three hosts connect to a server. Without node, or when npm
cannot install the clients, it says so and passes.
"""

from __future__ import annotations

if __name__ == "__main__":
    import in_venv  # noqa: F401 - restarts in .venv

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NoReturn

from cloudwatch_mcp.sandbox import Sandbox
from cloudwatch_mcp.tools import TOOLS
from scripts.hosts import HOSTS, Failure, can_be_offline, connect
from tests.support.full_sandbox import fill_up
from tests.support.questions import ONE_PER_TOOL, RUNNING, Question, complete_query, start_query
from tests.support.sandbox_clients import client_of

ROOT = Path(__file__).resolve().parent.parent
SOURCE, INSTALLED = ROOT / "scripts" / "clients_lib", ROOT / ".clients"
FILES = ("package.json", "package-lock.json", "sdk.mjs")
SERVER = str(Path(sys.executable).with_name("cloudwatch-mcp"))
SDKS = ("@modelcontextprotocol/client", "@modelcontextprotocol/sdk")
PATIENCE = 300  # seconds


def skip(why: str) -> NoReturn:
    sys.stdout.write(f"skipped  clients: {why}\n")
    sys.exit(0)


def run(*command: str, env: dict[str, str], **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - the commands are all of this file
        command, cwd=INSTALLED, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False, **options
    )


def install() -> None:
    """Install the clients as locked, unless they are installed from the same lock."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        skip("node and npm are not installed")
    lock = SOURCE / "package-lock.json"
    marker = INSTALLED / "installed"
    INSTALLED.mkdir(exist_ok=True)
    for file in FILES:
        shutil.copy(SOURCE / file, INSTALLED)
    if marker.exists() and marker.read_bytes() == lock.read_bytes():
        return
    try:
        # npm would try each package twice more, after 10 s.
        done = run(npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=0", env=dict(os.environ))
    except subprocess.TimeoutExpired:
        skip(f"npm did not install the clients within {PATIENCE} s")
    if done.returncode:
        why = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        skip(f"npm cannot install the clients ({''.join(why[:1])})")
    shutil.copy(lock, marker)


def calls(sandbox: Sandbox) -> list[tuple[Question, dict[str, Any]]]:
    """A question for each tool, and its arguments; the queries that some need are started."""
    logs = client_of("logs", sandbox.endpoint_url)

    def arguments(question: Question) -> dict[str, Any]:
        if question.query is None:
            return question.arguments
        if question.query != RUNNING:
            return question.of_query(complete_query(logs, sandbox.clock.now()))
        sandbox.hold_queries(True)
        query_id = start_query(logs, sandbox.clock.now())
        sandbox.hold_queries(False)
        return question.of_query(query_id)

    return [(question, arguments(question)) for question in ONE_PER_TOOL]


def parsed(done: subprocess.CompletedProcess[str]) -> Any:
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise Failure(f"exit {done.returncode}: {(done.stderr or done.stdout).strip()[-1500:]}") from None


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


def inspector(sandbox: Sandbox, env: dict[str, str]) -> None:
    """The command line starts a server for each request, with the variables of its options."""
    variables = [part for name, value in sandbox.environment.items() for part in ("-e", f"{name}={value}")]
    ask = partial(run, "node_modules/.bin/mcp-inspector", "--cli", SERVER, *variables, env=env)

    def call(question: Question, arguments: dict[str, Any]) -> None:
        pairs = [f"{name}={each if isinstance(each, str) else json.dumps(each)}" for name, each in arguments.items()]
        given = ("--tool-arg", *pairs) if pairs else ()
        done = ask("--method", "tools/call", "--tool-name", question.tool, *given)
        check_answer(question, parsed(done))

    listed = ask("--method", "tools/list", "--strict")
    check_names([tool["name"] for tool in parsed(listed)["tools"]])
    if listed.returncode:
        raise Failure(f"tools/list --strict: {listed.stderr}")
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda each: call(*each), calls(sandbox)))


def typescript(sdk: str, sandbox: Sandbox, env: dict[str, str]) -> None:
    asked = calls(sandbox)
    given = json.dumps([{"tool": question.tool, "given": arguments} for question, arguments in asked])
    done = parsed(run("node", "sdk.mjs", sdk, SERVER, env=env | sandbox.environment, input=given))
    check_names(done["tools"])
    for question, _ in asked:
        check_answer(question, done["answers"][question.tool])


def host(name: str) -> None:
    with TemporaryDirectory(dir=INSTALLED) as home:
        connect(name, INSTALLED / "node_modules", SERVER, Path(home))


def passes(name: str, what: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Failure as failure:
        sys.stdout.write(f"FAILED   {name}: {failure}\n")
        return False
    sys.stdout.write(f"ok       {name} {what}\n")
    return True


def main() -> None:
    install()
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "CLOUDWATCH_MCP_"))}
    env["MCP_CATALOG_PATH"] = str(INSTALLED / "mcp.json")  # the default is in the home folder
    with Sandbox() as sandbox:
        fill_up(sandbox)
        what = "lists and calls all ten tools"
        passed = [passes("the MCP Inspector", what, partial(inspector, sandbox, env))]
        passed += [passes(sdk, what, partial(typescript, sdk, sandbox, env)) for sdk in SDKS]
    if can_be_offline():
        passed += [passes(name, "connects", partial(host, name)) for name in HOSTS]
    else:
        sys.stdout.write(
            "skipped  hosts: this system cannot run them without a network (unshare --map-root-user --net)\n"
        )
    sys.exit(int(not all(passed)))


if __name__ == "__main__":
    main()
