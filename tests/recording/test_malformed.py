"""Invalid and odd cassettes."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable, Iterator
from copy import deepcopy
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from cloudwatch_mcp.recording import CassetteUnreadable, Recorder, Replay, check, load
from cloudwatch_mcp.recording.journal import HEADER
from cloudwatch_mcp.server.normal_form import normal_form
from tests.recording.conftest import as_yaml
from tests.support.endpoint import Endpoint
from tests.support.exchanges import ACCOUNT, AT, client, document, interaction, one_group

ODD: list[Any] = [None, True, 0, -1, 10**30, 1.5, float("inf"), "", "x", "\x00", "é\ud83d", [], [[]], {}, {"a": 1}, AT]
HEAD = "version: 1\nmetadata: {recorded_at: 2026-11-20T12:00:00Z}\n"
LAUGHS = (
    HEAD
    + "interactions:\n"
    + "".join(
        f"- &{name} [{', '.join([f'*{before}'] * 9)}]\n" if before else f"- &{name} [lol]\n"
        for before, name in zip(["", *"abcdefgh"], "abcdefghi", strict=True)
    )
)


def refusal(path: Path) -> str:
    with pytest.raises(CassetteUnreadable) as raised:
        load(path)
    text = str(raised.value)
    assert text.startswith(f"{path} cannot be read: ")
    assert "\n" not in text
    return text.removeprefix(f"{path} cannot be read: ")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "it is not a cassette (it is empty)"),
        ("- a\n", "it is not a cassette (it is not a mapping)"),
        (LAUGHS, "YAML anchors and aliases are not allowed"),
        ("a: &b c\n", "line 1: YAML anchors and aliases are not allowed"),
        ("a: &b [*b]\n", "line 1: YAML anchors and aliases are not allowed"),
        ("a: 1\n<<: {b: 1}\n", "line 2: YAML merge keys are not allowed"),
        ("a: 1\nb: 1\na: 2\n", "a member of this mapping occurs twice"),
        ("? [a]\n: b\n", "line 1: the name of a member is not plain text"),
        ("a: !!python/object/apply:os.system [x]\n", "the YAML tag !!python/object/apply:os.system is not allowed"),
        ("a: !!binary aGk=\n", "the YAML tag !!binary is not allowed"),
        ("a: !!set {b}\n", "the YAML tag !!set is not allowed"),
        (f"a: {'9' * 5_000}\n", "line 1: '999"),
        ("a: 2026-13-45\n", "line 1: '2026-13-45' is not a timestamp"),
        ("a: 2026-11-20\n", "line 1: 2026-11-20 is not a time with a time zone"),
        ("a: 2026-11-20T12:00:00+99:99\n", "is not a timestamp"),
        ("[" * 300_000, "it is nested more than 100 levels deep"),
        ("- " * 300_000, "it is nested more than 100 levels deep"),
        ("a: 1\n---\nb: 1\n", "it has a second YAML document"),
        ("a: \x00\n", "control characters are not allowed"),
        ("a: [\n", "it is not a cassette (while parsing"),
        (HEAD, "its interactions is missing"),
        (HEAD + "interactions: {}\n", "its interactions should be a valid list"),
        (HEAD + "interactions: [1]\n", "its interactions.0 should be a mapping"),
        ("version: 2\ninteractions: []\n", "its version should be 1"),
        ("interactions: []\n", "its metadata.recorded_at is missing"),
        ("metadata: []\ninteractions: []\n", "its metadata should be a valid dictionary"),
        ("metadata: {recorded_at: soon}\ninteractions: []\n", "metadata.recorded_at is not a time with a time zone"),
        ("metadata: {recorded_at: 0001-01-01T00:00:00Z}\ninteractions: []\n", "is not between the years 2000 and 2999"),
        (HEADER, "its metadata.recorded_at is missing"),
        (HEADER + "[]\n", "line 2 is not an event"),
        (HEADER + "7\n", "line 2 is not an event"),
        (HEADER + "{}\n", "line 2 is not an event"),
        (HEADER + "\n", "line 2 is not an event (Expecting value"),
        (HEADER + f'{{"call": {"9" * 5_000}}}\n', "line 2 is not an event"),
        (HEADER + '{"call": {}, "metadata": {}}\n', "line 2 is not an event"),
        (HEADER + '{"call": {"a": 1, "a": 2}}\n', "line 2 is not an event (a member occurs twice)"),
        (HEADER + '{"other": {}}\n', "line 2 is not an event of metadata, call, interaction"),
        (HEADER + '{"metadata": []}\n', "its metadata is not a mapping"),
        (HEADER + '{"call": ' + "[" * 100_000 + "\n", "line 2 is nested too deeply"),
    ],
)  # fmt: skip
def test_an_invalid_cassette_is_refused_in_one_sentence(tmp_path: Path, text: str, complaint: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text, encoding="utf-8")
    assert complaint in refusal(path)


@pytest.mark.parametrize("data", [b"\xff\xfe", b"caf\xe9", bytes(range(256))])
def test_binary_data_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(data)
    assert refusal(path) == "it is not text in UTF-8."


def test_anything_but_a_regular_file_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", Path("/dev/zero")):
        assert refusal(path) == "it is not a regular file."


@pytest.mark.parametrize(
    ("place", "value", "complaint"),
    [
        (("interactions", 0, "request"), None, "should be a mapping"),
        (("interactions", 0, "request", "body"), 5, "is not text, a mapping or a list"),
        (("interactions", 0, "request", "uri"), "http://[", "has no host"),
        (("interactions", 0, "request", "profile"), 5, "should be a valid string"),
        (("interactions", 0, "request", "heders"), {}, "is not known"),
        (("interactions", 0, "response", "headers"), [], "should be a valid dictionary"),
        (("interactions", 0, "response", "headers", "retry"), [], "should be a valid string"),
        (("interactions", 0, "response", "headers", "retry"), 5, "should be a valid string"),
        (("interactions", 0, "response", "status"), 200, "should be a mapping"),
        (("interactions", 0, "response", "status", "code"), "200", "should be a valid integer"),
        (("interactions", 0, "response", "status", "code"), True, "should be a valid integer"),
        (("interactions", 0, "response", "status", "code"), 1000, "should be less than or equal to 599"),
        (("metadata", "calls"), {}, "should be a valid list"),
        (("metadata", "calls", 0, "arguments"), [], "should be a valid dictionary"),
        (("metadata", "calls", 0, "arguments", "start_time"), AT, "has a time without quotes"),
        (("metadata", "calls", 0, "at"), "noon", "is not a time with a time zone"),
        (("metadata", "calls", 0, "tool"), 5, "should be a valid string"),
        (("metadata", "profiles"), ["prod"], "should be a valid dictionary"),
        (("metadata", "region"), 5, "should be a valid string"),
    ],
)
def test_a_member_of_the_wrong_kind_is_named(
    write: Callable[..., Path], place: tuple[Any, ...], value: Any, complaint: str
) -> None:
    whole = valid()
    parent = whole
    for step in place[:-1]:
        parent = parent[step]
    parent[place[-1]] = value
    text = refusal(write(*whole["interactions"], **whole["metadata"]))
    assert text.startswith("its ")
    assert complaint in text


@pytest.mark.parametrize("missing", ["request", "response"])
def test_an_interaction_has_both_parts(write: Callable[..., Path], missing: str) -> None:
    whole = valid()
    del whole["interactions"][0][missing]
    assert refusal(write(*whole["interactions"], **whole["metadata"])) == f"its interactions.0.{missing} is missing."


def valid() -> dict[str, Any]:
    """A cassette's document with every kind of value."""
    groups = {"logGroups": [{"logGroupName": "/a", "arn": "arn", "creationTime": 1, "storedBytes": 0}]}
    error = {"__type": "com.amazon.coral.service#ThrottlingException", "message": "Rate exceeded"}
    alarm = {"AlarmName": "a", "StateUpdatedTimestamp": AT, "Threshold": 5.0, "ActionsEnabled": True}
    return document(
        interaction("DescribeLogGroups", {"limit": 50}, groups, retry="1"),
        interaction("DescribeLogGroups", {"limit": 50}, error, status=400, profile="prod"),
        interaction("DescribeAlarms", {"AlarmTypes": ["MetricAlarm"]}, {"MetricAlarms": [alarm]}),
        calls=[{"tool": "describe_log_groups", "arguments": {"max_items": 5}, "at": AT}],
        profiles={"prod": "eu-west-1", "dev": None},
        profile="base",
    )


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    for step, each in value.items() if isinstance(value, dict) else enumerate(value):
        yield (*path, step)
        if isinstance(each, dict | list):
            yield from _places(each, (*path, step))


def _mutants(whole: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    """Yield the document with one member missing, renamed or replaced by an odd value; deterministic."""
    every = list(product(_places(whole), ["missing", "renamed", *ODD]))
    for path, odd in random.Random(12).sample(every, count):
        mutant = deepcopy(whole)
        parent = mutant
        for step in path[:-1]:
            parent = parent[step]
        if odd == "missing":
            del parent[path[-1]]
        elif odd == "renamed" and isinstance(parent, dict):
            parent["renamed"] = parent.pop(path[-1])
        else:
            parent[path[-1]] = odd
        yield mutant


def _use(path: Path) -> bool:
    """Load, check and replay the file: it is refused in one line, or each of its requests is replayed."""
    findings = [str(finding) for finding in check(path)]
    if any("cannot be read" in finding for finding in findings):
        assert findings == [f"{path}: {path} cannot be read: {refusal(path)}"]
        return False
    replay = Replay(path)
    for request in replay.cassette.requests:
        assert replay._play(request)
    with replay.clock.during("describe_log_groups", {"max_items": 5}, normal_form):
        assert replay.clock.now()
    assert replay.open_session("prod")
    return True


@pytest.mark.usefixtures("offline")
def test_any_one_odd_member_is_refused_or_harmless(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    outcomes = set()
    for mutant in _mutants(valid(), 150):
        path.write_text(as_yaml(mutant), encoding="utf-8")
        outcomes.add(_use(path))
    assert outcomes == {True, False}


@pytest.fixture
def grown(journal: Path, journaling: Recorder) -> str:
    """A journal's text."""
    with Endpoint(one_group) as endpoint, journaling.clock.during("describe_log_groups", {"max_items": 5}, normal_form):
        client(journaling, url=endpoint.url).describe_log_groups(logGroupNamePrefix=ACCOUNT)
    return journal.read_text()


def test_any_one_odd_member_of_a_journal_is_refused_or_harmless(tmp_path: Path, grown: str) -> None:
    path = tmp_path / "a.yaml"
    events = [json.loads(line) for line in grown.splitlines()[1:]]
    outcomes = set()
    for mutant in _mutants({"events": events}, 150):
        lines = mutant.get("events", ["none"])
        lines = lines if isinstance(lines, list) else [lines]
        path.write_text(HEADER + "".join(json.dumps(line, default=str) + "\n" for line in lines))
        outcomes.add(_use(path))
    assert outcomes == {True, False}


@pytest.mark.parametrize("form", ["finished", "journal"])
def test_any_one_odd_byte_is_refused_or_harmless(tmp_path: Path, grown: str, form: str) -> None:
    path = tmp_path / "a.yaml"
    whole = (grown if form == "journal" else as_yaml(valid())).encode()
    chosen = random.Random(12)
    for _ in range(100):
        place = chosen.randrange(len(whole))
        inserted = chosen.choice(
            [b"", b"\x00", b"\xff", b"\n", b"[", b"{", b'"', b"&a ", b"*a", b": ", b"- ", b"9" * 30]
        )
        path.write_bytes(whole[:place] + inserted + whole[place + chosen.choice([0, 1, 1, 40, len(whole)]) :])
        _use(path)
