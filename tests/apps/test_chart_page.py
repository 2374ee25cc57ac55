"""The chart app in a real browser: what it draws of the tools' answers, and how it is read and operated."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest

from cloudwatch_mcp.answers.budget import render
from cloudwatch_mcp.answers.series import Points, series
from cloudwatch_mcp.metrics.comparison import compared
from cloudwatch_mcp.tools.metric_data import MetricData
from tests.support.chart_host import ChartHost
from tests.support.frozen_time import NOW
from tests.support.places import ROOT

START = (NOW - timedelta(hours=3)).timestamp()
LATENCY = {"namespace": "AWS/Lambda", "metric_name": "Duration", "statistic": "p99"}
MILLISECONDS = {"cloudwatch-mcp/units": {"*": "Milliseconds"}}
CONSOLE = "https://us-east-1.console.aws.amazon.com/cloudwatch/home"


def committed(tool: str, case: str) -> dict[str, Any]:
    """The answer in a snapshot of the tools' tests."""
    snapshot = json.loads((ROOT / "snapshots" / f"test_{tool}" / f"test_{case}.json").read_text("utf-8"))
    answer: dict[str, Any] = snapshot["answer"]
    return answer


def metric_answer(*values: Sequence[float | None], before: list[float] | None = None) -> dict[str, Any]:
    """The answer of get_metric_data with a series of each list of values, a minute apart."""
    shown = []
    for number, each in enumerate(values):
        points = Points((START + 60 * slot, value) for slot, value in enumerate(each) if value is not None)
        earlier = Points((START - 86_400 + 60 * slot, value) for slot, value in enumerate(before)) if before else None
        plain = series(f"series {number}", points, 60)
        shown.append(compared(plain, points, earlier, 60, timedelta(days=1)))
    window = [(NOW - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ"), NOW.strftime("%Y-%m-%dT%H:%M:%SZ")]
    return render(MetricData(region="us-east-1", window=window, period=60, series=shown), 1_000_000)


def paths(host: ChartHost) -> list[str]:
    drawn: list[str] = host.evaluate(
        '[...document.querySelectorAll("#drawing path")].map(path => path.getAttribute("d"))'
    )
    return drawn


def spoken(host: ChartHost) -> str:
    """What a screen reader says of the plot's value."""
    return host.app.get_by_role("slider").get_attribute("aria-valuetext") or ""


def press(host: ChartHost, *keys: str) -> None:
    for key in keys:
        host.page.keyboard.press(key)


def test_the_page_introduces_itself_and_waits(host: ChartHost) -> None:
    initialize, initialized = host.messages[:2]
    assert initialize["params"]["protocolVersion"] == "2026-01-26"
    assert initialize["params"]["appInfo"]["name"] == "cloudwatch-mcp"
    assert initialized["method"] == "ui/notifications/initialized"
    assert host.app.get_by_role("status").inner_text() == "Waiting for the answer…"


def test_a_metric_has_a_line_with_its_title_unit_window_and_statistics(host: ChartHost) -> None:
    host.show(metric_answer([120.0, 130.0, 110.0]), LATENCY, MILLISECONDS)
    assert host.app.get_by_role("heading").inner_text() == "AWS/Lambda Duration · p99"
    assert host.app.locator("#subtitle").inner_text() == "us-east-1 · every 1 min · 20 Nov 09:00 to 12:00 UTC"
    assert len(paths(host)) == 1
    assert host.rows("#legend") == [["series 0", "110 ms", "120 ms", "110 ms", "130 ms"]]


def test_a_gap_interrupts_the_line_and_a_lone_point_is_a_dot(host: ChartHost) -> None:
    host.show(metric_answer([1.0, 2.0, None, 3.0, None, 4.0, 5.0]))
    (path,) = paths(host)
    assert (path.count("M"), path.count("L"), path.count("h0")) == (3, 2, 1)


def test_points_off_the_grid_are_drawn_at_their_times(host: ChartHost) -> None:
    points = [["2026-11-20T09:00:00Z", 1], ["2026-11-20T10:30:00.500Z", 2], ["2026-11-20T12:00:00Z", 3]]
    host.show({**metric_answer(), "series": [{"label": "odd", "points": points, "summary": {}}]})
    host.app.get_by_role("slider").focus()
    press(host, "ArrowRight", "ArrowRight")
    assert spoken(host) == "20 Nov 10:30 UTC; odd 2"


def test_the_baseline_onset_and_extremes_are_marked(host: ChartHost) -> None:
    host.show(metric_answer([100.0] * 60 + [900.0] * 60, before=[100.0, 110.0] * 60), LATENCY, MILLISECONDS)
    assert host.app.locator(".level").count() == 1
    assert host.app.locator(".band").count() == 1
    assert host.app.locator(".onset").count() == 1
    assert host.app.locator("#drawing circle").count() == 2
    assert "10:00: 100 ms → 900 ms" in (host.app.locator("#drawing").text_content() or "")
    assert "baseline 105 ms" in (host.app.locator("#drawing").text_content() or "")
    assert host.app.locator("#summary").text_content() == (
        "1 series. series 0: minimum 100 ms, maximum 900 ms, shift at 10:00 from 100 ms to 900 ms."
    )


def test_the_arrow_keys_read_the_values(host: ChartHost) -> None:
    host.show(metric_answer([1.0, 2.0, 3.0], [30.0, 20.0, 10.0]))
    host.app.get_by_role("slider").focus()
    press(host, "ArrowRight")
    assert spoken(host) == "20 Nov 09:00 UTC; series 1 30; series 0 1"
    press(host, "End")
    assert spoken(host) == "20 Nov 09:02 UTC; series 1 10; series 0 3"
    press(host, "ArrowLeft", "ArrowDown")
    assert spoken(host) == "20 Nov 09:01 UTC; series 0 2; series 1 20"
    assert host.app.locator("#drawing .faint").count() == 1
    assert host.app.locator("#tip").is_visible()
    press(host, "Escape")
    assert not host.app.locator("#tip").is_visible()


def test_the_pointer_reads_the_values(host: ChartHost) -> None:
    host.show(metric_answer([1.0, 2.0, 3.0]))
    host.point_at(0.9)
    assert "09:02 UTC" in host.app.locator("#tip").inner_text()


def test_the_legend_hides_a_series_by_keyboard(host: ChartHost) -> None:
    host.show(metric_answer([1.0, 2.0], [300.0, 400.0]))
    button = host.app.get_by_role("button", name="series 1")
    button.focus()
    press(host, "Enter")
    assert button.get_attribute("aria-pressed") == "false"
    assert len(paths(host)) == 1
    press(host, "Enter")
    assert len(paths(host)) == 2


def test_the_data_are_a_table_too(host: ChartHost) -> None:
    host.show(metric_answer([1.5, None, 3.0]))
    host.app.get_by_text("Data table").click()
    host.app.get_by_role("columnheader", name="Time").wait_for()
    assert host.rows("#table") == [
        ["2026-11-20 09:00:00", "1.5"],
        ["2026-11-20 09:01:00", ""],
        ["2026-11-20 09:02:00", "3"],
    ]


def test_each_series_of_a_committed_answer_is_a_line_with_the_unit_of_its_query(host: ChartHost) -> None:
    answer = committed("get_metric_data", "several_metrics")
    host.show(answer, {"queries": [{}, {}]}, {"cloudwatch-mcp/units": {"errors": "Percent"}})
    assert len(paths(host)) == len(answer["series"]) == 2
    assert "3,329%" in host.app.locator("#legend").inner_text()
    assert "18,664%" not in host.app.locator("#legend").inner_text()


def test_metrics_that_moved_are_a_table(host: ChartHost) -> None:
    table = {"columns": ["metric", "avg", "change"], "rows": [["Errors", 12, "×4"]]}
    host.show({"region": "us-east-1", "period": 60, "movers": table}, {"namespace": "AWS/Lambda"})
    assert host.app.get_by_role("heading").inner_text() == "AWS/Lambda: what moved most"
    assert host.app.locator("#table").is_visible()
    assert host.rows("#table") == [["Errors", "12", "×4"]]


def test_an_alarm_has_its_states_threshold_datapoints_and_windows(host: ChartHost) -> None:
    host.show(committed("get_alarm_history", "metric_math"))
    assert [each.get_attribute("class") for each in host.app.locator("rect.state").all()] == [
        "state state-OK",
        "state state-ALARM",
    ]
    assert host.app.locator(".limit").count() == 1
    assert "threshold 5" in (host.app.locator("#drawing").text_content() or "")
    assert host.app.locator("#drawing circle").count() == 3
    assert host.app.locator(".range").count() == 1
    assert "to ALARM at 2026-11-20T11:08:01Z" in host.app.locator("#ranges").inner_text()
    host.app.get_by_role("slider").focus()
    press(host, "End")
    assert spoken(host) == "20 Nov 11:08:01 UTC; ALARM"


def test_datapoints_before_the_window_are_not_drawn(host: ChartHost) -> None:
    answer = committed("get_alarm_history", "metric_math")
    host.show({**answer, "window": ["2026-11-20T11:06:30Z", answer["window"][1]]})
    assert host.app.locator("#drawing circle").count() == 1


def test_a_deleted_alarm_has_the_threshold_of_its_last_transition(host: ChartHost) -> None:
    host.show(committed("get_alarm_history", "deleted_alarm"))
    assert "threshold 5" in (host.app.locator("#drawing").text_content() or "")
    assert host.app.locator("rect.state").count() == 3


def test_an_alarm_without_datapoints_has_its_states_only(host: ChartHost) -> None:
    host.show(committed("get_alarm_history", "composite_with_children"))
    assert host.app.locator("rect.state").count() == 2
    assert host.app.locator("#legend").is_hidden()
    assert host.app.locator(".grid").count() == 0


def test_an_alarm_without_transitions_is_in_its_state_since_then(host: ChartHost) -> None:
    alarm = {"name": "a", "kind": "metric", "state": "ALARM", "since": "2026-11-20T11:00:00Z"}
    host.show({"window": ["2026-11-20T10:00:00Z", "2026-11-20T12:00:00Z"], "alarm": alarm})
    assert host.app.locator("rect.state-unknown").count() == 1
    assert host.app.locator("rect.state-ALARM").count() == 1


def test_a_query_by_time_is_a_line_with_its_alias(host: ChartHost) -> None:
    host.show(
        committed("execute_log_insights_query", "time_bins"),
        {"query_string": "stats count(*) as events by bin(10m) as time"},
    )
    (path,) = paths(host)
    assert path.count("L") == 5
    assert host.app.get_by_role("heading").inner_text() == "events"


def test_a_query_by_time_and_a_numeric_group_is_a_line_per_group(host: ChartHost) -> None:
    rows = [
        ["2026-11-20 11:00:00.000", 200, 7],
        ["2026-11-20 11:00:00.000", 500, 1],
        ["2026-11-20 11:05:00.000", 500, 2],
        ["2026-11-20 11:10:00.000", 200, 9],
    ]
    results = {"columns": ["bin(5m)", "status", "count(*)"], "rows": rows}
    host.show({"results": results}, {"query_string": "filter x by y | stats count(*) by bin(5m), status | sort status"})
    assert [row[0] for row in host.rows("#legend")] == ["200", "500"]
    assert host.app.get_by_role("heading").inner_text() == "count(*) by status"
    assert paths(host)[0].count("h0") == 2  # no event with 200 in the bin of 11:05: a gap


def test_rows_without_a_time_bin_are_a_table(host: ChartHost) -> None:
    host.show(committed("execute_log_insights_query", "rows"), {"query_string": "fields @timestamp, @message"})
    assert host.app.locator("#plot").is_hidden()
    assert host.app.locator("#table tbody tr").count() == len(
        committed("execute_log_insights_query", "rows")["results"]["rows"]
    )


def test_the_notes_of_the_answer_are_shown(host: ChartHost) -> None:
    host.show({"period": 60, "notes": ["No data in the window."]}, LATENCY)
    assert host.app.get_by_role("status").inner_text() == "There is nothing to draw."
    assert host.app.locator("#notes").inner_text() == "No data in the window."


def test_an_error_is_shown_as_text(host: ChartHost) -> None:
    host.notify("tool-result", content=[{"type": "text", "text": "Access denied <b>here</b>"}], isError=True)
    assert host.app.get_by_role("status").inner_text() == "Access denied <b>here</b>"


def test_a_cancelled_call_is_shown(host: ChartHost) -> None:
    host.notify("tool-cancelled", reason="user")
    assert host.app.get_by_role("status").inner_text() == "The call was cancelled."


def test_a_host_without_structured_content_gets_the_chart_from_the_text(host: ChartHost) -> None:
    text = json.dumps(metric_answer([1.0, 2.0]))
    host.notify("tool-result", content=[{"type": "text", "text": text}])
    assert len(paths(host)) == 1


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_theme_of_the_host_is_used_and_followed(open_host: Callable[..., ChartHost], theme: str) -> None:
    host = open_host(theme=theme)
    host.show(metric_answer([1.0, 2.0]))
    text = "getComputedStyle(document.body).color"
    other = {"light": "dark", "dark": "light"}[theme]
    colours = {"light": "rgb(22, 25, 31)", "dark": "rgb(236, 239, 244)"}
    assert host.evaluate(text) == colours[theme]
    host.page.evaluate("theme => changeContext({theme})", other)
    assert host.evaluate(text) == colours[other]
    variables = {"--color-text-primary": "rgb(1, 2, 3)"}
    host.page.evaluate("variables => changeContext({styles: {variables}})", variables)
    assert host.evaluate(text) == "rgb(1, 2, 3)"


def test_the_host_is_asked_for_the_height_of_the_page(host: ChartHost) -> None:
    host.show(metric_answer([1.0, 2.0]))
    host.page.wait_for_function("messages.some(({params}) => params.height > 300)")
    assert host.evaluate("document.documentElement.scrollHeight <= innerHeight")


def test_the_drawing_follows_the_width_of_the_host(host: ChartHost) -> None:
    host.show(metric_answer([1.0, 2.0]))
    host.page.set_viewport_size({"width": 400, "height": 600})
    host.app.locator("#drawing svg[width='352']").wait_for()


def test_a_console_link_is_opened_by_the_host(host: ChartHost) -> None:
    host.show(metric_answer([1.0]), meta={"cloudwatch-mcp/console": [{"title": "Open in CloudWatch", "url": CONSOLE}]})
    host.app.get_by_role("button", name="Open in CloudWatch").click()
    host.page.wait_for_function("messages.some(({method}) => method === 'ui/open-link')")
    assert host.messages[-1]["params"] == {"url": CONSOLE}


def test_a_link_that_the_host_refuses_is_reported(open_host: Callable[..., ChartHost]) -> None:
    host = open_host(refuse="not allowed")
    host.show(metric_answer([1.0]), meta={"cloudwatch-mcp/console": [{"title": "Open", "url": CONSOLE}]})
    host.app.get_by_role("button", name="Open").click()
    host.app.get_by_text("The link was not opened: not allowed").wait_for()


def test_the_page_answers_a_ping_and_the_end_and_refuses_other_requests(host: ChartHost) -> None:
    for number, method in enumerate(["ping", "ui/resource-teardown", "tools/list"]):
        host.page.evaluate("message => post(message)", {"id": f"host-{number}", "method": method})
    host.page.wait_for_function("messages.filter(({id}) => String(id).startsWith('host-')).length === 3")
    answers = [each for each in host.messages if str(each.get("id")).startswith("host-")]
    assert [each.get("result", each.get("error", {}).get("code")) for each in answers] == [{}, {}, -32601]


def test_the_controls_have_roles_and_names(host: ChartHost) -> None:
    host.show(metric_answer([1.0, 2.0]), LATENCY)
    tree = host.app.locator("body").aria_snapshot()
    assert '- heading "AWS/Lambda Duration · p99" [level=1]' in tree
    assert '- slider "Chart of AWS/Lambda Duration · p99"' in tree
    assert '- button "series 0" [pressed]' in tree
    assert '- columnheader "Last"' in tree
