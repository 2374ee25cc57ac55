from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from cloudwatch_mcp.server.definitions import definitions
from cloudwatch_mcp.server.normal_form import normal_form
from cloudwatch_mcp.timerange import Window
from tests.support.frozen_time import NOW

REQUIRED: dict[str, Any] = {
    "alarm_name": "a",
    "log_group_arn": "/a",
    "query_string": "SOURCE '/a'",
    "start_time": "1h",
    "query_id": "a",
    "namespace": "AWS/Lambda",
    "metric_name": "Errors",
}


@pytest.mark.parametrize("tool", definitions())
def test_a_default_left_out_null_or_spelled_out_is_the_same(tool: str) -> None:
    fields = definitions()[tool].fn_metadata.arg_model.model_fields
    required = {name: REQUIRED[name] for name, field in fields.items() if field.is_required()}
    defaults = {name: field.default for name, field in fields.items() if not field.is_required()}
    form = normal_form(tool, required, NOW)
    assert form == normal_form(tool, {**required, **defaults}, NOW)
    window = form.get(("start_time", "end_time"))
    assert isinstance(window, Window) == ("start_time" in fields)
    if window:
        spelled_out = {"start_time": window.start.isoformat(), "end_time": window.end.isoformat()}
        assert form == normal_form(tool, {**required, **spelled_out}, NOW)
        assert form == normal_form(tool, {**required, **spelled_out}, NOW + timedelta(days=1))
        assert form != normal_form(tool, required, NOW + timedelta(days=1))


@pytest.mark.parametrize("arguments", [{"max_items": 0}, {"alarm": 1}, {"state": "ok"}])
def test_arguments_that_a_tool_refuses_stay_as_they_are(arguments: dict[str, Any]) -> None:
    as_they_are = {(name,): value for name, value in arguments.items()}
    assert normal_form("get_active_alarms", arguments, NOW) == as_they_are
    assert normal_form("no_such_tool", {**arguments, "a": None}, NOW) == as_they_are


@pytest.mark.parametrize("start_time", ["yesterday", "9999999w", ""])
def test_times_that_cannot_be_read_stay_as_they_are(start_time: str) -> None:
    assert normal_form("get_metric_data", {"start_time": start_time}, NOW) == {("start_time",): start_time}
