"""Every case, replayed from its cassette, and every cassette checked."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest

from cloudwatch_mcp.aws.clients import Clients
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.recording import CassetteUnreadable, check
from tests.support.cases import CASES, Case
from tests.support.cases.case import not_of_a_case
from tests.support.cases.replaying import replay, to_renew
from tests.support.places import ROOT


async def verify(case: Case, *, update: bool = False) -> None:
    """Fail, saying what to do, unless the case is as its cassette and its snapshot have it.

    `update` writes the snapshot instead of comparing it.
    """
    try:
        replayed = await replay(case)
    except CassetteUnreadable as error:
        pytest.fail(f"{case.name}: {error} {to_renew(case)}")
    if replayed.problems:
        pytest.fail("\n".join([f"{case.name} ({case.says})", *replayed.problems]))
    if update:
        case.snapshot.parent.mkdir(parents=True, exist_ok=True)
        case.snapshot.write_text(replayed.snapshot, "utf-8")
    elif not case.snapshot.exists():
        pytest.fail(f"{case.name} has no snapshot: {_UPDATE} writes it to {case.snapshot}")
    assert replayed.snapshot == case.snapshot.read_text("utf-8"), f"If the answer is better so: {_UPDATE}"


_UPDATE = "pytest tests/tools/test_cassettes.py --snapshot-update"


@pytest.mark.anyio
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_a_case_is_answered_as_its_snapshot_says(case: Case, pytestconfig: pytest.Config) -> None:
    await verify(case, update=pytestconfig.option.update_snapshots)


@pytest.mark.anyio
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kolkata"])
async def test_times_are_utc_whatever_the_zone_of_the_machine(zone: str, in_zone: Callable[[str], None]) -> None:
    in_zone(zone)
    assert datetime.now(timezone.utc).astimezone().utcoffset() != timedelta(0)
    await verify(next(case for case in CASES if case.name == "get_alarm_history/naive_time"))


def test_cassettes_hold_no_secret_and_only_what_the_service_model_allows() -> None:
    found = [str(finding) for path in sorted((ROOT / "cassettes").rglob("*.yaml")) for finding in check(path)]
    assert not found, "\n".join(["python -m cloudwatch_mcp.recording check cassettes", *found])


def test_every_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_cassette_and_snapshot_is_of_a_case() -> None:
    assert not not_of_a_case(CASES), "delete what no case uses, or name the case again"


@pytest.mark.parametrize("service", ["cloudwatch", "logs"])
def test_clients_speak_json(service: str) -> None:
    client = Clients(Settings(), os.environ).client(None, "us-east-1", service)
    protocol = client.meta.service_model.resolved_protocol
    assert protocol == "json", f"no cassette is of {protocol}: pin a botocore that prefers json"
