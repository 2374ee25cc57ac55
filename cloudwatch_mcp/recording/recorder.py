"""Records a server's requests to AWS and the answers, and changes neither."""

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
from typing import Any
from uuid import NAMESPACE_OID, uuid5

import boto3
import botocore
from loguru import logger
from vcr.request import Request

from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.aws.sessions import open_session
from cloudwatch_mcp.clock import Arguments, Clock, NormalForm
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.recording import cassettes, leaks
from cloudwatch_mcp.recording.journal import Journal
from cloudwatch_mcp.recording.matching import CALL, PROFILE, identity, operation
from cloudwatch_mcp.recording.redaction import Redaction
from cloudwatch_mcp.recording.wire import SERVICES, as_request, as_response, is_aws

_now: ContextVar[datetime | None] = ContextVar("_now", default=None)
_number: ContextVar[int | None] = ContextVar("_number", default=None)


class Recorder:
    """Listens to every exchange on the sessions it opens; botocore sends as it always does.

    The recording says `target: aws` only if every request was sent to an endpoint of AWS.

    Args:
        base: the time of the server; `clock` is made of it.
        redact: regular expressions of what else to replace, besides account ids, tokens and keys.
        account: the id of the recorded account, if it is known.
        journal: the file to which each event is written as it happens; a numbered one if it exists.
        region: the default Region, if a flag or the environment sets it.
        profile: the default profile, if a flag sets it.
        rename_queries: derive query ids from the query, so that recording again gives the same file.
        names: the names of tools and arguments, which `redact` does not replace.

    Attributes:
        query_ids: the real id of each renamed query, by its new one.

    Raises:
        CannotRecord: a pattern is not a regular expression, or the journal cannot be written.
    """

    def __init__(
        self,
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
        self._endpoints: set[str] = set()
        self.query_ids: dict[str, str] = {}
        self._cannot_write = False
        self._journal = Journal(journal, self._metadata) if journal else None

    def clients(self, settings: Settings, environment: Mapping[str, str]) -> Clients:
        """The server's clients, whose exchanges are recorded."""
        return Clients(settings, environment, self.open_session)

    def open_session(self, profile: str | None) -> boto3.Session:
        """As `sessions.open_session`, with its exchanges recorded."""
        session = open_session(profile)
        self.attach(session.events, profile)
        with self._lock:
            region = self._redaction.scrub(self._region or session.region_name)
            if profile == self._profile:
                self._about["region"] = region
                if session.profile_name != "default":  # AWS_PROFILE
                    self._about["default_profile"] = self._redaction.scrub(session.profile_name)
            else:
                self._about.setdefault("profiles", {})[self._redaction.scrub(profile)] = region
            self._note("metadata", self._metadata())
        return session

    def attach(self, events: Any, profile: str | None = None) -> None:
        """Listen to a session's or client's exchanges; `events` is `session.events` or `client.meta.events`."""

        def remember(request: Any, **_: Any) -> None:
            self._add_endpoint(request.url)
            self._pending.request = as_request(request, profile)
            if number := _number.get():
                self._pending.request.headers[CALL] = str(number)

        def record(response_dict: Mapping[str, Any], **_: Any) -> None:
            try:
                self._record(self._pending.request, as_response(response_dict))
            except Exception as error:  # noqa: BLE001 - a call to AWS must not fail because it cannot be recorded
                logger.error("An answer from AWS could not be recorded: {}.", type(error).__name__)

        # botocore sends the request and parses the answer in one thread; before-parse also gets unreadable answers.
        for service in SERVICES:
            events.register_first(f"before-send.{service}", remember)
            events.register_first(f"before-parse.{service}", record)

    def redacted(self, value: Any) -> Any:
        """A tool's answer as a replay of the recording gives it."""
        with self._lock:
            text = json.dumps(self._redaction.scrub(value))
            for stand_in, query_id in self.query_ids.items():
                text = text.replace(query_id, stand_in)
            return json.loads(text)

    def save(self, path: str | Path) -> str:
        """Write the cassette, sorted; returns its text."""
        with self._lock:
            return cassettes.save(self.cassette, path, {**self._metadata(), "calls": self._calls})

    def finish(self) -> None:
        """Replace the journal by the sorted cassette, and log what in it may still be secret. It never fails.

        A session without calls leaves no file.
        """
        if self._journal is None or self._journal.is_empty:
            return
        journal, self._journal = self._journal, None
        try:
            journal.create()
            with suppress(OSError):  # nothing that was written is lost
                journal.close()
            kinds = Counter(leak.kind for leak in leaks.find(self.save(journal.path)))
        except Exception as error:  # noqa: BLE001 - the process must be able to end
            lost = f"lacks its last {len(journal.waiting)} events and " if journal.waiting else ""
            logger.error("{} {}is unsorted: {}.", journal.path, lost, _reason(error))
            return
        if kinds:
            listed = ", ".join(f"{kind} ({count} lines)" for kind, count in kinds.items())
            logger.warning("{} holds what you may not want to share: {}. --redact replaces more.", journal.path, listed)

    @contextmanager
    def _during(self, tool: str, arguments: Arguments, _: NormalForm) -> Iterator[Arguments]:
        """Time stands still during a tool call."""
        at, number = self._base.now(), None
        try:
            number = self._add_call(tool, arguments, at)
        except Exception as error:  # noqa: BLE001 - a tool call must not fail because it cannot be recorded
            logger.error("A tool call could not be recorded: {}.", _reason(error))
        tokens = _now.set(at), _number.set(number)
        try:
            yield arguments
        finally:
            _now.reset(tokens[0])
            _number.reset(tokens[1])

    def _add_call(self, tool: str, arguments: Arguments, at: datetime) -> int:
        """Record the call; returns its number."""
        with self._lock:
            self._redaction.learn(json.dumps(arguments, ensure_ascii=False))
            call = {"tool": self._redaction.name(tool), "arguments": self._redaction.scrub(dict(arguments)), "at": at}
            self._calls.append(call)
            self._note("call", call)
            return len(self._calls)

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
            query_id, stand_in = started[1].decode(), str(uuid5(NAMESPACE_OID, f"{asked} {self._queries[asked]}"))
            self._redaction.rename(query_id, stand_in)
            self.query_ids[stand_in] = query_id

    def _add_endpoint(self, url: str) -> None:
        with self._lock:
            before = self._metadata()
            self._endpoints.add("aws" if is_aws(url) else "sandbox")
            if self._metadata() != before:
                self._note("metadata", self._metadata())

    def _metadata(self) -> dict[str, Any]:
        target = "aws" if self._endpoints == {"aws"} else "sandbox"
        return {"target": target, "recorded_at": self._recorded_at, **self._about}

    def _note(self, kind: str, event: dict[str, Any]) -> None:
        """Write an event to the journal, after removing newly recognised account ids from earlier events."""
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
        except OSError as error:  # the investigation continues, and the rest is kept in memory
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
