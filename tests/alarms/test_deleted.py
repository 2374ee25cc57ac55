from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cloudwatch_mcp.alarms.deleted import last_configuration
from cloudwatch_mcp.alarms.summary import summarize_deleted

_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda values: st.lists(values, max_size=2) | st.dictionaries(st.sampled_from(["id", "metric", "name"]), values),
    max_leaves=4,
)
_NAMES = ["alarmRule", "namespace", "metricName", "period", "evaluationPeriods", "threshold", "dimensions", "metrics"]
_QUERY = {"id": "m", "metricStat": {"metric": {"namespace": "N", "metricName": "M"}, "period": 60, "stat": "Sum"}}
_READABLE = {"namespace": "N", "metricName": "M", "evaluationPeriods": 3, "threshold": 1, "metrics": [_QUERY]}


def update(configuration: Any) -> dict[str, Any]:
    return {"HistoryItemType": "ConfigurationUpdate", "HistoryData": json.dumps({"updatedAlarm": configuration})}


@given(st.dictionaries(st.sampled_from(_NAMES), _VALUES), st.dictionaries(st.sampled_from(list(_QUERY)), _VALUES))
def test_any_configuration_is_described_or_skipped(members: dict[str, Any], query: dict[str, Any]) -> None:
    configuration = {**_READABLE, "metrics": [{**_QUERY, **query}], **members}
    summary = summarize_deleted("a", last_configuration([update(configuration)]))
    assert (summary.name, summary.kind) == ("a", "deleted")


def test_the_newest_readable_configuration_counts() -> None:
    alarm = last_configuration([update({"metricName": "New"}), update(_READABLE | {"period": 60}), update(_READABLE)])
    assert alarm is not None
    assert alarm["Period"] == 60


def test_history_without_a_configuration_describes_nothing() -> None:
    assert last_configuration([{"HistoryItemType": "StateUpdate"}, update("{broken")]) is None
