"""An AWS that knows which queries run, and misbehaves at random."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from time import sleep

from tests.support.endpoint import Request, Response
from tests.support.fuzz.cases import bad_body
from tests.support.fuzz.scene import CannedResponse
from tests.support.fuzz.scenes import SCENES

FAULTS = {
    "throttling": 0.3,
    "reset": 0.03,
    "stall": 0.03,
    "drip": 0.03,
    "hang": 0.03,
    "failing": 0.03,
    "garbage": 0.05,
    "mutated": 0.1,
    "cancelled": 0.05,
}
"""How likely each is: the client cancels a call, and AWS does the rest."""
THROTTLED_REGION = "eu-west-1"  # one Region only: botocore slows down all calls to a Region that throttles
_BROKEN_OFF = b'{"status": "Complete", "results": [[{"fie'
_DRIP = 0.2  # seconds between two bytes: no read timeout ends such an answer
_ERROR = b'{"__type": "%s", "message": "Oh"}'


def _of_scene(scene: str, *operations: str) -> list[CannedResponse]:
    responses = next(each for each in SCENES if each.name == scene).responses
    return [each for each in responses if not operations or each.operation in operations]


_ONE_ALARM = [
    CannedResponse(each.operation, each.body, "AlarmNames") for each in _of_scene("transitions", "DescribeAlarms")
]
_ONE_GROUP = [
    CannedResponse(each.operation, each.body, "logGroupNamePrefix")
    for each in _of_scene("analysis", "DescribeLogGroups")
]
_NO_POINTS = [
    CannedResponse(each.operation, each.body, '"Nothing"') for each in _of_scene("no such metric", "GetMetricData")
]
_ANSWERS = [
    *_of_scene("transitions", "DescribeAlarmHistory"),
    *_ONE_ALARM,
    *_of_scene("all kinds of alarms"),
    *_ONE_GROUP,
    *_of_scene("groups"),
    *_of_scene("analysis", "ListLogAnomalyDetectors", "ListAnomalies"),
    *_of_scene("patterns", "GetQueryResults"),
    *_NO_POINTS,
    *_of_scene("several metrics"),
    *_of_scene("no such metric", "ListMetrics"),
    *_of_scene("a cancel"),
]
_ASKED = (
    "all kinds of alarms", "components", "groups", "analysis", "patterns", "results", "a cancel", "several metrics",
    "no such metric",
)  # fmt: skip
CALLS = [(scene.tool, dict(scene.arguments)) for scene in SCENES if scene.name in _ASKED]


@dataclass
class Aws:
    """Answers for an endpoint. `faults` says how likely each fault is; once `dry` is set, dripping answers end."""

    random: Random
    faults: dict[str, float]
    seconds: float = 0  # that an answer takes
    started: int = 0  # queries
    running: set[str] = field(default_factory=set)
    seen: Counter[str] = field(default_factory=Counter)
    dry: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def healthy(self, seconds: float) -> Iterator[None]:
        """No faults for a while; each answer takes so many seconds."""
        faults, self.faults, self.seconds = self.faults, {}, seconds
        self.dry.set()
        yield
        self.faults, self.seconds = faults, 0
        self.dry.clear()

    def answer(self, request: Request) -> Response | None:
        with self._lock:
            fault = self._fault(request)
            self.seen[fault or "fine"] += 1
            if request.operation == "StopQuery":
                self.running.discard(request.json["queryId"])  # even if a fault follows: the server did its part
            if fault not in (None, "mutated"):
                return self._misbehave(fault)
            body = self._body(request, spoil=fault is not None)
        sleep(self.seconds)
        return Response(body)

    def _fault(self, request: Request) -> str | None:
        """At most one. StartQuery stays readable: the server cannot stop a query whose id it never got."""
        if request.region == THROTTLED_REGION:
            return "throttling" if self.random.random() < self.faults.get("throttling", 0) else None
        kinds = [kind for kind in self.faults if kind not in ("throttling", "cancelled")]
        kind = self.random.choices([*kinds, None], [*(self.faults[kind] for kind in kinds), self._fine(kinds)])[0]
        return None if kind == "mutated" and request.operation == "StartQuery" else kind

    def _fine(self, kinds: list[str]) -> float:
        return 1 - sum(self.faults[kind] for kind in kinds)

    def _body(self, request: Request, *, spoil: bool) -> bytes:
        asked = request.body.decode()
        if request.operation == "StartQuery":
            self.started += 1
            query = f"query-{self.started}"
            self.running.add(query)
            return json.dumps({"queryId": query}).encode()
        if request.operation == "GetQueryResults":
            self.running.discard(request.json["queryId"])  # its first poll completes it
        canned = next(each for each in _ANSWERS if each.operation == request.operation and each.request_text in asked)
        return bad_body(canned, self.random) if spoil else json.dumps(canned.body).encode()

    def _misbehave(self, fault: str | None) -> Response | None:
        if fault == "hang":
            return None
        if fault == "drip":
            return Response(b" " * 300, promised=400, then="close", drips=self._drips)
        if fault in ("reset", "stall"):
            return Response(_BROKEN_OFF, promised=400, then="reset" if fault == "reset" else "stall")
        if fault == "throttling":
            return Response(_ERROR % b"ThrottlingException", status=400)
        if fault == "failing":
            return Response(_ERROR % b"InternalServiceFault", status=500)
        return Response(b"\x00\xff\xfe<html>garbage")

    def _drips(self) -> bool:
        sleep(_DRIP)
        return not self.dry.is_set()
