"""The incident's data is reproducible and acceptable to a real account."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from cloudwatch_mcp.sandbox import Sandbox
from cloudwatch_mcp.sandbox.incidents.checkout_failures import INCIDENT
from cloudwatch_mcp.sandbox.kit.seed import Target, seed

NOW = datetime(2026, 11, 20, 12, 2, 33, tzinfo=timezone.utc)


def state_changes(now: datetime) -> list[tuple[str, str]]:
    with Sandbox(now=now, incident="quiet-day") as sandbox:
        pages = sandbox.client("cloudwatch").get_paginator("describe_alarm_history")
        items = pages.paginate(HistoryItemType="StateUpdate").search("AlarmHistoryItems[]")
        return [(item["AlarmName"], item["HistorySummary"]) for item in items]


def test_incident_is_the_same_at_any_time_of_day() -> None:
    changes = state_changes(NOW)
    assert len(changes) > 5
    assert changes == state_changes(NOW + timedelta(hours=7, minutes=5))


class Recorder:
    """A client of a real account that records its requests."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**parameters: Any) -> dict[str, Any]:
            self.calls.append((operation, parameters))
            name = parameters.get("logGroupNamePrefix", "")
            return {"logGroups": [{"logGroupName": name, "logGroupArn": f"arn:{name}"}]}

        return call

    def parameters(self, operation: str) -> list[dict[str, Any]]:
        return [parameters for called, parameters in self.calls if called == operation]


@pytest.fixture(scope="module")
def real() -> Recorder:
    recorder = Recorder()
    seed(INCIDENT, Target(recorder, recorder, NOW, "demo-"))
    return recorder


def test_there_are_about_forty_thousand_events_of_the_last_day(real: Recorder) -> None:
    times = [event["timestamp"] for batch in real.parameters("put_log_events") for event in batch["logEvents"]]
    assert 40_000 <= len(times) <= 60_000
    assert min(times) >= (NOW.timestamp() - 86_400 - 60) * 1000
    assert max(times) <= NOW.timestamp() * 1000


def test_seeding_sends_only_requests_that_a_real_account_accepts(real: Recorder) -> None:
    assert not [each for each in real.parameters("put_metric_data") if each["Namespace"].startswith("AWS/")]
    assert {operation for operation, _ in real.calls} == {
        "create_log_anomaly_detector",
        "create_log_group",
        "create_log_stream",
        "describe_log_groups",
        "put_composite_alarm",
        "put_log_events",
        "put_metric_alarm",
        "put_metric_data",
        "put_query_definition",
        "put_retention_policy",
    }


def test_requests_keep_within_the_limits_of_the_api(real: Recorder) -> None:
    for batch in real.parameters("put_log_events"):
        events = batch["logEvents"]
        assert len(events) <= 10_000
        assert sum(len(event["message"].encode()) + 26 for event in events) <= 1_048_576
        assert events[-1]["timestamp"] - events[0]["timestamp"] <= 86_400_000
    for batch in real.parameters("put_metric_data"):
        assert len(batch["MetricData"]) <= 1000
        assert len(json.dumps(batch)) <= 1_048_576


def test_every_name_has_the_prefix(real: Recorder) -> None:
    members = {
        "create_log_group": "logGroupName",
        "put_query_definition": "name",
        "put_metric_data": "Namespace",
        "put_metric_alarm": "AlarmName",
        "put_composite_alarm": "AlarmName",
        "create_log_anomaly_detector": "detectorName",
    }
    names = [each[member] for operation, member in members.items() for each in real.parameters(operation)]
    rules = [each["AlarmRule"] for each in real.parameters("put_composite_alarm")]
    sources = [each["queryString"] for each in real.parameters("put_query_definition")]
    assert all(name.startswith("demo-") for name in names)
    assert all(rule.count('("demo-') == rule.count('("') for rule in rules)
    assert any("namePrefix: ['demo-/ecs/shop']" in source for source in sources)
