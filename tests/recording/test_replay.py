from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from botocore.exceptions import ClientError

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.errors import InputError
from cloudwatch_mcp.recording import CassetteUnreadable, NotRecorded, Replay, load
from cloudwatch_mcp.recording.journal import HEADER as JOURNAL
from cloudwatch_mcp.server.normal_form import normal_form
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.recording.conftest import Replaying
from tests.support.asking import asking
from tests.support.exchanges import AT, client, interaction

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("offline")]

THROTTLED: dict[str, Any] = {"__type": "ThrottlingException", "message": "Rate exceeded"}
ALL_ALARMS = {"AlarmTypes": ["CompositeAlarm", "MetricAlarm", "LogAlarm"], "StateValue": "ALARM", "MaxRecords": 100}


def groups(name: str, prefix: str = "/a", **more: Any) -> dict[str, Any]:
    found = {"logGroups": [{"logGroupName": name}]}
    return interaction("DescribeLogGroups", {"logGroupNamePrefix": prefix}, found, **more)


def alarms(name: str, **more: Any) -> dict[str, Any]:
    return interaction("DescribeAlarms", ALL_ALARMS, {"MetricAlarms": [{"AlarmName": name}]}, **more)


def names(answer: dict[str, Any]) -> list[str]:
    return [group["logGroupName"] for group in answer["logGroups"]]


def serving(replay: Replay) -> CloudWatchServer:
    return build_server(Settings(), {}, clients=replay.clients(Settings()), clock=replay.clock)


def test_equal_requests_get_their_answers_in_recorded_order_and_then_none(replaying: Replaying) -> None:
    replay = replaying(groups("first"), groups("second"))
    logs = client(replay)
    assert names(logs.describe_log_groups(logGroupNamePrefix="/a")) == ["first"]
    assert names(logs.describe_log_groups(logGroupNamePrefix="/a")) == ["second"]
    with pytest.raises(NotRecorded, match="DescribeLogGroups was asked more often than it was recorded"):
        logs.describe_log_groups(logGroupNamePrefix="/a")


def test_a_users_replay_repeats_the_last_answer(replaying: Replaying) -> None:
    logs = client(replaying(groups("first"), groups("second"), repeat_last=True))
    played = [names(logs.describe_log_groups(logGroupNamePrefix="/a")) for _ in range(4)]
    assert played == [["first"], ["second"], ["second"], ["second"]]


@pytest.mark.parametrize(
    ("place", "parameters", "difference"),
    [
        ({}, {"logGroupNamePrefix": "/b"}, 'logGroupNamePrefix is "/b", recorded "/a"'),
        ({}, {"logGroupNamePrefix": "/a", "limit": 5}, "limit is 5, recorded absent"),
        ({"region": "eu-west-1"}, {"logGroupNamePrefix": "/a"}, r"host is logs\.eu-west-1\.amazonaws\.com, recorded"),
        ({"profile": "prod"}, {"logGroupNamePrefix": "/a"}, "profile is prod, recorded the default"),
    ],
)
def test_a_difference_from_the_recorded_request_is_named(
    replaying: Replaying, place: dict[str, str], parameters: dict[str, Any], difference: str
) -> None:
    replay = replaying(groups("first"))
    with pytest.raises(NotRecorded, match=difference):
        client(replay, **place).describe_log_groups(**parameters)
    (miss,) = replay.misses
    assert "DescribeLogGroups" in miss
    assert replay.unplayed == ['DescribeLogGroups {"logGroupNamePrefix": "/a"}']


def test_a_nested_difference_is_named_by_its_path(replaying: Replaying) -> None:
    def asked(period: int) -> dict[str, Any]:
        metric = {"Namespace": "AWS/SQS", "MetricName": "NumberOfMessagesSent"}
        stat = {"Metric": metric, "Period": period, "Stat": "Sum"}
        queries = [{"Id": "m1", "MetricStat": stat}]
        return {"MetricDataQueries": queries, "StartTime": 1795435200, "EndTime": 1795438800}

    replay = replaying(interaction("GetMetricData", asked(60), {"MetricDataResults": []}))
    with pytest.raises(NotRecorded, match=r"MetricDataQueries\[0\]\.MetricStat\.Period is 300, recorded 60"):
        client(replay, "cloudwatch").get_metric_data(**asked(300))


def test_an_operation_that_was_not_recorded_says_so(replaying: Replaying) -> None:
    replay = replaying(groups("first"))
    with pytest.raises(NotRecorded, match="StartQuery was not recorded"):
        client(replay).start_query(queryString="fields @message", startTime=0, endTime=1)


def test_numbers_are_the_same_parameter_however_they_are_written(replaying: Replaying) -> None:
    asked = {"logGroupNamePrefix": "/a", "limit": 5.0}
    replay = replaying(interaction("DescribeLogGroups", asked, {"logGroups": []}))
    client(replay).describe_log_groups(logGroupNamePrefix="/a", limit=5)
    assert not replay.misses
    assert not replay.unplayed


def test_throttled_answers_are_replayed_without_waiting(replaying: Replaying) -> None:
    throttled = interaction("DescribeLogGroups", {"logGroupNamePrefix": "/a"}, THROTTLED, status=400)
    replay = replaying(throttled, throttled, groups("first"), groups("second"))
    logs = client(replay)
    answered = logs.describe_log_groups(logGroupNamePrefix="/a")
    assert (names(answered), answered["ResponseMetadata"]["RetryAttempts"]) == (["first"], 2)
    assert names(logs.describe_log_groups(logGroupNamePrefix="/a")) == ["second"]
    assert not replay.unplayed
    assert logs.meta.config.retries["mode"] == "standard"  # adaptive mode would wait before the last one


def test_a_call_is_retried_as_often_as_when_it_was_recorded(replaying: Replaying) -> None:
    throttled = interaction("DescribeLogGroups", {"logGroupNamePrefix": "/a"}, THROTTLED, status=400)
    replay = replaying(*[throttled] * 4)
    with pytest.raises(ClientError, match="reached max retries: 3"):
        client(replay).describe_log_groups(logGroupNamePrefix="/a")
    assert not replay.unplayed


async def test_a_session_that_had_expired_is_renewed_again(replaying: Replaying) -> None:
    expired = interaction("DescribeAlarms", ALL_ALARMS, {"__type": "ExpiredTokenException"}, status=400)
    replay = replaying(expired, alarms("one"))
    async with asking(serving(replay)) as ask:
        assert "one" in (await ask("get_active_alarms")).text
    assert not replay.unplayed


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Smithy 2.0, AWS Query compatible trait",
    behaviour="With the JSON protocol, CloudWatch sends the code of an error in the header x-amzn-query-error.",
    service="All services",
)
def test_cloudwatchs_own_error_code_is_read_from_its_header(replaying: Replaying) -> None:
    body = {"__type": "com.amazonaws.cloudwatch.v2010_08_01#AccessDenied", "message": "no"}
    refused = interaction("DescribeAlarms", {}, body, status=403, **{"x-amzn-query-error": "AccessDenied;Sender"})
    with pytest.raises(ClientError) as raised:
        client(replaying(refused), "cloudwatch").describe_alarms()
    assert raised.value.response["Error"]["Code"] == "AccessDenied"


def test_the_answer_of_each_profile_and_region_is_its_own(replaying: Replaying) -> None:
    replay = replaying(
        groups("ours"), groups("prod", profile="prod"), groups("ireland", region="eu-west-1"), profiles={"prod": None}
    )
    played = {
        place: names(client(replay, region=region, profile=profile).describe_log_groups(logGroupNamePrefix="/a"))
        for place, region, profile in [
            ("prod", "us-east-1", "prod"),
            ("ie", "eu-west-1", None),
            ("us", "us-east-1", None),
        ]
    }
    assert played == {"prod": ["prod"], "ie": ["ireland"], "us": ["ours"]}


async def test_the_users_environment_does_not_matter(replaying: Replaying, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "missing")
    monkeypatch.setenv("AWS_REGION", "ap-south-1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "nonsense")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    replay = replaying(alarms("one"), alarms("two", profile="prod", region="eu-west-1"), profiles={"prod": "eu-west-1"})
    async with asking(serving(replay)) as ask:
        first, second = await ask("get_active_alarms"), await ask("get_active_alarms", profile_name="prod")
    assert (first.data["region"], second.data["region"]) == ("us-east-1", "eu-west-1")
    assert "one" in first.text
    assert "two" in second.text
    assert not replay.misses


async def test_a_default_region_is_noted_as_when_it_was_recorded(replaying: Replaying) -> None:
    async with asking(serving(replaying(alarms("one"), region=None))) as ask:
        answered = await ask("get_active_alarms")
    assert any("No region was given or configured" in note for note in answered.notes)


async def test_a_recorded_profile_of_the_command_line_is_the_default_again(replaying: Replaying) -> None:
    async with asking(serving(replaying(alarms("one", profile="prod"), profile="prod"))) as ask:
        assert (await ask("get_active_alarms")).data["profile"] == "prod"


async def test_a_call_has_its_recorded_time(replaying: Replaying) -> None:
    times = [AT + timedelta(hours=hours) for hours in range(3)]
    arguments = [{"namespace": "A", "start_time": "1h"}, {"namespace": "A", "start_time": "1h"}, {"namespace": "A"}]
    calls = [{"tool": "get_metric_data", "arguments": a, "at": at} for a, at in zip(arguments, times, strict=True)]
    clock = replaying(recorded_at=AT - timedelta(days=1), calls=calls).clock

    def now(**given: str) -> Any:
        with clock.during("get_metric_data", {"namespace": "A", **given}, normal_form):
            return clock.now()

    assert clock.now() == times[0]
    assert [now(start_time="1h") for _ in range(3)] == [times[0], times[1], times[1]]
    assert now() == times[2]
    assert now(start_time="2h") == times[2]
    assert clock.now() == times[2]
    assert now(start_time="1h") == times[1]
    assert clock.now() == times[1]


async def test_a_call_has_its_own_answers_in_any_order_and_again(replaying: Replaying) -> None:
    calls = [{"tool": "get_active_alarms", "arguments": {"max_items": number}, "at": AT} for number in (1, 2)]
    exchanges = [alarms("one"), alarms("two"), alarms("of no call")]
    for number, exchange in enumerate(exchanges[:2], start=1):
        exchange["request"]["call"] = number
    replay = replaying(*exchanges, calls=calls, repeat_last=True)
    async with asking(serving(replay)) as ask:
        replies = [await ask("get_active_alarms", max_items=number) for number in (2, 1, 1, 2)]
    assert [reply.rows("metric_alarms")[0]["name"] for reply in replies] == ["two", "one", "one", "two"]


async def test_the_calls_of_a_second_session_follow_those_of_the_first(write: Callable[..., Path]) -> None:
    files = []
    for name in ("one", "two"):
        exchange = alarms(name)
        exchange["request"]["call"] = 1
        file = write(exchange, calls=[{"tool": "get_active_alarms", "arguments": {}, "at": AT}])
        files.append(file.rename(file.with_stem(name)))
    async with asking(serving(Replay(load(*files), repeat_last=True))) as ask:
        replies = [await ask("get_active_alarms") for _ in range(3)]
    assert [reply.rows("metric_alarms")[0]["name"] for reply in replies] == ["one", "two", "two"]


async def test_time_advances_for_each_task_by_its_own_sleep(replaying: Replaying) -> None:
    clock, times = replaying().clock, []

    async def poll(seconds: float) -> None:
        for _ in range(3):
            await clock.sleep(seconds)
        times.append(clock.monotonic())

    with clock.during("t", {}, normal_form):
        async with anyio.create_task_group() as group:
            group.start_soon(poll, 1)
            group.start_soon(poll, 100)
        assert sorted(times) == [3, 300]
        assert clock.monotonic() == 0


async def test_a_call_that_is_not_in_the_recording_is_an_error_that_lists_the_nearest(replaying: Replaying) -> None:
    tools = ["get_active_alarms", "describe_log_groups", "analyze_log_group", "get_metric_data", "get_alarm_history"]
    calls = [{"tool": tool, "arguments": {"region": "us-east-1", "n": "x" * 400}, "at": AT} for tool in tools]
    calls.append({"tool": "describe_log_groups", "arguments": {"log_group_name_prefix": "/ab"}, "at": AT})
    replay = replaying(groups("first"), calls=calls)
    async with asking(serving(replay)) as ask:
        error = (await ask("describe_log_groups", log_group_name_prefix="/a")).error
    assert error.startswith("This call is not in the recording: DescribeLogGroups was recorded with other parameters")
    nearest = 'describe_log_groups {"log_group_name_prefix": "/ab"} (differs in log_group_name_prefix)'
    assert f"Recorded calls nearest to this one: {nearest}; " in error
    assert len(error) <= 1000
    assert error.endswith(" The recording is of 2026-11-20T12:00:00Z to 2026-11-20T12:00:00Z.")


async def test_an_unrecorded_call_is_an_error_even_if_its_tool_answers_without_a_part(replaying: Replaying) -> None:
    listed = interaction("DescribeLogGroups", {"limit": 50}, {"logGroups": [{"logGroupName": "a"}]})
    replay = replaying(listed, listed, calls=[{"tool": "describe_log_groups", "arguments": {}, "at": AT}])
    async with asking(serving(replay)) as ask:
        recorded = await ask("describe_log_groups")
        unrecorded = await ask("describe_log_groups", max_items=60)
    assert not recorded.failed
    assert "DescribeQueryDefinitions was not recorded" in unrecorded.error
    assert len(replay.misses) == 2


def test_an_unrecorded_call_is_a_miss_even_if_its_tool_raises_another_error(replaying: Replaying) -> None:
    replay = replaying()

    def make_do() -> None:
        with suppress(NotRecorded):
            client(replay).describe_log_groups()
        raise InputError("There is no such log group.")

    with (
        pytest.raises(NotRecorded, match="DescribeLogGroups was not recorded"),
        replay.clock.during("t", {}, normal_form),
    ):
        make_do()


async def test_a_call_without_requests_to_aws_needs_no_recording(replaying: Replaying) -> None:
    async with asking(serving(replaying())) as ask:
        reply = await ask("get_recommended_metric_alarms", namespace="AWS/Lambda", metric_name="Errors")
        assert reply.data["recommendations"]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it is not a cassette"),
        ("- a\n- b\n", "it is not a cassette"),
        ("a: [\n", "it is not a cassette"),
        (JOURNAL + '{"interaction": {}}\n', "its interactions.0.request is missing"),
        (JOURNAL + "no JSON\n", "Expecting value"),
        ("version: 1\ninteractions: []\n", "its metadata.recorded_at is missing"),
        ("metadata: {recorded_at: 2026-11-20 12:00:00}\ninteractions: []\n", "is not a time with a time zone"),
    ],
)
def test_an_invalid_file_is_named(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "no.yaml"
    path.write_text(text)
    with pytest.raises(CassetteUnreadable, match=complaint) as raised:
        Replay(path)
    assert str(path) in str(raised.value)


def test_sixteen_threads_get_their_own_answers_without_a_connection(replaying: Replaying) -> None:
    replay = replaying(*[groups(f"group {n}", f"/{n % 100}") for n in range(400)])
    logs = client(replay)

    def played(number: int) -> tuple[int, str]:
        (name,) = names(logs.describe_log_groups(logGroupNamePrefix=f"/{number % 100}"))
        return number % 100, name

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(played, range(400)))
    assert sorted(name for _, name in answers) == sorted(f"group {n}" for n in range(400))
    assert all(int(name.removeprefix("group ")) % 100 == asked for asked, name in answers)
    assert not replay.misses
    assert not replay.unplayed
