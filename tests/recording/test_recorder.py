from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import HTTPClientError

from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.recording import Recorder, Replay, load
from cloudwatch_mcp.recording.wire import _Raw
from cloudwatch_mcp.server.normal_form import normal_form
from tests.recording.conftest import Replaying
from tests.support.endpoint import Endpoint, Response
from tests.support.exchanges import ACCOUNT, ARN, AT, answer, client, error, make_recorder, one_group

pytestmark = pytest.mark.anyio


def test_the_caller_gets_the_original_answer_and_the_recording_a_redacted_one(tmp_path: Path) -> None:
    recorder = make_recorder()
    with Endpoint(one_group) as endpoint:
        seen = client(recorder, url=endpoint.url).describe_log_groups(logGroupNamePrefix="/a")
    assert seen["logGroups"][0]["arn"] == ARN
    recorder.save(tmp_path / "a.yaml")
    text = (tmp_path / "a.yaml").read_text()
    assert "arn:aws:logs:us-east-1:123456789012:log-group:/a" in text
    assert not any(secret in text for secret in (ACCOUNT, "AWS4-HMAC", "Authorization", "127.0.0.1", "testing"))


@pytest.mark.parametrize(
    ("url", "target"),
    [
        (None, "aws"),
        ("https://logs.cn-north-1.amazonaws.com.cn", "aws"),
        ("https://vpce-0a1b.logs.us-east-1.vpce.amazonaws.com", "aws"),
        ("http://127.0.0.1:5000", "sandbox"),
        ("https://amazonaws.com.example.com", "sandbox"),
    ],
)
def test_the_target_is_aws_only_if_the_endpoint_is_one_of_aws(
    url: str | None, target: str, journal: Path, journaling: Recorder
) -> None:
    logs = client(journaling, url=url)
    logs.meta.events.register("before-send", lambda **_: AWSResponse("https://logs", 200, {}, _Raw(b"{}")))
    logs.describe_log_groups()
    assert load(journal).metadata["target"] == target


def test_the_target_is_not_aws_if_any_request_went_elsewhere(journal: Path, journaling: Recorder) -> None:
    for url in (None, "http://127.0.0.1:5000", None):
        logs = client(journaling, url=url)
        logs.meta.events.register("before-send", lambda **_: AWSResponse("https://logs", 200, {}, _Raw(b"{}")))
        logs.describe_log_groups()
    assert load(journal).metadata["target"] == "sandbox"


def test_requests_for_credentials_are_not_recorded(journal: Path, journaling: Recorder) -> None:
    body = b"<AssumeRoleResponse><AssumeRoleResult><Credentials><SecretAccessKey>s3cr3t</SecretAccessKey></Credentials>"
    given = AWSResponse("https://sts", 200, {}, _Raw(body + b"</AssumeRoleResult></AssumeRoleResponse>"))
    sts = journaling.open_session(None).client("sts", region_name="us-east-1")
    sts.meta.events.register("before-send", lambda **_: given)
    assumed = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/a", RoleSessionName="b" * 2)
    assert assumed["Credentials"]["SecretAccessKey"] == "s3cr3t"
    assert not journal.exists()
    assert not journaling.cassette.data


def test_a_replay_gives_the_recorded_answer(tmp_path: Path) -> None:
    recorder = make_recorder()
    with Endpoint(one_group) as endpoint:
        client(recorder, url=endpoint.url).describe_log_groups(logGroupNamePrefix="/a")
    recorder.save(tmp_path / "a.yaml")
    played = client(Replay(tmp_path / "a.yaml")).describe_log_groups(logGroupNamePrefix="/a")
    assert played["logGroups"] == [{"logGroupName": "/a", "arn": ARN.replace(ACCOUNT, "123456789012")}]


def test_each_attempt_is_recorded_and_replayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    answers = iter([error("InternalFailure", 500), error("ServiceUnavailable", 503), answer(logGroups=[])])
    recorder = make_recorder()
    with Endpoint(lambda _: next(answers)) as endpoint:
        seen = client(recorder, url=endpoint.url).describe_log_groups()
    recorder.save(tmp_path / "a.yaml")
    played = client(Replay(tmp_path / "a.yaml")).describe_log_groups()
    assert [each["ResponseMetadata"]["RetryAttempts"] for each in (seen, played)] == [2, 2]


def test_a_request_without_an_answer_is_not_recorded() -> None:
    answers = iter([Response(b"{", promised=100, then="reset"), answer(logGroups=[])])
    recorder = make_recorder()
    with Endpoint(lambda _: next(answers)) as endpoint:
        logs = client(recorder, url=endpoint.url)
        logs.meta.events.register_first("needs-retry", _give_up)
        with pytest.raises(HTTPClientError):
            logs.describe_log_groups()
        logs.describe_log_groups()
    assert [response["body"]["string"] for response in recorder.cassette.responses] == [b'{"logGroups": []}']


def _give_up(caught_exception: Exception | None, **_: Any) -> None:
    if caught_exception is not None:
        raise caught_exception


def test_waits_do_not_vary_so_that_a_replay_polls_equally_often(replaying: Replaying) -> None:
    assert make_recorder().clock.jitter() == replaying().clock.jitter() == 1


def test_the_requests_of_sixteen_threads_are_all_recorded() -> None:
    recorder = make_recorder()
    with Endpoint(lambda request: answer(logGroups=[{"logGroupName": request.json["logGroupNamePrefix"]}])) as endpoint:
        logs = client(recorder, url=endpoint.url)

        def ask(number: int) -> None:
            logs.describe_log_groups(logGroupNamePrefix=f"/{number}")

        with ThreadPoolExecutor(16) as pool:
            list(pool.map(ask, range(192)))
    pairs = [
        (json.loads(request.body)["logGroupNamePrefix"], json.loads(response["body"]["string"])["logGroups"])
        for request, response in recorder.cassette.data
    ]
    assert sorted(pairs) == sorted((f"/{n}", [{"logGroupName": f"/{n}"}]) for n in range(192))


async def test_time_stands_still_during_a_tool_call_and_is_recorded(
    sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    ticks = count()
    recorder = make_recorder(base=Clock(lambda: AT + timedelta(seconds=next(ticks))), redact=["payments"])
    with recorder.clock.during("t", {"log_group_arn": f"{ARN}/payments", "n": 1}, normal_form):
        assert recorder.clock.now() == recorder.clock.now()
    (call,) = recorder._calls
    assert call["arguments"] == {"log_group_arn": ARN.replace(ACCOUNT, "123456789012") + "/redacted-1", "n": 1}
    assert recorder.clock.now() > call["at"]


def test_a_pattern_is_replaced_in_calls_and_requests_alike(tmp_path: Path) -> None:
    recorder = make_recorder(redact=["red", "group"], names=["describe_log_groups"])
    with Endpoint(lambda _: answer(logGroups=[], red={"red": 1})) as endpoint:
        logs = client(recorder, url=endpoint.url)
        arguments = {"log_group_name_prefix": "red-team", "in red": 1}
        with recorder.clock.during("describe_log_groups", arguments, normal_form):
            logs.describe_log_groups(logGroupNamePrefix="red-team")
    recorder.save(tmp_path / "a.yaml")
    replay = Replay(tmp_path / "a.yaml")
    (call,) = replay.cassette.get_metadata("calls", None)
    assert call["tool"] == "describe_log_groups"
    assert call["arguments"] == {"log_group_name_prefix": "redacted-1-team", "in redacted-1": 1}
    assert json.loads(replay.cassette.responses[0]["body"]["string"]) == {
        "logGroups": [],
        "redacted-1": {"redacted-1": 1},
    }
    assert client(replay).describe_log_groups(logGroupNamePrefix="redacted-1-team")["logGroups"] == []
