"""What a session makes of the files and answers that botocore reads."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from cloudwatch_mcp.sessions import known_regions, open_session

MOMENT = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)


def _parsed(text: bytes) -> Any:
    """The moment of a DescribeAlarms answer that holds `text` for it."""
    client = open_session(None).client(
        "cloudwatch", region_name="us-east-1", aws_access_key_id="testing", aws_secret_access_key="testing"
    )
    body = b'{"MetricAlarms": [{"AlarmName": "a", "StateUpdatedTimestamp": %s}]}' % text

    def answer(**_: Any) -> Any:
        from botocore.awsrequest import AWSResponse

        response = AWSResponse("https://example.com", 200, {}, None)
        response._content = body
        return response

    client.meta.events.register("before-send", answer)
    return client.describe_alarms()["MetricAlarms"][0]["StateUpdatedTimestamp"]


@pytest.mark.parametrize("text", [b"1795176000", b"1795176000.0", b'"2026-11-20T12:00:00Z"'])
def test_a_time_of_aws_is_read_however_it_is_written(text: bytes) -> None:
    assert _parsed(text) == MOMENT


def test_a_time_of_aws_is_in_utc_without_a_look_at_the_machines_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("botocore.utils.parse_timestamp", lambda _: pytest.fail("the machine's zone was looked up"))
    assert _parsed(b"1795176000").tzinfo is timezone.utc


def test_regions_of_every_partition_are_known_and_no_pseudo_region_is() -> None:
    assert known_regions() >= {"us-east-1", "eu-west-1", "cn-north-1", "us-gov-west-1"}
    assert not any("global" in region for region in known_regions())


def test_regions_are_known_without_the_large_file_of_endpoints(monkeypatch: pytest.MonkeyPatch) -> None:
    from botocore.loaders import Loader

    loaded: list[str] = []
    load = Loader.load_data

    def load_and_note(loader: Loader, name: str) -> Any:
        loaded.append(name)
        return load(loader, name)

    monkeypatch.setattr(Loader, "load_data", load_and_note)
    known_regions.cache_clear()
    known_regions()
    assert loaded == ["partitions"]
