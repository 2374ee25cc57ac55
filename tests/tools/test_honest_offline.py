"""A cassette, a snapshot or a request that is wrong fails its test, and the message says what to do."""

from __future__ import annotations

import re
import shutil
import socket
from collections.abc import Callable
from copy import deepcopy
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import botocore.model
import pytest
import yaml

from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.recording.strict_yaml import parse
from tests.support.cassettes import asking_through, replaying
from tests.support.inner_suite import InnerSuite
from tests.support.places import ROOT
from tests.tools import (
    test_analyze_log_group,
    test_cancel_logs_insight_query,
    test_cassettes,
    test_describe_log_groups,
    test_execute_log_insights_query,
    test_get_active_alarms,
    test_get_alarm_history,
    test_get_logs_insight_query_results,
    test_get_metric_data,
)

# A test of each operation that the tools call.
TESTS = {
    "DescribeAlarmHistory": test_get_alarm_history.test_deleted_alarm,
    "DescribeAlarms": test_get_active_alarms.test_none,
    "DescribeLogGroups": test_describe_log_groups.test_max_items,
    "DescribeQueryDefinitions": test_describe_log_groups.test_bare_group,
    "GetMetricData": test_get_metric_data.test_percentile,
    "GetQueryResults": test_get_logs_insight_query_results.test_unknown_status,
    "ListAnomalies": test_analyze_log_group.test_pages_of_anomalies,
    "ListLogAnomalyDetectors": test_analyze_log_group.test_infrequent_access,
    "ListMetrics": test_get_metric_data.test_cause_unknown,
    "StartQuery": test_execute_log_insights_query.test_by_arn,
    "StopQuery": test_cancel_logs_insight_query.test_not_stopped,
}
Interactions = list[dict[str, Any]]
_DUMPER = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def operation(interaction: dict[str, Any]) -> str:
    return str(interaction["request"]["headers"]["X-Amz-Target"]).rpartition(".")[2]


def edit(cassette: Path, change: Callable[[Interactions], object], **metadata: Any) -> None:
    document = parse(cassette.read_text("utf-8"))
    change(document["interactions"])
    document["metadata"] |= metadata
    cassette.write_text(yaml.dump(document, Dumper=_DUMPER, sort_keys=False), "utf-8")


def another(value: Any) -> Any:
    if isinstance(value, datetime):
        return value + timedelta(minutes=1)
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return value[:-1]
    return value + type(value)(1) if not isinstance(value, str) else value + "x"


@pytest.mark.anyio
@pytest.mark.parametrize("name", TESTS)
async def test_every_parameter_that_a_tool_sends_is_compared(name: str, tmp_path: Path) -> None:
    test = TESTS[name]
    folder = test.__module__.rpartition(".test_")[2]
    original = ROOT / "cassettes" / folder / f"{test.__name__.removeprefix('test_')}.yaml"
    cassette = tmp_path / "cassette.yaml"
    recorded = parse(original.read_text("utf-8"))["interactions"]
    for member in {member for each in recorded if operation(each) == name for member in each["request"]["body"]}:

        def change(interactions: Interactions, member: str = member) -> None:
            for body in (each["request"]["body"] for each in interactions if operation(each) == name):
                if member in body:
                    body[member] = another(body[member])

        shutil.copy(original, cassette)
        edit(cassette, change)
        with replaying(cassette, "test") as replay:
            async with asking_through(replay, Settings(), {}, cassette, "test") as ask:
                with pytest.raises(pytest.fail.Exception) as failure:
                    await test(ask, ANY)
        assert f"{name} was recorded with other parameters: " in str(failure.value)
        assert f"{member} is " in str(failure.value)


def copied_suite(root: Path, sandbox: str) -> InnerSuite:
    suite = InnerSuite(root, sandbox)
    suite.add("get_active_alarms")
    suite.add("describe_log_groups")
    return suite


@pytest.fixture(scope="module")
def spoilt(tmp_path_factory: pytest.TempPathFactory, sandbox: str) -> InnerSuite:
    suite = copied_suite(tmp_path_factory.mktemp("spoilt"), sandbox)

    def other_page_size(interactions: Interactions) -> None:
        interactions[0]["request"]["body"]["MaxRecords"] = 50

    edit(suite.cassette("get_active_alarms/incident"), other_page_size)
    edit(suite.cassette("get_active_alarms/region_without_log_alarms"), other_page_size)
    edit(suite.cassette("get_active_alarms/over_the_budget"), other_page_size, target="aws")
    suite.cassette("get_active_alarms/pages").unlink()
    edit(suite.cassette("get_active_alarms/none"), lambda all_: all_.append(deepcopy(all_[0])))
    edit(suite.cassette("get_active_alarms/throttled_then_answered"), lambda all_: all_.pop(0))
    edit(suite.cassette("get_active_alarms/other_profile"), lambda all_: all_[0]["response"]["body"].update(Nope=1))
    with suite.cassette("get_active_alarms/every_kind").open("a", encoding="utf-8") as file:
        file.write("# AKIA" + "ABCDEFGHIJKLMNOP\n")
    edit(
        suite.cassette("describe_log_groups/by_prefix"),
        lambda all_: all_.remove(next(each for each in all_ if operation(each) == "DescribeQueryDefinitions")),
    )
    snapshot = suite.snapshot("test_get_active_alarms/test_max_items")
    snapshot.write_text(snapshot.read_text("utf-8").replace("3 of 10", "3 of 11"), "utf-8")
    suite.snapshot("test_get_active_alarms/test_access_denied").unlink()
    suite.snapshot("test_get_active_alarms/test_renamed").write_text("{}\n", "utf-8")
    return suite


@pytest.fixture(scope="module")
def report(spoilt: InnerSuite) -> str:
    """What pytest says about the spoilt suite."""
    code, output = spoilt.pytest("--snapshot-details")
    assert code == 1
    return output


def about(test: str, report: str) -> str:
    """The part of the report that is about one test."""
    found = re.search(rf"(?ms)^_+ (?:ERROR at \w+ of )?test_{test} _+$(.*?)(?=^[_=-]{{3,}} )", report)
    assert found, report
    return found[1]


ALARMS = "suite/test_get_active_alarms.py"


def test_a_changed_parameter_fails_with_both_values_and_the_command(report: str) -> None:
    assert "MaxRecords is 100, recorded 50" in about("incident", report)
    assert f"To record it: pytest '{ALARMS}::test_incident' --record-mode=rewrite" in about("incident", report)


def test_a_changed_parameter_of_an_authored_cassette_says_to_edit_it(report: str) -> None:
    written_by_hand = "It is written by hand: edit cassettes/get_active_alarms/region_without_log_alarms.yaml"
    assert written_by_hand in about("region_without_log_alarms", report)


def test_a_changed_parameter_of_a_cassette_from_aws_says_how_to_record_it_there(report: str) -> None:
    assert "It was recorded on AWS: record it again with scripts/record" in about("over_the_budget", report)


def test_a_missing_cassette_fails_with_the_command(report: str) -> None:
    assert "cassettes/get_active_alarms/pages.yaml cannot be read: No such file" in about("pages", report)
    assert f"To record it: pytest '{ALARMS}::test_pages' --record-mode=rewrite (or write it by hand" in report


def test_a_missing_answer_fails_although_the_tool_goes_on_without_it(report: str) -> None:
    assert "DescribeQueryDefinitions was not recorded" in about("by_prefix", report)


def test_a_missing_attempt_fails_although_the_answer_may_be_the_same(report: str) -> None:
    assert about("throttled_then_answered", report)


def test_a_request_that_is_no_longer_made_fails(report: str) -> None:
    assert "The test no longer makes these recorded requests:\nDescribeAlarms {" in about("none", report)
    assert f"To record it: pytest '{ALARMS}::test_none' --record-mode=rewrite" in about("none", report)


def test_a_leak_fails_with_its_line_and_the_command(report: str, spoilt: InnerSuite) -> None:
    lines = len(spoilt.cassette("get_active_alarms/every_kind").read_text("utf-8").splitlines())
    assert f"every_kind.yaml:{lines}: access key id" in about("every_kind", report)
    assert "python -m cloudwatch_mcp.recording check cassettes/get_active_alarms/every_kind.yaml" in report


def test_what_the_service_model_does_not_allow_fails(report: str) -> None:
    assert "DescribeAlarms, answer: Nope is not a member" in about("other_profile", report)


def test_another_answer_fails_with_the_difference_and_the_command(report: str) -> None:
    assert "3 of 11 active alarms shown" in about("max_items", report)
    assert f"To accept it: pytest '{ALARMS}::test_max_items' --snapshot-update" in about("max_items", report)


def test_a_missing_snapshot_fails_with_the_command(report: str) -> None:
    assert f"To accept it: pytest '{ALARMS}::test_access_denied' --snapshot-update" in about("access_denied", report)


def test_nothing_but_what_was_spoilt_fails(report: str) -> None:
    assert "7 failed, 25 passed, 4 errors" in report


def test_an_unused_snapshot_fails(report: str) -> None:
    assert "Unused test_renamed (snapshots/test_get_active_alarms/test_renamed.json)" in report
    assert "--snapshot-update to delete unused snapshots" in report


def test_a_changed_answer_updates_its_snapshot_and_no_other(spoilt: InnerSuite, report: str) -> None:
    assert report
    before = {path: path.read_bytes() for path in spoilt.root.glob("snapshots/*/*")}
    code, output = spoilt.pytest("-k", "max_items", "--snapshot-update")
    assert code == 0
    assert "1 snapshot passed. 1 snapshot updated." in output
    (changed,) = [path for path, content in before.items() if path.read_bytes() != content]
    assert changed == spoilt.snapshot("test_get_active_alarms/test_max_items")
    assert changed.read_bytes() == (ROOT / changed.relative_to(spoilt.root)).read_bytes()


def test_recording_from_the_sandbox_again_gives_the_same_files(tmp_path: Path, sandbox: str) -> None:
    suite = copied_suite(tmp_path, sandbox)
    suite.cassette("get_active_alarms/none").unlink()
    edit(suite.cassette("get_active_alarms/incident"), lambda interactions: interactions.clear())
    edit(suite.cassette("get_active_alarms/max_items"), lambda _: None, target="aws")
    before = suite.cassette("get_active_alarms/max_items").read_bytes()
    code, output = suite.pytest("-k", "alarms and (none or incident or max_items or pages)", "--record-mode=rewrite")
    assert code == 0, output
    assert "2 passed, 2 skipped" in output
    assert "cassettes/get_active_alarms/pages.yaml is written by hand: edit it" in output
    assert "cassettes/get_active_alarms/max_items.yaml was recorded on AWS: delete it" in output
    for name in ("none", "incident", "pages"):
        cassette = suite.cassette(f"get_active_alarms/{name}")
        assert cassette.read_bytes() == (ROOT / cassette.relative_to(tmp_path)).read_bytes()
    assert suite.cassette("get_active_alarms/max_items").read_bytes() == before


def test_an_unused_cassette_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(test_get_active_alarms, "test_none")
    with pytest.raises(AssertionError, match=r"git rm cassettes/get_active_alarms/none\.yaml\n"):
        test_cassettes.test_every_cassette_is_used()


def test_a_client_that_does_not_speak_json_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", ("query", "json"))
    with pytest.raises(AssertionError, match="pin a botocore that prefers json"):
        test_cassettes.test_clients_speak_json("cloudwatch")


def test_no_test_reaches_a_network() -> None:
    with socket.socket() as connection, pytest.raises(RuntimeError, match="Network is disabled"):
        connection.connect(("192.0.2.1", 443))
