"""`cloudwatch-mcp check` on endpoints that allow all, deny some, and cannot be used at all."""

from __future__ import annotations

import json
import os
import socket
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
from cloudwatch_mcp.commands.check import PROBES
from cloudwatch_mcp.commands.check_report import Findings, Verdict, as_json, as_text
from cloudwatch_mcp.commands.policy import document
from tests.support.frozen_time import NOW
from tests.support.stdio import PATIENCE, Endpoint, Request, Response

ACTIONS = sorted(f"{service}:{operation}" for operation, service in OPERATIONS.items())
DENIED_THREE = {"GetMetricData", "ListAnomalies", "StartQuery"}
OUR_ACCOUNT = "123456789012"


def refusal(code: str, message: str = "") -> Response:
    return Response(json.dumps({"__type": code, "message": message}).encode(), status=400)


DENIAL = refusal("AccessDeniedException", "User: arn:aws:iam::123456789012:user/me is not authorized to perform this")


@dataclass(frozen=True)
class Left:
    """What the command wrote, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.out))


Check: TypeAlias = Callable[..., Left]


@pytest.fixture
def run_check(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs the command in this process; where it would leave at once it raises SystemExit."""

    def leave(code: int) -> None:
        raise SystemExit(code)

    monkeypatch.setattr("os._exit", leave)
    monkeypatch.setattr(cli, "_configure_log", lambda _: None)

    def run(*arguments: str, before: tuple[str, ...] = ()) -> Left:
        with pytest.raises(SystemExit) as left:
            cli.main([*before, "check", *arguments])
        assert isinstance(left.value.code, int)
        return Left(left.value.code, *capsys.readouterr())

    return run


@pytest.fixture
def _repetitions_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
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
    """An endpoint in front of the sandbox: `answers` decides, by operation; None lets the sandbox decide."""

    @contextmanager
    def on(answers: Callable[[Request], Response | None] = lambda _: None) -> Iterator[list[Request]]:
        seen: list[Request] = []

        def answer(request: Request) -> Response:
            seen.append(request)
            return answers(request) or forward(sandbox, request)

        with Endpoint(answer) as endpoint:
            monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint.url)
            monkeypatch.setenv("AWS_ENDPOINT_URL_STS", sandbox)
            yield seen

    return on


def denying(*operations: str) -> Callable[[Request], Response | None]:
    return lambda request: DENIAL if request.operation in operations else None


def test_there_is_a_probe_for_each_operation_of_the_allow_list() -> None:
    assert set(PROBES) == set(OPERATIONS)


def test_all_is_well(run_check: Check, sandbox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    left = run_check()
    assert (left.code, left.err) == (0, "")
    assert [line for line in left.out.splitlines() if line.startswith("✓")] == [f"✓ {action}" for action in ACTIONS]
    assert "Credentials  from the environment, no expiry known\n" in left.out
    assert f"Account      {OUR_ACCOUNT}, as arn:aws:sts::{OUR_ACCOUNT}:" in left.out
    assert "Region       us-east-1, from AWS_REGION\n" in left.out
    assert f"Endpoint     {sandbox} for logs\n" in left.out
    assert left.out.endswith("All 11 operations are allowed: the server will work here.\n")


def test_the_sandbox_can_be_checked(run_check: Check, sandbox: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "_enter_sandbox", lambda: monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox))
    monkeypatch.setenv("CLOUDWATCH_MCP_PROFILES", "prod")
    assert run_check(before=("--sandbox",)).code == 0


def test_just_the_three_denied_operations_are_named_with_their_policy(
    run_check: Check, on_endpoint: Callable[..., Any]
) -> None:
    with on_endpoint(denying(*DENIED_THREE)):
        left = run_check()
    assert (left.code, left.err) == (1, "")
    assert [line for line in left.out.splitlines() if line.startswith("✗")] == [
        f"✗ {action}  AccessDeniedException" for action in ACTIONS if action.partition(":")[2] in DENIED_THREE
    ]
    assert left.out.count("✓") == len(OPERATIONS) - len(DENIED_THREE)
    told, _, policy = left.out.partition("This policy allows what is missing:")
    assert told.rstrip().endswith(
        "AWS denies 3 of 11 operations: cloudwatch:GetMetricData, logs:ListAnomalies, logs:StartQuery."
    )
    assert json.loads(policy) == document(DENIED_THREE)


def test_json_says_the_same_as_one_object(run_check: Check, on_endpoint: Callable[..., Any], sandbox: str) -> None:
    with on_endpoint(denying(*DENIED_THREE)):
        left = run_check("--json")
    assert (left.code, left.err) == (1, "")
    found = left.json
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


def test_nothing_that_is_asked_costs_or_changes_anything(run_check: Check, on_endpoint: Callable[..., Any]) -> None:
    with on_endpoint() as seen:
        assert run_check().code == 0
    asked = {request.operation: request.json for request in seen}
    assert sorted(request.operation for request in seen) == sorted(OPERATIONS)
    assert (asked["StartQuery"]["startTime"], asked["StartQuery"]["endTime"]) == (0, 1)
    assert asked["StartQuery"]["logGroupNames"] == ["cloudwatch-mcp/check/there-is-no-such-log-group"]
    assert asked["StopQuery"] == asked["GetQueryResults"] == {"queryId": "00000000-0000-0000-0000-000000000000"}
    (metric,) = asked["GetMetricData"]["MetricDataQueries"]
    assert "MetricStat" not in metric
    assert metric["Expression"].startswith("SEARCH('{cloudwatch-mcp/check} ")


def test_a_query_that_starts_against_all_expectation_is_stopped(
    run_check: Check, on_endpoint: Callable[..., Any]
) -> None:
    started = Response(b'{"queryId": "mine"}')
    with on_endpoint(lambda request: started if request.operation == "StartQuery" else None) as seen:
        assert run_check().code == 0
    assert {"queryId": "mine"} in [request.json for request in seen if request.operation == "StopQuery"]


def test_queries_of_some_log_groups_only_are_checked_on_these(
    run_check: Check, on_endpoint: Callable[..., Any]
) -> None:
    with on_endpoint() as seen:
        assert run_check("--log-groups", "/ecs/shop/payments", "/aws/lambda/*").code == 0
    (query,) = [request.json for request in seen if request.operation == "StartQuery"]
    assert query["logGroupNames"] == ["/ecs/shop/payments", "/aws/lambda/cloudwatch-mcp-check"]


def test_the_policy_for_what_is_missing_is_of_these_log_groups_too(
    run_check: Check, on_endpoint: Callable[..., Any]
) -> None:
    ours = ["arn:aws:logs:us-east-1:123456789012:log-group:/ecs/shop/payments"]
    with on_endpoint(denying("StartQuery")) as seen:
        left = run_check("--json", "--log-groups", *ours)
    assert left.json["missing_policy"] == document(["StartQuery"], ours)
    assert ["/ecs/shop/payments"] in [request.json.get("logGroupNames") for request in seen]


def test_what_is_no_log_group_is_refused(run_check: Check) -> None:
    left = run_check("--log-groups", "a b")
    assert (left.code, left.out) == (1, "")
    assert left.err.startswith("cloudwatch-mcp: 'a b' is no log group")


@pytest.mark.usefixtures("_repetitions_at_once")
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
def test_who_is_told_that_the_request_is_wrong_was_allowed_to_make_it(
    run_check: Check, on_endpoint: Callable[..., Any], operation: str, code: str
) -> None:
    with on_endpoint(lambda request: refusal(code) if request.operation == operation else None):
        assert run_check().code == 0


@pytest.mark.parametrize("code", ["UnknownOperationException", "UnrecognizedClientException", "407"])
def test_whether_it_is_allowed_stays_open_where_aws_did_not_get_as_far(
    run_check: Check, on_endpoint: Callable[..., Any], code: str
) -> None:
    with on_endpoint(lambda request: refusal(code, "Oh") if request.operation == "ListAnomalies" else None):
        left = run_check()
    assert left.code == 1
    assert f"? logs:ListAnomalies  {code}\n" in left.out
    assert "policy" not in left.out


def test_an_explicit_deny_is_said_to_be_one(run_check: Check, on_endpoint: Callable[..., Any]) -> None:
    explicit = refusal("AccessDeniedException", "not authorized with an explicit deny in a service control policy")
    with on_endpoint(lambda request: explicit if request.operation == "ListMetrics" else None):
        assert "AWS names an explicit deny: no policy that allows lifts it." in run_check().out


def test_an_address_of_sts_that_is_none_leaves_the_account_unknown_and_is_no_problem(
    run_check: Check, on_endpoint: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_endpoint():
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", "not a url")
        left = run_check()
    assert left.code == 0
    assert "Account      unknown: GetCallerIdentity in us-east-1 failed: Invalid endpoint: not a url." in left.out


@pytest.mark.usefixtures("_repetitions_at_once")
def test_an_sts_that_hangs_up_leaves_the_account_unknown_and_is_no_problem(
    run_check: Check, on_endpoint: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_endpoint():
        monkeypatch.setenv("AWS_ENDPOINT_URL_STS", os.environ["AWS_ENDPOINT_URL"])  # it speaks JSON, and STS does not
        left = run_check()
    assert left.code == 0
    assert "Account      unknown: GetCallerIdentity in us-east-1 failed: Connection was closed" in left.out


@pytest.fixture
def configured(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Takes the keys out of the environment and writes the config file."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("HOME", str(tmp_path))

    def configure(text: str) -> None:
        Path(environment["AWS_CONFIG_FILE"]).write_text(text, "utf-8")

    return configure


def test_a_profile_is_checked_with_its_own_credentials_in_the_region_that_is_given(
    run_check: Check, configured: Callable[[str], None], sandbox: str
) -> None:
    keys = "aws_access_key_id = testing\naws_secret_access_key = testing"
    configured(f"[profile prod]\nregion = eu-west-2\nendpoint_url = {sandbox}\n{keys}\n")
    left = run_check("--profile", "prod", "--region", "eu-west-1", "--json")
    assert (left.code, left.json["ok"], left.json["problems"]) == (0, True, [])
    assert left.json["profile"] == "prod"
    assert left.json["credentials"] == {"source": "the shared config file"}
    assert left.json["region"] == {"name": "eu-west-1", "source": "--region"}
    assert left.json["endpoints"] == {"cloudwatch": sandbox, "logs": sandbox}
    assert "missing_policy" not in left.json


@pytest.mark.usefixtures("configured")
def test_without_credentials_it_says_what_to_do(run_check: Check) -> None:
    left = run_check()
    assert (left.code, left.err) == (1, "")
    (advice,) = [line for line in left.out.splitlines() if line.startswith("No AWS credentials were found")]
    assert all(each in advice for each in ("aws sso login", "aws configure", "--profile", "AWS_PROFILE", "--sandbox"))
    assert "Region       us-east-1, from AWS_REGION" in left.out
    assert "✓" not in left.out
    assert run_check("--json").json["problems"] == [advice]


def test_an_expired_sso_login_names_the_command_for_the_profile(
    run_check: Check, configured: Callable[[str], None]
) -> None:
    configured(
        "[profile prod]\nsso_session = ours\nsso_account_id = 123456789012\nsso_role_name = reader\n"
        "[sso-session ours]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n"
    )
    left = run_check("--profile", "prod")
    assert left.code == 1
    assert "Profile      prod\n" in left.out
    assert "run `aws sso login --profile prod`" in left.out
    assert "✓" not in left.out
    assert run_check("--json", before=("--profile", "prod")).json["profile"] == "prod"


def test_credentials_that_aws_calls_expired_are_told_once(
    run_check: Check, configured: Callable[[str], None], on_endpoint: Callable[..., Any]
) -> None:
    configured("[profile prod]\naws_access_key_id = a\naws_secret_access_key = b\n")
    expired = refusal("ExpiredTokenException", "The security token included in the request is expired")
    with on_endpoint(lambda _: expired):
        left = run_check("--profile", "prod")
    assert left.code == 1
    assert left.out.count("aws sso login --profile prod") == 1
    assert "10 more operations failed likewise." in left.out
    assert left.out.count("? ") == len(OPERATIONS)
    assert "policy" not in left.out
    assert "clock" not in left.out


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("[profile prod]\nrole_arn = arn:aws:iam::123456789012:role/r\n", "source_profile"),
        ("[profile prod]\ncredential_process = /dev/null/none\n", "The credentials cannot be used: "),
        (
            "[profile other]\nregion = eu-west-1\n",
            "could not be found. Profiles here: other. Pass one as --profile",
        ),
    ],
)
def test_a_profile_of_no_use_is_one_line_of_what_is_wrong(
    run_check: Check, configured: Callable[[str], None], config: str, said: str
) -> None:
    configured(config)
    left = run_check("--profile", "prod", "--json")
    assert (left.code, left.err) == (1, "")
    (problem,) = left.json["problems"]
    assert said in problem


def test_credentials_of_the_environment_that_are_past_their_time_are_told(
    run_check: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CREDENTIAL_EXPIRATION", "2020-01-01T00:00:00Z")
    (problem,) = run_check("--json").json["problems"]
    assert problem.startswith("The credentials cannot be used: Credentials were refreshed, but")


def test_an_unlisted_profile_is_refused(run_check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLOUDWATCH_MCP_PROFILES", "prod")
    (problem,) = run_check("--json").json["problems"]
    assert problem.startswith("The profile 'default' is not allowed here: CLOUDWATCH_MCP_PROFILES lists prod. Pass one")


def test_a_misspelt_region_is_told_with_the_nearest(run_check: Check) -> None:
    left = run_check("--region", "us-esat-1")
    assert left.code == 1
    assert "Unknown region 'us-esat-1': did you mean us-west-1, us-east-1?" in left.out


def test_an_endpoint_that_is_no_address_is_told(run_check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "not a url")
    left = run_check()
    assert left.code == 1
    assert left.out.count("Check AWS_ENDPOINT_URL, ") == 1


@pytest.mark.usefixtures("_repetitions_at_once")
@pytest.mark.parametrize(
    ("variable", "said"),
    [("AWS_ENDPOINT_URL", "Check the network"), ("HTTPS_PROXY", "Check HTTPS_PROXY and NO_PROXY.")],
)
def test_where_nobody_answers_the_first_failure_is_told_and_the_rest_counted(
    run_check: Check, monkeypatch: pytest.MonkeyPatch, variable: str, said: str
) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))  # held but not listened on: who connects is refused
        monkeypatch.setenv(variable, f"http://127.0.0.1:{closed.getsockname()[1]}")
        left = run_check()
    assert (left.code, left.err) == (1, "")
    assert "Account      unknown: " in left.out
    (problem,) = [line for line in left.out.splitlines() if "10 more operations failed likewise" in line]
    assert said in problem


@pytest.mark.parametrize("hangs", ["find_credentials", "find_caller"])
def test_who_hangs_while_it_is_asked_who_calls_is_given_up(
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
        left = run_check("--json")
    released.set()
    told = left.json["problems"] if hangs == "find_credentials" else [left.json["account_error"]]
    assert told[0].startswith("Get")
    assert "no answer within 0.05 s" in told[0]
    assert left.code == (1 if hangs == "find_credentials" else 0)


SKEWED = {
    "DescribeAlarms": refusal("InvalidSignatureException", "Signature expired: it is now earlier than it was signed"),
    "ListMetrics": refusal("RequestExpired", "Request has expired."),
}


@pytest.mark.parametrize(
    ("ahead", "said"),
    [
        (timedelta(minutes=17), "This machine's clock is 17 min ahead of AWS's: set it right."),
        (timedelta(hours=-2), "This machine's clock is 2 h 0 min behind AWS's: set it right."),
        (None, "Check that this machine's clock is right."),
    ],
)
def test_a_clock_that_is_wrong_is_named(ahead: timedelta | None, said: str) -> None:
    findings = Findings(NOW, None)
    findings.caller = Caller(aws_time=None if ahead is None else NOW - ahead)
    reason = "ListMetrics in us-east-1 failed: SignatureDoesNotMatch: Signature expired."
    assert check._about_the_clock(reason, findings) == f" {said}"


def test_a_bad_key_is_not_blamed_on_a_clock_that_is_right() -> None:
    findings = Findings(NOW, None)
    findings.caller = Caller(aws_time=NOW - timedelta(minutes=1))
    assert check._about_the_clock("X failed: SignatureDoesNotMatch: it does not match.", findings) == ""


def test_a_wrong_clock_is_not_blamed_for_throttling() -> None:
    findings = Findings(NOW, None)
    findings.caller = Caller(aws_time=NOW - timedelta(hours=1))
    assert check._about_the_clock("X failed: ThrottlingException: Rate exceeded.", findings) == ""


def test_aws_own_clock_is_read_from_its_refusal(
    run_check: Check, on_endpoint: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sandbox's answers bear the time of day, and the check is told that it is another."""
    early = datetime.now(timezone.utc) - timedelta(hours=3)
    monkeypatch.setattr(check, "Clock", lambda: SimpleNamespace(now=lambda: early))
    with on_endpoint(lambda request: SKEWED.get(request.operation)):
        left = run_check()
    assert left.code == 1
    assert left.out.count(" behind AWS's: set it right.") == len(SKEWED)


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
def test_it_says_why_it_is_this_region(
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
    ("left", "told"),
    [
        (timedelta(minutes=42, seconds=10), "expire 2026-11-20 13:42 CET, in 42 min"),
        (timedelta(hours=11, minutes=5), "expire 2026-11-21 00:05 CET, in 11 h 5 min"),
        (timedelta(days=3, hours=2), "expire 2026-11-23 15:00 CET, in 3 d 2 h"),
        (timedelta(minutes=-12), "expired 2026-11-20 12:48 CET, 12 min ago"),
    ],
)
def test_expiry_is_in_local_time_with_what_is_left(in_zone: Callable[[str], None], left: timedelta, told: str) -> None:
    in_zone("Europe/Berlin")
    findings = Findings(NOW, None)
    findings.credentials = Credentials("SSO (IAM Identity Center)", NOW + left)
    assert f"Credentials  from SSO (IAM Identity Center), {told}\n" in as_text(findings, "utf-8")


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
def test_a_terminal_that_has_no_ticks_gets_words(encoding: str | None) -> None:
    findings = Findings(NOW, None)
    findings.verdicts["ListMetrics"] = Verdict("allowed")
    findings.verdicts["StopQuery"] = Verdict("denied", "AccessDenied")
    text = as_text(findings, encoding)
    text.encode(encoding or "ascii")
    assert "ok cloudwatch:ListMetrics\nNO logs:StopQuery  AccessDenied\n" in text


def test_a_defect_is_one_line_and_no_traceback(run_check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError("oh")

    monkeypatch.setattr(check, "run", fail)
    left = run_check()
    assert (left.code, left.out) == (1, "")
    assert left.err == "cloudwatch-mcp: the check itself failed, please report it: KeyError: 'oh'\n"


@pytest.mark.parametrize("flag", ["--record", "--replay"])
def test_a_recording_has_nothing_to_check(flag: str) -> None:
    with pytest.raises(SystemExit, match=f"check asks AWS itself: leave {flag} out"):
        cli.main([flag, "file", "check"])
