"""scripts/record on an AWS account, for which an empty sandbox stands in."""

from __future__ import annotations

import json
import re
import shutil
import signal
from collections.abc import Callable, Iterator, Mapping
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
from cloudwatch_mcp.sandbox.incidents.checkout_failures import INCIDENT
from cloudwatch_mcp.sandbox.kit.anomalies import Detector
from cloudwatch_mcp.sandbox.kit.seed import PARTS, Target, seed
from cloudwatch_mcp.sandbox.logs import SandboxLogsResponse
from cloudwatch_mcp.sandbox.server import Application
from scripts.record_lib import account, aws_run, resources
from scripts.record_lib.command import main
from scripts.record_lib.permissions import policy
from scripts.record_lib.suite import Suite
from tests.support.cassettes import AwsRun
from tests.support.inner_suite import InnerSuite
from tests.support.places import ROOT
from tests.support.run_prefix import FAMILY, is_prefix, new_prefix, with_prefix

ACCOUNT = "314159265358"
NOW = datetime(2026, 12, 1, 9, 3, 20, tzinfo=timezone.utc)
END = datetime(2026, 12, 1, 10, 30, tzinfo=timezone.utc)

ALARMS = {
    *("shop-checkout-5xx-rate", "shop-checkout-latency-p99", "shop-payments-gateway-timeouts"),
    *("shop-payments-retry-queue", "shop-maintenance-window"),  # the five of the composite alarm
    *("payments latency (p99) eu", "shop-orders-per-minute-anomaly", "shop-elb-5xx"),
}
SHORT = replace(
    INCIDENT,
    log_groups=[
        group for group in INCIDENT.log_groups if group.name in {"/shop/audit", "/shop/deployments", "/shop/load-test"}
    ],
    metrics=[metric for metric in INCIDENT.metrics if metric.name == "MaintenanceWindow"],
    alarms=[alarm for alarm in INCIDENT.alarms if alarm.name in ALARMS],
    detectors=[Detector("shop-audit-anomalies", "/shop/deployments", 0)],
)
"""Three log groups, one metric and eight alarms: requests of every kind, and no more."""

TESTS = {
    "describe_log_groups": """
@pytest.mark.vcr
@pytest.mark.aws
async def test_by_prefix(ask: Ask, snapshot: SnapshotAssertion) -> None:
    reply = await ask("describe_log_groups", log_group_name_prefix="/shop/")

    assert [row["name"] for row in reply.rows("log_groups")] == ["/shop/audit", "/shop/deployments", "/shop/load-test"]
    assert reply == snapshot


@pytest.mark.vcr
async def test_linked(ask: Ask) -> None:
    raise AssertionError("an account cannot record this test")
""",
    "execute_log_insights_query": """
@pytest.mark.vcr
@pytest.mark.aws
async def test_deployments(ask: Ask, snapshot: SnapshotAssertion) -> None:
    reply = await ask(
        "execute_log_insights_query",
        query_string='filter msg = "deployment started" | fields @message',
        log_group_identifiers=["arn:aws:logs:us-east-1:123456789012:log-group:/shop/deployments"],
        start_time="1h",
    )
    again = await ask("get_logs_insight_query_results", query_id=reply.data["query_id"])

    assert reply.rows("results")[0]["@message"]["to"] == "2.15.0"
    assert again == snapshot
""",
    "get_metric_data": """
@pytest.mark.vcr
@pytest.mark.aws
async def test_maintenance(ask: Ask, snapshot: SnapshotAssertion) -> None:
    reply = await ask(
        "get_metric_data", namespace="Shop/Operations", metric_name="MaintenanceWindow", target_datapoints=6
    )

    assert set(reply.data["series"][0]["values"]) == {0}
    assert reply == snapshot
""",
    "get_alarm_history": """
@pytest.mark.vcr
@pytest.mark.aws
async def test_composite(ask: Ask, snapshot: SnapshotAssertion) -> None:
    reply = await ask("get_alarm_history", alarm_name="shop-checkout-degraded", include_component_alarms=True)

    assert reply.rows("transitions")[0]["to"] == "ALARM"
    assert len(reply.rows("components")) == 5
    assert reply == snapshot
""",
}
HEAD = """import pytest
from syrupy.assertion import SnapshotAssertion

from tests.support.asking import Ask

pytestmark = pytest.mark.anyio

"""


@dataclass
class Lent:
    """An account that is the sandbox, and its time, which passes only when somebody waits."""

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


def write_tests(root: Path) -> None:
    """Write tests, and files that a failed run must put back."""
    (root / "suite").mkdir(exist_ok=True)
    for tool, tests in TESTS.items():
        (root / "suite" / f"test_{tool}.py").write_text(HEAD + tests, "utf-8")
    for folder in ("cassettes", "snapshots"):
        (root / folder / "old").mkdir(parents=True)
        (root / folder / "old" / "file").write_text("old", "utf-8")


def only_old(root: Path) -> bool:
    files = [path for folder in ("cassettes", "snapshots") for path in (root / folder).rglob("*") if path.is_file()]
    return [path.read_text("utf-8") for path in files] == ["old", "old"]


@contextmanager
def lending(root: Path) -> Iterator[Lent]:
    asked: list[str] = []
    answer = Application.__call__

    def note(self: Application, environ: Any, start_response: Any) -> Any:
        asked.append(environ.get("HTTP_X_AMZ_TARGET", "GetCallerIdentity").rpartition(".")[2])
        return answer(self, environ, start_response)

    write_tests(root)
    with pytest.MonkeyPatch.context() as patch, Sandbox(now=NOW, incident=None) as sandbox:
        sandbox.hold_alarms(True)
        _shorten_the_incident(patch)
        patch.setattr(Application, "__call__", note)
        patch.setattr(account, "require_aws", lambda _: None)
        for name, value in {**sandbox.environment, "MOTO_ACCOUNT_ID": ACCOUNT}.items():
            patch.setenv(name, value)
        yield Lent(sandbox, root, asked)


@pytest.fixture
def lent(tmp_path: Path) -> Iterator[Lent]:
    """An empty account."""
    with lending(tmp_path) as lent:
        yield lent


@pytest.fixture
def pytest_runs(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replaces pytest: these tests are selected, and recording calls `record` with the run."""

    def replace(*tests: str, record: Callable[[Suite, AwsRun], object] = lambda *_: None) -> None:
        def start(suite: Suite, environment: Mapping[str, str]) -> None:
            record(suite, AwsRun(**json.loads(environment[AwsRun.VARIABLE])))

        monkeypatch.setattr(Suite, "tests", lambda _: [f"suite/{test}" for test in tests])
        monkeypatch.setattr(Suite, "record", start)
        monkeypatch.setattr(Suite, "update_snapshots", lambda _: None)

    return replace


GROUPS = "test_describe_log_groups.py::test_by_prefix"
QUERY = "test_execute_log_insights_query.py::test_deployments"
METRIC = "test_get_metric_data.py::test_maintenance"


@dataclass
class Whole:
    """A run of everything with the real pytest, its output, and what was in the account meanwhile and after it."""

    lent: Lent
    code: int = 0
    output: str = ""
    pytest: list[str] = field(default_factory=list)
    meanwhile: set[str] = field(default_factory=set)
    tags: list[dict[str, str]] = field(default_factory=list)
    after: set[str] = field(default_factory=set)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    root = tmp_path_factory.mktemp("tree")
    inner = InnerSuite(root, "unused")

    def pytest_here(
        suite: Suite, *options: str, environment: Mapping[str, str] | None = None, quiet: bool = False
    ) -> str:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in (environment or {}).items():
                patch.setenv(name, value)
            code, output = inner.pytest(
                "-m", "aws", "-k", suite.expression, *(each for each in options if each != "-q")
            )
        assert code == 0, output
        assert "::" in output or not quiet
        result.pytest.append(output)
        return output

    with lending(root) as lent, pytest.MonkeyPatch.context() as patch:
        patch.setattr(Suite, "_pytest", pytest_here)
        result = Whole(lent)

        def look() -> None:
            if not result.meanwhile:
                result.meanwhile, result.tags = lent.names(), lent.tags()

        lent.while_waiting = look
        with redirect_stdout(StringIO()) as out:
            result.code = lent.record()
        result.output, result.after = out.getvalue(), lent.names()
    return result


def _shorten_the_incident(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("aws_run", "estimate", "readiness"):
        monkeypatch.setattr(f"scripts.record_lib.{module}.INCIDENT", SHORT)


def test_recordings_of_an_account_name_neither_it_nor_the_prefix(whole: Whole) -> None:
    assert whole.code == 0
    recorded = [path for path in whole.lent.root.rglob("*") if path.suffix in (".yaml", ".json")]
    assert len(recorded) == 8
    for path in recorded:
        text = path.read_text("utf-8")
        assert ACCOUNT not in text
        assert FAMILY not in text
    about = load(whole.lent.root / "cassettes" / "execute_log_insights_query" / "deployments.yaml").metadata
    assert about["recorded_at"] == END
    assert about["calls"][0]["arguments"]["log_group_identifiers"] == [
        "arn:aws:logs:us-east-1:123456789012:log-group:/shop/deployments"
    ]


def test_the_run_itself_ends_with_the_behaviours_that_it_checked(whole: Whole) -> None:
    _, recording, _ = whole.pytest
    assert re.search(r"\nOf \d+ behaviours of AWS: 0 refuted, 0 confirmed, \d+ not checked\.\n", recording)


def test_what_did_not_come_from_aws_does_not_say_so(whole: Whole) -> None:
    cassettes = list((whole.lent.root / "cassettes").rglob("*.yaml"))
    assert {load(path).metadata["target"] for path in cassettes} == {"sandbox"}


def test_nothing_of_a_run_stays_in_the_account(whole: Whole) -> None:
    assert len(whole.meanwhile) > 20
    assert whole.after == set()


def test_everything_written_has_the_runs_prefix_and_tag(whole: Whole) -> None:
    (prefix,) = {name[: len(new_prefix())] for name in whole.meanwhile}
    assert is_prefix(prefix)
    assert len(whole.tags) > 10
    assert all(each == {aws_run.TAG: prefix.strip("-")} for each in whole.tags)


def test_the_files_that_changed_are_listed(whole: Whole) -> None:
    assert "4 tests recorded; 8 files changed\n  cassettes/describe_log_groups/by_prefix.yaml\n" in whole.output


def test_the_incident_happens_while_the_run_waits_so_that_queries_find_an_hour_of_it(whole: Whole) -> None:
    assert END - timedelta(seconds=whole.lent.waited) < END - timedelta(hours=1)
    assert NOW + timedelta(hours=2) > END  # API_PutLogEvents accepts nothing later


def test_alarms_that_cloudwatch_does_not_evaluate_are_set(whole: Whole) -> None:
    assert "SetAlarmState" in whole.lent.operations


def test_the_policy_allows_all_that_a_run_asks(whole: Whole) -> None:
    statements = json.loads(policy(ACCOUNT, "us-east-1"))["Statement"]
    allowed = {action.partition(":")[2] for each in statements for action in _as_list(each["Action"])}
    ours = {"GetCallerIdentity", "ListTagsForResource", "ListTagsLogGroup"}  # asked by this test, or always allowed
    assert set(whole.lent.operations) - ours <= allowed
    writing = [each for each in statements if each["Sid"] in ("Alarms", "LogGroups")]
    assert all(f":{FAMILY}*" in _as_list(each["Resource"])[0] for each in writing)


def _as_list(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def test_another_account_is_refused_before_anything_is_asked_of_it(
    lent: Lent, pytest_runs: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest_runs(QUERY)
    assert lent.record(number="271828182845") == 1
    assert lent.record("--teardown", new_prefix(), number="271828182845") == 1
    assert set(lent.operations) == {"GetCallerIdentity"}
    assert f"credentials are for account {ACCOUNT}, not 271828182845" in capsys.readouterr().err


@pytest.mark.parametrize("override", ["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LOGS", "profile"])
def test_an_endpoint_override_is_refused_before_anything_is_asked(
    override: str,
    tmp_path: Path,
    config_file: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Suite, "tests", lambda _: [QUERY])
    url = "http://127.0.0.1:9"
    if override == "profile":
        keys = "aws_access_key_id = testing\naws_secret_access_key = testing\n"
        config_file.write_text(f"[profile recording]\nendpoint_url = {url}\n{keys}", "utf-8")
    else:
        monkeypatch.setenv(override, url)
    place = ["--target", "aws", "--account", ACCOUNT, "--region", "us-east-1"]
    assert main([*place, *(["--profile", "recording"] if override == "profile" else [])], root=tmp_path) == 1
    refusal = f"Requests would go to {url}" if override == "profile" else f"unset {override}."
    assert refusal in capsys.readouterr().err


def test_failed_tests_leave_all_files_as_they_were(lent: Lent, pytest_runs: Callable[..., None]) -> None:
    def fail(suite: Suite, _: AwsRun) -> None:
        shutil.rmtree(suite.root / "snapshots" / "old")
        (suite.root / "cassettes" / "old" / "new.yaml").write_text("new", "utf-8")
        raise account.RunFailed("a test failed")

    pytest_runs(GROUPS, record=fail)
    assert lent.record() == 1
    assert only_old(lent.root)
    assert lent.names() == set()


def test_the_tests_an_account_can_record_are_run_with_the_runs_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # they take most of the time
    options = "addopts = -p pytest_recording.plugin -p syrupy\nmarkers = aws: as in this suite\n"
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{options}", "utf-8")
    tests = """
import os, pathlib, pytest

@pytest.mark.aws
def test_some_environment():
    pathlib.Path("run").write_text(os.environ["RUN"])

@pytest.mark.aws
def test_some_failure():
    assert False

def test_some_more():
    assert False
"""
    (tmp_path / "test_some.py").write_text(tests, "utf-8")
    suite = Suite(tmp_path, "some")
    assert suite.tests() == ["test_some.py::test_some_environment", "test_some.py::test_some_failure"]
    with pytest.raises(account.RunFailed, match="pytest --record-mode=rewrite --snapshot-update failed: nothing was"):
        suite.record({"RUN": "mine"})
    assert (tmp_path / "run").read_text("utf-8") == "mine"


def test_what_others_have_in_the_account_is_not_recorded_and_not_removed(
    lent: Lent, pytest_runs: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    def record(suite: Suite, _: AwsRun) -> None:
        shutil.copy(ROOT / "cassettes" / "describe_log_groups" / "bare_group.yaml", suite.root / "cassettes")

    pytest_runs(GROUPS, record=record)
    lent.client("logs").create_log_group(logGroupName="/theirs")
    assert lent.record() == 1
    assert "/app/api does not belong to this run: the account must be empty" in capsys.readouterr().err
    assert only_old(lent.root)
    assert lent.names() == {"/theirs"}


def test_a_seeding_that_fails_is_removed(
    lent: Lent,
    pytest_runs: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(_: Any) -> str:
        raise JsonRESTError("AccessDeniedException", "You may not.")

    pytest_runs(QUERY)
    monkeypatch.setattr(SandboxLogsResponse, "put_query_definition", refuse)
    assert lent.record() == 1
    assert "CreateLogGroup" in lent.operations
    assert "You may not." in capsys.readouterr().err
    assert lent.names() == set()


def test_data_that_cannot_be_read_in_time_ends_the_run(
    lent: Lent,
    pytest_runs: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pytest_runs(METRIC)
    monkeypatch.setattr("scripts.record_lib.readiness._INTERVAL", 300.0)
    monkeypatch.setattr("scripts.record_lib.readiness._written_periods", lambda *_: set(range(99)))
    assert lent.record() == 1
    assert "After 20 minutes only 37 of 100 metrics can be read." in capsys.readouterr().err


def test_a_run_waits_for_data_that_cannot_be_read_yet(
    lent: Lent, pytest_runs: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    readable = iter([1, 36, 37])
    pytest_runs(METRIC)
    monkeypatch.setattr("scripts.record_lib.readiness._readable_periods", lambda *_: next(readable))
    assert lent.record() == 0
    assert lent.waited >= 30


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_removed(
    lent: Lent, pytest_runs: Callable[..., None], number: signal.Signals, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest_runs(QUERY)
    before = signal.getsignal(number)
    lent.while_waiting = lambda: signal.raise_signal(number)
    assert lent.record() == 1
    assert f"stopped by {number.name}; nothing was changed" in capsys.readouterr().err
    assert only_old(lent.root)
    assert lent.names() == set()
    assert signal.getsignal(number) is before


def test_a_second_signal_does_not_stop_the_teardown(lent: Lent) -> None:
    def interrupted_twice() -> None:
        with aws_run._on_signals(aws_run._interrupt):
            try:
                signal.raise_signal(signal.SIGTERM)
            finally:
                signal.raise_signal(signal.SIGTERM)
                removed.append(lent)

    removed: list[Lent] = []
    with pytest.raises(KeyboardInterrupt, match="SIGTERM"):
        interrupted_twice()
    assert removed


def test_what_could_not_be_removed_is_listed_with_the_command(
    lent: Lent,
    pytest_runs: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(_: Any) -> str:
        raise JsonRESTError("AccessDeniedException", "You may not.")

    pytest_runs(GROUPS)
    with monkeypatch.context() as patch:
        patch.setattr(SandboxLogsResponse, "delete_log_group", refuse)
        assert lent.record() == 1
    assert len(lent.names()) == 3
    output = capsys.readouterr().err
    assert "STILL in the account: log group cwmcp-" in output
    teardown = output.partition("Remove it with: scripts/record ")[2].split()
    assert main(teardown) == 0
    assert lent.names() == set()


def test_a_teardown_removes_what_has_its_prefix_and_nothing_else(lent: Lent) -> None:
    ours, theirs = new_prefix(), new_prefix()
    for each, parts in ((ours, PARTS), (theirs, ["logs"]), ("", ["logs"])):
        seed(SHORT, Target(lent.client("logs"), lent.client("cloudwatch"), END, each), parts)
    before = lent.names()
    names = resources.names(account.enter(ACCOUNT, "us-east-1", None, ours))
    parent, child = (names.index(f"{ours}shop-{name}") for name in ("storefront-page", "checkout-degraded"))
    assert parent < child  # API_DeleteAlarms deletes no alarm that a composite alarm depends on
    assert lent.record("--teardown", ours) == 0
    assert lent.names() == {name for name in before if not name.startswith(ours)}
    assert any(name.startswith(theirs) for name in before)


@pytest.mark.parametrize("text", ["", "/", "cwmcp-", "cwmcp-short-", "shop-", "cwmcp-0123456789"])
def test_a_teardown_of_anything_but_a_runs_prefix_is_refused(
    lent: Lent, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        lent.record("--teardown", text)
    assert "is no prefix of a run" in capsys.readouterr().err
    assert not lent.operations


def test_a_write_to_another_name_is_not_sent(lent: Lent) -> None:
    entered = account.enter(ACCOUNT, "us-east-1", None, new_prefix())
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
    assert resources.names(entered) == []


def test_a_dry_run_prints_what_would_happen_and_calls_nothing(
    lent: Lent, pytest_runs: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest_runs(QUERY, METRIC)
    assert lent.record("--dry-run") == 0
    output = capsys.readouterr().out
    assert not lent.operations
    assert only_old(lent.root)
    assert "would record 2 tests, in about 87 minutes and at most 20 more:\n  the incident ends at 10:30 UTC" in output
    assert "3 × create_log_group" in output
    assert "1 metrics for two hours" in output
    assert "USD in all" in output


def test_a_dry_run_counts_what_the_cassettes_ask(
    lent: Lent, pytest_runs: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> None:
    pytest_runs(METRIC)
    folder = lent.root / "cassettes" / "get_metric_data"
    folder.mkdir()
    shutil.copy(ROOT / "cassettes" / "get_metric_data" / "several_metrics.yaml", folder / "maintenance.yaml")
    assert lent.record("--dry-run") == 0
    assert re.search(r"1 × get_metric_data\n", capsys.readouterr().out)


def test_a_profile_outweighs_the_keys_of_the_environment(config_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the process of pytest; botocore would prefer the keys."""
    config_file.write_text(
        "[profile recording]\naws_access_key_id = theirs\naws_secret_access_key = testing\n", "utf-8"
    )
    entered = account.Account(ACCOUNT, "us-east-1", "recording", "cwmcp-", None, None)
    for name, value in entered.environment.items():
        monkeypatch.setenv(name, value)
    assert boto3.Session().get_credentials().access_key == "theirs"


def test_metrics_alone_are_written_as_past_and_need_no_waiting() -> None:
    assert aws_run.incident_end(NOW, ("metrics",)) == datetime(2026, 12, 1, 9, 0, tzinfo=timezone.utc)


def test_names_are_prefixed_in_every_argument_that_has_them() -> None:
    arguments = {
        "log_group_names": ["/shop/audit"],
        "log_group_arn": "arn:aws:logs:us-east-1:123456789012:log-group:/shop/audit:*",
        "query_string": "SOURCE logGroups(namePrefix: ['/ecs/shop']) | filter service = 'Shop'",
        "queries": [
            {"id": "a", "metric_stat": {"namespace": "Shop/Checkout", "metric_name": "Latency"}},
            {"id": "b", "expression": 'SELECT MAX(Latency) FROM SCHEMA("Shop/Checkout", Service)', "period": 60},
        ],
    }
    assert with_prefix(arguments, "p-", ACCOUNT) == {
        "log_group_names": ["p-/shop/audit"],
        "log_group_arn": f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:p-/shop/audit:*",
        "query_string": "SOURCE logGroups(namePrefix: ['p-/ecs/shop']) | filter service = 'Shop'",
        "queries": [
            {"id": "a", "metric_stat": {"namespace": "p-Shop/Checkout", "metric_name": "Latency"}},
            {"id": "b", "expression": 'SELECT MAX(Latency) FROM SCHEMA("p-Shop/Checkout", Service)', "period": 60},
        ],
    }


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--target", "aws"], "--account and --region must be given"),
        (["--teardown", "cwmcp-0123456789-", "--region", "us-east-1"], "--account must be given"),
    ],
)
def test_missing_options_are_named(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err
