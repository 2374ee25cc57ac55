"""A test's cassette: replayed, or recorded again from the sandbox or from AWS."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.recording import CassetteUnreadable, Recorder, Replay, check, load
from cloudwatch_mcp.recording.matching import operation, parameters
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.asking import Ask, Reply, asking
from tests.support.frozen_time import Time
from tests.support.run_prefix import with_prefix, without_prefix


@dataclass(frozen=True)
class AwsRun:
    """A run of scripts/record on AWS: the account, and the prefix and the end of the incident that it seeded."""

    account: str
    region: str
    prefix: str
    now: str

    VARIABLE = "RECORD_ON_AWS"

    @classmethod
    def from_environment(cls) -> AwsRun | None:
        text = os.environ.get(cls.VARIABLE)
        return cls(**json.loads(text)) if text else None

    def environment(self) -> dict[str, str]:
        return {self.VARIABLE: json.dumps(asdict(self))}

    def recorder(self) -> Recorder:
        """Of a server whose time windows end where the incident ends, and which waits in real time."""
        end = datetime.fromisoformat(self.now)
        return Recorder(base=Clock(now=lambda: end), account=self.account, region=self.region, rename_queries=True)


def sandbox_recorder() -> Recorder:
    return Recorder(base=Time().clock(), region="us-east-1", rename_queries=True)


@contextmanager
def replaying(path: Path, test: str) -> Iterator[Replay]:
    """Replay the cassette; fail if the test does not ask for all of it, or if it must not be committed.

    `test` is the test's node id, for the command that fixes it.
    """
    try:
        replay = Replay(path)
    except CassetteUnreadable as error:
        fail(f"{error}\n{_how_to_record(None, path, test)}")
    yield replay
    if replay.misses:
        return  # `ask` has failed
    if replay.unplayed:
        listed = "\n".join(replay.unplayed)
        fail(f"The test no longer makes these recorded requests:\n{listed}\n{_how_to_record(replay, path, test)}")
    _fail_on_findings(path)


@contextmanager
def recording(path: Path, recorder: Recorder) -> Iterator[Recorder]:
    """Record, and write the cassette if anything was asked of AWS."""
    yield recorder
    if recorder.cassette.data:
        recorder.save(path)
        _fail_on_findings(path)


def reason_to_keep(path: Path, *, on_aws: bool) -> str | None:
    """Why the cassette must not be recorded again."""
    try:
        target = load(path).metadata.get("target")
    except CassetteUnreadable:
        return None
    if target == "authored":
        return f"{_short(path)} is written by hand: edit it, or delete it to record it"
    if target == "aws" and not on_aws:
        return f"{_short(path)} was recorded on AWS: delete it to record it from the sandbox instead"
    return None


@asynccontextmanager
async def asking_through(
    cassette: Replay | Recorder, settings: Settings, environment: Mapping[str, str], path: Path, test: str
) -> AsyncIterator[Ask]:
    """A client of a server whose AWS is the cassette."""
    if isinstance(cassette, Replay):
        clients, environment = cassette.clients(settings), {}
    else:
        clients = cassette.clients(settings, environment)
    server = build_server(settings, environment, clients=clients, clock=cassette.clock)
    run = AwsRun.from_environment() if isinstance(cassette, Recorder) else None
    async with asking(server) as call:

        async def ask(tool: str, **arguments: Any) -> Reply:
            if isinstance(cassette, Replay):
                reply = await call(tool, **arguments)
                _fail_on_misses(cassette, path, test)
            else:
                reply = await _recorded(cassette, run, call, tool, arguments)
            return replace(reply, calls=_calls(cassette))

        yield ask


def requests(cassette: Replay | Recorder, name: str) -> list[Any]:
    """The parameters of the requests to an operation, oldest first."""
    return [parameters(request) for request in cassette.cassette.requests if operation(request) == name]


def answers(cassette: Replay | Recorder, name: str) -> list[Any]:
    """The bodies of AWS's answers to an operation, oldest first."""
    pairs = zip(cassette.cassette.requests, cassette.cassette.responses, strict=True)
    return [json.loads(response["body"]["string"]) for request, response in pairs if operation(request) == name]


def _calls(cassette: Replay | Recorder) -> dict[str, int]:
    """How often each operation was called."""
    counts: Counter[str] = Counter()
    for index, request in enumerate(cassette.cassette.requests):
        counts[operation(request)] += cassette.cassette.play_counts[index] if isinstance(cassette, Replay) else 1
    return {name: count for name, count in sorted(counts.items()) if count}


async def _recorded(recorder: Recorder, run: AwsRun | None, call: Ask, tool: str, arguments: dict[str, Any]) -> Reply:
    """The reply as a replay will give it: with the cassette's query ids and accounts, and without the run's prefix."""
    if "query_id" in arguments:
        arguments["query_id"] = recorder.query_ids.get(arguments["query_id"], arguments["query_id"])
    if run:
        arguments = with_prefix(arguments, run.prefix, run.account)
    reply = await call(tool, **arguments)
    data, text = recorder.redacted([reply.data, reply.text])
    if run:
        data, text = without_prefix([data, text], run.prefix)
    return replace(reply, data=data, text=text)


def _fail_on_misses(replay: Replay, path: Path, test: str) -> None:
    if replay.misses:
        listed = "\n".join(replay.misses)
        fail(f"The cassette has no answer to what the test asks:\n{listed}\n{_how_to_record(replay, path, test)}")


def _fail_on_findings(path: Path) -> None:
    findings = list(map(str, check(path)))
    if findings:
        command = f"python -m cloudwatch_mcp.recording check {_short(path)}"
        fail("\n".join(["This cassette must not be committed:", *findings, f"Correct it, then run {command}"]))


def _how_to_record(replay: Replay | None, path: Path, test: str) -> str:
    target = replay.cassette.metadata.get("target") if replay else None
    command = f"pytest '{test}' --record-mode=rewrite"
    if target == "authored":
        return f"It is written by hand: edit {_short(path)} as CONTRIBUTING.md describes."
    if target == "aws":
        return f"It was recorded on AWS: record it again with scripts/record, or delete it and run {command}"
    by_hand = "" if replay else " (or write it by hand, as CONTRIBUTING.md describes, if the sandbox cannot answer)"
    return f"To record it: {command}{by_hand}"


def fail(message: str) -> None:
    pytest.fail(message, pytrace=False)


def _short(path: Path) -> str:
    return "/".join(path.parts[-3:])
