"""A recorded server, and one that replays the recording."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.recording import Recorder, Replay
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.asking import Reply, asking
from tests.support.endpoint import Endpoint, Request, Response
from tests.support.exchanges import answer, make_recorder
from tests.support.frozen_time import Time

pytestmark = pytest.mark.anyio


def served(recorder: Recorder) -> CloudWatchServer:
    return build_server(Settings(), os.environ, clients=recorder.clients(Settings(), os.environ), clock=recorder.clock)


def replayed(path: Path) -> CloudWatchServer:
    replay = Replay(path)
    return build_server(Settings(), {}, clients=replay.clients(Settings()), clock=replay.clock)


async def test_recording_the_same_again_gives_the_same_file(
    sandbox: str, tmp_path: Path, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    files = [tmp_path / "a.yaml", tmp_path / "b.yaml"]
    for file in files:
        recorder = make_recorder(base=time.clock(), rename_queries=True)
        async with asking(served(recorder)) as ask:
            await ask("analyze_log_group", log_group_arn="/shop/deployments")
        recorder.save(file)
    assert files[0].read_bytes() == files[1].read_bytes()
    async with asking(replayed(files[0])) as ask:
        assert not (await ask("analyze_log_group", log_group_arn="/shop/deployments")).failed


@pytest.fixture
def profiles(config_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file with two profiles, each with a Region."""
    keys = "aws_access_key_id = testing\naws_secret_access_key = testing\n"
    config_file.write_text(f"[default]\nregion = us-west-2\n{keys}[profile prod]\nregion = eu-west-1\n{keys}")
    monkeypatch.delenv("AWS_REGION")
    return config_file


async def test_profiles_and_their_regions_replay_without_the_files_they_came_from(
    tmp_path: Path, profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder, numbers = make_recorder(region=None), count()

    async def investigate(server: CloudWatchServer) -> list[str]:
        async with asking(server) as ask:
            asked = [{}, {"profile_name": "prod"}, {"region": "eu-west-1"}]
            return [(await ask("get_active_alarms", **arguments)).text for arguments in asked]

    def next_alarm(request: Request) -> Response:
        return answer(MetricAlarms=[{"AlarmName": f"{next(numbers)} in {request.region}", "StateValue": "ALARM"}])

    with Endpoint(next_alarm) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        clients = recorder.clients(Settings(), {})
        seen = await investigate(build_server(Settings(), {}, clients=clients, clock=recorder.clock))
    recorder.save(tmp_path / "a.yaml")
    profiles.rename(tmp_path / "elsewhere")  # noqa: ASYNC240 - nothing else runs meanwhile
    assert await investigate(replayed(tmp_path / "a.yaml")) == seen
    alarms = ["0 in us-west-2", "1 in eu-west-1", "2 in eu-west-1"]
    assert all(alarm in text for alarm, text in zip(alarms, seen, strict=True))


@pytest.mark.usefixtures("profiles")
async def test_the_default_profile_may_be_named_or_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "prod")
    recorder = make_recorder(region=None)
    with Endpoint(lambda _: answer(MetricAlarms=[{"AlarmName": "a", "StateValue": "ALARM"}])) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        async with asking(served(recorder)) as ask:
            seen = await ask("get_active_alarms")
    recorder.save(tmp_path / "a.yaml")
    async with asking(replayed(tmp_path / "a.yaml")) as ask:
        assert await ask("get_active_alarms", profile_name="prod", region="eu-west-1") == seen
        assert (await ask("get_active_alarms", profile_name="default")).failed


@pytest.mark.usefixtures("profiles")
async def test_a_profile_with_a_redacted_name_is_replayed_by_its_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = make_recorder(redact=["prod"], region=None)
    with Endpoint(lambda _: answer(MetricAlarms=[{"AlarmName": "a", "StateValue": "ALARM"}])) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        async with asking(served(recorder)) as ask:
            seen = await ask("get_active_alarms", profile_name="prod")
    recorder.save(tmp_path / "a.yaml")
    assert "prod" not in (tmp_path / "a.yaml").read_text()
    async with asking(replayed(tmp_path / "a.yaml")) as ask:
        played = await ask("get_active_alarms", profile_name="redacted-1")
    assert played.data == {**seen.data, "profile": "redacted-1"}


async def test_a_request_without_an_answer_is_not_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    recorder = make_recorder()
    async with asking(served(recorder)) as ask:
        assert "Unable to locate credentials" in (await ask("get_active_alarms")).error
    recorder.save(tmp_path / "a.yaml")
    async with asking(replayed(tmp_path / "a.yaml")) as ask:
        error = (await ask("get_active_alarms")).error
    assert error == "This call is in the recording, but not what it asks of AWS: DescribeAlarms was not recorded."


@pytest.mark.parametrize(
    ("page", "failure"),
    [
        (Response(b"<html>Please sign in: caf\xe9</html>", content_type="text/html"), ResponseParserError),
        (Response(b"<html>502</html>", status=502, content_type="text/html"), ClientError),
    ],
)
async def test_a_proxys_page_is_recorded_and_fails_the_same_way_in_a_replay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, page: Response, failure: type[Exception]
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    recorder = make_recorder()
    with Endpoint(lambda _: page) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        async with asking(served(recorder)) as ask:
            seen = await ask("get_active_alarms")
    recorder.save(tmp_path / "a.yaml")
    async with asking(replayed(tmp_path / "a.yaml")) as ask:
        played = await ask("get_active_alarms")
    assert seen.failed
    assert played.text == seen.text
    assert failure.__name__ == "ClientError" or "is not JSON" in seen.text


async def test_an_investigation_replays_word_for_word(
    sandbox: str, journal: Path, monkeypatch: pytest.MonkeyPatch, time: Time
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    ticks = count()
    base = replace(time.clock(), now=lambda: time.start + timedelta(seconds=0.7 * next(ticks)))
    recorder = make_recorder(base=base, journal=journal)
    questions: list[tuple[str, dict[str, Any]]] = [
        ("get_active_alarms", {}),
        ("get_alarm_history", {"alarm_name": "shop-checkout-degraded", "include_component_alarms": True}),
        ("describe_log_groups", {"include_linked_accounts": True}),
        ("get_metric_data", {"namespace": "Shop/Checkout", "metric_name": "Latency", "statistic": "p99"}),
        (
            "execute_log_insights_query",
            {
                "log_group_names": ["/ecs/shop/payments"],
                "start_time": "2h",
                "query_string": "fields @message, @ptr | limit 2",
            },
        ),
        ("get_alarm_history", {"alarm_name": "no-such-alarm"}),
        ("get_active_alarms", {"region": "nowhere"}),
    ]

    async def investigate(server: CloudWatchServer) -> list[Reply]:
        async with asking(server) as ask:
            return [await ask(tool, **arguments) for tool, arguments in questions]

    seen = await investigate(served(recorder))
    growing = await investigate(replayed(journal))
    recorder.finish()
    finished = await investigate(replayed(journal))
    assert seen == growing == finished
    assert [reply.failed for reply in seen] == [False] * 5 + [True] * 2
