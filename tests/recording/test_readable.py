"""The format of a cassette file, which loses nothing."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from botocore.parsers import create_parser
from hypothesis import given, settings
from hypothesis import strategies as st
from vcr.cassette import Cassette
from vcr.request import Request

from cloudwatch_mcp.recording import cassettes, load, readable
from cloudwatch_mcp.recording.models import operation_model
from tests.support.exchanges import AT

URIS = {"logs": "https://logs.us-east-1.amazonaws.com/", "cloudwatch": "https://monitoring.us-east-1.amazonaws.com/"}
TARGETS = {
    "DescribeAlarms": ("cloudwatch", "GraniteServiceVersion20100801.DescribeAlarms"),
    "GetMetricData": ("cloudwatch", "GraniteServiceVersion20100801.GetMetricData"),
    "DescribeLogGroups": ("logs", "Logs_20140328.DescribeLogGroups"),
    "StartQuery": ("logs", "Logs_20140328.StartQuery"),
}


def cassette(operation: str, request: bytes, response: bytes, status: int = 200, **headers: str) -> Cassette:
    service, target = TARGETS[operation]
    made = cassettes.empty()
    sent = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": target}
    received = {name: [value] for name, value in headers.items()}
    made.append(
        Request("POST", URIS[service], request, sent),
        {"status": {"code": status, "message": "OK"}, "headers": received, "body": {"string": response}},
    )
    return made


def written(made: Cassette, path: Path) -> str:
    cassettes.save(made, path, {"target": "authored", "recorded_at": AT, "protocol": "json"})
    return path.read_text(encoding="utf-8")


def parsed(operation: str, response: dict[str, Any]) -> Any:
    """The answer as botocore parses it."""
    model = operation_model(TARGETS[operation][1])
    assert model is not None
    logged = {
        "status_code": response["status"]["code"],
        "headers": {name.lower(): values[0] for name, values in response["headers"].items()},
        "body": response["body"]["string"],
    }
    return create_parser("json").parse(logged, model.output_shape)


ALARM = {
    "AlarmName": "cpu",
    "AlarmDescription": "Customers cannot pay.\nRunbook: find out what changed, then roll it back.\n",
    "StateUpdatedTimestamp": 1795435200.123,
    "AlarmConfigurationUpdatedTimestamp": 1.7954352e9,
    "Threshold": 5.0,
    "ActionsEnabled": True,
    "StateReason": "x" * 200,
    "AlarmActions": [],
}
METRIC_DATA = {"MetricDataResults": [{"Id": "m1", "Timestamps": [1795435200, 1795435260.5], "Values": [1, 2.5]}]}


@pytest.mark.parametrize(
    ("operation", "status", "body", "headers"),
    [
        ("DescribeAlarms", 200, {"MetricAlarms": [ALARM]}, {}),
        ("GetMetricData", 200, METRIC_DATA, {}),
        ("DescribeLogGroups", 200, {"logGroups": [{"creationTime": 1795435200123, "storedBytes": 0}]}, {}),
        ("DescribeAlarms", 400, {"__type": "x#A", "message": "é"}, {"x-amzn-query-error": "AccessDenied;Sender"}),
        ("StartQuery", 400, {"__type": "MalformedQueryException", "queryCompileError": {"message": "no\tway"}}, {}),
    ],
)
def test_botocore_parses_a_recorded_answer_as_it_parsed_the_original(
    tmp_path: Path, operation: str, status: int, body: dict[str, Any], headers: dict[str, str]
) -> None:
    made = cassette(operation, b"{}", json.dumps(body).encode(), status, **headers)
    written(made, tmp_path / "a.yaml")
    (read,) = load(tmp_path / "a.yaml").responses
    assert parsed(operation, read) == parsed(operation, made.responses[0])


_TEXT = st.text(
    st.characters(exclude_categories=["Cs"])
    | st.sampled_from(
        [" ", "\n", "\r", "\t", "\x00", "\x1b", "\x85", "\u2028", "\ufeff", ":", "#", "-", "'", '"', "😀"]
    )
)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=12,
)


def written_and_read(value: Any) -> Any:
    """The value as a member of a body, written and read."""
    text = json.dumps({"value": value})
    request = {"method": "POST", "uri": URIS["logs"], "headers": {}, "body": text}
    response = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": text}}
    file = readable.serialize({"version": 1, "interactions": [{"request": request, "response": response}]})
    (read,) = readable.deserialize(file.encode().decode())["interactions"]
    assert read["request"]["body"] == read["response"]["body"]["string"]
    return json.loads(read["request"]["body"])["value"]


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(_TEXT, _JSON, max_size=5))
def test_no_part_of_a_body_is_lost(body: dict[str, Any]) -> None:
    assert written_and_read(body) == body


@pytest.mark.parametrize(
    "text", ["a\nb\x85c", "a\r\nb", "x" * 200 + "\u2028y", "\ufeffa\nb", "a \n b", " a\n\n", "\x1b[31m\n"]
)
def test_no_character_of_a_long_text_is_lost(text: str) -> None:
    assert written_and_read(text) == text


class _PurePython(yaml.SafeDumper):  # type: ignore[misc]  # PyYAML has no types
    """A dumper without libyaml."""


_PurePython.add_representer(str, readable._represent_text)


@pytest.mark.parametrize("text", ["a\nb\x85c", "x" * 200 + "\x85y", "\x85", "a\r\nb", "a\n\u2028b"])
def test_no_character_is_lost_without_libyaml(text: str) -> None:
    assert yaml.safe_load(yaml.dump(text, Dumper=_PurePython, allow_unicode=True)) == text


def test_half_a_character_is_replaced() -> None:
    assert written_and_read("cut \ud83d") == "cut \ufffd"


def test_a_cassette_is_readable(tmp_path: Path) -> None:
    asked = {"StartTime": 1795435200, "EndTime": 1795438800.25, "MetricDataQueries": []}
    assert written(cassette("GetMetricData", json.dumps(asked).encode(), b"{}"), tmp_path / "a.yaml") == (
        """\
version: 1
metadata:
  target: authored
  recorded_at: 2026-11-20T12:00:00Z
  protocol: json
interactions:
- request:
    method: POST
    uri: https://monitoring.us-east-1.amazonaws.com/
    headers:
      Content-Type: application/x-amz-json-1.1
      X-Amz-Target: GraniteServiceVersion20100801.GetMetricData
    body:
      StartTime: 2026-11-23T12:00:00Z
      EndTime: 2026-11-23T13:00:00.250000Z
      MetricDataQueries: []
  response:
    status:
      code: 200
      message: OK
    headers: {}
    body: {}
"""
    )


def test_long_texts_are_blocks_and_numbers_of_logs_stay_numbers(tmp_path: Path) -> None:
    query = "fields @timestamp, @message\n| filter level = 'ERROR'\n| limit 20"
    asked = {"queryString": query, "startTime": 1795435200, "endTime": 1795438800}
    text = written(cassette("StartQuery", json.dumps(asked).encode(), b"{}"), tmp_path / "a.yaml")
    assert "queryString: |-\n        fields @timestamp, @message\n        | filter level = 'ERROR'\n" in text
    assert "startTime: 1795435200\n" in text


@pytest.mark.parametrize(
    "number", [1795435200.1234567, 1e300, -1, True, "soon", None], ids=["fine", "huge", "old", "bool", "text", "null"]
)
def test_a_number_that_is_not_a_time_in_microseconds_stays_a_number(tmp_path: Path, number: Any) -> None:
    body = {"MetricAlarms": [{"StateUpdatedTimestamp": number}]}
    written(cassette("DescribeAlarms", b"{}", json.dumps(body).encode()), tmp_path / "a.yaml")
    assert json.loads(load(tmp_path / "a.yaml").responses[0]["body"]["string"]) == body


@pytest.mark.parametrize("body", ["", "<html>\n<p>502</p>\n</html>", '"a string"', "17", "{cut", "null"])
def test_a_body_that_is_not_a_json_object_is_kept_as_text(tmp_path: Path, body: str) -> None:
    written(cassette("DescribeAlarms", b"{}", body.encode(), 502), tmp_path / "a.yaml")
    assert load(tmp_path / "a.yaml").responses[0]["body"]["string"] == body.encode()


def test_zipped_bodies_are_unzipped() -> None:
    assert readable.decoded(gzip.compress(b'{"a": 1}')) == '{"a": 1}'
    assert readable.decoded(b"\x1f\x8b no zip") == "\x1f\ufffd no zip"


def test_interactions_are_sorted_by_request_and_equal_ones_keep_their_order(tmp_path: Path) -> None:
    made = cassettes.empty()
    for prefix, name in [("/b", 1), ("/a", 2), ("/b", 3)]:
        made.data += cassette("DescribeLogGroups", b'{"p": "%s"}' % prefix.encode(), b'{"n": %d}' % name).data
    made.data += cassette("DescribeAlarms", b"{}", b"{}").data
    document = yaml.safe_load(written(made, tmp_path / "a.yaml"))
    bodies = [(each["request"]["body"], each["response"]["body"]) for each in document["interactions"]]
    assert bodies == [({}, {}), ({"p": "/a"}, {"n": 2}), ({"p": "/b"}, {"n": 1}), ({"p": "/b"}, {"n": 3})]
