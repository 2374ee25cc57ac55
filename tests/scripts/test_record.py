"""scripts/record: on the sandbox, and on an AWS account, for which an empty sandbox poses."""

from __future__ import annotations

import json
import re
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from io import StringIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.core.exceptions import JsonRESTError

from cloudwatch_mcp.clock import Clock
from cloudwatch_mcp.recording import load
from cloudwatch_mcp.sandbox import Sandbox
from cloudwatch_mcp.sandbox.incident import log_groups, seed
from cloudwatch_mcp.sandbox.incident.anomalies import Detector
from cloudwatch_mcp.sandbox.incident.metrics_shop import shop_metrics
from cloudwatch_mcp.sandbox.logs import SandboxLogsResponse
from cloudwatch_mcp.sandbox.server import Application
from scripts.record_lib import account, aws_run, choice, command, prefix, sandbox_run
from scripts.record_lib.belongings import belongings
from scripts.record_lib.command import main
from scripts.record_lib.policy import policy
from scripts.record_lib.progress import Progress
from tests.support.cases import CASES, Case
from tests.support.places import ROOT

ACCOUNT = "314159265358"
NOW = datetime(2026, 12, 1, 9, 3, 20, tzinfo=timezone.utc)
END = datetime(2026, 12, 1, 10, 30, tzinfo=timezone.utc)

GROUPS = Case(
    name="describe_log_groups/by_prefix",
    arguments={"log_group_name_prefix": "/shop/"},
    target="aws",
    says="All groups are there.",
    holds=lambda reply: (
        [row["name"] for row in reply.rows("log_groups")] == ["/shop/audit", "/shop/deployments", "/shop/load-test"]
    ),
)
QUERY = Case(
    name="execute_log_insights_query/deployments",
    arguments={
        "query_string": 'filter msg = "deployment started" | fields @message',
        "log_group_identifiers": ["arn:aws:logs:us-east-1:123456789012:log-group:/shop/deployments"],
        "start_time": "1h",
    },
    target="aws",
    says="The deployment is in the last hour.",
    holds=lambda reply: reply.rows("results")[0]["@message"]["to"] == "2.15.0",
)
METRIC = Case(
    name="get_metric_data/maintenance",
    arguments={"namespace": "Shop/Operations", "metric_name": "MaintenanceWindow", "target_datapoints": 6},
    target="aws",
    says="Nobody does maintenance.",
    holds=lambda reply: set(reply.data["series"][0]["values"]) == {0},
)
ALARM = Case(
    name="get_alarm_history/composite",
    arguments={"alarm_name": "shop-checkout-degraded", "include_component_alarms": True},
    target="aws",
    says="The composite alarm went off.",
    holds=lambda reply: reply.rows("transitions")[0]["to"] == "ALARM" and len(reply.rows("components")) == 5,
)
EVERYTHING = replace(GROUPS, name="describe_log_groups/everything", arguments={})
WRONG = replace(GROUPS, name="describe_log_groups/wrong", says="There are none.", holds=lambda _: False)
NOT_ON_AWS = replace(GROUPS, name="describe_log_groups/linked", target="sandbox")
BY_HAND = replace(GROUPS, name="describe_log_groups/denied", target="authored")


@dataclass
class Lent:
    """An account that is the sandbox, and the time in it, which goes by only when somebody waits."""

    sandbox: Sandbox
    root: Path
    operations: list[str] = field(default_factory=list)
    waited: float = 0.0
    while_waiting: Callable[[], None] = lambda: None

    async def wait(self, seconds: float) -> None:
        self.waited += seconds
        self.sandbox.clock.travel(self.sandbox.clock.now() + timedelta(seconds=seconds))
        self.while_waiting()

    def record(self, *arguments: str, number: str = ACCOUNT) -> int:
        clock = Clock(now=self.sandbox.clock.now, monotonic=lambda: self.waited, sleep=self.wait)
        place = ("--target", "aws", "--account", number, "--region", "us-east-1")
        return main([*place, *arguments], root=self.root, clock=clock)

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name="us-east-1")

    def names(self) -> set[str]:
        """Of everything that is in the account."""
        logs, cloudwatch = self.client("logs"), self.client("cloudwatch")
        alarms = cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        return {
            *(each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]),
            *(each["name"] for each in logs.describe_query_definitions()["queryDefinitions"]),
            *(each["detectorName"] for each in logs.list_log_anomaly_detectors()["anomalyDetectors"]),
            *(each["AlarmName"] for each in [*alarms["MetricAlarms"], *alarms["CompositeAlarms"]]),
            *(each["Namespace"] for each in cloudwatch.describe_anomaly_detectors()["AnomalyDetectors"]),
        }

    def tags(self) -> list[dict[str, str]]:
        """Of each log group and each metric alarm."""
        logs, cloudwatch = self.client("logs"), self.client("cloudwatch")
        groups = [each["logGroupName"] for each in logs.describe_log_groups()["logGroups"]]
        alarms = [each["AlarmArn"] for each in cloudwatch.describe_alarms()["MetricAlarms"]]
        listed = [cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] for arn in alarms]
        return [
            *(logs.list_tags_log_group(logGroupName=name)["tags"] for name in groups),
            *({each["Key"]: each["Value"] for each in tags} for tags in listed),
        ]


@pytest.fixture
def cases(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes these the suite's cases."""
    return lambda *cases: monkeypatch.setattr(command, "CASES", cases)


@contextmanager
def lending(root: Path) -> Iterator[Lent]:
    asked: list[str] = []
    answer = Application.__call__

    def note(self: Application, environ: Any, start_response: Any) -> Any:
        asked.append(environ.get("HTTP_X_AMZ_TARGET", "GetCallerIdentity").rpartition(".")[2])
        return answer(self, environ, start_response)

    with pytest.MonkeyPatch.context() as patch, Sandbox(now=NOW, seeded=False) as sandbox:
        _shorten_the_incident(patch)
        patch.setattr(Application, "__call__", note)
        for name, value in {**sandbox.environment, "MOTO_ACCOUNT_ID": ACCOUNT}.items():
            patch.setenv(name, value)
        yield Lent(sandbox, root, asked)


@pytest.fixture
def lent(tmp_path: Path) -> Iterator[Lent]:
    """An empty account."""
    with lending(tmp_path) as lent:
        yield lent


@dataclass
class Whole:
    """A run of every part, what it said, and what was in the account meanwhile and after it."""

    lent: Lent
    code: int = 0
    told: str = ""
    meanwhile: set[str] = field(default_factory=set)
    tags: list[dict[str, str]] = field(default_factory=list)
    after: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    with lending(tmp_path_factory.mktemp("tree")) as lent, pytest.MonkeyPatch.context() as patch:
        whole = Whole(lent)

        def look() -> None:
            if not whole.meanwhile:
                whole.meanwhile, whole.tags = lent.names(), lent.tags()

        patch.setattr(command, "CASES", (GROUPS, QUERY, METRIC, ALARM, NOT_ON_AWS, BY_HAND))
        lent.while_waiting = look
        with redirect_stdout(StringIO()) as out:
            whole.code = lent.record()
        whole.told, whole.after = out.getvalue(), lent.names()
    return whole


def _shorten_the_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three log groups and one metric: as many requests of every kind as it takes, and not more."""
    few = [
        group
        for group in log_groups.LOG_GROUPS
        if group.name in ("/shop/audit", "/shop/deployments", "/shop/load-test")
    ]
    metrics = [each for each in shop_metrics() if each.name == "MaintenanceWindow"]
    for module in ("cloudwatch_mcp.sandbox.incident.seed", "scripts.record_lib.readiness"):
        monkeypatch.setattr(f"{module}.LOG_GROUPS", few)
        monkeypatch.setattr(f"{module}.shop_metrics", lambda: metrics)
    monkeypatch.setattr(seed, "DETECTORS", [Detector("shop-audit-anomalies", "/shop/deployments", 0)])


def saved(case: Case, root: Path) -> tuple[str, str]:
    """The text of its cassette, whichever botocore it is of, and of its snapshot."""
    placed = replace(case, root=root)
    cassette = re.sub(r"(?m)^  botocore: .*", "", placed.cassette.read_text("utf-8"))
    return cassette, placed.snapshot.read_text("utf-8")


def put_old(case: Case, root: Path) -> None:
    placed = replace(case, root=root)
    for path in (placed.cassette, placed.snapshot):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("old", "utf-8")


def test_recordings_of_an_account_name_neither_it_nor_the_prefix(whole: Whole) -> None:
    assert whole.code == 0
    for case in (GROUPS, QUERY, METRIC, ALARM):
        for text in saved(case, whole.lent.root):
            assert ACCOUNT not in text
            assert prefix.FAMILY not in text
    cassette = load(replace(QUERY, root=whole.lent.root).cassette)
    assert cassette.get_metadata("target", None) == "aws"
    assert cassette.get_metadata("recorded_at", None) == END
    assert cassette.get_metadata("calls", None)[0]["arguments"] == QUERY.arguments


def test_nothing_of_a_run_stays_in_the_account(whole: Whole) -> None:
    assert len(whole.meanwhile) > 30
    assert whole.after == set()


def test_everything_written_has_the_runs_prefix_and_tag(whole: Whole) -> None:
    (its,) = {name[: len(prefix.new())] for name in whole.meanwhile}
    assert prefix.is_prefix(its)
    assert len(whole.tags) > 20
    assert all(each == {aws_run.TAG: its.strip("-")} for each in whole.tags)


def test_what_is_left_is_listed_with_the_reason(whole: Whole) -> None:
    assert "1: cannot be had on demand of an account, but of the sandbox\n  describe_log_groups/linked\n" in whole.told
    assert "1: written by hand\n  describe_log_groups/denied\n" in whole.told


def test_the_incident_happens_while_the_run_waits_so_that_queries_see_an_hour_of_it(whole: Whole) -> None:
    assert END - timedelta(seconds=whole.lent.waited) < END - timedelta(hours=1)
    assert NOW + timedelta(hours=2) > END  # API_PutLogEvents takes nothing later


def test_alarms_that_cloudwatch_does_not_bring_there_are_set(whole: Whole) -> None:
    assert "SetAlarmState" in whole.lent.operations


def test_the_policy_allows_all_that_a_run_asks(whole: Whole) -> None:
    statements = json.loads(policy(ACCOUNT, "us-east-1"))["Statement"]
    allowed = {action.partition(":")[2] for each in statements for action in _listed(each["Action"])}
    ours = {"GetCallerIdentity", "ListTagsForResource", "ListTagsLogGroup"}  # asked by this test, or always allowed
    assert set(whole.lent.operations) - ours <= allowed
    writing = [each for each in statements if each["Sid"] in ("Alarms", "LogGroups")]
    assert all(f":{prefix.FAMILY}*" in _listed(each["Resource"])[0] for each in writing)


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_the_sandbox_does_not_replace_what_aws_has_answered(whole: Whole, tmp_path: Path) -> None:
    assert choice.for_sandbox([replace(GROUPS, root=whole.lent.root)]).cases == []
    assert choice.for_sandbox([replace(GROUPS, root=tmp_path)]).cases != []


def test_another_account_is_refused_before_anything_is_asked_of_it(
    lent: Lent, cases: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    cases(QUERY)
    assert lent.record(number="271828182845") == 1
    assert lent.record("--teardown", prefix.new(), number="271828182845") == 1
    assert set(lent.operations) == {"GetCallerIdentity"}
    assert f"credentials of account {ACCOUNT}, not of 271828182845" in capsys.readouterr().err


def test_a_recording_that_is_not_well_leaves_all_as_it_was(
    lent: Lent, cases: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    cases(GROUPS, WRONG)
    put_old(GROUPS, lent.root)
    assert lent.record() == 1
    assert saved(GROUPS, lent.root) == ("old", "old")
    assert (
        "describe_log_groups/wrong: This does not hold of its answer any more: There are none."
        in capsys.readouterr().err
    )
    assert lent.names() == set()


def test_what_others_have_in_the_account_is_not_recorded_and_not_removed(
    lent: Lent, cases: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    cases(EVERYTHING)
    lent.client("logs").create_log_group(logGroupName="/theirs")
    assert lent.record() == 1
    assert "an answer tells of /theirs, which is not of this run" in capsys.readouterr().err
    assert lent.names() == {"/theirs"}


def test_a_seeding_that_fails_is_removed(
    lent: Lent, cases: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: Any) -> str:
        raise JsonRESTError("AccessDeniedException", "You may not.")

    cases(QUERY)
    monkeypatch.setattr(SandboxLogsResponse, "put_query_definition", refuse)
    assert lent.record() == 1
    assert "CreateLogGroup" in lent.operations
    assert "You may not." in capsys.readouterr().err
    assert lent.names() == set()


def test_data_that_never_can_be_read_ends_the_run(
    lent: Lent, cases: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cases(METRIC)
    monkeypatch.setattr("scripts.record_lib.readiness._EVERY", 300.0)
    monkeypatch.setattr("scripts.record_lib.readiness._periods", lambda *_: set(range(99)))
    assert lent.record() == 1
    assert "Of 100 metrics that were written only 37 can be read after 20 minutes." in capsys.readouterr().err


def test_data_that_takes_a_while_to_be_read_is_waited_for(
    lent: Lent, cases: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    written = iter([set(range(99)), set(range(99)), set(range(36))])
    cases(METRIC)
    monkeypatch.setattr("scripts.record_lib.readiness._periods", lambda *_: next(written))
    assert lent.record() == 0
    assert lent.waited >= 30


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_removed(
    lent: Lent, cases: Callable[..., None], number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    cases(QUERY)
    put_old(QUERY, lent.root)
    before = signal.getsignal(number)
    lent.while_waiting = lambda: signal.raise_signal(number)
    assert lent.record() == 1
    assert f"ended by {number.name}; nothing was changed" in capsys.readouterr().err
    assert saved(QUERY, lent.root) == ("old", "old")
    assert lent.names() == set()
    assert signal.getsignal(number) is before


def test_a_second_interrupt_does_not_keep_the_first_from_removing(lent: Lent) -> None:
    def interrupted_twice() -> None:
        with aws_run._ended_by_signals():
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                signal.raise_signal(signal.SIGINT)
                lent.operations.append("removed")

    with pytest.raises(KeyboardInterrupt):
        interrupted_twice()
    assert lent.operations == ["removed"]


def test_what_cannot_be_removed_is_told_with_the_command_that_removes_it(
    lent: Lent, cases: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: Any) -> str:
        raise JsonRESTError("AccessDeniedException", "You may not.")

    cases(GROUPS)
    with monkeypatch.context() as patch:
        patch.setattr(SandboxLogsResponse, "delete_log_group", refuse)
        assert lent.record() == 1
    assert len(lent.names()) == 3
    told = capsys.readouterr().err
    assert "LEFT in the account: log group cwmcp-" in told
    teardown = told.partition("Remove it with: scripts/record ")[2].split()
    assert main(teardown) == 0
    assert lent.names() == set()


def test_a_teardown_removes_what_has_its_prefix_and_nothing_else(lent: Lent) -> None:
    ours, theirs = prefix.new(), prefix.new()
    for each, parts in ((ours, seed.PARTS), (theirs, ["logs"]), ("", ["logs"])):
        seed.seed(lent.client("logs"), lent.client("cloudwatch"), now=END, prefix=each, parts=parts)
    before = lent.names()
    things = [thing.name for thing in belongings(account.enter(ACCOUNT, "us-east-1", ours))]
    parent, child = (things.index(f"{ours}shop-{name}") for name in ("storefront-page", "checkout-degraded"))
    assert parent < child  # API_DeleteAlarms deletes no alarm that a composite alarm depends on
    assert lent.record("--teardown", ours) == 0
    assert lent.names() == {name for name in before if not name.startswith(ours)}
    assert any(name.startswith(theirs) for name in before)


@pytest.mark.parametrize("given", ["", "/", "cwmcp-", "cwmcp-short-", "shop-", "cwmcp-0123456789"])
def test_a_teardown_of_what_is_no_runs_prefix_is_refused(
    lent: Lent, given: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        lent.record("--teardown", given)
    assert "is no prefix of a run" in capsys.readouterr().err
    assert not lent.operations


def test_a_clients_write_under_another_name_is_not_sent(lent: Lent) -> None:
    entered = account.enter(ACCOUNT, "us-east-1", prefix.new())
    metric = {"Namespace": "theirs", "MetricName": "m", "Stat": "Sum"}
    writes: list[Callable[[], Any]] = [
        lambda: entered.logs.delete_log_group(logGroupName="/theirs"),
        lambda: entered.logs.put_query_definition(name="theirs", queryString="fields @message"),
        lambda: entered.logs.delete_log_stream(logGroupName=f"{entered.prefix}/ours", logStreamName="not foreseen"),
        lambda: entered.cloudwatch.delete_alarms(AlarmNames=[f"{entered.prefix}ours", "theirs"]),
        lambda: entered.cloudwatch.put_metric_data(Namespace="theirs", MetricData=[{"MetricName": "m", "Value": 1.0}]),
        lambda: entered.cloudwatch.delete_anomaly_detector(SingleMetricAnomalyDetector=metric),
    ]
    for write in writes:
        with pytest.raises(PermissionError, match="was not sent"):
            write()
    assert lent.operations == ["GetCallerIdentity"]
    assert belongings(entered) == []


@pytest.mark.parametrize("target", ["aws", "sandbox"])
def test_a_dry_run_says_what_would_happen_and_calls_nothing(
    lent: Lent, cases: Callable[..., None], target: str, capsys: pytest.CaptureFixture[str]
) -> None:
    cases(QUERY, METRIC)
    if target == "aws":
        assert lent.record("--dry-run") == 0
    else:
        assert main(["--dry-run"], root=lent.root) == 0
    told = capsys.readouterr().out
    assert not lent.operations
    assert not list(lent.root.iterdir())
    if target == "aws":
        assert "3 × create_log_group" in told
        assert "1 metrics for two hours" in told
        assert "USD in all" in told
    else:
        assert "would record on the sandbox:\n  execute_log_insights_query/deployments" in told


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"start_time": "2026-11-20T10:00:00Z"}, "a time that is not relative"),
        ({"end_time": 1_795_172_400}, "a time that is not relative"),
        ({"region": "eu-west-1"}, "another Region"),
        ({"log_group_identifiers": ["arn:aws:logs:eu-west-1:123456789012:log-group:/shop/audit"]}, "another Region"),
        ({"profile_name": "eu"}, "another account"),
        ({"namespace": "AWS/SQS"}, "AWS publishes its metrics itself"),
        ({"alarm_name": "shop-elb-5xx"}, "AWS publishes its metrics itself"),
        ({"start_time": "2h"}, "further back"),
    ],
)
def test_a_case_that_an_account_cannot_answer_is_left_with_the_reason(arguments: dict[str, Any], why: str) -> None:
    case = replace(QUERY, arguments=QUERY.arguments | arguments)
    (reason,) = choice.for_aws([case], "us-east-1", NOW).left
    assert why in reason


def test_names_are_prefixed_wherever_the_arguments_have_them() -> None:
    case = replace(
        QUERY,
        arguments={
            "log_group_names": ["/shop/audit"],
            "log_group_arn": "arn:aws:logs:us-east-1:123456789012:log-group:/shop/audit:*",
            "query_string": "SOURCE logGroups(namePrefix: ['/ecs/shop']) | filter service = 'Shop'",
            "queries": [
                {"id": "a", "metric_stat": {"namespace": "Shop/Checkout", "metric_name": "Latency"}},
                {"id": "b", "expression": 'SELECT MAX(Latency) FROM SCHEMA("Shop/Checkout", Service)', "period": 60},
            ],
        },
    )
    assert prefix.put_before_names(case, "p-", ACCOUNT).arguments == {
        "log_group_names": ["p-/shop/audit"],
        "log_group_arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:p-/shop/audit:*",
        "query_string": "SOURCE logGroups(namePrefix: ['p-/ecs/shop']) | filter service = 'Shop'",
        "queries": [
            {"id": "a", "metric_stat": {"namespace": "p-Shop/Checkout", "metric_name": "Latency"}},
            {"id": "b", "expression": 'SELECT MAX(Latency) FROM SCHEMA("p-Shop/Checkout", Service)', "period": 60},
        ],
    }


def test_the_tree_as_it_is_is_what_the_sandbox_gives(
    sandbox: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = (
        "get_alarm_history/anomaly_band",
        "analyze_log_group/by_name",
        "cancel_logs_insight_query/ended",
        "get_metric_data/unknown_metric",
    )
    chosen = [replace(case, root=tmp_path) for case in CASES if case.name in names]
    monkeypatch.setenv("AWS_ENDPOINT_URL", sandbox)
    sandbox_run.record(chosen, Progress(StringIO()), lambda _: None)
    for case in CASES:
        if case.name in names:
            assert saved(case, tmp_path) == saved(case, ROOT)


def test_recording_on_the_sandbox_again_changes_nothing(
    tmp_path: Path, cases: Callable[..., None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cases(replace(GROUPS, arguments={"log_group_name_prefix": "/none"}, holds=lambda reply: bool(reply.notes)))
    monkeypatch.setattr(sandbox_run, "Sandbox", _Unseeded)
    assert main([], root=tmp_path) == 0
    assert "1 cases recorded, replayed and checked; 2 files changed" in capsys.readouterr().out
    assert main([], root=tmp_path) == 0
    assert "1 cases recorded, replayed and checked; 0 files changed" in capsys.readouterr().out


class _Unseeded(Sandbox):
    def __init__(self, **options: Any) -> None:
        super().__init__(seeded=False, **options)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--only", "get_active_alarms/nothing_so_named"], "No case is named"),
        (["--account", ACCOUNT], "give --target aws, too"),
        (["--target", "aws"], "--account and --region must be given"),
        (["--teardown", "cwmcp-0123456789-", "--region", "us-east-1"], "--account must be given"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    arguments: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        code: int | str | None = main(arguments, root=tmp_path)
    except SystemExit as left:
        code = left.code
    assert code in (1, 2)
    assert told in capsys.readouterr().err


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_a_bar_on_a_terminal_and_a_line_for_each_tenth_elsewhere() -> None:
    for stream, shown in ((StringIO(), "0% read (1)\n10% read (3)\nend\n"), (Terminal(), "[###")):
        progress = Progress(stream)
        for count in (1, 2, 3):
            progress.show("read", count / 30, f"({count})")
        progress.tell("end")
        assert shown in stream.getvalue()
