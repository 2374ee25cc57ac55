"""One Chromium for the tests of the chart app, and hosts in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.support.chart_host import ChartHost, chromium_command, host_page


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--draw-charts", action="store_true", help="draw docs/charts/*.png anew")


@pytest.fixture(scope="package")
def page() -> Iterator[Page]:
    command = chromium_command()
    if command is None:
        pytest.skip("Chromium is not installed: the chart app is not tested in a browser")
    with host_page(command) as page:
        yield page


@pytest.fixture
def open_host(page: Page) -> Iterator[Callable[..., ChartHost]]:
    """Opens the app anew; at the end, none may have reported a problem or used a network."""
    hosts: list[ChartHost] = []

    def open_one(**options: Any) -> ChartHost:
        hosts.append(ChartHost(page, **options))
        return hosts[-1]

    yield open_one
    for host in hosts:
        host.close()
    assert [problem for host in hosts for problem in host.problems] == []


@pytest.fixture
def host(open_host: Callable[..., ChartHost]) -> ChartHost:
    return open_host()
