"""Runs the cases: calls the tool while AWS's response has its bad place, and checks the outcome."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import anyio
from botocore import UNSIGNED
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
from tests.support.fuzz.checks import problems, text_of, time_limit
from tests.support.fuzz.mutations import as_bytes
from tests.support.fuzz.scene import Scene
from tests.support.fuzz.scenes import SCENES

_TIMEOUT = 30.0  # seconds of a call that waits and does not compute


@dataclass(frozen=True)
class Failure:
    """A problem and the case that shows it; `place` is a line of the product or a member of AWS's response."""

    kind: str
    place: str
    case: Case
    text: str

    def __str__(self) -> str:
        text = self.text if len(self.text) <= 500 else f"{self.text[:500]}… ({len(self.text):,} characters)"
        return f"{self.kind}: {self.place}\n  {self.case}\n  {text!r}"


class _Aws:
    """Responds to the requests of a server's boto3 clients from the scene, with the case's bad response in it."""

    def __init__(self) -> None:
        self.scene: Scene = SCENES[0]
        self.case: Case | None = None
        self._requests = 0

    async def wait_until_idle(self) -> None:
        """Wait until no more requests come: an interrupted call may still send some."""
        with anyio.move_on_after(_TIMEOUT):
            count = -1
            while count != self._requests:
                count = self._requests
                await anyio.sleep(0.05)

    def open_session(self, profile: str | None) -> Any:
        """A session whose clients neither sign nor retry, as both would only take time here."""
        session = open_session(profile)
        session.events.register("before-send", self._respond)
        new_client = session.client

        def client(service: str, *, config: Config, **more: Any) -> Any:
            plain = Config(retries={"mode": "standard", "total_max_attempts": 1}, signature_version=UNSIGNED)
            return new_client(service, config=config.merge(plain), **more)

        session.client = client
        return session

    def _respond(self, request: Any, **_: Any) -> Any:
        self._requests += 1
        target, text = _text(request.headers["X-Amz-Target"]), _text(request.body)
        operation = target.rpartition(".")[2]
        positions = (
            position
            for position, response in enumerate(self.scene.responses)
            if response.operation == operation and response.request_text in text
        )
        position = next(positions, None)
        status, body = 200, b"{}"
        if self.case is not None and position == self.case.position:
            status, body = self.case.status, self.case.body
        elif position is not None:
            body = as_bytes(self.scene.responses[position].body)
        headers = {"Content-Type": ["application/x-amz-json-1.1"], "x-amzn-RequestId": ["0"]}
        return as_answer({"status": {"code": status}, "headers": headers, "body": {"string": body}}, request.url)


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value


async def failures(cases: Iterable[Case]) -> AsyncIterator[Failure]:
    """The problems, case by case. A server that did not survive a case is replaced.

    Each scene first runs without a bad place: its answer is what the case's answer must show, except for the bad item.
    """
    remaining, ended = iter(cases), False
    expected: dict[str, CallToolResult] = {}
    while not ended:
        aws = _Aws()
        async with _connected(aws) as client:
            for case in remaining:
                if case.scene.name not in expected:
                    expected[case.scene.name] = await _expected(client, aws, case.scene)
                aws.scene, aws.case = case.scene, case
                with time_limit() as slow:
                    outcome = await _outcome(client, case.scene)
                for kind, place, text in problems(case, outcome, slow, expected[case.scene.name]):
                    yield Failure(kind, place, case, text)
                if slow or isinstance(outcome, Exception):
                    break
            else:
                ended = True
        await aws.wait_until_idle()


@asynccontextmanager
async def _connected(aws: _Aws) -> AsyncIterator[Client]:
    settings = Settings()
    clients = Clients(settings, os.environ, aws.open_session)
    server: CloudWatchServer = build_server(settings, os.environ, clients=clients, clock=Time().clock())
    async with Client(server) as client:
        yield client


async def _expected(client: Client, aws: _Aws, scene: Scene) -> CallToolResult:
    aws.scene, aws.case = scene, None
    result = await client.call_tool(scene.tool, dict(scene.arguments))
    assert "a defect of this server" not in text_of(result), text_of(result)
    return result


async def _outcome(client: Client, scene: Scene) -> CallToolResult | Exception:
    try:
        with anyio.fail_after(_TIMEOUT):
            return await client.call_tool(scene.tool, dict(scene.arguments))
    except Exception as error:  # noqa: BLE001 - any exception is a failure of the case
        return error
