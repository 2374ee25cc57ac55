"""Answers a server's requests from a recording, never from a network."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from anyio.lowlevel import checkpoint
from botocore.config import Config
from botocore.retries import standard
from vcr.request import Request

from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.clock import Arguments, Clock, NormalForm
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.errors import CloudWatchError
from cloudwatch_mcp.recording import cassettes
from cloudwatch_mcp.recording.calls import Call, Calls
from cloudwatch_mcp.recording.cassettes import CassetteWithMetadata
from cloudwatch_mcp.recording.errors import NotRecorded
from cloudwatch_mcp.recording.matching import Identity, call_number, differences, identity, operation
from cloudwatch_mcp.recording.wire import SERVICES, as_answer, as_request

_call: ContextVar[Call | None] = ContextVar("_call", default=None)
# Separate for each task: one task's sleep does not advance another's time.
_slept: ContextVar[float] = ContextVar("_slept", default=0.0)


class Replay:
    """Replays a cassette to the sessions it opens.

    A tool call that asks what a recorded one asked, in the same or in other words, is answered by its exchanges. Other
    equal requests get their answers in the recorded order.

    Args:
        cassette: of `cassettes.load`, or its path.
        repeat_last: repeat the last of equal answers once all are replayed; otherwise that is a miss.

    Attributes:
        misses: requests that the recording has no answer to.
        clock: at the recorded time of each tool call, and between them at that of the latest; sleeping advances it at
            once.
    """

    def __init__(self, cassette: CassetteWithMetadata | str | Path, *, repeat_last: bool = False) -> None:
        self.cassette = cassette if isinstance(cassette, CassetteWithMetadata) else cassettes.load(cassette)
        self.misses: list[str] = []
        about = self.cassette.metadata
        self.profile: str | None = about.get("profile")
        self.clock = Clock(self._now, _slept.get, _sleep, self._during, lambda: 1.0)
        bodies = (body for pair in self.cassette.data for body in (pair[0].body, pair[1]["body"]["string"]))
        self._calls = Calls(about, (body.decode(errors="replace") for body in bodies))
        self._repeat_last = repeat_last
        self._lock = threading.Lock()
        self._recorded: dict[Identity, list[int]] = {}
        for index, (request, _) in enumerate(self.cassette.data):
            self._recorded.setdefault(identity(request), []).append(index)

    @property
    def unplayed(self) -> list[str]:
        """The recorded requests that were not made."""
        return [
            f"{operation(request)} {request.body.decode()}"
            for index, (request, _) in enumerate(self.cassette.data)
            if not self.cassette.play_counts[index]
        ]

    def clients(self, settings: Settings) -> Clients:
        """The server's clients; the environment does not affect them."""
        return Clients(replace(settings, region=None, profile=self.profile), {}, self.open_session)

    def open_session(self, profile: str | None) -> boto3.Session:
        """As `sessions.open_session`, for any profile, without files and credentials."""
        session = _OfflineSession(self._calls.regions.get(profile))
        self.attach(session.events, profile)
        return session

    def attach(self, events: Any, profile: str | None = None) -> None:
        """Answer a session's or client's requests; `events` is `session.events` or `client.meta.events`."""

        def answer(request: Any, **_: Any) -> Any:
            return as_answer(self._play(as_request(request, profile)), request.url)

        for service in SERVICES:
            events.register_first(f"before-send.{service}", answer)

    def _now(self) -> datetime:
        call = _call.get()
        return call.at if call else self._calls.now

    @contextmanager
    def _during(self, tool: str, arguments: Arguments, normal_form: NormalForm) -> Iterator[Arguments]:
        """An unrecorded call with an unrecorded request ends as a miss, even if its tool caught the error."""
        call = self._calls.begin(tool, arguments, normal_form)
        tokens = _call.set(call), _slept.set(0.0)
        try:
            yield call.arguments
        except CloudWatchError:
            if call.is_recorded or not call.missed:
                raise
        finally:
            _call.reset(tokens[0])
            _slept.reset(tokens[1])
        if call.missed and not call.is_recorded:
            raise min(call.missed, key=str)  # the same one each time, if requests are concurrent

    def _play(self, request: Request) -> dict[str, Any]:
        with self._lock:
            indices = self._recorded.get(identity(request), [])
            index = self._next(indices)
            if index is None:
                raise self._missed(request, played=bool(indices))
            self.cassette.play_counts[index] += 1
            response: dict[str, Any] = self.cassette.data[index][1]
            return response

    def _next(self, indices: list[int]) -> int | None:
        """The exchange to replay: of the tool call's own, again in each call, else of all; None if they are used up."""
        call = _call.get()
        number = call.number if call else None
        own = [each for each in indices if number and number == call_number(self.cassette.data[each][0])]
        if call and own and self._repeat_last:
            index = next((each for each in own if each not in call.played), own[-1])
            call.played.add(index)
            return index
        unplayed = (each for each in [*own, *indices] if not self.cassette.play_counts[each])
        return next(unplayed, indices[-1] if indices and self._repeat_last else None)

    def _missed(self, request: Request, *, played: bool) -> NotRecorded:
        name = operation(request)
        near = sorted(
            (differences(request, each) for each in self.cassette.requests if operation(each) == name), key=len
        )
        if played:
            why = f"{name} was asked more often than it was recorded"
        elif near:
            why = f"{name} was recorded with other parameters: {'; '.join(near[0])}"
        else:
            why = f"{name} was not recorded"
        self.misses.append(f"{why}; asked with {request.body.decode()}")
        call = _call.get()
        if call is None:
            return NotRecorded(f"This is not in the recording: {why}.")
        if call.is_recorded:
            error = NotRecorded(f"This call is in the recording, but not what it asks of AWS: {why}.")
        else:
            listed = self._calls.nearest(call)
            times = f"The recording is of {self._calls.span()}."
            recorded = f" Recorded calls nearest to this one: {listed}. {times}" if listed else ""
            error = NotRecorded(f"This call is not in the recording: {why[:200]}.{recorded}")
        call.missed.append(error)
        return error


class _OfflineSession(boto3.Session):  # type: ignore[misc]  # boto3 has no types
    """Reads none of the user's files and variables; its clients retry as the recorded ones did, without waiting."""

    def __init__(self, region: str | None) -> None:
        nothing, nowhere = (None, None, None, None), (None, None, os.devnull, None)
        variables = {"profile": nothing, "region": nothing, "config_file": nowhere, "credentials_file": nowhere}
        made_up = {"aws_access_key_id": "replay", "aws_secret_access_key": "replay"}
        core = botocore.session.Session(session_vars=variables)
        super().__init__(**made_up, region_name=region, botocore_session=core)

    def client(self, service_name: str, *, config: Config, **options: Any) -> Any:
        attempts = (config.retries or {}).get("total_max_attempts")
        # adaptive mode would delay requests after a throttled answer
        retries = Config(
            retries={"mode": "standard", "total_max_attempts": attempts}, ignore_configured_endpoint_urls=True
        )
        client = super().client(service_name, config=config.merge(retries), **options)
        _repeat_at_once(client)
        return client


def _repeat_at_once(client: Any) -> None:
    """Let botocore decide whether to retry, but do not wait before it."""
    name = client.meta.service_model.service_id.hyphenize()
    events, event, handler_id = client.meta.events, f"needs-retry.{name}", f"retry-config-{name}"
    events.unregister(event, unique_id=handler_id)
    handler = standard.register_retry_handler(client, client.meta.config.retries["total_max_attempts"])
    events.unregister(event, unique_id=handler_id)

    def without_delay(**attempt: Any) -> int | None:
        delay = handler.needs_retry(**attempt)
        return None if delay is None or delay is False else 0

    events.register(event, without_delay)


async def _sleep(seconds: float) -> None:
    _slept.set(_slept.get() + seconds)
    await checkpoint()
