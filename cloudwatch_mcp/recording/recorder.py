"""Records what a server asks of AWS and is answered, without taking part in it."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal
from uuid import NAMESPACE_OID, uuid5

import boto3
import botocore
from loguru import logger
from vcr.request import Request

from cloudwatch_mcp.clients import Clients
from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.recording import cassettes, leaks
from cloudwatch_mcp.recording.matching import PROFILE, identity, operation
from cloudwatch_mcp.recording.redaction import Redaction
from cloudwatch_mcp.recording.wire import SERVICES, as_request, as_response
from cloudwatch_mcp.sessions import open_session

_now: ContextVar[datetime | None] = ContextVar("_now", default=None)


class Recorder:
    """Hears every exchange on the sessions it opened; botocore sends as it always does.

    Args:
        target: where the answers come from.
        base: the time of the server; `clock` is made of it.
        redact: regular expressions of what to replace, beside account ids, tokens and keys.
        account: the id of the recorded account, where it is known.
        journal: a file that does not exist yet, which gets each event as it happens.
        region: the Region of calls that name none, where a flag or the environment says so.
        profile: the profile of calls that name none, where a flag says so.
        rename_queries: give queries ids that follow from what they ask: recorded again, the file stays the same.
    """

    def __init__(
        self,
        target: Literal["aws", "sandbox"],
        *,
        base: Clock | None = None,
        redact: Iterable[str] = (),
        account: str | None = None,
        journal: str | Path | None = None,
        region: str | None = None,
        profile: str | None = None,
        rename_queries: bool = False,
    ) -> None:
        base = base or Clock()
        self.clock = replace(base, now=lambda: _now.get() or base.now(), during=self._during, jitter=lambda: 1.0)
        self.cassette = cassettes.empty()
        self._base, self._rename_queries = base, rename_queries
        self._region, self._profile = region, profile
        self._redaction = Redaction(redact, account)
        self._lock, self._pending = threading.Lock(), threading.local()
        self._calls: list[dict[str, Any]] = []
        self._queries: Counter[str] = Counter()
        self._about: dict[str, Any] = {
            "target": target,
            "recorded_at": base.now(),
            "region": region,
            **({"profile": profile} if profile else {}),
            "botocore": botocore.__version__,
            "protocol": "json",
        }
        self._journal = cassettes.Journal(journal) if journal else None
        with self._lock:
            self._note("metadata", self._metadata())

    def clients(self, settings: Settings, environment: Mapping[str, str]) -> Clients:
        """The server's clients, heard."""
        return Clients(settings, environment, self.open_session)

    def open_session(self, profile: str | None) -> boto3.Session:
        """As `sessions.open_session`, and heard."""
        session = open_session(profile)
        self.attach(session.events, profile)
        with self._lock:
            region = self._region or session.region_name
            if profile == self._profile:
                self._about["region"] = region
            else:
                self._about.setdefault("profiles", {})[self._redaction.scrub(profile)] = region
            self._note("metadata", self._metadata())
        return session

    def attach(self, events: Any, profile: str | None = None) -> None:
        """Hear a session's or client's exchanges; `events` is `session.events` or `client.meta.events`."""

        def remember(request: Any, **_: Any) -> None:
            self._pending.request = as_request(request, profile)

        def record(response_dict: Mapping[str, Any], **_: Any) -> None:
            try:
                self._record(self._pending.request, as_response(response_dict))
            except Exception as error:  # noqa: BLE001 - a call to AWS must not fail because it cannot be written down
                logger.error("An answer of AWS's could not be recorded: {}.", type(error).__name__)

        # botocore sends, and parses the answer, in one thread; before-parse is told of unreadable answers, too.
        for service in SERVICES:
            events.register_first(f"before-send.{service}", remember)
            events.register_first(f"before-parse.{service}", record)

    def save(self, path: str | Path) -> None:
        """Write the cassette, sorted."""
        with self._lock:
            for request, response in self.cassette.data:  # account ids that were known only later
                request.body = self._redaction.accounts(request.body.decode())
                response["body"]["string"] = self._redaction.accounts(response["body"]["string"].decode()).encode()
            cassettes.save(self.cassette, path, self._metadata())

    def finish(self) -> None:
        """Put the cassette in the journal's place, and say what in it may be a secret still."""
        if self._journal is None:
            return
        journal, self._journal = self._journal, None
        journal.close()
        try:
            self.save(journal.path)
        except OSError as error:
            logger.error("{} was left as it grew, unsorted: {}.", journal.path, error.strerror)
            return
        kinds = Counter(leak.kind for leak in leaks.find(journal.path.read_text(encoding="utf-8")))
        if kinds:
            listed = ", ".join(f"{kind} ({count} lines)" for kind, count in kinds.items())
            logger.warning("{} holds what you may not want to share: {}. --redact replaces more.", journal.path, listed)

    @contextmanager
    def _during(self, tool: str, arguments: Mapping[str, Any]) -> Iterator[None]:
        """While a tool call runs its time stands still."""
        at = self._base.now()
        token = _now.set(at)
        with self._lock:
            self._redaction.learn(json.dumps(arguments, ensure_ascii=False))
            call = {"tool": tool, "arguments": self._redaction.scrub(dict(arguments)), "at": at}
            self._calls.append(call)
            self._note("call", call)
        try:
            yield
        finally:
            _now.reset(token)

    def _record(self, request: Request, response: dict[str, Any]) -> None:
        with self._lock:
            request.body = self._redaction.body(request.body.decode())
            if PROFILE in request.headers:
                request.headers[PROFILE] = self._redaction.scrub(request.headers[PROFILE])
            if self._rename_queries and operation(request) == "StartQuery":
                self._rename_query(request, response["body"]["string"])
            response["body"]["string"] = self._redaction.body(response["body"]["string"].decode()).encode()
            self.cassette.append(request, response)
            self._note("interaction", cassettes.interaction(request, response))

    def _rename_query(self, request: Request, answer: bytes) -> None:
        started = re.search(rb'"queryId"\s*:\s*"([^"]+)"', answer)
        if started:
            asked = str(identity(request))
            self._queries[asked] += 1
            self._redaction.rename(started[1].decode(), str(uuid5(NAMESPACE_OID, f"{asked} {self._queries[asked]}")))

    def _metadata(self) -> dict[str, Any]:
        metadata: dict[str, Any] = self._redaction.scrub({**self._about, "calls": self._calls})
        return metadata

    def _note(self, kind: str, event: dict[str, Any]) -> None:
        if self._journal is None:
            return
        try:
            self._journal.add(kind, {name: each for name, each in event.items() if name != "calls"})
        except OSError as error:  # the investigation goes on, and the rest is kept in memory
            logger.error("{} cannot be written: {}.", self._journal.path, error.strerror)
