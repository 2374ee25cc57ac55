"""Icons for hosts that show them: small SVG drawings as data URIs."""

from __future__ import annotations

from base64 import b64encode

from mcp.types import Icon

_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="#48f" stroke-width="1.5">'
    '<path d="{}"/></svg>'
)
_BELL = "M3 12h10l-1-2V7a4 4 0 0 0-8 0v3zM7 14h2"
_LINES = "M2 3h12M2 6.5h7M2 10h12M2 13.5h5"
_CHART = "M2 2v12h12M4 11l3-4 3 2 4-6"
_LENS_OVER_A_PULSE = "M11 11l4 4M7 2a5 5 0 1 0 .1 0zM3.5 7h2l1-2 2 4 1-2h1"


def _icon(path: str) -> Icon:
    drawing = b64encode(_SVG.format(path).encode()).decode()
    return Icon(src=f"data:image/svg+xml;base64,{drawing}", mime_type="image/svg+xml", sizes=["any"])


SERVER = _icon(_LENS_OVER_A_PULSE)
OF_TOOLS = {"alarms": _icon(_BELL), "logs": _icon(_LINES), "metrics": _icon(_CHART)}
