"""An AWS that is slow on purpose and notes when it was busy, for measurements of the server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timezone
from functools import partial
from itertools import accumulate
from time import perf_counter, sleep

from tests.support.endpoint import Endpoint, Exchange, Request, Response, forward
from tests.support.sandbox_process import SandboxProcess
from tests.support.server_process import environment

NOW = datetime.now(timezone.utc).replace(microsecond=0)


@dataclass
class MeasuredAws(Endpoint):
    """An endpoint that answers `delay` seconds after a request; with a delay, a repeated request from memory."""

    delay: float = 0.0
    memory: dict[tuple[str, str, bytes], Response | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._answer_at_once, self.answers = self.answers, self._answer

    @property
    def environment(self) -> dict[str, str]:
        """All variables of a server that asks this AWS."""
        return environment(AWS_ENDPOINT_URL=self.url)

    def new_exchanges(self) -> list[Exchange]:
        """The exchanges since the last call."""
        since, self.exchanges = self.exchanges, []
        return since

    def _answer(self, request: Request) -> Response | None:
        begun, delay = perf_counter(), self.delay
        if not delay:
            return self._answer_at_once(request)
        key = request.path, request.operation, request.body
        if key not in self.memory:
            self.memory[key] = self._answer_at_once(request)
        sleep(max(0.0, begun + delay - perf_counter()))
        return self.memory[key]


@contextmanager
def measured_sandbox(*, full: bool = False) -> Iterator[MeasuredAws]:
    """The incident, with `full` also the alarms and log groups of tests.support.questions."""
    with SandboxProcess(NOW, full=full) as process, MeasuredAws(partial(forward, process.url)) as aws:
        yield aws


def most_at_once(exchanges: Sequence[Exchange]) -> int:
    steps = [(each.begun, 1) for each in exchanges] + [(each.ended, -1) for each in exchanges]
    return max(accumulate(step for _, step in sorted(steps)))


def waiting_time(exchanges: Sequence[Exchange]) -> float:
    """Seconds with a request under way or before the next poll of a query; what overlaps counts once."""
    spans = [(each.begun, each.ended) for each in exchanges]
    started: list[float] = []
    polled: dict[str, float] = {}
    for request, begun, ended in exchanges:
        if request.operation == "StartQuery":
            started.append(ended)
        elif request.operation == "GetQueryResults":
            query = request.json["queryId"]
            if query not in polled and started:
                polled[query] = started.pop(0)
            if query in polled:
                spans.append((polled[query], begun))
            polled[query] = ended
    total, until = 0.0, 0.0
    for begun, ended in sorted(spans):
        total += max(0.0, ended - max(begun, until))
        until = max(until, ended)
    return total
