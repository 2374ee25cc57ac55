from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from cloudwatch_mcp import __version__
from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.errors import AwsError, InputError
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.asking import asking
from tests.support.endpoint import Endpoint, Request, Response

pytestmark = pytest.mark.anyio


def clients(environment: dict[str, str], **settings: Any) -> Clients:
    return Clients(Settings(**settings), environment)


def test_calls_to_one_region_and_service_share_a_client(environment: dict[str, str]) -> None:
    factory = clients(environment)
    first = factory.client(None, "us-east-1", "logs")
    assert factory.client(None, "us-east-1", "logs") is first
    assert factory.client(None, "eu-west-1", "logs") is not first


def test_the_user_agent_has_the_servers_name_and_version(environment: dict[str, str]) -> None:
    config = clients(environment).client(None, "us-east-1", "logs").meta.config
    assert config.user_agent_extra == f"cloudwatch-mcp/{__version__}"


def test_clients_have_timeouts_and_limited_retries(environment: dict[str, str]) -> None:
    config = clients(environment, read_timeout=7.0).client(None, "us-east-1", "logs").meta.config
    assert (config.connect_timeout, config.read_timeout) == (5.0, 7.0)
    assert config.retries == {"mode": "adaptive", "total_max_attempts": 4}


async def test_the_warm_up_makes_the_default_clients(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    factory = clients(environment)
    await factory.warm_up()
    monkeypatch.setattr(factory, "_new_client", lambda *_: pytest.fail("the warm-up did not make it"))
    assert factory.client(None, "us-east-1", "logs") is not factory.client(None, "us-east-1", "cloudwatch")


async def test_the_warm_up_ignores_an_invalid_configuration(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_PROFILE", "missing")
    await clients({**environment, "AWS_REGION": "nowhere"}).warm_up()


@pytest.fixture
def profiles(environment: dict[str, str], config_file: Path) -> dict[str, str]:
    config_file.write_text(
        "[profile prod]\nregion = eu-central-1\naws_access_key_id = a\naws_secret_access_key = b\n"
        "[profile bare]\naws_access_key_id = c\naws_secret_access_key = d\n"
        "[profile broken]\ncredential_process = no-such-command\n"
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
async def test_the_region_is_the_argument_or_the_environments_or_the_profiles(
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


async def test_a_note_says_that_the_region_is_the_default(
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
    aws = await factory.at("prod", "us-east-1")
    credentials = factory.session(aws.profile).get_credentials()
    assert credentials is not None
    assert credentials.access_key == "a"


async def test_the_error_for_an_unknown_profile_lists_the_profiles(profiles: dict[str, str]) -> None:
    with pytest.raises(InputError, match=r"\(nope\) could not be found\. Profiles here: bare, broken, prod\."):
        await clients(profiles).at("nope", None)


@pytest.mark.parametrize("region", ["us-esat-1", "mars", "us-east-1/../x", "evil.example.com#", " "])
async def test_an_unknown_region_is_refused_before_any_call(environment: dict[str, str], region: str) -> None:
    with pytest.raises(InputError, match="Unknown region"):
        await clients({**environment, "AWS_REGION": region}).at(None, None)


async def test_an_empty_region_is_no_region(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_REGION")
    aws = await clients({**environment, "AWS_REGION": ""}).at(None, None)
    assert (aws.region, len(aws.notes)) == ("us-east-1", 1)


async def test_an_unknown_region_is_accepted_with_a_custom_endpoint(environment: dict[str, str]) -> None:
    aws = await clients({**environment, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}).at(None, "lab-east-1")
    assert aws.region == "lab-east-1"


async def test_the_error_for_an_unusable_endpoint_names_its_variable(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "not a url")
    async with asking(server) as ask:
        assert "Check AWS_ENDPOINT_URL" in (await ask("get_active_alarms")).error


EXPIRED = Response(
    b'{"__type": "ExpiredTokenException", "message": "The security token included in the request has expired"}', 400
)


async def test_after_expired_credentials_are_renewed_the_call_is_retried_once(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keys: list[str] = []

    def respond(request: Request) -> Response:
        keys.append(re.findall(r"Credential=(\w+)/", request.headers["Authorization"])[0])
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "renewed")
        return Response(b'{"MetricAlarms": []}') if keys[-1] == "renewed" else EXPIRED

    with Endpoint(respond) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        aws = await clients(environment).at(None, None)
        assert await aws.call("DescribeAlarms") == {"MetricAlarms": []}
    assert keys == [environment["AWS_ACCESS_KEY_ID"], "renewed"]


async def test_the_error_for_credentials_that_stay_expired_says_what_to_run(
    server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Endpoint(lambda _: EXPIRED) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        async with asking(server) as ask:
            error = (await ask("get_active_alarms")).error
    assert "aws sso login" in error
    assert "no restart is needed" in error


async def test_a_call_without_credentials_fails_and_the_next_one_with_a_profile_is_signed(
    profiles: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    with Endpoint(lambda _: Response(b'{"MetricAlarms": []}')) as endpoint:
        monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
        async with asking(build_server(Settings(), profiles)) as ask:
            error = (await ask("get_active_alarms")).error
            assert not (await ask("get_active_alarms", profile_name="prod")).failed
    assert "Unable to locate credentials" in error
    assert all(step in error for step in ("AWS_PROFILE", "profile_name", "aws configure", "--sandbox"))


@pytest.mark.parametrize(
    ("variables", "reason"),
    [
        ({"AWS_PROFILE": "broken"}, "No such file or directory: 'no-such-command'"),
        ({"AWS_CREDENTIAL_EXPIRATION": "2020-01-01T00:00:00Z"}, "refreshed credentials are still expired"),
    ],
)
@pytest.mark.usefixtures("profiles")
async def test_the_error_for_unusable_credentials_points_to_check(
    monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], reason: str
) -> None:
    if "AWS_PROFILE" in variables:
        monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    aws = await clients({"AWS_REGION": "us-east-1"}).at(None, None)
    with pytest.raises((AwsError, InputError)) as caught:
        await aws.call("DescribeAlarms")
    assert reason in str(caught.value)
    assert "`cloudwatch-mcp check`" in str(caught.value)
