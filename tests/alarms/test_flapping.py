from __future__ import annotations

import random
from datetime import datetime, timedelta, timezone

import pytest

from cloudwatch_mcp.alarms.flapping import Stay, flapping

START = datetime(2026, 11, 10, tzinfo=timezone.utc)


def stays(*minutes: float, lasting: float = 5) -> list[Stay]:
    """Times in ALARM that begin `minutes` after START."""
    starts = [START + timedelta(minutes=each) for each in sorted(minutes)]
    return [Stay(start, start + timedelta(minutes=lasting)) for start in starts]


def pattern(*minutes: float) -> str | None:
    summary = flapping(stays(*minutes))
    return summary.pattern if summary else None


def daily(days: int, *minutes: float) -> list[float]:
    return [day * 1440 + minute for day in range(days) for minute in minutes]


def test_an_alarm_without_transitions_does_not_flap() -> None:
    assert flapping([]) is None


def test_two_transitions_within_an_hour_are_no_flapping_and_three_are() -> None:
    assert flapping(stays(0, 60, 300)) is None
    summary = flapping(stays(0, 30, 60, 300))
    assert summary is not None
    assert (summary.count, summary.in_an_hour) == (4, 3)


def test_ten_transitions_within_a_day_are_flapping() -> None:
    irregular = [0, 70, 300, 390, 500, 790, 900, 1200, 1300]
    assert flapping(stays(*irregular)) is None
    assert flapping(stays(*irregular, 1400)) is not None


def test_the_longest_time_in_alarm_is_that_of_one_stay() -> None:
    long = Stay(START + timedelta(minutes=10), START + timedelta(minutes=21))
    summary = flapping([*stays(0), long, *stays(25, 40)])
    assert summary is not None
    assert summary.longest == ("2026-11-10T00:10:00Z", "2026-11-10T00:21:00Z")


@pytest.mark.parametrize(("every", "text"), [(37, "about every 37 min"), (180, "about every 3 h")])
def test_a_regular_interval_is_found(every: int, text: str) -> None:
    assert pattern(*(number * every + number % 2 for number in range(9))) == text


def test_one_missing_cycle_leaves_the_interval_regular() -> None:
    assert pattern(*(number * 37 for number in range(12) if number != 5)) == "about every 37 min"


@pytest.mark.parametrize(
    ("minutes", "text"),
    [
        (daily(5, 870, 880, 915, 960), "14:30 to 16:00 UTC daily"),
        (daily(4, 1430, 1440, 1475), "23:50 to 00:35 UTC daily"),
        ([each for each in daily(6, 870, 880, 915) if each // 1440 != 3], "14:30 to 15:15 UTC on 5 of 6 days"),
        (daily(3, 870, 880, 915), "14:30 to 15:15 UTC daily"),
        (daily(2, 870, 880, 915), None),
        (daily(5, 100, 110, 120, 500, 510), None),
    ],
    ids=["daily", "around midnight", "most days", "three days", "two days", "twice a day"],
)
def test_a_time_of_day_is_found(minutes: list[float], text: str | None) -> None:
    assert pattern(*minutes) == text


def test_random_times_are_seldom_taken_for_a_pattern() -> None:
    found = []
    for seed in range(400):
        random_times = random.Random(seed)
        count, days = random_times.randint(6, 40), random_times.choice((1, 3, 7))
        found.append(pattern(*(random_times.uniform(0, days * 1440) for _ in range(count))))
    assert sum(text is not None for text in found) <= 4
