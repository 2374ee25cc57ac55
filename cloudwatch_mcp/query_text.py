"""What a Logs Insights query says of itself, in each of its languages."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'(?:\\.|[^'\\])*'|`[^`]*`|/(?:\\.|[^/\\\n])+/|#[^\n]*")
_LIMIT = {
    "CWLI": re.compile(r"(?:^|\|)\s*limit\s+\d", re.IGNORECASE),
    "SQL": re.compile(r"\blimit\s+\d", re.IGNORECASE),
    "PPL": re.compile(r"(?:^|\|)\s*head\b", re.IGNORECASE),
}
_SOURCE = re.compile(r"^\s*source\b", re.IGNORECASE)


def has_own_limit(text: str, language: str) -> bool:
    return _LIMIT[language].search(_QUOTED.sub("''", text)) is not None


def names_its_source(text: str, language: str) -> bool:
    """SQL names its log groups in FROM; the others with a SOURCE command."""
    return language == "SQL" or _SOURCE.match(_QUOTED.sub("", text)) is not None
