from __future__ import annotations

import pytest

from cloudwatch_mcp.errors import InputError
from cloudwatch_mcp.metrics.statistics import parse_statistic


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch User Guide, CloudWatch statistics definitions",
    behaviour="Trimmed and winsorized means, percentile ranks and percentiles are written TM(10%:90%), WM(80%:), "
    "PR(100:2000) and p99.",
)
@pytest.mark.parametrize(
    ("written", "statistic"),
    [
        ("AVG", "Average"),
        ("average", "Average"),
        ("Sum", "Sum"),
        ("MAX", "Maximum"),
        ("minimum", "Minimum"),
        ("COUNT", "SampleCount"),
        ("SampleCount", "SampleCount"),
        ("p99", "p99"),
        ("P99.9", "p99.9"),
        ("p100", "p100"),
        ("TM90", "tm90"),
        ("tm(10%:90%)", "TM(10%:90%)"),
        ("TM(:95%)", "TM(:95%)"),
        ("WM(80%:)", "WM(80%:)"),
        ("PR(100:2000)", "PR(100:2000)"),
        ("iqm", "IQM"),
    ],
)
def test_a_statistic_becomes_the_spelling_of_cloudwatch(written: str, statistic: str) -> None:
    assert parse_statistic(written) == statistic


@pytest.mark.parametrize("written", ["", "p", "p101", "median", "TM(:)", "p99; DROP", "avg()"])
def test_an_unknown_statistic_is_refused_with_the_known_ones(written: str) -> None:
    with pytest.raises(InputError, match=r"statistic: .* Average, Sum, .* p99"):
        parse_statistic(written)
