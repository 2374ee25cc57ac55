"""Metric math over stored metrics, without HTTP."""

import pytest
from moto.cloudwatch.exceptions import ValidationError

from tests.support.sandbox_metrics import GAP, evaluate, results


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("m1 + m2", [12, 24]),
        ("m1 - m2", [8, 16]),
        ("100 * m2 / m1", [20, 20]),
        ("m1 ^ 2", [100, 400]),
        ("-m1", [-10, -20]),
        ("2 + 3 * m2 - 1", [7, 13]),
        ("(2 + 3) * m2", [10, 20]),
        ("-2 ^ 2 + m2", [-2, 0]),
        ("1.5e1 + m2", [17, 19]),
        ("m1 > 15", [0, 1]),
        ("m1 >= 10 AND m2 < 4", [1, 0]),
        ("m1 == 10 || m2 == 4", [1, 1]),
        ("m1 != 10 OR m2 == 9", [0, 1]),
    ],
)
def test_operators_apply_at_each_timestamp(expression: str, expected: list[float]) -> None:
    assert evaluate(expression, m1=[10, 20], m2=[2, 4]) == expected


def test_missing_points_of_one_side_are_zero() -> None:
    assert evaluate("m1 + m2", m1=[10, GAP, 30], m2=[1, 2, GAP]) == [11, 2, 30]


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="grafana/grafana pkg/tsdb/cloudwatch/test-data/multiple-outputs.json",
    behaviour="A point that is not a number is dropped; the result has an ArithmeticError message and is PartialData.",
)
@pytest.mark.parametrize("expression", ["m1 / m2", "100 * (m1 / m2) + 1", "LOG(m2)", "m1 / (m2 - m2)"])
def test_points_that_are_not_numbers_are_dropped_with_a_message(expression: str) -> None:
    (result,) = results({"e1": expression}, {"m1": [10, 20], "m2": [0, 4]})

    assert len(result["Values"]) < 2
    assert result["StatusCode"] == "PartialData"
    assert result["Messages"] == [
        {
            "Code": "ArithmeticError",
            "Value": "One or more data-points have been dropped due to non-numeric values (NaN, -Infinite, +Infinite)",
        }
    ]


@pytest.mark.parametrize("expression", ["IF(m1 > 15, m1)", "FILL(m2, REPEAT)", "m1 / FILL(m2, 1)"])
def test_missing_points_are_not_an_arithmetic_error(expression: str) -> None:
    (result,) = results({"e1": expression}, {"m1": [10, 20], "m2": [GAP, 4]})

    assert (result["StatusCode"], result.get("Messages")) == ("Complete", None)


def test_comparisons_take_missing_points_as_zero() -> None:
    assert evaluate("m1 < m2", m1=[30, 20, 0, 0], m2=[20, GAP, 20, GAP]) == [0, 0, 1, 0]


def test_statistic_of_one_series_is_a_number() -> None:
    assert evaluate("m1 - AVG(m1)", m1=[1, 2, 3]) == [-1, 0, 1]


@pytest.mark.parametrize(
    ("function", "expected"), [("SUM", [3, 4]), ("AVG", [1.5, 2]), ("MIN", [1, 4]), ("MAX", [2, 4])]
)
def test_statistic_of_an_array_is_a_series(function: str, expected: list[float]) -> None:
    assert evaluate(f"{function}([m1, m2])", m1=[1, 4], m2=[2, GAP]) == expected


def test_metrics_returns_all_metrics_of_the_request() -> None:
    assert evaluate("SUM(METRICS())", m1=[1, 2], m2=[10, 20]) == [11, 22]


def test_metrics_with_text_returns_those_whose_id_contains_it() -> None:
    assert evaluate('SUM(METRICS("err"))', err1=[1], err2=[2], ok=[100]) == [3]


def test_array_times_a_number_is_one_result_for_each_metric() -> None:
    found = results({"e1": "METRICS() * 2"}, {"m1": [1], "m2": [5]})
    assert [(result["Id"], result["Label"], result["Values"]) for result in found] == [
        ("e1", "m1", [2]),
        ("e1", "m2", [10]),
    ]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ABS(0 - m1)", [1.5, 4, 2]),
        ("CEIL(m1)", [2, 4, 2]),
        ("FLOOR(m1)", [1, 4, 2]),
        ("DIFF(m1)", [2.5, -2]),
        ("RATE(m1)", [2.5 / 60, -2 / 60]),
        ("RUNNING_SUM(m1)", [1.5, 5.5, 7.5]),
        ("m1 / PERIOD(m1) * 60", [1.5, 4, 2]),
        ("TIME_SERIES(MAX(m1))", [4, 4, 4]),
        ("FIRST(SORT([m1, m1 * 2], MAX, DESC))", [3, 8, 4]),
        ("LAST(SLICE([m1, m1 * 2, m1 * 3], 0, 2))", [3, 8, 4]),
    ],
)
def test_functions_transform_series(expression: str, expected: list[float]) -> None:
    assert evaluate(expression, m1=[1.5, 4, 2]) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("filler", "expected"),
    [
        ("0", [0, 1, 0, 0, 4, 0]),
        ("m2", [9, 1, 9, 9, 4, 9]),
        ("REPEAT", [1, 1, 1, 4, 4]),
        ("LINEAR", [1, 2, 3, 4]),
    ],
)
def test_fill_fills_the_gaps_of_the_window(filler: str, expected: list[float]) -> None:
    assert evaluate(f"FILL(m1, {filler})", m1=[GAP, 1, GAP, GAP, 4, GAP], m2=[9] * 6) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("IF(m1, m2, m3)", [30, 0, 20]),
        ("IF(m1, 5, m3)", [5, 5, 20]),
        ("IF(m1, m2, 5)", [30, 0, 5, 5]),
        ("IF(m1 > 0, m2)", [30, 0]),
        ("IF(1, m3)", [0, 0, 20, 20]),
    ],
)
def test_if_chooses_point_by_point(expression: str, expected: list[float]) -> None:
    series: dict[str, list[float | None]] = {
        "m1": [1, 1, 0, 0, GAP],
        "m2": [30, GAP, 0, 0, 30],
        "m3": [0, 0, 20, GAP, 20],
    }
    assert evaluate(expression, **series) == expected


def test_expression_can_use_another_expression() -> None:
    found = results({"e1": "m1 * 2", "e2": "e1 + 1"}, {"m1": [1]})
    assert [result["Values"] for result in found] == [[2], [3]]


def test_anomaly_band_is_an_upper_series_and_then_a_lower_one() -> None:
    found = results({"band": "ANOMALY_DETECTION_BAND(m1, 2)"}, {"m1": [10, 12, 10, 11, 9]})
    upper, lower = (result["Values"] for result in found)
    assert all(high > 10 > low for high, low in zip(upper, lower, strict=True))


def test_anomaly_band_does_not_depend_on_the_window() -> None:
    values: list[float | None] = [10, 12, 10, 11, 90]
    whole = results({"band": "ANOMALY_DETECTION_BAND(m1)"}, {"m1": values})
    part = results({"band": "ANOMALY_DETECTION_BAND(m1)"}, {"m1": values}, minutes=2)
    assert [result["Values"] for result in part] == [result["Values"][:2] for result in whole]


def test_anomaly_band_leaves_an_incident_outside() -> None:
    upper, _ = results({"band": "ANOMALY_DETECTION_BAND(m1, 3)"}, {"m1": [10, 12, 10, 11, 90]})
    assert upper["Values"][-1] < 90


def test_last_of_the_band_is_its_lower_bound() -> None:
    band = results({"band": "ANOMALY_DETECTION_BAND(m1)"}, {"m1": [10, 12, 11]})
    assert evaluate("LAST(ANOMALY_DETECTION_BAND(m1))", m1=[10, 12, 11]) == band[1]["Values"]


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("m9 + 1", "ID 'm9' not found"),
        ("e1 + 1", "ID 'e1' refers to itself"),
        ("AVERAGE(m1)", "Function 'AVERAGE' not found"),
        ("AVG(m1, m1)", "Function 'AVG' has an invalid number of arguments"),
        ("SERVICE_QUOTA(m1)", "The sandbox lacks the function SERVICE_QUOTA; AWS has it"),
        ("INSIGHT_RULE_METRIC('r', 'Sum')", "The sandbox lacks the function INSIGHT_RULE_METRIC; AWS has it"),
        ("LAMBDA('f')", "The sandbox lacks the function LAMBDA; AWS has it"),
        ("SEARCH('', 'Sum', 60)", "A search needs a metric schema or a search term"),
        ("SEARCH('{n', 'Sum', 60)", "Invalid search expression at position"),
        ("SEARCH('m1', 'Total', 60)", "SEARCH has an invalid statistic 'Total' or period 60"),
        ("AVG(m1)", "The expression must return a time series or an array of time series"),
        ("m1 +", "Invalid syntax at position"),
        ("[m1, m1] + [m1]", "An operator cannot have an array of time series on both sides"),
    ],
)
def test_errors_name_the_expression(expression: str, complaint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        evaluate(expression, m1=[1])
    assert caught.value.message.startswith(f"Error in expression 'e1': {complaint}")
