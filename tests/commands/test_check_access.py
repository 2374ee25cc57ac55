"""`cloudwatch-mcp check`: credentials, profile, Region, endpoint and clock."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from cloudwatch_mcp.commands import check
from tests.support.checking import Check, OnEndpoint, refusal
from tests.support.endpoint import PATIENCE

SKEWED = {
    "DescribeAlarms": refusal("InvalidSignatureException", "Signature expired: it is now earlier than it was signed"),
    "ListMetrics": refusal("RequestExpired", "Request has expired."),
}


def test_a_profile_is_checked_with_its_credentials_in_the_given_region(
    run_check: Check, configured: Callable[[str], None], sandbox: str
) -> None:
    keys = "aws_access_key_id = testing\naws_secret_access_key = testing"
    configured(f"[profile prod]\nregion = eu-west-2\nendpoint_url = {sandbox}\n{keys}\n")
    result = run_check("--profile", "prod", "--region", "eu-west-1", "--json")
    assert (result.code, result.json["ok"], result.json["problems"]) == (0, True, [])
    assert result.json["profile"] == "prod"
    assert result.json["credentials"] == {"source": "the shared config file"}
    assert result.json["region"] == {"name": "eu-west-1", "source": "--region"}
    assert result.json["endpoints"] == {"cloudwatch": sandbox, "logs": sandbox}
    assert "missing_policy" not in result.json


@pytest.mark.usefixtures("configured")
def test_without_credentials_the_advice_is_one_line(run_check: Check) -> None:
    result = run_check()
    assert (result.code, result.err) == (1, "")
    (advice,) = [line for line in result.out.splitlines() if line.startswith("No AWS credentials were found")]
    assert all(each in advice for each in ("aws sso login", "aws configure", "--profile", "AWS_PROFILE", "--sandbox"))
    assert "Region       us-east-1, from AWS_REGION" in result.out
    assert "✓" not in result.out
    assert run_check("--json").json["problems"] == [advice]


def test_an_expired_sso_login_gives_the_command_to_log_in(run_check: Check, configured: Callable[[str], None]) -> None:
    configured(
        "[profile prod]\nsso_session = ours\nsso_account_id = 123456789012\nsso_role_name = reader\n"
        "[sso-session ours]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n"
    )
    result = run_check("--profile", "prod")
    assert result.code == 1
    assert "Profile      prod\n" in result.out
    assert "run `aws sso login --profile prod`" in result.out
    assert "✓" not in result.out
    assert run_check("--json", before=("--profile", "prod")).json["profile"] == "prod"


def test_expired_credentials_are_reported_once(
    run_check: Check, configured: Callable[[str], None], on_endpoint: OnEndpoint
) -> None:
    configured("[profile prod]\naws_access_key_id = a\naws_secret_access_key = b\n")
    expired = refusal("ExpiredTokenException", "The security token included in the request is expired")
    with on_endpoint(lambda _: expired):
        result = run_check("--profile", "prod")
    assert result.code == 1
    assert result.out.count("aws sso login --profile prod") == 1
    assert "10 more operations failed in the same way." in result.out
    assert "? " not in result.out
    assert "policy" not in result.out
    assert "clock" not in result.out


@pytest.mark.parametrize(
    ("config", "text"),
    [
        ("[profile prod]\nrole_arn = arn:aws:iam::123456789012:role/r\n", "source_profile"),
        ("[profile prod]\ncredential_process = /dev/null/none\n", "The credentials cannot be used: "),
        (
            "[profile other]\nregion = eu-west-1\n",
            "could not be found. Profiles here: other. Pass one as --profile",
        ),
    ],
)
def test_an_unusable_profile_is_one_line(
    run_check: Check, configured: Callable[[str], None], config: str, text: str
) -> None:
    configured(config)
    result = run_check("--profile", "prod", "--json")
    assert (result.code, result.err) == (1, "")
    (problem,) = result.json["problems"]
    assert text in problem


def test_expired_credentials_in_the_environment_are_reported(run_check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z")
    (problem,) = run_check("--json").json["problems"]
    assert problem.startswith("The credentials cannot be used: Credentials were refreshed, but")


def test_an_unlisted_profile_is_refused(run_check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDWATCH_MCP_PROFILES", "prod")
    (problem,) = run_check("--json").json["problems"]
    assert problem.startswith("The profile 'default' is not allowed here: CLOUDWATCH_MCP_PROFILES lists prod. Pass one")


def test_a_misspelt_region_is_reported_with_suggestions(run_check: Check) -> None:
    result = run_check("--region", "us-esat-1")
    assert result.code == 1
    assert "Unknown region 'us-esat-1': did you mean us-west-1, us-east-1?" in result.out


def test_a_malformed_endpoint_is_reported(run_check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "not a url")
    result = run_check()
    assert result.code == 1
    assert result.out.count("Check AWS_ENDPOINT_URL, ") == 1


@pytest.mark.usefixtures("_retries_without_delay")
@pytest.mark.parametrize(
    ("variable", "advice"),
    [("AWS_ENDPOINT_URL", "Check the network"), ("HTTPS_PROXY", "Check HTTPS_PROXY and NO_PROXY.")],
)
def test_an_endpoint_that_refuses_connections_is_one_line(
    run_check: Check, monkeypatch: pytest.MonkeyPatch, variable: str, advice: str
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # bound but not listening: connections are refused
        monkeypatch.setenv(variable, f"http://127.0.0.1:{closed.getsockname()[1]}")
        result = run_check()
    assert (result.code, result.err) == (1, "")
    (problem,) = [line for line in result.out.splitlines() if "in us-east-1 failed: " in line]
    assert problem.endswith("10 more operations failed in the same way.")
    assert advice in problem
    assert "Error" not in result.out.replace(problem, "")


@pytest.mark.parametrize("hangs", ["find_credentials", "find_caller"])
def test_a_lookup_of_credentials_or_account_that_hangs_is_given_up(
    run_check: Check, on_endpoint: OnEndpoint, monkeypatch: pytest.MonkeyPatch, hangs: str
) -> None:
    released, within = Event(), check._within

    def hang(*_: object) -> None:
        released.wait()

    def within_less(_: float, aws: Any, work: Any, *operation: str) -> Any:
        return within(0.05 if work.func is hang else PATIENCE, aws, work, *operation)

    monkeypatch.setattr(check, hangs, hang)
    monkeypatch.setattr(check, "_within", within_less)
    with on_endpoint():
        result = run_check("--json")
    released.set()
    errors = result.json["problems"] if hangs == "find_credentials" else [result.json["account_error"]]
    assert errors[0].startswith("Get")
    assert "no answer within 0.05 s" in errors[0]
    assert result.code == (1 if hangs == "find_credentials" else 0)


def test_the_time_of_aws_is_read_from_its_error(
    run_check: Check, on_endpoint: OnEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox's answers have the real date, and the check has another."""
    early = datetime.now(timezone.utc) - timedelta(hours=3)
    monkeypatch.setattr(check, "Clock", lambda: SimpleNamespace(now=lambda: early))
    with on_endpoint(lambda request: SKEWED.get(request.operation)):
        result = run_check()
    assert result.code == 1
    assert result.out.count(" behind AWS's: set it right.") == len(SKEWED)


@pytest.mark.parametrize(
    ("arguments", "variables", "config", "source"),
    [
        (["--region", "eu-west-1"], {"AWS_REGION": "eu-west-2"}, "", "eu-west-1, from --region"),
        ([], {"AWS_REGION": "eu-west-2", "AWS_DEFAULT_REGION": "eu-west-3"}, "", "eu-west-2, from AWS_REGION"),
        ([], {"AWS_DEFAULT_REGION": "eu-west-3"}, "eu-north-1", "eu-west-3, from AWS_DEFAULT_REGION"),
        ([], {}, "eu-north-1", "eu-north-1, from the profile"),
        ([], {}, "", "us-east-1, from the default"),
    ],
)
def test_the_source_of_the_region_is_shown(
    run_check: Check,
    configured: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    variables: Mapping[str, str],
    config: str,
    source: str,
) -> None:
    monkeypatch.delenv("AWS_REGION")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    configured(f"[default]\nregion = {config}\n" if config else "")
    assert f"Region       {source}\n" in run_check(*arguments).out


def test_the_expiry_of_temporary_credentials_is_found(
    run_check: Check, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "made up")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00Z")
    assert run_check("--json").json["credentials"]["expires"] == "2099-01-01T00:00:00Z"
