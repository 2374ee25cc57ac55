"""The pictures in docs/charts.md. `pytest tests/apps/test_pictures.py --draw-charts` draws them anew."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import pytest

from cloudwatch_mcp.apps import UNITS_KEY
from tests.support.asking import Connected
from tests.support.chart_host import ChartHost
from tests.support.places import ROOT

CHARTS = ROOT / "docs" / "charts"
CHECKOUT = {"namespace": "Shop/Checkout", "dimensions": [{"name": "Service", "value": "checkout"}]}
LATENCY = {**CHECKOUT, "metric_name": "Latency", "statistic": "p99", "compare_to": "1d", "target_datapoints": 180}
FLAPPING = {"alarm_name": "shop-batch-host-cpu", "start_time": "6h", "max_items": 50}
BY_LEVEL = {
    "log_group_names": ["/ecs/shop/payments"],
    "start_time": "3h",
    "query_string": "stats count(*) as events by bin(5m), level",
}


@pytest.mark.parametrize(
    ("name", "tool", "arguments", "pointer"),
    [
        ("metric", "get_metric_data", LATENCY, 0.4),
        ("alarm", "get_alarm_history", FLAPPING, None),
        ("logs", "execute_log_insights_query", BY_LEVEL, 0.45),
    ],
)
def test_an_answer_is_drawn_as_in_the_documentation(
    name: str,
    tool: str,
    arguments: dict[str, Any],
    pointer: float | None,
    connected: Connected,
    open_host: Callable[..., ChartHost],
    request: pytest.FixtureRequest,
    tmp_path: Path,
) -> None:
    """`pointer` is where values are read, as a fraction of the plot's width."""

    async def answer() -> dict[str, Any]:
        async with connected() as ask:
            return (await ask(tool, **arguments)).data

    with ThreadPoolExecutor(1) as thread:  # the browser's event loop runs in this one
        shown = thread.submit(anyio.run, answer).result()
    for theme in ("light", "dark"):
        host = open_host(theme=theme)
        host.show(shown, arguments, {UNITS_KEY: {"*": "Milliseconds"}} if name == "metric" else {})
        host.page.wait_for_function("messages.at(-1).params.height > 100")
        host.page.mouse.move(0, 0)
        if pointer:
            host.point_at(pointer)
            assert host.app.locator("#tip").is_visible()
        folder = CHARTS if request.config.getoption("draw_charts", default=False) else tmp_path
        picture = host.page.locator("iframe").screenshot(path=folder / f"{name}-{theme}.png")
        assert width(picture) == width((CHARTS / f"{name}-{theme}.png").read_bytes())


def width(png: bytes) -> int:
    return int.from_bytes(png[16:20], "big")
