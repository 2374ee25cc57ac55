"""What is wrong with a cassette, a snapshot or a tool's request fails its test, which says what to do."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import botocore.model
import pytest
import yaml

from cloudwatch_mcp.recording import check
from cloudwatch_mcp.tools import active_alarms
from tests.support.cases import CASES, Case
from tests.support.cases.case import not_of_a_case
from tests.tools import test_cassettes
from tests.tools.test_cassettes import verify

pytestmark = pytest.mark.anyio

# A case for each operation.
_ASKS = {
    "DescribeAlarmHistory": "get_alarm_history/deleted_alarm",
    "DescribeAlarms": "get_active_alarms/none",
    "DescribeLogGroups": "describe_log_groups/max_items",
    "DescribeQueryDefinitions": "describe_log_groups/bare_group",
    "GetMetricData": "get_metric_data/percentile",
    "GetQueryResults": "get_logs_insight_query_results/unknown_status",
    "ListAnomalies": "analyze_log_group/pages_of_anomalies",
    "ListLogAnomalyDetectors": "analyze_log_group/infrequent_access",
    "ListMetrics": "get_metric_data/cause_unknown",
    "StartQuery": "execute_log_insights_query/by_arn",
    "StopQuery": "cancel_logs_insight_query/not_stopped",
}


@pytest.fixture
def copied(tmp_path: Path) -> Callable[[str], Case]:
    """The case of that name, with a cassette and a snapshot of its own to spoil."""

    def copy(name: str) -> Case:
        case = next(case for case in CASES if case.name == name)
        spoilt = replace(case, root=tmp_path)
        for theirs, ours in ((case.cassette, spoilt.cassette), (case.snapshot, spoilt.snapshot)):
            ours.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(theirs, ours)
        return spoilt

    return copy


async def failure(case: Case) -> str:
    with pytest.raises((AssertionError, pytest.fail.Exception)) as failed:
        await verify(case)
    return str(failed.value)


def edit(case: Case, change: Callable[[list[dict[str, Any]]], object]) -> None:
    cassette = yaml.safe_load(case.cassette.read_text("utf-8"))
    change(cassette["interactions"])
    case.cassette.write_text(yaml.safe_dump(cassette, sort_keys=False), "utf-8")


def operation(interaction: dict[str, Any]) -> str:
    return str(interaction["request"]["headers"]["X-Amz-Target"]).rpartition(".")[2]


def another(value: Any) -> Any:
    if isinstance(value, datetime):
        return value + timedelta(minutes=1)
    if isinstance(value, bool):
        return not value
    if isinstance(value, list):
        return value[:-1]
    return value + type(value)(1)


async def test_an_unspoilt_copy_is_fine(copied: Callable[[str], Case]) -> None:
    await verify(copied("get_alarm_history/flapping"))


async def test_a_missing_cassette_says_the_command_that_records_it(copied: Callable[[str], Case]) -> None:
    case = copied("get_alarm_history/flapping")
    case.cassette.unlink()
    assert "scripts/record --only get_alarm_history/flapping" in await failure(case)


async def test_a_missing_authored_cassette_says_that_it_is_written_by_hand(copied: Callable[[str], Case]) -> None:
    case = copied("get_active_alarms/pages")
    case.cassette.unlink()
    assert "written by hand: edit cassettes/get_active_alarms/pages.yaml" in await failure(case)


@pytest.mark.parametrize("asked", _ASKS)
async def test_every_parameter_that_a_tool_sends_is_matched(asked: str, copied: Callable[[str], Case]) -> None:
    case = copied(_ASKS[asked])
    whole = case.cassette.read_text("utf-8")
    interactions = yaml.safe_load(whole)["interactions"]
    names = {name for each in interactions if operation(each) == asked for name in each["request"]["body"]}
    for name in names:

        def change(interactions: list[dict[str, Any]], name: str = name) -> None:
            for body in (each["request"]["body"] for each in interactions if operation(each) == asked):
                if name in body:
                    body[name] = another(body[name]) if not isinstance(body[name], str) else body[name] + "x"

        edit(case, change)
        told = await failure(case)
        assert f"{asked} was recorded with other parameters: " in told
        assert f"{name} is " in told
        case.cassette.write_text(whole, "utf-8")


async def test_a_tool_that_asks_otherwise_fails_by_the_parameter(
    copied: Callable[[str], Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(active_alarms, "PAGE", 50)
    told = await failure(copied("get_active_alarms/incident"))
    assert "MaxRecords is 50, recorded 100" in told
    assert "scripts/record --only get_active_alarms/incident" in told


async def test_a_miss_fails_that_the_tool_swallowed(copied: Callable[[str], Case]) -> None:
    case = copied("describe_log_groups/by_prefix")
    edit(case, lambda all_: all_.remove(next(each for each in all_ if operation(each) == "DescribeQueryDefinitions")))
    told = await failure(case)
    assert "DescribeQueryDefinitions was not recorded" in told


@pytest.mark.parametrize("index", range(3))
async def test_a_dropped_interaction_fails_though_the_answer_may_be_the_same(
    index: int, copied: Callable[[str], Case]
) -> None:
    case = copied("get_active_alarms/throttled_then_answered")
    edit(case, lambda interactions: interactions.pop(index))
    assert await failure(case)


async def test_an_interaction_that_was_not_played_fails(copied: Callable[[str], Case]) -> None:
    case = copied("get_active_alarms/none")
    edit(case, lambda interactions: interactions.append(deepcopy(interactions[0])))
    assert "It no longer asks what the cassette has: DescribeAlarms" in await failure(case)


async def test_another_answer_fails_by_the_snapshot(copied: Callable[[str], Case]) -> None:
    case = copied("cancel_logs_insight_query/not_stopped")
    case = replace(case, holds=lambda _: True)
    edit(case, lambda interactions: interactions[0]["response"]["body"].update(success=True))
    assert "pytest tests/tools/test_cassettes.py --snapshot-update" in await failure(case)


async def test_an_answer_of_which_the_fact_does_not_hold_fails_by_the_fact(copied: Callable[[str], Case]) -> None:
    case = copied("cancel_logs_insight_query/not_stopped")
    edit(case, lambda interactions: interactions[0]["response"]["body"].update(success=True))
    assert case.says in await failure(case)


async def test_an_error_instead_of_an_answer_fails(copied: Callable[[str], Case]) -> None:
    case = replace(copied("cancel_logs_insight_query/not_stopped"), fails=True)
    assert "Its answer is no error" in await failure(case)


async def test_a_cassette_from_elsewhere_fails(copied: Callable[[str], Case]) -> None:
    case = replace(copied("get_active_alarms/none"), target="authored")
    assert "Its cassette is from 'sandbox', the case says 'authored'" in await failure(case)


async def test_a_renamed_snapshot_fails_as_missing_and_as_unused(copied: Callable[[str], Case]) -> None:
    case = copied("get_active_alarms/none")
    case.snapshot.rename(case.snapshot.with_name("nothing.json"))
    assert "get_active_alarms/none has no snapshot: pytest" in await failure(case)
    assert not_of_a_case([case], case.root) == [Path("snapshots/cases/get_active_alarms/nothing.json")]


async def test_a_cassette_of_no_case_is_found(copied: Callable[[str], Case]) -> None:
    case = copied("get_active_alarms/none")
    assert not_of_a_case([replace(case, name="get_active_alarms/nothing")], case.root) == [
        Path("cassettes/get_active_alarms/none.yaml"),
        Path("snapshots/cases/get_active_alarms/none.json"),
    ]


async def test_a_planted_key_id_is_found_with_its_line(copied: Callable[[str], Case]) -> None:
    case = copied("get_active_alarms/every_kind")
    text = case.cassette.read_text("utf-8")
    case.cassette.write_text(text.replace("Customers notice.", "Customers notice AKIA" + "ABCDEFGHIJKLMNOP."), "utf-8")
    (found,) = check(case.cassette)
    assert (found.what, found.line) == ("access key id", text.splitlines().index(_line(text, "Customers notice.")) + 1)


def _line(text: str, words: str) -> str:
    return next(line for line in text.splitlines() if words in line)


def test_a_client_that_no_longer_speaks_json_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(botocore.model, "PRIORITY_ORDERED_SUPPORTED_PROTOCOLS", ("query", "json"))
    with pytest.raises(AssertionError, match="pin a botocore that prefers json"):
        test_cassettes.test_clients_speak_json("cloudwatch")


def test_no_test_reaches_a_network() -> None:
    with socket.socket() as connection, pytest.raises(RuntimeError, match="Network is disabled"):
        connection.connect(("192.0.2.1", 443))
