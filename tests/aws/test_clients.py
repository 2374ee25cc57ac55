from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Any

import anyio
import anyio.from_thread
import anyio.to_thread
import boto3
import pytest
from botocore.exceptions import ConnectionClosedError, ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from cloudwatch_mcp import __version__
from cloudwatch_mcp.aws.calls import OPERATIONS, Aws
from cloudwatch_mcp.aws.clients import Clients, _repeat_only_what_is_safe
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.errors import AwsError, InputError, OperationRefused
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from tests.support.asking import asking
from tests.support.stubbed_server import StubbedServer

pytestmark = pytest.mark.anyio


def clients(environment: dict[str, str], **settings: Any) -> Clients:
    return Clients(Settings(**settings), environment)


def test_the_allow_list_is_the_eleven_operations_and_they_exist() -> None:
    assert len(OPERATIONS) == 11
    for operation, service in OPERATIONS.items():
        model = boto3.client(service, region_name="us-east-1").meta.service_model
        assert operation in model.operation_names


@pytest.mark.parametrize(
    ("service", "method", "arguments"),
    [
        ("cloudwatch", "delete_alarms", {"AlarmNames": ["a"]}),
        ("cloudwatch", "set_alarm_state", {"AlarmName": "a", "StateValue": "OK", "StateReason": "r"}),
        ("cloudwatch", "list_dashboards", {}),
        ("logs", "delete_log_group", {"logGroupName": "a"}),
        ("logs", "get_log_events", {"logGroupName": "a", "logStreamName": "b"}),
    ],
)
def test_every_other_operation_is_refused_before_it_leaves_the_process(
    environment: dict[str, str], service: str, method: str, arguments: dict[str, Any]
) -> None:
    client = clients(environment).client(None, "us-east-1", service)
    client.meta.events.register("before-send", lambda **_: pytest.fail("it was sent"))
    with pytest.raises(OperationRefused, match="is not one of the operations this server may send"):
        getattr(client, method)(**arguments)


async def test_an_operation_that_is_not_listed_is_refused_by_the_factory(environment: dict[str, str]) -> None:
    aws = await clients(environment).at(None, None)
    with pytest.raises(OperationRefused):
        await aws.call("DeleteLogGroup", logGroupName="a")


def test_a_client_is_made_once_for_a_profile_region_and_service(environment: dict[str, str]) -> None:
    factory = clients(environment)
    first = factory.client(None, "us-east-1", "logs")
    assert factory.client(None, "us-east-1", "logs") is first
    assert factory.client(None, "eu-west-1", "logs") is not first


def test_the_user_agent_names_us_and_our_version(environment: dict[str, str]) -> None:
    config = clients(environment).client(None, "us-east-1", "logs").meta.config
    assert config.user_agent_extra == f"cloudwatch-mcp/{__version__}"


def test_waiting_for_aws_is_bounded(environment: dict[str, str]) -> None:
    config = clients(environment, read_timeout=7.0).client(None, "us-east-1", "logs").meta.config
    assert (config.connect_timeout, config.read_timeout) == (5.0, 7.0)
    assert config.retries == {"mode": "adaptive", "total_max_attempts": 4}


class _Operation:
    def __init__(self, name: str) -> None:
        self.name = name


@pytest.mark.parametrize(
    ("operation", "error", "repeated"),
    [
        ("DescribeAlarms", EndpointConnectionError(endpoint_url="http://x"), True),
        ("DescribeAlarms", ConnectionClosedError(endpoint_url="http://x"), True),
        ("DescribeAlarms", ReadTimeoutError(endpoint_url="http://x"), False),
        ("StartQuery", EndpointConnectionError(endpoint_url="http://x"), True),
        ("StartQuery", ConnectTimeoutError(endpoint_url="http://x"), True),
        ("StartQuery", ConnectionClosedError(endpoint_url="http://x"), False),
        ("StartQuery", ReadTimeoutError(endpoint_url="http://x"), False),
    ],
)
def test_a_query_that_may_have_started_is_not_started_again(operation: str, error: Exception, repeated: bool) -> None:
    def repeat() -> None:
        _repeat_only_what_is_safe(_Operation(operation), error)

    if repeated:
        repeat()
    else:
        with pytest.raises(type(error)):
            repeat()


async def test_a_call_is_given_up_when_its_time_is_over(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    factory, released = clients(environment, read_timeout=0.05), Event()
    aws = await factory.at(None, None)
    monkeypatch.setattr(factory, "_send", lambda *_: released.wait())
    with pytest.raises(AwsError, match=r"no answer within 0\.05 s, retries included"):
        await aws.call("DescribeAlarms")
    released.set()


async def test_a_call_that_had_no_turn_says_that_it_was_not_sent(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    factory, released = clients(environment, read_timeout=0.05), Event()
    aws = await factory.at(None, None)
    monkeypatch.setattr(factory, "_send", lambda *_: released.wait())
    async with anyio.create_task_group() as group:
        for _ in range(32):
            group.start_soon(_expect_no_answer, aws)
        await anyio.lowlevel.checkpoint()
        with pytest.raises(AwsError, match=r"DescribeAlarms in us-east-1 was not sent: no free slot for 0\.05 s"):
            await aws.call("DescribeAlarms")
    released.set()


async def _expect_no_answer(aws: Aws) -> None:
    with pytest.raises(AwsError, match="no answer within"):
        await aws.call("DescribeAlarms")


@pytest.mark.parametrize("given_up_by", ["deadline", "cancel"])
async def test_a_query_that_starts_after_its_call_was_given_up_is_stopped(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, given_up_by: str
) -> None:
    factory = clients(environment, read_timeout=0.05 if given_up_by == "deadline" else 30.0)
    aws = await factory.at(None, None)
    sent, answered, stopped = anyio.Event(), Event(), Event()
    loop = anyio.lowlevel.current_token()

    def send(_: Aws, operation: str, parameters: Any, __: Any) -> dict[str, Any]:
        if operation == "StartQuery":
            anyio.from_thread.run_sync(sent.set, token=loop)
            answered.wait()
            return {"queryId": "late"}
        assert (operation, parameters) == ("StopQuery", {"queryId": "late"})
        stopped.set()
        return {"success": True}

    monkeypatch.setattr(factory, "_send", send)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as group:
            group.start_soon(_cancel_once, sent, scope if given_up_by == "cancel" else None)
            with suppress(AwsError):
                await aws.call("StartQuery")
    answered.set()
    assert await anyio.to_thread.run_sync(stopped.wait, 20)


async def _cancel_once(sent: anyio.Event, scope: anyio.CancelScope | None) -> None:
    await sent.wait()
    if scope is not None:
        scope.cancel()


async def test_warming_up_makes_the_default_clients(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    factory = clients(environment)
    await factory.warm()
    monkeypatch.setattr(factory, "_new_client", lambda *_: pytest.fail("it was not made"))
    assert factory.client(None, "us-east-1", "logs") is not factory.client(None, "us-east-1", "cloudwatch")


async def test_warming_up_minds_no_broken_configuration(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "missing")
    await clients({**environment, "AWS_REGION": "nowhere"}).warm()


@pytest.fixture
def profiles(environment: dict[str, str]) -> dict[str, str]:
    Path(environment["AWS_CONFIG_FILE"]).write_text(
        "[profile prod]\nregion = eu-central-1\naws_access_key_id = a\naws_secret_access_key = b\n"
        "[profile bare]\naws_access_key_id = c\naws_secret_access_key = d\n"
    )
    return {name: value for name, value in environment.items() if name != "AWS_REGION"}


@pytest.mark.parametrize(
    ("argument", "variables", "profile", "expected"),
    [
        ("ap-south-1", {"AWS_REGION": "eu-west-1"}, "prod", "ap-south-1"),
        (None, {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}, "prod", "eu-west-1"),
        (None, {"AWS_DEFAULT_REGION": "eu-west-2"}, "prod", "eu-west-2"),
        (None, {}, "prod", "eu-central-1"),
    ],
)
async def test_the_region_is_the_argument_else_the_environment_else_the_profile(
    profiles: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    argument: str | None,
    variables: dict[str, str],
    profile: str,
    expected: str,
) -> None:
    monkeypatch.delenv("AWS_REGION")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    aws = await clients({**profiles, **variables}).at(profile, argument)
    assert (aws.region, aws.notes) == (expected, ())


async def test_a_region_that_nobody_gave_is_said_to_be_a_default(
    profiles: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_REGION")
    aws = await clients(profiles).at("bare", None)
    assert aws.region == "us-east-1"
    assert aws.notes == ("No region was given or configured: this is us-east-1. Pass region for another.",)


async def test_the_profile_argument_wins_over_the_environment(
    profiles: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "bare")
    factory = clients(profiles)
    await factory.at("prod", "us-east-1")
    key = factory.client("prod", "us-east-1", "logs")._request_signer._credentials.access_key
    assert key == "a"


async def test_an_unknown_profile_is_refused_with_those_there_are(profiles: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"\(nope\) could not be found\. Profiles here: bare, prod\."):
        await clients(profiles).at("nope", None)


@pytest.mark.parametrize("region", ["us-esat-1", "mars", "us-east-1/../x", "evil.example.com#", "", " "])
async def test_an_unknown_region_is_refused_before_any_call(environment: dict[str, str], region: str) -> None:
    factory = clients({**environment, "AWS_REGION": region})
    if not region:
        assert (await factory.at(None, None)).notes
        return
    with pytest.raises(InputError, match="Unknown region"):
        await factory.at(None, None)


async def test_a_region_of_ones_own_is_fine_with_an_endpoint_of_ones_own(environment: dict[str, str]) -> None:
    aws = await clients({**environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).at(None, "lab-east-1")
    assert aws.region == "lab-east-1"


async def test_an_unusable_endpoint_is_named(server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "not a url")
    async with asking(server) as ask:
        assert "Check AWS_ENDPOINT_URL" in (await ask("get_active_alarms")).error


async def test_credentials_that_expired_are_read_afresh_once_and_the_call_is_repeated(
    server: CloudWatchServer, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    factory = server.runtime.clients
    keys: list[str] = []
    new_client: Callable[..., Any] = factory._new_client

    def expired_at_first(*scope: Any) -> Any:
        client = new_client(*scope)

        def answer(**_: Any) -> Any:
            keys.append(client._request_signer._credentials.access_key)
            monkeypatch.setenv("AWS_ACCESS_KEY_ID", "renewed")
            error = {"Error": {"Code": "ExpiredTokenException", "Message": "The security token has expired"}}
            done: dict[str, Any] = {"MetricAlarms": []}
            return (_Status(200), done) if keys[-1] == "renewed" else (_Status(400), error)

        client.meta.events.register("before-call", answer)
        return client

    monkeypatch.setattr(factory, "_new_client", expired_at_first)
    aws = await factory.at(None, None)
    assert await aws.call("DescribeAlarms") == {"MetricAlarms": []}
    assert keys == [environment["AWS_ACCESS_KEY_ID"], "renewed"]


class _Status:
    def __init__(self, status_code: int) -> None:
        self.status_code = status_code


async def test_credentials_that_stay_expired_are_an_error_with_what_to_run(
    stubbed: StubbedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stubbed.server.runtime.clients, "_forget", lambda *_: None)
    for _ in range(2):
        stubbed.refuse("list_metrics", "ExpiredTokenException", "The security token has expired")
        stubbed.refuse("get_metric_data", "ExpiredTokenException", "The security token has expired")
    async with asking(stubbed.server) as ask:
        error = (await ask("get_metric_data", namespace="N", metric_name="M")).error
    assert "aws sso login" in error
    assert "no restart is needed" in error


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"AWS_PROFILE": "broken"}, "No such file or directory: 'no-such-command'"),
        ({"AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"}, "refreshed credentials are still expired"),
    ],
)
async def test_credentials_that_cannot_even_be_read_are_an_error_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], said: str
) -> None:
    (tmp_path / "config").write_text("[profile broken]\ncredential_process = no-such-command\n")
    if "AWS_PROFILE" in variables:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    aws = await clients({"AWS_REGION": "us-east-1"}).at(None, None)
    with pytest.raises((AwsError, InputError)) as caught:
        await aws.call("DescribeAlarms")
    assert said in str(caught.value)
    assert "`cloudwatch-mcp check`" in str(caught.value)


async def test_a_query_is_stopped_though_every_slot_is_taken(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    factory, released = clients(environment, read_timeout=20), Event()
    aws = await factory.at(None, None)

    def send(_: Aws, operation: str, *__: Any) -> dict[str, Any]:
        if operation == "StopQuery":
            return {"success": True}
        released.wait()
        return {}

    monkeypatch.setattr(factory, "_send", send)
    async with anyio.create_task_group() as group:
        for _ in range(40):
            group.start_soon(aws.call, "DescribeAlarms")
        await anyio.lowlevel.checkpoint()
        assert await aws.call("StopQuery", queryId="one") == {"success": True}
        released.set()


async def test_a_stop_that_nobody_waits_for_is_sent_all_the_same(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    factory, let_go, stopped = clients(environment, read_timeout=20), Event(), Event()
    aws = await factory.at(None, None)

    def send(*_: Any) -> dict[str, Any]:
        let_go.wait()
        stopped.set()
        return {"success": True}

    monkeypatch.setattr(factory, "_send", send)
    with anyio.move_on_after(0.01):
        await aws.call("StopQuery", queryId="one")
    let_go.set()
    assert await anyio.to_thread.run_sync(stopped.wait, 20)


def test_a_query_is_stopped_by_a_client_that_holds_nothing_back(environment: dict[str, str]) -> None:
    factory = clients(environment)
    made = [factory.client(None, "us-east-1", "logs", mode) for mode in ("adaptive", "standard")]
    modes = [client.meta.config.retries["mode"] for client in made]
    assert modes == ["adaptive", "standard"]


def test_a_client_keeps_few_idle_connections(environment: dict[str, str]) -> None:
    assert clients(environment).client(None, "us-east-1", "logs").meta.config.max_pool_connections == 16
