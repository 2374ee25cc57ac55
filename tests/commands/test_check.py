"""`cloudwatch-mcp check` on endpoints that allow everything, deny some operations, or do not work."""

from __future__ import annotations

import json
import os
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any, TypeAlias

import pytest

from cloudwatch_mcp import cli
from cloudwatch_mcp.aws.allow_list import OPERATIONS
from cloudwatch_mcp.aws.identity import Caller, Credentials
from cloudwatch_mcp.commands import check
from cloudwatch_mcp.commands.check_report import Findings, Verdict, as_json, as_text
from cloudwatch_mcp.commands.policy import document
from cloudwatch_mcp.commands.probes import PROBES
from tests.support.frozen_time import NOW
from tests.support.stdio import PATIENCE, Endpoint, Request, Response

ACTIONS = sorted(f"{service}:{operation}" for operation, service in OPERATIONS.items())
DENIED_THREE = {"GetMetricData", "ListAnomalies", "StartQuery"}
OUR_ACCOUNT = "123456789012"


def refusal(code: str, message: str = "") -> Response:
    return Response(json.dumps({"__type": code, "message": message}).encode(), status=400)


DENIAL = refusal("AccessDeniedException", "User: arn:aws:iam::123456789012:user/me is not authorized to perform this")


@dataclass(frozen=True)
class Result:
    """The exit code, and what the command wrote."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.out))


Check: TypeAlias = Callable[..., Result]


@pytest.fixture
def run_check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs the command in this process."""
    monkeypatch.setattr(cli, "_leave", sys.exit)
    monkeypatch.setattr(cli, "_configure_log", lambda _: None)

    def run(*arguments: str, before: tuple[str, ...] = ()) -> Result:
        with pytest.raises(SystemExit) as ended:
            cli.main([*before, "check", *arguments])
        assert isinstance(ended.value.code, int)
        return Result(ended.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def _retries_without_delay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))
    monkeypatch.setattr("botocore.retries.bucket.TokenBucket._sleep_amount", lambda *_: 0)


def forward(url: str, request: Request) -> Response:
    headers = {name: value for name, value in request.headers.items() if name != "Host"}
    try:
        with urllib.request.urlopen(urllib.request.Request(url, request.body, headers)) as answer:  # noqa: S310 - loopback
            return Response(answer.read())
    except urllib.error.HTTPError as error:
        with error:
            return Response(error.read(), error.code)


@pytest.fixture
def on_endpoint(monkeypatch: pytest.MonkeyPatch, sandbox: str) -> Callable[..., Any]:
    """An endpoint in front of the sandbox, which answers whatever `answers` returns None for."""

    @contextmanager
    def on(answers: Callable[[Request], Response | None] = lambda _: None) -> Iterator[list[Request]]:
        requests: list[Request] = []

        def answer(request: Request) -> Response:
            requests.append(request)
            return answers(request) or forward(sandbox, request)

        with Endpoint(answer) as endpoint:
            monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
            monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sandbox)
            yield requests

    return on


def denying(*operations: str) -> Callable[[Request], Response | None]:
    return lambda request: DENIAL if request.operation in operations else None


def test_there_is_a_probe_for_each_operation_of_the_allow_list() -> None:
    assert set(PROBES) == set(OPERATIONS)


def test_everything_is_allowed(run_check: Check, sandbox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    result = run_check()
    assert (result.code, result.err) == (0, "")
    assert [line for line in result.out.splitlines() if line.startswith("✓")] == [f"✓ {action}" for action in ACTIONS]
    assert "Credentials  from the environment, no known expiry\n" in result.out
    assert f"Account      {OUR_ACCOUNT}, as arn:aws:sts::{OUR_ACCOUNT}:" in result.out
    assert "Region       us-east-1, from AWS_REGION\n" in result.out
    assert f"Endpoint     {sandbox} for cloudwatch and logs\n" in result.out
    assert result.out.endswith("All 11 operations are allowed: the server works here.\n")


def test_a_check_of_the_sandbox_does_not_look_like_one_of_aws(
    run_check: Check, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def enter_sandbox() -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "sandbox")

    monkeypatch.setattr(cli, "_enter_sandbox", enter_sandbox)
    monkeypatch.setenv("CLOUDWATCH_MCP_PROFILES", "prod")
    result = run_check(before=("--sandbox",))
    assert result.code == 0
    assert "Credentials  from the sandbox, no known expiry\n" in result.out
    assert "Region       us-east-1, from the sandbox\n" in result.out
    assert result.out.endswith(
        "The sandbox allows all 11 operations. This says nothing about your AWS access: "
        "run `cloudwatch-mcp check` to check that.\n"
    )


def test_exactly_the_denied_operations_are_listed_with_a_policy_for_them(
    run_check: Check, on_endpoint: Callable[..., Any]
) -> None:
    with on_endpoint(denying(*DENIED_THREE)):
        result = run_check()
    assert (result.code, result.err) == (1, "")
    assert [line for line in result.out.splitlines() if line.startswith("✗")] == [
        f"✗ {action}  AccessDeniedException" for action in ACTIONS if action.partition(":")[2] in DENIED_THREE
    ]
    assert result.out.count("✓") == len(OPERATIONS) - len(DENIED_THREE)
    summary, _, policy = result.out.partition("This policy allows what is missing:")
    assert summary.rstrip().endswith(
        "AWS denies 3 of 11 operations: cloudwatch:GetMetricData, logs:ListAnomalies, logs:StartQuery."
    )
    assert json.loads(policy) == document(DENIED_THREE)


def test_json_has_the_same_findings(run_check: Check, on_endpoint: Callable[..., Any], sandbox: str) -> None:
    with on_endpoint(denying(*DENIED_THREE)):
        result = run_check("--json")
    assert (result.code, result.err) == (1, "")
    found = result.json
    assert not found["ok"]
    assert found["problems"] == [
        "AWS denies 3 of 11 operations: cloudwatch:GetMetricData, logs:ListAnomalies, logs:StartQuery."
    ]
    assert found["missing_policy"] == document(DENIED_THREE)
    status = {each["action"].partition(":")[2]: each["status"] for each in found["operations"]}
    assert status == {each: "denied" if each in DENIED_THREE else "allowed" for each in OPERATIONS}
    assert (found["account"], found["region"]) == (OUR_ACCOUNT, {"name": "us-east-1", "source": "AWS_REGION"})
    assert found["credentials"] == {"source": "the environment"}
    assert set(found["versions"]) == {"cloudwatch-mcp", "Python", "mcp", "boto3", "botocore"}
    assert set(found["endpoints"]) == {"cloudwatch", "logs"}
    assert sandbox not in found["endpoints"].values()
    assert None not in found.values()


def test_no_request_costs_or_changes_anything(run_check: Check, on_endpoint: Callable[..., Any]) -> None:
    with on_endpoint() as requests:
        assert run_check().code == 0
    parameters = {request.operation: request.json for request in requests}
    assert sorted(request.operation for request in requests) == sorted(OPERATIONS)
    assert (parameters["StartQuery"]["startTime"], parameters["StartQuery"]["endTime"]) == (0, 1)
    assert parameters["StartQuery"]["logGroupNames"] == ["cloudwatch-mcp/check/there-is-no-such-log-group"]
    assert (
        parameters["StopQuery"] == parameters["GetQueryResults"] == {"queryId": "00000000-0000-0000-0000-000000000000"}
    )
    (metric,) = parameters["GetMetricData"]["MetricDataQueries"]
    assert "MetricStat" not in metric
    assert metric["Expression"].startswith("SEARCH('{cloudwatch-mcp/check} ")


def test_a_query_that_starts_unexpectedly_is_stopped(run_check: Check, on_endpoint: Callable[..., Any]) -> None:
    started = Response(b'{"queryId": "mine"}')
    with on_endpoint(lambda request: started if request.operation == "StartQuery" else None) as requests:
        assert run_check().code == 0
    assert {"queryId": "mine"} in [request.json for request in requests if request.operation == "StopQuery"]


def test_with_log_groups_queries_of_these_are_checked(run_check: Check, on_endpoint: Callable[..., Any]) -> None:
    with on_endpoint() as requests:
        assert run_check("--log-groups", "/ecs/shop/payments", "/aws/lambda/*").code == 0
    (query,) = [request.json for request in requests if request.operation == "StartQuery"]
    assert query["logGroupNames"] == ["/ecs/shop/payments", "/aws/lambda/cloudwatch-mcp-check"]


def test_with_log_groups_the_missing_policy_is_limited_to_them(
    run_check: Check, on_endpoint: Callable[..., Any]
) -> None:
    ours = ["arn:aws:logs:us-east-1:123456789012:log-group:/ecs/shop/payments"]
    with on_endpoint(denying("StartQuery")) as requests:
        result = run_check("--json", "--log-groups", *ours)
    assert result.json["missing_policy"] == document(["StartQuery"], ours)
    assert ["/ecs/shop/payments"] in [request.json.get("logGroupNames") for request in requests]


def test_a_malformed_log_group_is_refused(run_check: Check) -> None:
    result = run_check("--log-groups", "a b")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("cloudwatch-mcp: 'a b' is not a log group")


@pytest.mark.usefixtures("_retries_without_delay")
@pytest.mark.parametrize(
    ("operation", "code"),
    [
        ("StartQuery", "MalformedQueryException"),  # the window is older than the log group
        ("StartQuery", "LimitExceededException"),
        ("GetQueryResults", "InvalidParameterException"),
        ("StopQuery", "InvalidParameterException"),
        ("GetMetricData", "ValidationError"),
        ("ListMetrics", "ValidationException"),
        ("DescribeAlarms", "InvalidParameterValue"),
        ("DescribeAlarmHistory", "ResourceNotFound"),
    ],
)
def test_an_error_about_the_request_means_that_the_operation_is_allowed(
    run_check: Check, on_endpoint: Callable[..., Any], operation: str, code: str
) -> None:
    with on_endpoint(lambda request: refusal(code) if request.operation == operation else None):
        assert run_check().code == 0


@pytest.mark.parametrize("code", ["UnknownOperationException", "UnrecognizedClientException", "407"])
def test_other_errors_leave_open_whether_the_operation_is_allowed(
    run_check: Check, on_endpoint: Callable[..., Any], code: str
) -> None:
    with on_endpoint(lambda request: refusal(code, "Oh") if request.operation == "ListAnomalies" else None):
        result = run_check()
    assert result.code == 1
    assert f"? logs:ListAnomalies  {code}\n" in result.out
    assert "policy" not in result.out


def test_an_explicit_deny_is_reported(run_check: Check, on_endpoint: Callable[..., Any]) -> None:
    explicit = refusal("AccessDeniedException", "not authorized with an explicit deny in a service control policy")
    with on_endpoint(lambda request: explicit if request.operation == "ListMetrics" else None):
        assert "AWS names an explicit deny, which no policy that allows can override." in run_check().out


def test_a_malformed_sts_address_leaves_the_account_unknown_and_is_no_problem(
    run_check: Check, on_endpoint: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_endpoint():
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "not a url")
        result = run_check()
    assert result.code == 0
    assert "Account      unknown: GetCallerIdentity in us-east-1 failed: Invalid endpoint: not a url." in result.out


@pytest.mark.usefixtures("_retries_without_delay")
def test_an_sts_that_closes_the_connection_leaves_the_account_unknown_and_is_no_problem(
    run_check: Check, on_endpoint: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_endpoint():
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", os.environ["AWS_ENDPOINT_URL"])  # it speaks JSON, and STS does not
        result = run_check()
    assert result.code == 0
    assert "Account      unknown: GetCallerIdentity in us-east-1 failed: Connection was closed" in result.out


@pytest.fixture
def configured(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Removes the keys from the environment and writes the config file."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))

    def configure(text: str) -> None:
        Path(environment["AWS_CONFIG_FILE"]).write_text(text, "utf-8")

    return configure


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
    run_check: Check, configured: Callable[[str], None], on_endpoint: Callable[..., Any]
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
    run_check: Check, on_endpoint: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, hangs: str
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


SKEWED = {
    "DescribeAlarms": refusal("InvalidSignatureException", "Signature expired: it is now earlier than it was signed"),
    "ListMetrics": refusal("RequestExpired", "Request has expired."),
}


@pytest.mark.parametrize(
    ("ahead", "advice"),
    [
        (timedelta(minutes=17), "This machine's clock is 17 min ahead of AWS's: set it right."),
        (timedelta(hours=-2), "This machine's clock is 2 h 0 min behind AWS's: set it right."),
        (None, "Check that this machine's clock is right."),
    ],
)
def test_a_wrong_clock_is_named(ahead: timedelta | None, advice: str) -> None:
    findings = Findings(NOW, None)
    findings.caller = Caller(aws_time=None if ahead is None else NOW - ahead)
    reason = "ListMetrics in us-east-1 failed: SignatureDoesNotMatch: Signature expired."
    assert check._about_the_clock(reason, findings) == f" {advice}"


def test_a_bad_key_is_not_blamed_on_a_clock_that_is_right() -> None:
    findings = Findings(NOW, None)
    findings.caller = Caller(aws_time=NOW - timedelta(minutes=1))
    assert check._about_the_clock("X failed: SignatureDoesNotMatch: it does not match.", findings) == ""


def test_a_wrong_clock_is_not_blamed_for_throttling() -> None:
    findings = Findings(NOW, None)
    findings.caller = Caller(aws_time=NOW - timedelta(hours=1))
    assert check._about_the_clock("X failed: ThrottlingException: Rate exceeded.", findings) == ""


def test_the_time_of_aws_is_read_from_its_error(
    run_check: Check, on_endpoint: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
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


@pytest.mark.parametrize(
    ("remaining", "text"),
    [
        (timedelta(minutes=42, seconds=10), "expire 2026-11-20 13:42 CET, in 42 min"),
        (timedelta(hours=11, minutes=5), "expire 2026-11-21 00:05 CET, in 11 h 5 min"),
        (timedelta(days=3, hours=2), "expire 2026-11-23 15:00 CET, in 3 d 2 h"),
        (timedelta(minutes=-12), "expired 2026-11-20 12:48 CET, 12 min ago"),
    ],
)
def test_expiry_is_shown_in_local_time_with_the_time_remaining(
    in_zone: Callable[[str], None], remaining: timedelta, text: str
) -> None:
    in_zone("Europe/Berlin")
    findings = Findings(NOW, None)
    findings.credentials = Credentials("SSO (IAM Identity Center)", NOW + remaining)
    assert f"Credentials  from SSO (IAM Identity Center), {text}\n" in as_text(findings, "utf-8")


def test_expiry_in_json_is_in_utc(in_zone: Callable[[str], None]) -> None:
    in_zone("Europe/Berlin")
    findings = Findings(NOW, None)
    findings.credentials = Credentials("an assumed role", NOW + timedelta(minutes=42))
    expected = {"source": "an assumed role", "expires": "2026-11-20T12:42:00Z"}
    assert as_json(findings)["credentials"] == expected


def test_the_expiry_of_temporary_credentials_is_found(
    run_check: Check, sandbox: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "made up")
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2099-01-01T00:00:00Z")
    assert run_check("--json").json["credentials"]["expires"] == "2099-01-01T00:00:00Z"


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "cp437", None])
def test_a_terminal_without_check_marks_gets_words(encoding: str | None) -> None:
    findings = Findings(NOW, None)
    findings.verdicts["ListMetrics"] = Verdict("allowed")
    findings.verdicts["StopQuery"] = Verdict("denied", "AccessDenied")
    text = as_text(findings, encoding)
    text.encode(encoding or "ascii")
    assert "ok cloudwatch:ListMetrics\nNO logs:StopQuery  AccessDenied\n" in text


def test_a_defect_is_one_line_without_traceback(run_check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("oh")

    monkeypatch.setattr(check, "examine", fail)
    result = run_check()
    assert (result.code, result.out) == (1, "")
    assert result.err == "cloudwatch-mcp: the check itself failed, please report it: KeyError: 'oh'\n"


@pytest.mark.parametrize("flag", ["--record", "--replay"])
def test_a_recording_cannot_be_checked(flag: str) -> None:
    with pytest.raises(SystemExit, match=f"{flag} cannot be used with check, which asks AWS"):
        cli.main([flag, "file", "check"])
