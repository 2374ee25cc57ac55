"""The units of series, from the arguments of a call."""

from __future__ import annotations

import json
from typing import Any

from cloudwatch_mcp.apps.units import units

DURATION = {"namespace": "AWS/Lambda", "metric_name": "Duration"}
ERRORS = {"namespace": "AWS/Lambda", "metric_name": "Errors"}


def query(query_id: str, metric: dict[str, Any] | None) -> dict[str, Any]:
    return {"id": query_id, "metric_stat": metric} if metric else {"id": query_id, "expression": "a / b"}


def test_one_metric_has_one_unit() -> None:
    assert units(DURATION) == {"*": "Milliseconds"}
    assert units({"queries": [query("a", DURATION)]}) == {"*": "Milliseconds"}


def test_several_queries_have_their_own_and_an_expression_has_none() -> None:
    queries = [query("a", DURATION), query("b", ERRORS), query("c", None)]
    assert units({"queries": queries}) == {"a": "Milliseconds", "b": "Count"}


def test_queries_may_be_sent_as_json() -> None:
    assert units({"queries": json.dumps([query("a", DURATION)])}) == {"*": "Milliseconds"}


def test_the_number_of_samples_has_no_unit() -> None:
    assert units({**DURATION, "statistic": "SampleCount"}) == {}


def test_unknown_metrics_have_no_unit() -> None:
    assert units({"namespace": "Shop/Checkout", "metric_name": "Latency"}) == {}
    assert units({"namespace": "AWS/Lambda", "metric_name": "Nonsense"}) == {}
    assert units({"namespace": "AWS/Lambda"}) == {}
