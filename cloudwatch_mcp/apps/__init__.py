"""The chart app: a page that a host of MCP Apps shows beside an answer.

The page is one HTML document that loads nothing; no file is read before a host asks for it. The extension is
io.modelcontextprotocol/ui, 2026-01-26.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from string import Template
from typing import Any

EXTENSION = "io.modelcontextprotocol/ui"
MIME_TYPE = "text/html;profile=mcp-app"
UNITS_KEY = "cloudwatch-mcp/units"
CHART_URI = "ui://cloudwatch-mcp/chart.html"
CHARTED_TOOLS = frozenset({"get_metric_data", "get_alarm_history", "execute_log_insights_query"})

# Some hosts read the flat key, which the nested one replaced.
TOOL_META: dict[str, Any] = {"ui": {"resourceUri": CHART_URI}, "ui/resourceUri": CHART_URI}
_NO_DOMAINS: dict[str, Any] = {"connectDomains": [], "resourceDomains": [], "frameDomains": [], "baseUriDomains": []}
PAGE_META: dict[str, Any] = {"ui": {"csp": _NO_DOMAINS, "prefersBorder": True}}

_SCRIPTS = ("text", "host", "scales", "answers", "alarm", "plot", "reading", "tables", "main")


def chart_page() -> str:
    """The chart app as an HTML document; its policy lets no other script or style run."""
    style = _source("page.css")
    script = "\n".join(_source(f"{name}.js") for name in _SCRIPTS)
    return Template(_source("page.html")).substitute(
        style=style, style_hash=_hash(style), script=script, script_hash=_hash(script)
    )


def _source(name: str) -> str:
    return (files(__package__) / "chart" / name).read_text("utf-8")


def _hash(text: str) -> str:
    """As Content-Security-Policy names an inline script or style."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
