"""The file of a recording under way, and what becomes of it at the end."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from cloudwatch_mcp.recording import CannotRecord, Recorder, load
from tests.recording.exchanges import ACCOUNT, answer, client, one_group, recorder
from tests.stdio import Endpoint, Response

pytestmark = pytest.mark.anyio


def _record_two(recording: Recorder) -> None:
    with Endpoint(one_group) as endpoint:
        logs = client(recording, url=endpoint.url)
        for prefix in ("/b", "/a"):
            with recording.clock.during("describe_log_groups", {"log_group_name_prefix": prefix}):
                logs.describe_log_groups(logGroupNamePrefix=prefix)


def _prefixes(path: Path) -> list[str]:
    return [json.loads(request.body)["logGroupNamePrefix"] for request in load(path).requests]


def test_a_recording_can_be_read_while_it_grows_and_is_sorted_at_its_end(journal: Path, journaling: Recorder) -> None:
    _record_two(journaling)
    assert _prefixes(journal) == ["/b", "/a"]
    assert ACCOUNT not in journal.read_text()
    growing = load(journal)
    journaling.finish()
    assert _prefixes(journal) == ["/a", "/b"]
    finished = load(journal)
    for name in ("target", "recorded_at", "region", "calls"):
        assert growing.get_metadata(name, "absent") == finished.get_metadata(name, "missing")


def test_an_event_that_was_cut_off_is_dropped_with_a_warning(
    journal: Path, journaling: Recorder, told: list[str]
) -> None:
    _record_two(journaling)
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-40])
    assert _prefixes(journal) == ["/b"]
    assert told == [f"{journal}: its last event is cut off and was dropped.\n"]


def test_a_file_that_exists_is_left_alone(journal: Path) -> None:
    journal.write_text("mine")
    with pytest.raises(CannotRecord, match="exists: name another file, or remove it"):
        recorder(journal=journal)
    assert journal.read_text() == "mine"


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(CannotRecord, match=r"none/a\.yaml cannot be written: No such file or directory"):
        recorder(journal=tmp_path / "none" / "a.yaml")


def test_a_pattern_that_is_none_is_told_before_a_file_is_made(journal: Path) -> None:
    with pytest.raises(CannotRecord, match=r"'\(' is no regular expression"):
        recorder(journal=journal, redact=["("])
    assert not journal.exists()


def test_a_full_disk_costs_the_recording_and_not_the_call(
    journaling: Recorder, monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    monkeypatch.setattr(journaling._journal, "_write", _no_space)
    with Endpoint(one_group) as endpoint:
        assert client(journaling, url=endpoint.url).describe_log_groups()["logGroups"]
    assert "cannot be written: No space left on device" in told[0]


def _no_space(_: str) -> None:
    raise OSError(28, "No space left on device")


def test_what_cannot_be_written_down_is_told_and_answered_all_the_same(told: list[str]) -> None:
    recording = recorder()
    deep = Response(b'{"nextToken": "\\u0061", "logGroups": [], "@ptr": ' + b"[" * 20_000 + b"]" * 20_000 + b"}")
    with Endpoint(lambda _: deep) as endpoint:
        logs = client(recording, url=endpoint.url)
        logs.meta.events.register("before-parse", _shorten)
        assert logs.describe_log_groups()["logGroups"] == []
    assert told == ["An answer of AWS's could not be recorded: RecursionError.\n"]


def _shorten(response_dict: dict[str, Any], **_: Any) -> None:
    response_dict["body"] = b'{"logGroups": []}'


def test_what_may_be_secret_still_is_told_at_the_end(journaling: Recorder, told: list[str]) -> None:
    found = answer(logGroups=[{"logGroupName": "/a"}], note="ask jane@corp.invalid.com at 8.8.8.8")
    with Endpoint(lambda _: found) as endpoint:
        client(journaling, url=endpoint.url).describe_log_groups()
    journaling.finish()
    (line,) = told
    assert "e-mail address (1 lines), public IP address (1 lines). --redact replaces more." in line
