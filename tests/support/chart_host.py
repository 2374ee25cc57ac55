"""A stand-in for a host of MCP Apps: a page in headless Chromium that shows the chart app and speaks its protocol."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import FrameLocator, Page, ViewportSize, sync_playwright

from cloudwatch_mcp.apps import PAGE_META, chart_page

_HOST = Path(__file__).with_name("chart_host.html")
_COMMANDS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = ["--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-features=IsolateSandboxedIframes"]
_SIZE: ViewportSize = {"width": 720, "height": 600}


def chromium_command() -> str | None:
    return next(filter(None, map(shutil.which, _COMMANDS)), None)


@contextmanager
def host_page(command: str) -> Iterator[Page]:
    """The host's page in a browser of its own."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=command, args=_FLAGS)
        page = browser.new_page()
        page.set_default_timeout(10_000)
        page.set_content(_HOST.read_text("utf-8"))
        yield page
        browser.close()


class ChartHost:
    """The host with a new instance of the app, in place of the one before.

    `problems` has what the console reports as errors, and each request to a network.
    """

    def __init__(self, page: Page, *, theme: str = "light", refuse: str = "") -> None:
        self.page = page
        self.problems: list[str] = []
        self._listeners: dict[Any, Callable[[Any], None]] = {
            "console": lambda message: self.problems.extend([message.text] if message.type == "error" else []),
            "pageerror": lambda error: self.problems.append(str(error)),
            "request": lambda request: self.problems.append(request.url),
        }
        for event, listener in self._listeners.items():
            page.on(event, listener)
        if page.viewport_size != _SIZE:
            page.set_viewport_size(_SIZE)
        context = {"theme": theme, "styles": {"variables": {"--font-sans": "DejaVu Sans, sans-serif"}}}
        app = {"html": chart_page(), "csp": policy(PAGE_META["ui"]["csp"]), "hostContext": context, "refuse": refuse}
        page.evaluate("app => open(app)", app)

    def close(self) -> None:
        for event, listener in self._listeners.items():
            self.page.remove_listener(event, listener)

    @property
    def app(self) -> FrameLocator:
        return self.page.frame_locator("iframe")

    @property
    def messages(self) -> list[dict[str, Any]]:
        """What the app has sent."""
        sent: list[dict[str, Any]] = self.page.evaluate("messages")
        return sent

    def notify(self, method: str, **parameters: Any) -> None:
        self.page.evaluate("([method, params]) => notify(method, params)", [f"ui/notifications/{method}", parameters])

    def show(
        self, answer: Any, arguments: Mapping[str, Any] | None = None, meta: Mapping[str, Any] | None = None
    ) -> None:
        """Send the arguments and the answer of a tool call, and wait until the page shows it."""
        self.notify("tool-input", arguments=arguments or {})
        result = {
            "content": [{"type": "text", "text": json.dumps(answer)}],
            "structuredContent": answer,
            "_meta": meta or {},
        }
        self.notify("tool-result", **result)
        self.app.locator("#title:not(:empty)").wait_for()

    def point_at(self, fraction: float) -> None:
        """Move the pointer to a fraction of the plot's width."""
        box = self.app.locator("#plot").bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + fraction * box["width"], box["y"] + box["height"] / 2)

    def rows(self, table: str) -> list[list[str]]:
        """The text of each cell in the table's body."""
        cells = "[...row.cells].map(cell => cell.textContent)"
        rows: list[list[str]] = self.evaluate(f"[...document.querySelectorAll('{table} tbody tr')].map(row => {cells})")
        return rows

    def evaluate(self, expression: str) -> Any:
        """A JavaScript value in the app's page."""
        return self.app.locator("body").evaluate(f"() => {expression}")


def policy(csp: Mapping[str, list[str]]) -> str:
    """The Content-Security-Policy that a host makes of the page's metadata."""
    own, inline = "'self'", "'self' 'unsafe-inline'"
    resources, nothing = csp["resourceDomains"], ["'none'"]
    directives = {
        "default-src": nothing,
        "script-src": [inline, *resources],
        "style-src": [inline, *resources],
        "img-src": [own, "data:", *resources],
        "connect-src": [own, *csp["connectDomains"]],
        "frame-src": csp["frameDomains"] or nothing,
        "object-src": nothing,
        "base-uri": csp["baseUriDomains"] or [own],
    }
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())
