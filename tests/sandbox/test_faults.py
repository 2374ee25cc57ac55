"""Faults on demand, as botocore and the tools see them."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import datetime, timedelta, timezone
from typing import Any, TypeAlias

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from werkzeug.test import Client

from cloudwatch_mcp import cli
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.sandbox import Clock, Sandbox, cloudwatch
from cloudwatch_mcp.sandbox.faults import Faults, Plan, parse
from cloudwatch_mcp.sandbox.server import Application, Server
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.asking import Ask, asking
from tests.support.frozen_time import Time
from tests.support.instant_backoff import instant_backoff
from tests.support.sandbox_clients import client_of

NOW = datetime(2026, 3, 4, 12, tzinfo=timezone.utc)


@pytest.mark.parametrize(
    ("spec", "plan"),
    [
        ("", Plan()),
        ("throttle=0.2", Plan(throttle=0.2)),
        (" fail=.5 , ", Plan(fail=0.5)),
        ("throttle=1,fail=0", Plan(throttle=1.0)),
        ("latency=300ms", Plan(latency=0.3)),
        ("latency=1.5s", Plan(latency=1.5)),
        ("expire", Plan(expire=0.0)),
        ("expire=2m", Plan(expire=120.0)),
        ("deny=logs:StartQuery", Plan(deny=("logs:startquery",))),
        ("deny=Logs:*,deny=cloudwatch:Describe*", Plan(deny=("logs:*", "cloudwatch:describe*"))),
    ],
)
def test_plan(spec: str, plan: Plan) -> None:
    assert parse(spec) == plan


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("slow", "slow is not a fault"),
        ("throttle:0.2", "throttle:0.2 is not a fault"),
        ("Throttle=0.2", "Throttle=0.2 is not a fault"),
        ("throttle", "throttle needs a number from 0 to 1"),
        ("throttle=", "throttle= needs a number from 0 to 1"),
        ("throttle=2", "throttle=2 needs a number from 0 to 1"),
        ("throttle=1.5", "throttle=1.5 needs a number from 0 to 1"),
        ("throttle=-0.1", "throttle=-0.1 needs a number from 0 to 1"),
        ("throttle=nan", "throttle=nan needs a number from 0 to 1"),
        ("fail=20%", "fail=20% needs a number from 0 to 1"),
        ("latency", "latency needs a time with its unit"),
        ("latency=300", "latency=300 needs a time with its unit"),
        ("latency=-1s", "latency=-1s needs a time with its unit"),
        ("expire=", "expire= needs a time with its unit"),
        ("expire=soon", "expire=soon needs a time with its unit"),
        ("throttle=0.1,throttle=0.2", "throttle=0.2 repeats throttle"),
        ("deny", "deny names no operation of cloudwatch or logs"),
        ("deny=StartQuery", "deny=StartQuery names no operation of cloudwatch or logs"),
        ("deny=logs:StartQueries", "deny=logs:StartQueries names no operation of cloudwatch or logs"),
        ("deny=monitoring:*", "deny=monitoring:* names no operation of cloudwatch or logs"),
        ("deny=sts:GetCallerIdentity", "deny=sts:GetCallerIdentity names no operation of cloudwatch or logs"),
    ],
)
def test_fault_that_cannot_be_read_says_what_is_wrong_and_the_valid_forms(spec: str, problem: str) -> None:
    with pytest.raises(ValueError, match="For example: throttle=") as invalid:
        Sandbox(faults=spec)
    assert str(invalid.value).startswith(f"{problem}. The faults are ")


@contextmanager
def sandbox(faults: str, **more: Any) -> Iterator[Sandbox]:
    with Sandbox(**{"now": NOW, "incident": None, "faults": faults, **more}) as running:
        yield running


def error(call: Callable[..., Any], **request: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as refused:
        call(**request)
    response = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


CALLS = [("logs", "describe_log_groups"), ("cloudwatch", "describe_alarms"), ("sts", "get_caller_identity")]


def answers(faults: str) -> list[tuple[str, int, str]]:
    """The errors of Logs, CloudWatch and STS."""
    with sandbox(faults) as running:
        return [error(getattr(client_of(service, running.endpoint_url), operation)) for service, operation in CALLS]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="cloud-custodian/cloud-custodian "
    "tests/data/placebo/test_query_pagination_retry/logs.DescribeLogGroups_2.json",
    behaviour="A throttled request of CloudWatch Logs gets a ThrottlingException with status 400.",
)
def test_throttled() -> None:
    assert answers("throttle=1") == [
        ("ThrottlingException", 400, "Rate exceeded"),
        ("Throttling", 400, "Rate exceeded"),
        ("Throttling", 400, "Rate exceeded"),
    ]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch and CloudWatch Logs API References, Common Errors",
    behaviour="Expired credentials get ExpiredTokenException in JSON, and ExpiredToken in the query protocol.",
)
def test_expired() -> None:
    message = "The security token included in the request is expired"
    assert answers("expire") == [
        ("ExpiredTokenException", 400, message),
        ("ExpiredToken", 400, message),
        ("ExpiredToken", 403, message),
    ]


def test_failed() -> None:
    assert [(code, status) for code, status, _ in answers("fail=1")] == [("InternalFailure", 500)] * 3


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="denials that users publish, of GetMetricData and of DescribeLogGroups (2026)",
    behaviour="CloudWatch answers AccessDenied without a resource, Logs AccessDeniedException with one.",
)
def test_denied() -> None:
    with sandbox("deny=cloudwatch:GetMetric*,deny=logs:startquery") as running:
        logs, cloudwatch = (client_of(service, running.endpoint_url) for service in ("logs", "cloudwatch"))
        user = "User: arn:aws:sts::123456789012:user/moto is not authorized to perform:"
        because = "because no identity-based policy allows the"
        resource = "arn:aws:logs:us-east-1:123456789012:log-group::log-stream:"
        request = {"MetricDataQueries": [], "StartTime": NOW, "EndTime": NOW}
        assert error(cloudwatch.get_metric_data, **request) == (
            "AccessDenied",
            400,
            f"{user} cloudwatch:GetMetricData {because} cloudwatch:GetMetricData action",
        )
        assert error(logs.start_query, queryString="fields @message", startTime=0, endTime=1) == (
            "AccessDeniedException",
            400,
            f"{user} logs:StartQuery on resource: {resource} {because} logs:StartQuery action",
        )
        assert cloudwatch.describe_alarms()["MetricAlarms"] == []
        assert logs.describe_log_groups()["logGroups"] == []


@pytest.mark.parametrize(
    ("operation", "status", "text"),
    [
        ("DescribeAlarms", 403, "<Type>Sender</Type><Code>AccessDenied</Code><Message>User: "),
        ("ListMetrics", 200, "<ListMetricsResult>"),
    ],
)
def test_denied_in_the_query_protocol(operation: str, status: int, text: str) -> None:
    cloudwatch.install(Clock(NOW))
    application = Application()
    application.faults = Faults(parse("deny=cloudwatch:Describe*"), Clock(NOW))
    response = Client(application).post(
        "/",
        data={"Action": operation, "Version": "2010-08-01"},
        headers={"Authorization": "AWS4-HMAC-SHA256 Credential=a/20260304/us-east-1/monitoring/aws4_request"},
    )
    assert (response.status_code, text in response.text) == (status, True), response.text


def is_answered(client: Any) -> bool:
    try:
        client.describe_log_groups()
    except ClientError:
        return False
    return True


def test_share_of_requests_is_throttled_the_same_in_each_run() -> None:
    runs = []
    for _ in range(2):
        with sandbox("throttle=0.2") as running:
            logs = client_of("logs", running.endpoint_url)
            runs.append([is_answered(logs) for _ in range(50)])
    assert runs[0] == runs[1]
    assert 35 <= sum(runs[0]) <= 45


def test_botocore_retries_what_is_throttled(monkeypatch: pytest.MonkeyPatch) -> None:
    instant_backoff(monkeypatch)
    config = Config(proxies={}, retries={"mode": "standard", "total_max_attempts": 5})
    for service, operation in CALLS:
        with sandbox("throttle=0.5") as running:
            client = boto3.client(service, "us-east-1", endpoint_url=running.endpoint_url, config=config)
            replies = [getattr(client, operation)() for _ in range(3)]
        assert sum(reply["ResponseMetadata"]["RetryAttempts"] for reply in replies) > 0


def test_credentials_expire_in_the_sandboxs_time() -> None:
    with sandbox("expire=30s") as running:
        logs = client_of("logs", running.endpoint_url)
        running.clock.travel(NOW + timedelta(seconds=29))
        assert logs.describe_log_groups()["logGroups"] == []
        running.clock.travel(NOW + timedelta(seconds=30))
        assert error(logs.describe_log_groups)[0] == "ExpiredTokenException"


def test_latency_comes_before_each_answer() -> None:
    waits: list[float] = []
    application = Application()
    application.faults = Faults(parse("latency=1.5s,deny=logs:StartQuery"), Clock(NOW), waits.append)
    server = Server(application)
    logs = client_of("logs", server.endpoint_url)
    assert logs.describe_log_groups()["logGroups"] == []
    assert error(logs.start_query, queryString="fields @message", startTime=0, endTime=1)[0] == "AccessDeniedException"
    server.stop()
    assert waits == [1.5, 1.5]


def test_the_incident_is_written_without_faults() -> None:
    with sandbox("deny=logs:Create*,throttle=0.0,expire=1s", incident="quiet-day") as running:
        logs = client_of("logs", running.endpoint_url)
        assert logs.describe_log_groups()["logGroups"]
        assert error(logs.create_log_group, logGroupName="/more")[0] == "AccessDeniedException"


Connect: TypeAlias = Callable[[str], AbstractAsyncContextManager[Ask]]


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Connect:
    instant_backoff(monkeypatch)

    @asynccontextmanager
    async def connect(faults: str) -> AsyncIterator[Ask]:
        with sandbox(faults) as running:
            monkeypatch.setenv("AWS_ENDPOINT_URL", running.endpoint_url)
            async with asking(build_server(Settings(), os.environ, clock=Time(NOW).clock())) as ask:
                yield ask

    return connect


TOOLS: list[tuple[str, str, dict[str, Any]]] = [
    ("get_active_alarms", "DescribeAlarms", {}),
    ("get_alarm_history", "DescribeAlarmHistory", {"alarm_name": "slow"}),
    ("describe_log_groups", "DescribeLogGroups", {}),
    (
        "execute_log_insights_query",
        "StartQuery",
        {"log_group_names": ["/a"], "query_string": "fields @message", "start_time": "1h"},
    ),
    (
        "analyze_log_group",
        "ListLogAnomalyDetectors",
        {"log_group_arn": "arn:aws:logs:us-east-1:123456789012:log-group:/a"},
    ),
    ("get_metric_data", "GetMetricData", {"namespace": "Shop", "metric_name": "Orders"}),
]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("faults", "texts"),
    [
        ("throttle=1", ("Rate exceeded", "wait some seconds")),
        ("expire", ("The security token included in the request is expired", "renew them")),
        ("fail=1", ("InternalFailure", "call again in a moment")),
        ("deny=logs:*,deny=cloudwatch:*", ("is not authorized to perform", "Allow the IAM action")),
    ],
)
async def test_tools_say_what_failed_and_what_to_do(connected: Connect, faults: str, texts: tuple[str, ...]) -> None:
    async with connected(faults) as ask:
        for tool, operation, arguments in TOOLS:
            failure = (await ask(tool, **arguments)).error
            assert operation in failure
            assert [text for text in texts if text not in failure] == [], failure


@pytest.mark.anyio
async def test_tools_get_over_throttling_now_and_then(connected: Connect) -> None:
    async with connected("throttle=0.2,fail=0.1") as ask:
        replies = [await ask("describe_log_groups") for _ in range(10)]
    assert [reply.error for reply in replies if reply.failed] == []


@pytest.mark.anyio
async def test_tool_goes_on_without_a_part_that_is_denied_and_says_so(connected: Connect) -> None:
    async with connected("deny=logs:DescribeQueryDefinitions") as ask:
        reply = await ask("describe_log_groups")
    assert not reply.failed
    (note,) = [note for note in reply.notes if "Saved queries" in note]
    assert "Allow the IAM action logs:DescribeQueryDefinitions" in note


@pytest.mark.parametrize("command", [["sandbox"], ["--sandbox", "check"]])
def test_command_line_passes_the_faults_on(command: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[str] = []

    def made(*, faults: str, **_: object) -> None:
        given.append(faults)
        raise ValueError

    monkeypatch.setattr("cloudwatch_mcp.sandbox.Sandbox", made)
    with pytest.raises(SystemExit):
        cli.main([*command[:1], "--fault", "throttle=0.1", "--fault", "expire,deny=logs:*", *command[1:]])
    assert given == ["throttle=0.1,expire,deny=logs:*"]


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--fault", "expire"], "--fault cannot be used without --sandbox."),
        (["demo", "--fault", "expire"], "unrecognized"),
        (["--fault", "expire", "demo"], "--fault cannot be used with demo, which has its own sandbox."),
        (["--sandbox", "--fault", "slow"], "cloudwatch-mcp: slow is not a fault. The faults are throttle=P"),
    ],
)
def test_command_line_explains_a_wrong_fault(
    capsys: pytest.CaptureFixture[str], arguments: list[str], complaint: str
) -> None:
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert complaint in f"{left.value}{capsys.readouterr().err}"
