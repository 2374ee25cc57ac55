from __future__ import annotations

import math
import random
from collections.abc import Callable

import pytest

from cloudwatch_mcp.metrics.onset import Shift, find_shift

LENGTHS = (30, 60, 60, 90, 120)


def series(rng: random.Random, length: int, *, at: int, factor: float, daily: bool) -> tuple[list[float], list[float]]:
    """A series with 3% noise whose level changes by `factor` at a point, sometimes with a spike, and its baseline."""
    curve = [1 + 0.5 * math.sin(2 * math.pi * place / length) * daily for place in range(length)]
    baseline = [100 * level * (1 + rng.gauss(0, 0.03)) for level in curve]
    values = [
        100 * level * (factor if place >= at else 1) * (1 + rng.gauss(0, 0.03)) for place, level in enumerate(curve)
    ]
    if rng.random() < 0.4:
        values[rng.randrange(length)] *= 8
    return values, baseline


def test_a_shift_is_found_within_a_point_in_95_of_100_series() -> None:
    rng = random.Random(1)
    close = 0
    for _ in range(100):
        length = rng.choice(LENGTHS)
        at, daily = rng.randrange(8, length - 8), rng.random() < 0.3
        size = math.exp(rng.uniform(math.log(0.1), math.log(3)))
        factor = 1 + size if rng.random() < 0.7 else 1 / (1 + size)
        values, baseline = series(rng, length, at=at, factor=factor, daily=daily)
        found = find_shift(values, baseline if daily else None)
        close += found is not None and abs(found.position - at) <= 1
    assert close >= 95


def test_no_shift_is_found_in_97_of_100_series_without_one() -> None:
    rng = random.Random(2)
    silent = 0
    for _ in range(100):
        length, daily = rng.choice(LENGTHS), rng.random() < 0.3
        values, baseline = series(rng, length, at=0, factor=1.0, daily=daily)
        silent += find_shift(values, baseline if daily else None) is None
    assert silent >= 97


def _trend(rng: random.Random) -> list[float]:
    return [100 + 0.8 * place + rng.gauss(0, 5) for place in range(60)]


def _persistent(rng: random.Random) -> list[float]:
    value, values = 0.0, []
    for _ in range(60):
        value = 0.5 * value + rng.gauss(0, 5)
        values.append(100 + value)
    return values


def _daily(rng: random.Random) -> list[float]:
    begin = rng.random() * 6
    return [100 + 50 * math.sin(2 * math.pi * place / 96 + begin) + rng.gauss(0, 3) for place in range(96)]


def _rare_errors(rng: random.Random) -> list[float]:
    return [float(rng.random() < 0.2) for _ in range(60)]


@pytest.mark.parametrize("kind", [_trend, _persistent, _daily, _rare_errors])
def test_a_trend_persistent_noise_a_daily_curve_and_rare_errors_are_no_shift(
    kind: Callable[[random.Random], list[float]],
) -> None:
    rng = random.Random(3)
    found = sum(find_shift(kind(rng)) is not None for _ in range(100))
    assert found <= 10


def test_a_shift_has_the_levels_before_and_after() -> None:
    assert find_shift([2.0, 3.0] * 10 + [9.0, 8.0] * 10) == Shift(20, 2.5, 8.5)


def test_a_constant_series_that_steps_is_a_shift() -> None:
    assert find_shift([0.0] * 20 + [1.0] * 6) == Shift(20, 0.0, 1.0)


def test_a_spike_is_no_shift() -> None:
    assert find_shift([5.0, 6.0] * 10 + [500.0, 400.0] + [5.0, 6.0] * 10) is None


def test_fewer_than_five_points_on_a_new_level_are_no_shift() -> None:
    assert find_shift([5.0, 6.0] * 15 + [50.0] * 4) is None
    assert find_shift([5.0, 6.0] * 15 + [50.0] * 5) == Shift(30, 5.5, 50.0)


def test_a_level_that_returns_gives_the_first_shift() -> None:
    rng = random.Random(4)
    values = [rng.gauss(160 if 20 <= place < 32 else 100, 4) for place in range(60)]
    found = find_shift(values)
    assert found is not None
    assert found.position == 20
    assert found.after == pytest.approx(160, abs=5)


def test_what_the_baseline_did_too_is_no_shift() -> None:
    rng = random.Random(5)
    levels = [100.0] * 30 + [300.0] * 30
    values, baseline = ([level * (1 + rng.gauss(0, 0.03)) for level in levels] for _ in range(2))
    assert find_shift(values) is not None
    assert find_shift(values, baseline) is None


def test_a_baseline_with_zeros_is_compared_by_difference() -> None:
    rng = random.Random(6)
    baseline = [max(0.0, rng.gauss(2, 2)) for _ in range(60)]
    values = [max(0.0, rng.gauss(2, 2)) + (40 if place >= 40 else 0) for place in range(60)]
    found = find_shift(values, baseline)
    assert found is not None
    assert found.position == 40


def test_a_baseline_with_gaps_fills_them_with_the_usual_relation() -> None:
    values = [100.0 + place % 3 for place in range(30)] + [200.0 + place % 3 for place in range(30)]
    baseline = [None if place % 10 == 5 else 100.0 + place % 3 for place in range(60)]
    found = find_shift(values, baseline)
    assert found is not None
    assert found.position == 30
