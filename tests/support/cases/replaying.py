"""Replays a case from its cassette, and says what is wrong with it and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from vcr.cassette import Cassette

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.recording import Replay, load
from cloudwatch_mcp.recording.cassettes import empty
from cloudwatch_mcp.recording.matching import operation
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.asking import Reply
from tests.support.cases.case import Case
from tests.support.cases.recording import ask
from tests.support.frozen_time import NOW
from tests.support.readable_json import readable

_FROM = {"aws": ("aws", "sandbox"), "sandbox": ("sandbox",), "authored": ("authored",)}


@dataclass(frozen=True)
class Replayed:
    """A replayed case: its snapshot's text, and what is wrong beside that, each with what to do."""

    snapshot: str
    problems: list[str]


async def replay(case: Case) -> Replayed:
    """Ask the case of its cassette.

    Raises:
        CassetteUnreadable: there is none, or it is none.
    """
    playing = Replay(_without_calls() if case.target == "none" else load(case.cassette))
    settings = Settings(**case.settings)
    server = build_server(settings, {}, clients=playing.clients(settings), clock=playing.clock)
    reply = await ask(case, server)
    calls = Counter(sorted(map(operation, playing.cassette.requests)))
    answer = {"error": reply.text} if reply.failed else {"answer": reply.data}
    text = readable({**({"calls": dict(calls)} if calls else {}), **answer})
    return Replayed(text, list(_problems(case, playing, reply)))


def to_renew(case: Case) -> str:
    """How the case's cassette comes about."""
    if case.target == "authored":
        return f"It is written by hand: edit cassettes/{case.name}.yaml, as CONTRIBUTING.md says."
    return f"To record it: scripts/record --only {case.name}"


def _without_calls() -> Cassette:
    cassette = empty()
    cassette.get_metadata("recorded_at", NOW)
    return cassette


def _problems(case: Case, playing: Replay, reply: Reply) -> Iterator[str]:
    yield from (f"It asks what the cassette does not have: {miss}. {to_renew(case)}" for miss in playing.misses)
    yield from (f"It no longer asks what the cassette has: {each}. {to_renew(case)}" for each in playing.unplayed)
    target = playing.cassette.get_metadata("target", None)
    if case.target != "none" and target not in _FROM[case.target]:
        yield f"Its cassette is from {target!r}, the case says {case.target!r}: make them agree."
    if reply.failed != case.fails:
        yield f"Its answer {'is an error' if reply.failed else 'is no error'}: {reply.text[:300]}"
    elif not _holds(case, reply):
        yield f"This does not hold of its answer any more: {case.says}"


def _holds(case: Case, reply: Reply) -> bool:
    try:
        return case.holds(reply)
    except (LookupError, TypeError, ValueError):  # what the fact is about is not in the answer
        return False
