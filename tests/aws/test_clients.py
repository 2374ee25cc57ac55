from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from cloudwatch_mcp import __version__
from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.errors import AwsError, InputError
from cloudwatch_mcp.server.tool_calls import CloudWatchServer
from tests.support.asking import asking
from tests.support.stubbed_server import StubbedServer

pytestmark = pytest.mark.anyio


def clients(environment: dict[str, str], **settings: Any) -> Clients:
    return Clients(Settings(**settings), environment)


def test_a_client_is_made_once_for_a_profile_region_and_service(environment: dict[str, str]) -> None:
    factory = clients(environment)
    first = factory.client(None, "us-east-1", "logs")
    assert factory.client(None, "us-east-1", "logs") is first
    assert factory.client(None, "eu-west-1", "logs") is not first


def test_the_user_agent_has_our_name_and_version(environment: dict[str, str]) -> None:
    config = clients(environment).client(None, "us-east-1", "logs").meta.config
    assert config.user_agent_extra == f"cloudwatch-mcp/{__version__}"


def test_clients_have_timeouts_and_limited_retries(environment: dict[str, str]) -> None:
    config = clients(environment, read_timeout=7.0).client(None, "us-east-1", "logs").meta.config
    assert (config.connect_timeout, config.read_timeout) == (5.0, 7.0)
    assert config.retries == {"mode": "adaptive", "total_max_attempts": 4}


async def test_warming_up_makes_the_default_clients(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    factory = clients(environment)
    await factory.warm_up()
    monkeypatch.setattr(factory, "_new_client", lambda *_: pytest.fail("it was not made"))
    assert factory.client(None, "us-east-1", "logs") is not factory.client(None, "us-east-1", "cloudwatch")


async def test_warming_up_ignores_a_broken_configuration(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "missing")
    await clients({**environment, "AWS_REGION": "nowhere"}).warm_up()


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
async def test_the_region_is_the_argument_else_from_the_environment_else_from_the_profile(
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


async def test_a_note_says_when_the_region_is_only_the_default(
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


async def test_the_error_for_an_unknown_profile_lists_the_profiles(profiles: dict[str, str]) -> None:
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


async def test_an_unknown_region_is_accepted_with_a_custom_endpoint(environment: dict[str, str]) -> None:
    aws = await clients({**environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).at(None, "lab-east-1")
    assert aws.region == "lab-east-1"


async def test_the_error_for_an_unusable_endpoint_names_its_variable(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "not a url")
    async with asking(server) as ask:
        assert "Check AWS_ENDPOINT_URL" in (await ask("get_active_alarms")).error


async def test_expired_credentials_are_read_again_and_the_call_is_retried_once(
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


async def test_the_error_for_credentials_that_stay_expired_says_what_to_run(
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
    ("variables", "reason"),
    [
        ({"AWS_PROFILE": "broken"}, "No such file or directory: 'no-such-command'"),
        ({"AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"}, "refreshed credentials are still expired"),
    ],
)
async def test_the_error_for_unreadable_credentials_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, variables: dict[str, str], reason: str
) -> None:
    (tmp_path / "config").write_text("[profile broken]\ncredential_process = no-such-command\n")
    if "AWS_PROFILE" in variables:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    aws = await clients({"AWS_REGION": "us-east-1"}).at(None, None)
    with pytest.raises((AwsError, InputError)) as caught:
        await aws.call("DescribeAlarms")
    assert reason in str(caught.value)
    assert "`cloudwatch-mcp check`" in str(caught.value)
