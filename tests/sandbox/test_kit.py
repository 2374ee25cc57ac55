"""The kit of which incidents are made: levels, lines and metrics."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import partial
from math import nan

import pytest

from cloudwatch_mcp.sandbox.kit.alarms import ABOVE, MetricAlarm
from cloudwatch_mcp.sandbox.kit.anomalies import Detector, anomalies
from cloudwatch_mcp.sandbox.kit.logs import Deployment, Line, LogGroup, lines, one_of, uuid, whole
from cloudwatch_mcp.sandbox.kit.metrics import count, gauge, latency, metric, metrics
from cloudwatch_mcp.sandbox.kit.timeline import daily, phases, pulses, ramp, times

NOW = datetime(2026, 11, 20, 12, 0, 33, tzinfo=timezone.utc)


def test_phases_hold_from_their_minute_to_the_next() -> None:
    level = phases(4, (95, 40), (35, daily(12)))
    assert [level(minute) for minute in (96, 95, 36, 35, 0)] == [4, 40, 40, daily(12)(35), 12]


def test_ramp_rises_between_its_minutes() -> None:
    assert [ramp(50, 40, 10, 20)(minute) for minute in (60, 50, 45, 40, 0)] == [10, 10, 15, 20, 20]


def test_pulses_are_high_at_the_start_of_every_period() -> None:
    level = pulses(10, 2, 9, 1)
    assert [level(minute) for minute in range(20, 8, -1)] == [9, 9, 1, 1, 1, 1, 1, 1, 1, 1, 9, 9]


def test_times_multiplies_levels() -> None:
    assert times(3, phases(1, (10, 5)), 2)(5) == 30


def test_lines_have_their_rate_in_each_phase() -> None:
    writer = lines(phases(0, (30, 20), (10, 0)), "hello")
    ages = [NOW.timestamp() // 60 * 60 - event.time / 1000 for event in writer(NOW)]
    assert len(ages) == 400
    assert min(ages) > 600
    assert max(ages) <= 1800


def test_json_line_has_strings_and_numbers_of_its_values() -> None:
    line = {"level": "WARN", "msg": "queued", "attempt": "$attempt", "from": "host-$attempt", "city": "$city"}
    event = next(iter(lines(1, line, attempt=whole(3, 3), city=one_of("Süßenbrück"))(NOW)))
    members = json.loads(event.message)
    assert members.pop("time").startswith("2026-11-19T12:0")
    assert members == {"level": "WARN", "msg": "queued", "attempt": 3, "from": "host-3", "city": "Süßenbrück"}


def test_texts_of_one_event_share_their_values_and_follow_each_other() -> None:
    events = list(lines(0.5, "START $id", "END $id", streams=("a", "b"), id=whole(1, 10**9))(NOW))
    assert len(events) > 1000
    for start, end in zip(events[::2], events[1::2], strict=True):
        assert start.message.removeprefix("START") == end.message.removeprefix("END")
        assert (start.stream, start.time + 1) == (end.stream, end.time)


def test_lines_about_the_same_have_the_same_times_and_values() -> None:
    request = partial(lines, 0.5, id=uuid, city=one_of("Nordhafen", "Süßenbrück"), took=whole(1, 9))
    one = list(request("$id of $city", about="orders", streams=["a", "b"])(NOW))
    other = list(request("took $took", "id $id", about="orders")(NOW))[1::2]
    unrelated = list(request("$id of $city")(NOW))
    assert [event.time + 1 for event in one] == [event.time for event in other]
    assert [event.message[:36] for event in one] == [event.message.removeprefix("id ") for event in other]
    assert not {event.message[:36] for event in one} & {event.message[:36] for event in unrelated}


def test_value_that_begins_with_a_brace_is_an_object() -> None:
    event = next(iter(lines(1, {"customer": "$customer"}, customer=one_of('{"city":"Żabia Góra"}'))(NOW)))
    assert json.loads(event.message)["customer"] == {"city": "Żabia Góra"}


def test_patterns_match_the_lines() -> None:
    writer = lines(30, {"msg": "pool", "max": "$size", "host": "$host"}, size=whole(8, 9), host=one_of("a", "b"))
    (pattern,) = writer.patterns
    assert pattern == '{"time":"<*>","msg":"pool","max":<*>,"host":"<*>"}'
    detector = Detector("shop", "/shop", 9, (("HIGH", "New", pattern),))
    (found,) = anomalies(detector, LogGroup("/shop", (writer,)), NOW, "arn:d", "arn:g")
    assert found["patternTokens"][3]["enumerations"].keys() == {"8", "9"}


def test_deployment_has_a_start_and_an_end() -> None:
    start, end = Deployment(50, "payments", "1", "2", "Use less memory")(NOW)
    assert json.loads(start.message) == {
        "time": "2026-11-20T11:10:00.000Z",
        "level": "INFO",
        "msg": "deployment started",
        "service": "payments",
        "from": "1",
        "to": "2",
        "change": "Use less memory",
        "by": "ci",
    }
    assert (
        json.loads(end.message).items() >= {"time": "2026-11-20T11:12:30.000Z", "msg": "deployment completed"}.items()
    )


def test_metrics_of_different_dimensions_have_different_noise() -> None:
    one, other = (metric("Shop", "Orders", "Count", count, 500, Region=region) for region in ("eu", "us"))
    assert [one.samples(minute) for minute in range(9)] != [other.samples(minute) for minute in range(9)]


@pytest.mark.parametrize(("description", "sent"), [("", {}), ("Slow.", {"AlarmDescription": "Slow."})])
def test_alarm_without_a_description_sends_none(description: str, sent: dict[str, str]) -> None:
    errors = metric("Shop", "Errors", "Count", count, 1)
    parameters = MetricAlarm("slow", errors, "Sum", ABOVE, 5, description=description).parameters("", [])
    assert {name: value for name, value in parameters.items() if name == "AlarmDescription"} == sent


def test_metrics_with_the_same_dimensions_are_those_made_one_by_one() -> None:
    both = metrics("Shop", ("Orders", "Count", count, 500), ("Load", "Percent", gauge, 40), Region="eu")
    alone = (
        metric("Shop", "Orders", "Count", count, 500, Region="eu"),
        metric("Shop", "Load", "Percent", gauge, 40, Region="eu"),
    )
    assert [(each.name, each.unit, each.dimensions, each.samples(7)) for each in both] == [
        (each.name, each.unit, each.dimensions, each.samples(7)) for each in alone
    ]


def test_gauge_has_a_gap_where_its_level_is_nan() -> None:
    made = metric("Shop", "Hits", "Percent", gauge, phases(90, (30, nan), (20, 90)))
    assert [bool(made.samples(minute)) for minute in (31, 30, 21, 20)] == [True, False, False, True]


def test_latency_has_a_share_of_requests_that_wait() -> None:
    made = metric("Shop", "Latency", "Milliseconds", latency(1000, (5000, phases(0, (30, 0.25)))), 100)
    assert max(made.samples(31))[0] < 400
    slow = sum(times for value, times in made.samples(30) if value > 4800)
    assert slow == 250
    assert sum(times for _, times in made.samples(30)) == pytest.approx(1000, rel=0.01)


def test_only_metrics_in_namespaces_of_aws_are_left_out_of_an_account() -> None:
    names = {each: metric(each, "Errors", "Count", count, 1).published_in("run-") for each in ("AWS/Lambda", "Shop")}
    assert names == {"AWS/Lambda": "AWS/Lambda", "Shop": "run-Shop"}


def test_anomaly_has_the_events_that_match_its_pattern() -> None:
    group = LogGroup("/shop", (Line(30, {"msg": "pool", "max": 8}), Line(20, {"msg": "other"})))
    pattern = '{"time":"<*>","msg":"pool","max":<*>}'
    (found,) = anomalies(Detector("shop", "/shop", 9, (("HIGH", "New", pattern),)), group, NOW, "arn:d", "arn:g")
    assert [json.loads(sample["message"])["max"] for sample in found["logSamples"]] == [8]
    assert found["firstSeen"] == found["lastSeen"] == 1795174200000


def test_anomaly_that_matches_nothing_is_refused() -> None:
    detector = Detector("shop", "/shop", 9, (("HIGH", "New", "nothing"),))
    with pytest.raises(ValueError, match="no event matches 'nothing'"):
        anomalies(detector, LogGroup("/shop", (Line(30, {"msg": "pool"}),)), NOW, "arn:d", "arn:g")
