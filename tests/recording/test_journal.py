"""The file of a recording in progress, and at its end."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from cloudwatch_mcp.recording import CannotRecord, Recorder, load
from cloudwatch_mcp.server.normal_form import normal_form
from tests.support.endpoint import Endpoint, Response
from tests.support.exchanges import ACCOUNT, answer, client, make_recorder, one_group, room_for

pytestmark = pytest.mark.anyio


def _record_two(recorder: Recorder) -> None:
    with Endpoint(one_group) as endpoint:
        logs = client(recorder, url=endpoint.url)
        for prefix in ("/b", "/a"):
            with recorder.clock.during("describe_log_groups", {"log_group_name_prefix": prefix}, normal_form):
                logs.describe_log_groups(logGroupNamePrefix=prefix)


def _begin(recorder: Recorder) -> None:
    """Make a call, with which the file is created."""
    with recorder.clock.during("get_active_alarms", {}, normal_form):
        pass


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
    journal: Path, journaling: Recorder, logged: list[str]
) -> None:
    _record_two(journaling)
    whole = journal.read_bytes()
    journal.write_bytes(whole[:-40])
    assert _prefixes(journal) == ["/b"]
    assert logged == [f"{journal}: its last event is cut off and was dropped.\n"]


def test_the_file_is_created_with_the_first_call(journal: Path, journaling: Recorder) -> None:
    journaling.open_session(None)
    journaling.finish()
    assert list(journal.parent.iterdir()) == []
    _begin(journaling)
    assert [call["tool"] for call in load(journal).metadata["calls"]] == ["get_active_alarms"]


def test_a_file_that_exists_is_left_alone_and_the_next_number_is_recorded_to(
    journal: Path, journaling: Recorder, logged: list[str]
) -> None:
    second, third = (journal.with_stem(f"incident-{number}") for number in (2, 3))
    second.write_text("mine")
    journal.write_text("another server has just created it")
    _begin(journaling)
    journaling.finish()
    assert (journal.read_text(), second.read_text()) == ("another server has just created it", "mine")
    assert load(third).metadata["calls"]
    assert logged == [f"{journal} exists, recording to {third}.\n"]


def test_a_directory_is_no_file_to_record_to(tmp_path: Path) -> None:
    with pytest.raises(CannotRecord, match="is a directory: name a file in it"):
        make_recorder(journal=tmp_path)


def test_a_file_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(CannotRecord, match=r"none/a\.yaml cannot be written: No such file or directory"):
        make_recorder(journal=tmp_path / "none" / "a.yaml")


def test_an_invalid_pattern_is_an_error_before_a_file_is_created(journal: Path) -> None:
    with pytest.raises(CannotRecord, match=r"'\(' is not a regular expression"):
        make_recorder(journal=journal, redact=["("])
    assert not journal.exists()


def _no_space(*_: Any, **__: Any) -> NoReturn:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize("room", [0, 40])
def test_a_disk_that_is_full_at_the_start_is_an_error_and_no_file_remains(journal: Path, room: int) -> None:
    with room_for(room), pytest.raises(CannotRecord, match="cannot be written: File too large"):
        make_recorder(journal=journal)
    assert list(journal.parent.iterdir()) == []


def test_a_disk_that_is_full_at_the_first_call_is_logged_and_the_file_is_created_later(
    journal: Path, journaling: Recorder, logged: list[str]
) -> None:
    with room_for(100):
        _record_two(journaling)
    assert logged == [f"{journal} cannot be written: File too large.\n"]
    assert list(journal.parent.iterdir()) == []
    _begin(journaling)
    assert _prefixes(journal) == ["/b", "/a"]


def test_a_disk_that_is_full_until_the_end_leaves_no_file(
    journal: Path, journaling: Recorder, logged: list[str]
) -> None:
    with room_for(100):
        _begin(journaling)
        journaling.finish()
    assert logged[1:] == [f"{journal} lacks its last 1 events and is unsorted: File too large.\n"]
    assert list(journal.parent.iterdir()) == []


def test_a_full_disk_ends_the_recording_but_not_the_call(
    journal: Path, journaling: Recorder, logged: list[str]
) -> None:
    _begin(journaling)
    with room_for(journal.stat().st_size + 30):
        _record_two(journaling)
    assert logged == [f"{journal} cannot be written: File too large.\n"]
    assert _prefixes(journal) == []  # whole lines only
    with journaling.clock.during("describe_log_groups", {}, normal_form):
        assert _prefixes(journal) == ["/b", "/a"]  # what was kept in memory


@pytest.mark.parametrize("place", ["tempfile.mkstemp", "os.fdopen", "pathlib.Path.replace"])
def test_a_disk_that_is_full_at_the_end_is_logged_and_the_journal_remains(
    journal: Path, journaling: Recorder, logged: list[str], place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _record_two(journaling)
    monkeypatch.setattr(place, _no_space)
    journaling.finish()
    monkeypatch.undo()
    assert logged == [f"{journal} is unsorted: No space left on device.\n"]
    assert _prefixes(journal) == ["/b", "/a"]
    assert list(journal.parent.iterdir()) == [journal]


def test_what_a_full_disk_lost_is_counted_at_the_end(journal: Path, journaling: Recorder, logged: list[str]) -> None:
    _begin(journaling)
    with room_for(journal.stat().st_size):
        _record_two(journaling)
        journaling.finish()
    assert logged[-1] == f"{journal} lacks its last 5 events and is unsorted: File too large.\n"


@pytest.mark.parametrize(
    "failure", [OSError("no number"), MemoryError(), RecursionError("too deep"), ValueError("two\nlines")]
)
def test_the_end_never_fails(
    journaling: Recorder, logged: list[str], failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Any) -> NoReturn:
        raise failure

    _begin(journaling)
    monkeypatch.setattr("cloudwatch_mcp.recording.readable.serialize", fail)
    journaling.finish()
    (line,) = logged
    assert line.count("\n") == 1
    assert line.endswith((": no number.\n", ": MemoryError.\n", ": too deep.\n", ": two lines.\n"))


def test_the_end_never_fails_even_if_the_file_cannot_be_closed(journal: Path, journaling: Recorder) -> None:
    _begin(journaling)
    assert journaling._journal is not None
    assert journaling._journal._file is not None
    os.close(journaling._journal._file.fileno())
    journaling.finish()
    assert journal.read_text().startswith("version: 1\n")


def test_a_directory_in_place_of_the_file_is_logged(journal: Path, journaling: Recorder, logged: list[str]) -> None:
    _begin(journaling)
    journal.unlink()
    journal.mkdir()
    journaling.finish()
    assert logged == [f"{journal} is unsorted: Is a directory.\n"]
    assert list(journal.iterdir()) == []


def test_a_directory_that_was_removed_is_created_again(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    recorder = make_recorder(journal=tmp_path / "a" / "b.yaml")
    shutil.rmtree(tmp_path / "a")
    _record_two(recorder)
    recorder.finish()
    assert _prefixes(tmp_path / "a" / "b.yaml") == ["/a", "/b"]


def test_only_the_owner_can_read_a_recording_in_progress_or_finished(journal: Path) -> None:
    before = os.umask(0)
    try:
        recorder = make_recorder(journal=journal)
        _begin(recorder)
        growing = journal.stat().st_mode
        recorder.finish()
    finally:
        os.umask(before)
    assert (growing & 0o777, journal.stat().st_mode & 0o777) == (0o600, 0o600)


def test_a_recording_is_not_written_through_a_link(journal: Path, journaling: Recorder, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("mine")
    _begin(journaling)
    journal.with_name("incident.yaml.new").symlink_to(victim)
    journal.unlink()
    journal.symlink_to(victim)
    journaling.finish()
    assert victim.read_text() == "mine"
    assert not journal.is_symlink()
    assert load(journal).requests == []


@pytest.mark.parametrize("link", ["file", "nothing"])
def test_a_link_in_place_of_the_file_is_not_followed(
    journal: Path, journaling: Recorder, tmp_path: Path, link: str
) -> None:
    if link == "file":
        (tmp_path / "file").touch()
    journal.symlink_to(tmp_path / link)
    _begin(journaling)
    assert not journal.exists() or journal.read_text() == ""
    assert load(journal.with_stem("incident-2")).metadata["calls"]


TENANTS = f"tenant {ACCOUNT}, {ACCOUNT[:4]}-{ACCOUNT[4:8]}-{ACCOUNT[8:]}, %20{ACCOUNT}"


@pytest.fixture
def before_it_is_known(journaling: Recorder, config_file: Path) -> Iterator[Callable[[], None]]:
    """Requests with an account id that is not recognisable yet, and then the one that shows it."""
    keys = "aws_access_key_id = testing\naws_secret_access_key = testing\n"
    config_file.write_text(f"[profile Admin-{ACCOUNT}]\n{keys}")
    answers = iter([answer(logGroups=[{"logGroupName": TENANTS, "storedBytes": int(ACCOUNT)}]), one_group(None)])
    with Endpoint(lambda _: next(answers)) as endpoint:

        def ask(**arguments: Any) -> None:
            logs = client(journaling, url=endpoint.url, profile=f"Admin-{ACCOUNT}")
            with journaling.clock.during("describe_log_groups", arguments, normal_form):
                logs.describe_log_groups(logGroupNamePrefix=ACCOUNT)

        ask(**{"of": TENANTS, ACCOUNT: [int(ACCOUNT)]})
        yield ask


def test_an_account_recognised_late_is_removed_from_what_was_written(
    journal: Path, journaling: Recorder, before_it_is_known: Callable[[], None]
) -> None:
    assert ACCOUNT in journal.read_text()
    before_it_is_known()
    assert ACCOUNT not in journal.read_text()
    assert ACCOUNT[4:8] not in journal.read_text()
    growing = load(journal)
    journaling.finish()
    finished = load(journal)
    for each in (growing, finished):
        assert each.get_metadata("profiles", None) == {"Admin-123456789012": "us-east-1"}
        assert each.get_metadata("calls", None)[0]["arguments"] == {
            "of": "tenant 123456789012, 1234-5678-9012, %20123456789012",
            "123456789012": [123456789012],
        }
    assert [request.body for request in growing.requests] == [request.body for request in finished.requests]
    assert [response["body"] for response in growing.responses] == [response["body"] for response in finished.responses]


def test_an_account_recognised_late_is_removed_even_if_the_disk_is_full(
    journal: Path, before_it_is_known: Callable[[], None]
) -> None:
    assert ACCOUNT in journal.read_text()
    with room_for(journal.stat().st_size):
        before_it_is_known()
    assert ACCOUNT not in journal.read_text()
    assert len(load(journal).requests) == 1


def test_a_body_that_is_nested_too_deeply_is_recorded_as_text(journal: Path, journaling: Recorder) -> None:
    deep = b'{"nextToken": "AQ\\u003d", "logGroups": [], "@ptr": ' + b"[" * 20_000 + b"]" * 20_000 + b"}"
    with Endpoint(lambda _: Response(deep)) as endpoint:
        logs = client(journaling, url=endpoint.url)
        logs.meta.events.register("before-parse", _shorten)
        assert logs.describe_log_groups()["logGroups"] == []
    journaling.finish()
    (response,) = load(journal).responses
    assert response["body"]["string"].startswith(b'{"nextToken": "token-')
    assert response["body"]["string"].endswith(b"]" * 20_000 + b"}")


def _shorten(response_dict: dict[str, Any], **_: Any) -> None:
    response_dict["body"] = b'{"logGroups": []}'


@pytest.mark.parametrize("depth", [80, 5_000])
def test_a_call_that_cannot_be_recorded_continues(
    journal: Path, journaling: Recorder, logged: list[str], depth: int
) -> None:
    deep: list[Any] = []
    for _ in range(depth):
        deep = [deep]
    with journaling.clock.during("describe_log_groups", {"a": deep}, normal_form):
        pass
    assert logged[0].startswith("A tool call could not be recorded: ")
    _begin(journaling)
    journaling.finish()
    assert [call["tool"] for call in load(journal).metadata["calls"]] == ["get_active_alarms"]


def test_an_answer_that_cannot_be_recorded_is_logged_and_returned(
    journaling: Recorder, logged: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journaling._redaction, "body", _no_space)
    with Endpoint(one_group) as endpoint:
        assert client(journaling, url=endpoint.url).describe_log_groups()["logGroups"]
    assert logged == ["An answer from AWS could not be recorded: OSError.\n"]


def test_possible_secrets_are_logged_at_the_end(journaling: Recorder, logged: list[str]) -> None:
    found = answer(logGroups=[{"logGroupName": "/a"}], note="ask jane@corp.invalid.com at 8.8.8.8")
    with Endpoint(lambda _: found) as endpoint:
        client(journaling, url=endpoint.url).describe_log_groups()
    journaling.finish()
    (line,) = logged
    assert "e-mail address (1 lines), public IP address (1 lines). --redact replaces more." in line
