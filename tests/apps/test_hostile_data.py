"""The chart app with data that strangers wrote: text stays text, and no amount or kind of it breaks the page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cloudwatch_mcp.apps import chart_page
from tests.support.chart_host import ChartHost

WINDOW = ["2026-11-20T09:00:00Z", "2026-11-21T09:00:00Z"]
HOSTILE = [
    "<img src=x onerror=\"document.title='owned'\">",
    "</script><script>document.title='owned'</script>",
    "javascript:document.title='owned'",
    "\u202egnp.elif\u2066\u200f",
    "x" * 10_000,
    "${document.title='owned'}",
    "__proto__",
    "\x00\x1b[31m\n",
]


def metric(label: str, values: Any, **members: Any) -> dict[str, Any]:
    return {"label": label, "values": values, "summary": {"min": 1, "max": 2, "avg": 1, "last": 1}, **members}


def answer(*series: Any, **members: Any) -> dict[str, Any]:
    return {"window": WINDOW, "period": 60, "start": WINDOW[0], "series": list(series), **members}


def assert_harmless(host: ChartHost) -> None:
    """No script of the data ran, and none of it became an element."""
    assert host.evaluate("document.title") == "CloudWatch chart"
    assert (
        host.evaluate(
            "document.querySelectorAll('img, a, iframe, object, form, body script:not([type=module])').length"
        )
        == 0
    )
    assert host.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_stays_text_everywhere(host: ChartHost, text: str) -> None:
    arguments = {
        "namespace": text,
        "metric_name": text,
        "statistic": text,
        "query_string": f"stats count(*) by bin(1m), {text}",
    }
    onset = {"at": "2026-11-20T10:00:00Z", "before": 1, "after": 2}
    host.show(
        answer(
            metric(text, [1, 2], change=text, summary={"onset": onset, "last": text}),
            notes=[text],
            region=text,
            profile=text,
        ),
        arguments,
        {"cloudwatch-mcp/units": {"*": text}, "cloudwatch-mcp/console": [{"title": text, "url": text}]},
    )
    host.app.get_by_role("slider").focus()
    host.page.keyboard.press("ArrowRight")
    host.app.get_by_text("Data table").click()
    assert_harmless(host)
    rows = [[time, text, 1] for time in ("2026-11-20 09:00:00", "2026-11-20 09:01:00")]
    host.show({"window": WINDOW, "results": {"columns": ["bin(1m)", text, "count(*)"], "rows": rows}}, arguments)
    assert_harmless(host)
    transitions = {"columns": ["time", "from", "to", "reason"], "rows": [["2026-11-20T10:00:00Z", text, text, text]]}
    alarm = {"name": text, "kind": text, "condition": text, "watches": text, "state": text}
    windows = [["2026-11-20T09:30:00Z", "2026-11-20T10:00:00Z", text]]
    host.show({"window": WINDOW, "alarm": alarm, "transitions": transitions, "investigate": windows}, arguments)
    assert_harmless(host)


def test_text_that_reverses_or_controls_is_shown_without_its_effect(host: ChartHost) -> None:
    host.show(answer(metric("\u202egnp\u2066.\x07exe", [1, 2])))
    assert host.app.get_by_role("button").inner_text() == "gnp . exe"


def test_a_long_label_is_clipped(host: ChartHost) -> None:
    host.show(answer(metric("x" * 10_000, [1, 2])))
    assert len(host.app.get_by_role("button").inner_text()) == 160


def links(*urls: Any) -> dict[str, Any]:
    return {"cloudwatch-mcp/console": [{"title": f"Open {url}", "url": url} for url in urls]}


def test_links_to_anywhere_but_the_console_are_not_shown(host: ChartHost) -> None:
    others = [
        "javascript:alert(1)",
        "http://us-east-1.console.aws.amazon.com/",
        "https://console.aws.amazon.com.example.com/",
        "https://evilconsole.aws.amazon.com/",
        "https://user@console.aws.amazon.com/",
        "https://console.aws.amazon.com:8443/",
        "data:text/html,<script>alert(1)</script>",
        "console.aws.amazon.com",
        7,
        None,
    ]
    host.show(answer(metric("a", [1])), meta=links(*others))
    assert host.app.locator("#links").is_hidden()
    assert host.app.locator("#links button").count() == 0


def test_links_to_the_consoles_of_all_partitions_are_shown(host: ChartHost) -> None:
    names = ["console.aws.amazon.com", "cn-north-1.console.amazonaws.cn", "console.amazonaws-us-gov.com"]
    host.show(answer(metric("a", [1])), meta=links(*(f"https://{name}/" for name in names)))
    assert host.app.locator("#links button").all_inner_texts() == [f"Open https://{name}/" for name in names]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(answer(), id="no series"),
        pytest.param(answer(metric("a", [])), id="an empty series"),
        pytest.param(answer(metric("a", [None, None])), id="nulls only"),
        pytest.param(answer(metric("a", ["nan", "inf", 1])), id="values that are no numbers"),
        pytest.param(answer(metric("a", [0, 0])), id="zeros"),
        pytest.param(answer(metric("a", [5])), id="one point"),
        pytest.param(answer(metric("a", [1e300, -1e300, 1e-300])), id="huge and tiny values"),
        pytest.param(answer(None, 7, "x", []), id="series that are none"),
        pytest.param(answer(metric("a", {"0": 1}, baseline=7, summary=7)), id="members of wrong types"),
        pytest.param(answer(metric("a", [1]), window=["x", None], start="yesterday", period=-1), id="malformed times"),
        pytest.param({"results": {"columns": ["bin(1m)"], "rows": [None, []]}}, id="rows that are none"),
        pytest.param({"results": 7, "notes": 7, "window": 7}, id="no objects"),
        pytest.param(
            {"alarm": 7, "transitions": {"columns": ["time"], "rows": [["x"]]}, "investigate": [7]}, id="no alarm"
        ),
        pytest.param({}, id="nothing"),
    ],
)
def test_malformed_or_empty_data_leave_the_page_working(host: ChartHost, content: dict[str, Any]) -> None:
    host.show(content)
    host.show(answer(metric("good", [1, 2])))
    assert host.app.get_by_role("button", name="good").is_visible()


def test_a_day_of_minutes_in_20_series_is_drawn_and_read(host: ChartHost) -> None:
    many = [metric(f"series {number}", [(slot * number) % 97 for slot in range(1_440)]) for number in range(20)]
    host.show(answer(*many))
    assert host.app.locator("#drawing path").count() == 20
    host.app.get_by_role("slider").focus()
    host.page.keyboard.press("End")
    assert "and 12 more" in host.app.locator("#tip").inner_text()
    host.app.get_by_text("Data table").click()
    host.app.get_by_text("and 940 more rows").wait_for()


def test_messages_of_other_windows_are_ignored(host: ChartHost) -> None:
    host.evaluate("postMessage({jsonrpc: '2.0', method: 'ui/notifications/tool-cancelled'}, '*')")
    host.evaluate("new Promise(resolve => setTimeout(resolve))")  # the message has arrived by then
    assert host.app.get_by_role("status").inner_text() == "Waiting for the answer…"


def test_an_injected_script_does_not_run(open_host: Callable[..., ChartHost]) -> None:
    host = open_host()
    host.evaluate("document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"document.title=1\">')")
    host.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'document.title = 2'}))")
    assert host.evaluate("document.title") == "CloudWatch chart"
    assert len(host.problems) == 2
    assert all("Content Security Policy" in problem for problem in host.problems)
    host.problems.clear()


def test_the_page_never_makes_markup_of_text() -> None:
    page = chart_page()
    for name in (
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "new Function",
        "DOMParser",
        "http:",
        ".href",
    ):
        assert name not in page.replace("http://www.w3.org/2000/svg", "")


def test_the_page_stays_small() -> None:
    assert len(chart_page().encode()) < 60_000
