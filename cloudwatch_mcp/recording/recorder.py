"""Records what a server asks of AWS and is answered, without taking part in it."""

from __future__ import annotations

import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
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

from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.aws.sessions import open_session
from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.recording import cassettes, leaks
from cloudwatch_mcp.recording.journal import Journal
from cloudwatch_mcp.recording.matching import PROFILE, identity, operation
from cloudwatch_mcp.recording.redaction import Redaction
from cloudwatch_mcp.recording.wire import SERVICES, as_request, as_response

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
        names: of tools and their arguments, which `redact` does not replace.

    Raises:
        CannotRecord: a pattern is no regular expression, or the journal exists or cannot be written.
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
        names: Iterable[str] = (),
    ) -> None:
        base = base or Clock()
        self.clock = replace(base, now=lambda: _now.get() or base.now(), during=self._during, jitter=lambda: 1.0)
        self.cassette = cassettes.empty()
        self._base, self._rename_queries = base, rename_queries
        self._region, self._profile = region, profile
        self._redaction = Redaction(redact, account, names)
        self._lock, self._pending = threading.Lock(), threading.local()
        self._calls: list[dict[str, Any]] = []
        self._queries: Counter[str] = Counter()
        self._recorded_at = base.now()
        self._about: dict[str, Any] = {
            "region": self._redaction.scrub(region),
            **({"profile": self._redaction.scrub(profile)} if profile else {}),
            "botocore": botocore.__version__,
            "protocol": "json",
        }
        self._target = target
        self._cannot_write = False
        self._journal = Journal(journal, self._metadata()) if journal else None

    @property
    def is_empty(self) -> bool:
        return not self._calls and not self.cassette.data

    def clients(self, settings: Settings, environment: Mapping[str, str]) -> Clients:
        """The server's clients, heard."""
        return Clients(settings, environment, self.open_session)

    def open_session(self, profile: str | None) -> boto3.Session:
        """As `sessions.open_session`, and heard."""
        session = open_session(profile)
        self.attach(session.events, profile)
        with self._lock:
            region = self._redaction.scrub(self._region or session.region_name)
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

    def save(self, path: str | Path) -> str:
        """Write the cassette, sorted; returns its text."""
        with self._lock:
            return cassettes.save(self.cassette, path, {**self._metadata(), "calls": self._calls})

    def finish(self) -> None:
        """Put the cassette in the journal's place, and say what in it may be a secret still. It never fails."""
        if self._journal is None:
            return
        journal, self._journal = self._journal, None
        try:
            with suppress(OSError):  # what was written is written
                journal.close()
            kinds = Counter(leak.kind for leak in leaks.find(self.save(journal.path)))
        except Exception as error:  # noqa: BLE001 - the process is about to end, and has to
            lost = f" and lacks its last {len(journal.waiting)} events" if journal.waiting else ""
            logger.error("{} stays as it grew, unsorted{}: {}.", journal.path, lost, _reason(error))
            return
        if kinds:
            listed = ", ".join(f"{kind} ({count} lines)" for kind, count in kinds.items())
            logger.warning("{} holds what you may not want to share: {}. --redact replaces more.", journal.path, listed)

    @contextmanager
    def _during(self, tool: str, arguments: Mapping[str, Any]) -> Iterator[None]:
        """While a tool call runs its time stands still."""
        at = self._base.now()
        token = _now.set(at)
        try:
            self._add_call(tool, arguments, at)
        except Exception as error:  # noqa: BLE001 - a tool call must not fail because it cannot be written down
            logger.error("A tool call could not be recorded: {}.", _reason(error))
        try:
            yield
        finally:
            _now.reset(token)

    def _add_call(self, tool: str, arguments: Mapping[str, Any], at: datetime) -> None:
        with self._lock:
            self._redaction.learn(json.dumps(arguments, ensure_ascii=False))
            call = {"tool": self._redaction.name(tool), "arguments": self._redaction.scrub(dict(arguments)), "at": at}
            self._calls.append(call)
            self._note("call", call)

    def _record(self, request: Request, response: dict[str, Any]) -> None:
        with self._lock:
            asked, answered = request.body.decode(), response["body"]["string"].decode()
            self._redaction.learn(answered)
            request.body = self._redaction.body(asked)
            if PROFILE in request.headers:
                request.headers[PROFILE] = self._redaction.scrub(request.headers[PROFILE])
            if self._rename_queries and operation(request) == "StartQuery":
                self._rename_query(request, response["body"]["string"])
            response["body"]["string"] = self._redaction.body(answered).encode()
            self.cassette.append(request, response)
            self._note("interaction", cassettes.interaction(request, response))

    def _rename_query(self, request: Request, answer: bytes) -> None:
        started = re.search(rb'"queryId"\s*:\s*"([^"]+)"', answer)
        if started:
            asked = str(identity(request))
            self._queries[asked] += 1
            self._redaction.rename(started[1].decode(), str(uuid5(NAMESPACE_OID, f"{asked} {self._queries[asked]}")))

    def _metadata(self) -> dict[str, Any]:
        return {"target": self._target, "recorded_at": self._recorded_at, **self._about}

    def _note(self, kind: str, event: dict[str, Any]) -> None:
        """Take what has happened into the journal; an account id that is known only now is taken out before."""
        if self._redaction.is_late:
            self._revise()
            self._write(lambda journal: journal.revise(self._redaction.accounts))
        self._write(lambda journal: journal.add(kind, event))

    def _write(self, change: Callable[[Journal], None]) -> None:
        if self._journal is None:
            return
        try:
            change(self._journal)
            self._cannot_write = False
        except OSError as error:  # the investigation goes on, and the rest is kept in memory
            if not self._cannot_write:
                logger.error("{} cannot be written: {}.", self._journal.path, _reason(error))
            self._cannot_write = True

    def _revise(self) -> None:
        redaction = self._redaction
        redaction.is_late = False
        self._about = redaction.late(self._about)
        for call in self._calls:
            call |= {"tool": redaction.accounts(call["tool"]), "arguments": redaction.late(call["arguments"])}
        for request, response in self.cassette.data:
            request.body = redaction.accounts(request.body.decode())
            if PROFILE in request.headers:
                request.headers[PROFILE] = redaction.accounts(request.headers[PROFILE])
            response["body"]["string"] = redaction.accounts(response["body"]["string"].decode()).encode()


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or " ".join(str(error).split())[:200] or type(error).__name__
