from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from cloudwatch_mcp.errors import InputError
from cloudwatch_mcp.timerange import TimeText, Window, choose_period, parse_time, resolve_window, utc_text

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=timezone.utc)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("now", "2026-11-20T12:00:00Z"),
        ("1h", "2026-11-20T11:00:00Z"),
        ("-30m", "2026-11-20T11:30:00Z"),
        ("now-3h", "2026-11-20T09:00:00Z"),
        ("now - 3 hours", "2026-11-20T09:00:00Z"),
        ("now+10m", "2026-11-20T12:10:00Z"),
        ("7d ago", "2026-11-13T12:00:00Z"),
        ("1h30m", "2026-11-20T10:30:00Z"),
        ("1.5h", "2026-11-20T10:30:00Z"),
        ("90 minutes ago", "2026-11-20T10:30:00Z"),
        ("2 weeks", "2026-11-06T12:00:00Z"),
        ("2026-11-20T10:00:00Z", "2026-11-20T10:00:00Z"),
        ("2026-11-20t10:00:00z", "2026-11-20T10:00:00Z"),
        ("2026-11-20T10:00:00+05:30", "2026-11-20T04:30:00Z"),
        ("2026-11-20T10:00:00-0500", "2026-11-20T15:00:00Z"),
        ("2026-11-20T10:00:00", "2026-11-20T10:00:00Z"),
        ("2026-11-20 10:00", "2026-11-20T10:00:00Z"),
        ("2026-11-20T10:00:00.123456789Z", "2026-11-20T10:00:00Z"),
        ("2026-11-20", "2026-11-20T00:00:00Z"),
        (1763632800, "2025-11-20T10:00:00Z"),
        ("1763632800", "2025-11-20T10:00:00Z"),
        (1763632800000, "2025-11-20T10:00:00Z"),
        (1763632800.0, "2025-11-20T10:00:00Z"),
        (1763632800000.0, "2025-11-20T10:00:00Z"),
    ],
)
def test_a_time_is_read_as_people_write_it(text: TimeText, moment: str) -> None:
    assert utc_text(parse_time(text, NOW)) == moment


@pytest.mark.parametrize(
    "text", ["", "yesterday", "12:00", "h", "-", "5", 0, "99999999999d", "2026-13-01", "1x", "nan"]
)
def test_the_error_for_an_invalid_time_lists_the_accepted_forms(text: TimeText) -> None:
    with pytest.raises(InputError, match=r"start_time: cannot read .* ISO 8601 .*now-3h"):
        parse_time(text, NOW, "start_time")


def test_a_time_without_an_offset_is_utc_in_any_local_time_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    assert parse_time("2026-11-20T10:00:00", NOW) == datetime(2026, 11, 20, 10, tzinfo=timezone.utc)


def test_the_default_window_ends_now() -> None:
    assert resolve_window(None, None, now=NOW, default=HOUR) == Window(NOW - HOUR, NOW)


def test_the_default_start_is_relative_to_the_given_end() -> None:
    end = "2026-11-20T08:00:00Z"
    assert resolve_window(None, end, now=NOW, default=HOUR).as_text() == ["2026-11-20T07:00:00Z", end]


@pytest.mark.parametrize(("start", "end"), [("1h", "2h"), ("1h", "1h"), ("now", "now")])
def test_a_window_must_start_before_it_ends(start: str, end: str) -> None:
    with pytest.raises(InputError, match="is not before end_time"):
        resolve_window(start, end, now=NOW, default=HOUR)


def test_a_window_may_not_be_in_the_future() -> None:
    with pytest.raises(InputError, match="lies in the future"):
        resolve_window("now+1h", "now+2h", now=NOW, default=HOUR)


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, GetMetricData",
    behaviour="A start 15 days ago needs a period of 300 s or a multiple, one 63 days ago 3,600 s; data is kept for 455"
    " days.",
)
@pytest.mark.parametrize(
    ("start", "hours", "target", "period"),
    [
        ("3h", 3, 60, 180),
        ("1h", 1, 60, 60),
        ("1h", 1, 1000, 60),
        ("24h", 24, 60, 1_800),
        ("24h", 24, 1440, 60),
        ("14d", 1, 60, 60),
        ("30d", 1, 60, 300),
        ("30d", 24, 60, 1_800),
        ("62d", 1, 60, 300),
        ("64d", 1, 60, 3_600),
        ("450d", 24 * 450, 60, 691_200),
        ("1h", 1, 1, 3_600),
    ],
)
def test_the_period_gives_the_target_datapoints_and_is_still_retained(
    start: str, hours: int, target: int, period: int
) -> None:
    since = parse_time(start, NOW)
    assert choose_period(Window(since, since + timedelta(hours=hours)), target, NOW) == period


@pytest.mark.parametrize(
    "text",
    [
        "now" + " " * 20_000 + "x",
        "1" * 100_000,
        "1h" * 50_000,
        "9" * 400 + "d",
        10**400,
        -(10**400),
        float("nan"),
        float("inf"),
        "1" * 30 + "h",
    ],
)
def test_a_malformed_time_of_any_length_is_refused_quickly(text: Any) -> None:
    with pytest.raises(InputError, match="cannot read"):
        parse_time(text, NOW)


def test_a_time_in_the_year_9999_can_be_parsed() -> None:
    assert parse_time("9999-12-31T23:59:59Z", NOW) - NOW > timedelta(days=365)
