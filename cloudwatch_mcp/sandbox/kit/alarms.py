"""Alarms: when they breach, and their parameters for PutMetricAlarm and PutCompositeAlarm."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.kit.metrics import SampledMetric

ABOVE, BELOW, UNDER_BAND = "GreaterThanThreshold", "LessThanThreshold", "LessThanLowerThreshold"


@dataclass(frozen=True)
class MetricAlarm:
    """An alarm on one metric.

    Attributes:
        datapoints: M and N, in AWS's "M out of N datapoints".
        per: for a metric-math alarm on the series as a percentage of this one.
        label: of that percentage.
        missing: how missing data is treated: missing, notBreaching, breaching or ignore.
        edits: earlier configurations, as the age in days and the changed members of PutMetricAlarm; oldest first.
    """

    name: str
    series: SampledMetric
    statistic: str
    comparison: str
    threshold: float
    period: int = 60
    datapoints: tuple[int, int] = (3, 3)
    per: SampledMetric | None = None
    missing: str = "missing"
    notifies: bool = False
    label: str = "percent"
    edits: tuple[tuple[float, Mapping[str, Any]], ...] = ()
    description: str = ""

    def parameters(self, prefix: str, actions: list[str]) -> dict[str, Any]:
        """For PutMetricAlarm."""
        return {
            "AlarmName": prefix + self.name,
            **({"AlarmDescription": self.description} if self.description else {}),
            "AlarmActions": actions if self.notifies else [],
            "ComparisonOperator": self.comparison,
            "EvaluationPeriods": self.datapoints[1],
            "DatapointsToAlarm": self.datapoints[0],
            "TreatMissingData": self.missing,
            **self._metric_members(prefix),
        }

    def _metric_members(self, prefix: str) -> dict[str, Any]:
        if self.comparison == UNDER_BAND:
            band = {"Id": "ad1", "Expression": "ANOMALY_DETECTION_BAND(m1, 2)", "Label": "expected", "ReturnData": True}
            return {
                "Metrics": [self._query("m1", self.series, prefix, returned=True), band],
                "ThresholdMetricId": "ad1",
            }
        if self.per is not None:
            rate = {"Id": "e1", "Expression": "100 * m1 / m2", "Label": self.label, "ReturnData": True}
            queries = [rate, self._query("m1", self.series, prefix), self._query("m2", self.per, prefix)]
            return {"Metrics": queries, "Threshold": self.threshold}
        kind = "ExtendedStatistic" if self.statistic.startswith("p") else "Statistic"
        metric = _metric(self.series, prefix)
        return {**metric, kind: self.statistic, "Period": self.period, "Threshold": self.threshold}

    def _query(self, name: str, series: SampledMetric, prefix: str, *, returned: bool = False) -> dict[str, Any]:
        stat = {"Metric": _metric(series, prefix), "Period": self.period, "Stat": self.statistic}
        return {"Id": name, "MetricStat": stat, "ReturnData": returned}


class CompositeAlarm(NamedTuple):
    """CloudWatch evaluates its rule whenever a child's state changes."""

    name: str
    description: str
    rule: str

    def parameters(self, prefix: str, actions: list[str]) -> dict[str, Any]:
        """For PutCompositeAlarm."""
        return {
            "AlarmName": prefix + self.name,
            "AlarmDescription": self.description,
            "AlarmRule": self.rule.replace('("', f'("{prefix}'),
            "AlarmActions": actions,
        }


def _metric(series: SampledMetric, prefix: str) -> dict[str, Any]:
    return {"Namespace": series.published_in(prefix), **series.description}
