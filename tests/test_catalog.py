from __future__ import annotations

import json
from importlib.resources import files

import pytest

from cloudwatch_mcp import catalog

STATISTICS = {"Average", "Sum", "Maximum", "Minimum", "SampleCount", "percentiles", "trimmed mean"}
# PutMetricAlarm: Period is 10, 20, 30 or a multiple of 60.
COMPARISONS = {
    "GreaterThanThreshold",
    "GreaterThanOrEqualToThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "GreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
}
ALL = [metric for namespace in catalog.namespaces() for metric in catalog.metrics_of(namespace).values()]


def test_the_catalogue_has_the_published_metrics_and_alarms() -> None:
    assert (len(catalog.namespaces()), len(ALL), sum(len(metric.alarms) for metric in ALL)) == (38, 1_179, 156)


def test_every_description_is_a_short_sentence() -> None:
    bad = [m.name for m in ALL if not (m.description.endswith(".") and 15 < len(m.description) < 240)]
    assert bad == []


def test_every_metric_has_only_known_statistics() -> None:
    assert [metric.name for metric in ALL if not set(metric.statistics) <= STATISTICS] == []


def test_every_alarm_is_coherent() -> None:
    for metric in ALL:
        for alarm in metric.alarms:
            assert alarm["datapoints_to_alarm"] <= alarm["evaluation_periods"], metric.name
            assert alarm["period"] in (10, 20, 30) or alarm["period"] % 60 == 0, metric.name
            assert alarm["comparison"] in COMPARISONS, metric.name
            assert ("threshold" in alarm) != ("threshold_guide" in alarm), metric.name
            assert alarm["intent"].endswith("."), metric.name


def test_the_files_are_sorted_and_named_for_their_namespace() -> None:
    for file in (files("cloudwatch_mcp.catalog") / "data").iterdir():
        entry = json.loads(file.read_text("utf-8"))
        assert file.name == entry["namespace"].replace("/", ".") + ".json"
        assert list(entry["metrics"]) == sorted(entry["metrics"], key=str.casefold)


@pytest.mark.parametrize("written", ["AWS/Lambda", "aws/lambda", "Lambda", " lambda "])
def test_a_namespace_is_found_as_people_type_it(written: str) -> None:
    assert catalog.find_namespace(written) == "AWS/Lambda"


def test_a_metric_is_found_whatever_its_case() -> None:
    metric = catalog.find_metric("AWS/Lambda", "duration")
    assert metric is not None
    assert metric.name == "Duration"


def test_near_namespaces_are_offered() -> None:
    assert "AWS/Lambda" in catalog.nearest_namespaces("AWS/Lamda")
