from __future__ import annotations

import json
from typing import Any

import pytest

from cloudwatch_mcp.alarms import wording

METRIC = {
    "Namespace": "Shop",
    "MetricName": "Latency",
    "Dimensions": [{"Name": "Service", "Value": "checkout"}, {"Name": "Zone", "Value": "eu"}],
}
PLAIN: dict[str, Any] = {
    **METRIC,
    "Statistic": "Average",
    "Period": 60,
    "EvaluationPeriods": 5,
    "DatapointsToAlarm": 3,
    "Threshold": 0.5,
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}
PERCENTILE = {**{key: value for key, value in PLAIN.items() if key != "Statistic"}, "ExtendedStatistic": "p99"}
MATH: dict[str, Any] = {
    "EvaluationPeriods": 3,
    "Threshold": 5.0,
    "ComparisonOperator": "GreaterThanThreshold",
    "Metrics": [
        {"Id": "rate", "Expression": "100 * errors / requests", "Label": "error rate", "ReturnData": True},
        {"Id": "errors", "MetricStat": {"Metric": METRIC, "Period": 60, "Stat": "Sum"}, "ReturnData": False},
    ],
}
BAND: dict[str, Any] = {
    "EvaluationPeriods": 3,
    "ThresholdMetricId": "band",
    "ComparisonOperator": "LessThanLowerOrGreaterThanUpperThreshold",
    "Metrics": [
        {"Id": "orders", "MetricStat": {"Metric": METRIC, "Period": 300, "Stat": "Sum"}, "ReturnData": True},
        {"Id": "band", "Expression": "ANOMALY_DETECTION_BAND(orders, 2)", "ReturnData": True},
    ],
    "StateReasonData": json.dumps(
        {"recentDatapoints": [3.0], "recentLowerThresholds": [80.125], "recentUpperThresholds": [120.5]}
    ),
}
COMPOSITE: dict[str, Any] = {
    "AlarmRule": 'ALARM("a")',
    "StateReasonData": json.dumps(
        {"triggeringAlarms": [{"arn": "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a", "state": {}}]}
    ),
}
LOG = {
    "ScheduledQueryConfiguration": {"QueryString": "filter level = 'ERROR'", "AggregationExpression": "count(*)"},
    "QueryResultsToEvaluate": 5,
    "QueryResultsToAlarm": 2,
    "Threshold": 10.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
PROMQL = {"EvaluationCriteria": {"PromQLCriteria": {"Query": "up == 0"}}}


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, MetricAlarm",
    behaviour="An anomaly detection alarm has ThresholdMetricId and Metrics, and no Threshold.",
)
@pytest.mark.parametrize(
    ("alarm", "kind", "condition"),
    [
        (PLAIN, "metric", "Average >= 0.5 for 3 of 5 × 60 s"),
        (PERCENTILE, "metric", "p99 >= 0.5 for 3 of 5 × 60 s"),
        (MATH, "metric math", "error rate > 5 for 3 of 3 × 60 s"),
        (
            BAND,
            "anomaly band",
            "Sum outside ANOMALY_DETECTION_BAND(orders, 2) (lately 80.125 to 120.5) for 3 of 3 × 300 s",
        ),
        (COMPOSITE, "composite", 'ALARM("a")'),
        (LOG, "log", "count(*) > 10 for 2 of 5 query results"),
        (PROMQL, "PromQL", "the PromQL query returns a series"),
    ],
)
def test_each_kind_of_alarm_has_its_condition_in_a_phrase(alarm: dict[str, Any], kind: str, condition: str) -> None:
    assert (wording.kind(alarm), wording.condition(alarm)) == (kind, condition)


def test_a_metric_alarm_watches_its_metric_with_dimensions() -> None:
    assert wording.watches(PLAIN) == "Shop Latency {Service=checkout, Zone=eu}"


def test_a_math_alarm_shows_its_expressions() -> None:
    assert wording.watches(MATH) == (
        "errors = Sum Shop Latency {Service=checkout, Zone=eu}; rate = 100 * errors / requests"
    )


def test_a_log_alarm_shows_its_query() -> None:
    assert wording.watches(LOG) == "filter level = 'ERROR'"


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/cloudwatch/test_cloudwatch.snapshot.json",
    behaviour="The StateReasonData of a composite alarm lists the alarms that triggered it by ARN.",
)
def test_a_composite_alarm_names_what_triggered_it() -> None:
    assert wording.triggered_by(COMPOSITE) == ["a"]


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="no public source has a missing datapoint in the reason data",
    behaviour="A missing datapoint in recentDatapoints is null.",
)
def test_recent_datapoints_leave_out_missing_ones() -> None:
    assert wording.recent_datapoints({"recentDatapoints": [1.0, None, 3.0]}) == [1.0, 3.0]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/cloudwatch/test_cloudwatch.snapshot.json",
    behaviour="A state reason begins with Threshold Crossed and repeats the datapoints and the threshold.",
)
@pytest.mark.parametrize(
    ("datapoints", "reason"),
    [
        ([21.5], "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated."),
        ([21.5], "Insufficient Data: 3 datapoints were unknown."),
        ([21.5], "testing purposes"),
        ([], "Threshold Crossed: 1 datapoint [21.5] was greater than the threshold (21.0)."),
    ],
)
def test_a_reason_that_adds_to_the_datapoints_is_kept(datapoints: list[float], reason: str) -> None:
    assert wording.reason_beside(datapoints, reason) == reason


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/cloudwatch/test_cloudwatch.snapshot.json",
    behaviour="A state reason begins with Threshold Crossed and repeats the datapoints and the threshold.",
)
def test_a_reason_that_repeats_the_datapoints_is_left_out() -> None:
    reason = "Threshold Crossed: 1 datapoint [21.5 (20/11/26 11:55:00)] was greater than the threshold (21.0)."
    assert wording.reason_beside([21.5], reason) is None


@pytest.mark.parametrize("data", [None, "", "not json", "[]", '"text"'])
def test_unreadable_reason_data_is_empty(data: str | None) -> None:
    assert wording.reason_data({"StateReasonData": data}) == {}
