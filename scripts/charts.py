#!/usr/bin/env python3
"""Draws docs/charts/*.png: the chart app with answers of the sandbox, in a stand-in host. Needs Chromium."""

from __future__ import annotations

if __name__ == "__main__":
    import in_venv  # noqa: F401 - restarts in .venv

import os
import sys
from typing import Any

import anyio
from mcp import Client

from cloudwatch_mcp.apps.units import UNITS_KEY
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.sandbox import Sandbox
from cloudwatch_mcp.server.tool_calls import build_server
from tests.support.chart_host import ChartHost, chromium_command, host_page
from tests.support.frozen_time import NOW, Time
from tests.support.places import ROOT

_DIRECTORY = ROOT / "docs" / "charts"
_CHECKOUT = {"namespace": "Shop/Checkout", "dimensions": [{"name": "Service", "value": "checkout"}]}
_BY_LEVEL = "stats count(*) as events by bin(5m), level"
# The picture, the call whose answer it shows, and where the pointer reads values, as a fraction of the width.
_PICTURES: tuple[tuple[str, str, dict[str, Any], float | None], ...] = (
    (
        "metric",
        "get_metric_data",
        {**_CHECKOUT, "metric_name": "Latency", "statistic": "p99", "compare_to": "1d", "target_datapoints": 180},
        0.4,
    ),
    ("alarm", "get_alarm_history", {"alarm_name": "shop-batch-host-cpu", "start_time": "6h", "max_items": 50}, None),
    (
        "logs",
        "execute_log_insights_query",
        {"log_group_names": ["/ecs/shop/payments"], "start_time": "3h", "query_string": _BY_LEVEL},
        0.45,
    ),
)


async def answers() -> list[dict[str, Any]]:
    """The answers to the calls, at the tests' time."""
    with Sandbox(now=NOW) as sandbox:
        os.environ.update(sandbox.environment)
        async with Client(build_server(Settings(), os.environ, clock=Time().clock())) as client:
            results = [await client.call_tool(tool, arguments) for _, tool, arguments, _ in _PICTURES]
    return [result.structured_content or {} for result in results]


def main() -> int:
    command = chromium_command()
    if command is None:
        print("Chromium is needed to draw the charts.", file=sys.stderr)  # noqa: T201 - a script
        return 1
    shown = anyio.run(answers)
    _DIRECTORY.mkdir(exist_ok=True)
    with host_page(command) as page:
        for (name, _, arguments, pointer), answer in zip(_PICTURES, shown, strict=True):
            for theme in ("light", "dark"):
                host = ChartHost(page, theme=theme)
                host.show(answer, arguments, {UNITS_KEY: {"*": "Milliseconds"}} if name == "metric" else {})
                page.wait_for_function("messages.at(-1).params.height > 100")
                page.mouse.move(0, 0)
                if pointer:
                    host.point_at(pointer)
                page.locator("iframe").screenshot(path=_DIRECTORY / f"{name}-{theme}.png")
                host.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
