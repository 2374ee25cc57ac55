from __future__ import annotations

import pytest

from cloudwatch_mcp.answers.series import Points, series
from tests.support.frozen_time import NOW

NOON = NOW.timestamp()


def test_points_far_apart_are_listed_with_their_times() -> None:
    shaped = series("m", Points([(NOON - 40 * 86_400, 1.0), (NOON, 2.0), (NOON + 1, 3.0)]), 60)
    assert shaped.values == []
    assert shaped.points == [
        ("2026-10-11T12:00:00Z", 1.0),
        ("2026-11-20T12:00:00Z", 2.0),
        ("2026-11-20T12:00:01Z", 3.0),
    ]


def test_a_point_at_the_start_of_the_epoch_is_listed_with_its_time() -> None:
    assert series("m", Points([(0, 1.0), (NOON, 2.0)]), 60).points[0] == ("1970-01-01T00:00:00Z", 1.0)


@pytest.mark.parametrize("times", [[NOON, NOON + 0.5], [NOON, NOON]])
def test_points_less_than_a_second_apart_are_listed_with_their_times(times: list[float]) -> None:
    shaped = series("m", Points((time, float(index)) for index, time in enumerate(times)), 60)
    assert [value for _, value in shaped.points] == [0.0, 1.0]
    assert shaped.summary.max_at == shaped.points[1][0]
