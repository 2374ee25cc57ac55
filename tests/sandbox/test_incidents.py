"""Every incident: its solution establishes the truth, within its budget, and its data is reproducible."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime, timedelta, timezone
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.logs.models import logs_backends

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.sandbox import Sandbox, cloudwatch, incidents
from cloudwatch_mcp.sandbox.alarms.evaluation import evaluate
from cloudwatch_mcp.sandbox.direct import clients
from cloudwatch_mcp.sandbox.incidents import INCIDENTS, incident
from cloudwatch_mcp.sandbox.kit.incident import Incident
from cloudwatch_mcp.sandbox.kit.logs import Event
from cloudwatch_mcp.sandbox.kit.timeline import before
from cloudwatch_mcp.sandbox.metrics.data import read_series
from cloudwatch_mcp.sandbox.metrics.store import metric_of
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.asking import asking
from tests.support.frozen_time import Time

NOW = datetime(2026, 11, 20, 12, 2, 33, tzinfo=timezone.utc)
MAX_CALLS, MAX_CHARACTERS = 6, 14_000  # at most some 6,000 tokens
MAX_LINES, MAX_LINES_OF_LOGS = 250, 120
_FOLDER = Path(str(incidents.__file__)).parent


@pytest.fixture(scope="module", params=INCIDENTS)
def story(request: pytest.FixtureRequest) -> Incident:
    return incident(request.param)


@pytest.fixture(scope="module")
def output() -> StringIO:
    return StringIO()


@pytest.fixture(scope="module")
def running(story: Incident, output: StringIO) -> Iterator[Sandbox]:
    with redirect_stdout(output), redirect_stderr(output):
        sandbox = Sandbox(now=NOW, incident=story.name).start()
    with sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def events(story: Incident) -> dict[str, list[Event]]:
    """The events of each log group."""
    return {group.name: list(group.events(NOW)) for group in story.log_groups}


@pytest.mark.anyio
async def test_solution_establishes_the_truth_within_its_budget(
    story: Incident, running: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in running.environment.items():
        monkeypatch.setenv(name, value)
    assert 0 < len(story.solution) <= MAX_CALLS
    characters = 0
    async with asking(build_server(Settings(), os.environ, clock=Time(NOW).clock())) as ask:
        for call in story.solution:
            reply = await ask(call.tool, **call.arguments)
            assert not reply.failed, reply.text
            assert story.missing(call, reply.text, NOW) == []
            characters += len(reply.text)
    assert characters <= MAX_CHARACTERS


def test_seeding_prints_nothing_and_leaves_the_clock_at_the_end(running: Sandbox, output: StringIO) -> None:
    assert not output.getvalue()
    assert running.clock.now() == NOW


@pytest.mark.usefixtures("running")
def test_data_is_the_same_for_the_same_now(story: Incident, events: dict[str, list[Event]]) -> None:
    """What is generated now is what the sandbox has."""
    end = int(NOW.timestamp())
    groups: Any = logs_backends[DEFAULT_ACCOUNT_ID][Sandbox.region].groups
    for name, of_group in events.items():
        stored = groups[name].event_log.between(0, 1000 * end)
        assert sorted((each.stream, each.timestamp, each.message) for each in stored) == sorted(of_group)
    store = cloudwatch._state.region(DEFAULT_ACCOUNT_ID, Sandbox.region).metrics
    for metric in story.metrics:
        of_metric = store.between(metric_of({"Namespace": metric.namespace, **metric.description}), 0, end)
        assert [(each.time, list(each.values or ()), each.weights) for each in of_metric] == [
            (datum["Timestamp"], datum.get("Values") or [datum["Value"]], datum.get("Counts"))
            for datum in metric.datapoints(NOW)
        ]


def test_log_events_are_of_the_last_day(events: dict[str, list[Event]]) -> None:
    end = before(NOW, 0).timestamp() * 1000
    for name, of_group in events.items():
        assert all(end - 86_460_000 <= event.time <= end for event in of_group), name


def test_truth_names_services_of_the_incident(story: Incident) -> None:
    assert {*story.truth.affected, *story.truth.innocent} <= {*story.services}
    assert story.truth.cause
    assert story.story


def test_an_alarm_is_active_at_the_end_unless_nothing_is_wrong(story: Incident, running: Sandbox) -> None:
    active = running.client("cloudwatch").describe_alarms(StateValue="ALARM")["MetricAlarms"]
    assert bool(active) == (story.truth.first_bad_minute is not None)


def test_alarms_keep_their_states_after_the_end_of_the_data(running: Sandbox) -> None:
    _, client = clients(Sandbox.region)
    both = ["MetricAlarm", "CompositeAlarm"]
    before = client.describe_alarms(AlarmTypes=both)
    running.clock.travel(NOW + timedelta(hours=1))
    after = client.describe_alarms(AlarmTypes=both)
    running.clock.resume()
    assert before["MetricAlarms"]
    assert before == after


@pytest.mark.usefixtures("running")
def test_states_of_the_metric_alarms_follow_from_their_metrics() -> None:
    read = partial(read_series, cloudwatch._state.region(DEFAULT_ACCOUNT_ID, Sandbox.region).metrics)
    _, client = clients(Sandbox.region)
    alarms = client.describe_alarms()["MetricAlarms"]
    assert [evaluate(alarm, read, NOW) for alarm in alarms] == [None] * len(alarms)


def test_every_incident_is_one_short_file_and_at_most_one_with_its_logs() -> None:
    lengths = {path.stem: len(path.read_text("utf-8").splitlines()) for path in _FOLDER.glob("*.py")}
    assert all(length <= (MAX_LINES_OF_LOGS if "_logs" in name else MAX_LINES) for name, length in lengths.items())


def test_there_is_a_name_for_every_module() -> None:
    modules = {path.stem.replace("_", "-") for path in _FOLDER.glob("*.py")} - {"--init--"}
    assert {name for name in modules if not name.endswith("-logs")} == set(INCIDENTS)
    assert all(incident(name).name == name for name in INCIDENTS)


def test_unknown_incident_is_refused_with_the_names() -> None:
    with pytest.raises(ValueError, match=f"no incident 'flood'.*{', '.join(INCIDENTS)}"):
        Sandbox(incident="flood")
