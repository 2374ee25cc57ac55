"""Plays cases: the tool is called, AWS's answer has its bad place, and what came of it is checked."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
from botocore.config import Config
from mcp import Client
from mcp.types import CallToolResult

from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.aws.sessions import open_session
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.recording.wire import as_answer
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.frozen_time import Time
from tests.support.fuzz.cases import Case
from tests.support.fuzz.checks import complaints, said, time_limit
from tests.support.fuzz.mutations import as_bytes
from tests.support.fuzz.scene import Scene
from tests.support.fuzz.scenes import SCENES

_PATIENCE = 30.0  # seconds after which a call that takes no time either is given up


@dataclass(frozen=True)
class Failure:
    """What does not hold, where, and the case that shows it; `place` is a line of the product, or AWS's member."""

    kind: str
    place: str
    case: Case
    text: str

    def __str__(self) -> str:
        text = self.text if len(self.text) <= 500 else f"{self.text[:500]}… ({len(self.text):,} characters)"
        return f"{self.kind}: {self.place}\n  {self.case}\n  {text!r}"


class _Aws:
    """Answers the requests of a server's boto3 clients: as the scene has it, but for the case's own answer."""

    def __init__(self) -> None:
        self.scene: Scene = SCENES[0]
        self.case: Case | None = None
        self._requests = 0

    async def quiet(self) -> None:
        """Wait until nothing is asked any more: a call that was interrupted may have left requests behind."""
        with anyio.move_on_after(_PATIENCE):
            before = -1
            while before != self._requests:
                before = self._requests
                await anyio.sleep(0.05)

    def open_session(self, profile: str | None) -> Any:
        """A session whose clients ask once: how often is another matter, and waiting takes time."""
        session = open_session(profile)
        session.events.register("before-send", self._answer)
        make = session.client

        def client(service: str, *, config: Config, **more: Any) -> Any:
            once = Config(retries={"mode": "standard", "total_max_attempts": 1})
            return make(service, config=config.merge(once), **more)

        session.client = client
        return session

    def _answer(self, request: Any, **_: Any) -> Any:
        self._requests += 1
        target, asked = _text(request.headers["X-Amz-Target"]), _text(request.body)
        operation = target.rpartition(".")[2]
        fitting = (at for at, told in enumerate(self.scene.told) if told.operation == operation and told.holds in asked)
        position = next(fitting, None)
        status, body = 200, b"{}"
        if self.case is not None and position == self.case.position:
            status, body = self.case.status, self.case.body
        elif position is not None:
            body = as_bytes(self.scene.told[position].body)
        headers = {"Content-Type": ["application/x-amz-json-1.1"], "x-amzn-RequestId": ["0"]}
        return as_answer({"status": {"code": status}, "headers": headers, "body": {"string": body}}, request.url)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


async def failures(cases: Iterable[Case]) -> AsyncIterator[Failure]:
    """What does not hold, case by case. A server that did not survive one is replaced.

    Each scene is played first as AWS should answer it: what is shown then is shown still, but for the bad item.
    """
    waiting, ended = iter(cases), False
    usual: dict[str, CallToolResult] = {}
    while not ended:
        aws = _Aws()
        async with _connected(aws) as client:
            for case in waiting:
                if case.scene.name not in usual:
                    usual[case.scene.name] = await _usual(client, aws, case.scene)
                aws.scene, aws.case = case.scene, case
                with time_limit() as slow:
                    outcome = await _outcome(client, case.scene)
                for kind, place, text in complaints(case, outcome, slow, usual[case.scene.name]):
                    yield Failure(kind, place, case, text)
                if slow or isinstance(outcome, Exception):
                    break
            else:
                ended = True
        await aws.quiet()


@asynccontextmanager
async def _connected(aws: _Aws) -> AsyncIterator[Client]:
    settings = Settings()
    clients = Clients(settings, os.environ, aws.open_session)
    server: CloudWatchServer = build_server(settings, os.environ, clients=clients, clock=Time().clock())
    async with Client(server) as client:
        yield client


async def _usual(client: Client, aws: _Aws, scene: Scene) -> CallToolResult:
    aws.scene, aws.case = scene, None
    result = await client.call_tool(scene.tool, dict(scene.arguments))
    assert "a defect of this server" not in said(result), said(result)
    return result


async def _outcome(client: Client, scene: Scene) -> CallToolResult | Exception:
    try:
        with anyio.fail_after(_PATIENCE):
            return await client.call_tool(scene.tool, dict(scene.arguments))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is what the case found
        return error
