"""Facts that the text of a Logs Insights query states, in each of its languages."""

from __future__ import annotations

import re

from cloudwatch_mcp.logs.query_scanner import bare

_LIMIT = {
    "CWLI": re.compile(r"(?:^|\|)\s*limit\s+(?:any\s+)?\d", re.IGNORECASE),
    "SQL": re.compile(r"\blimit\s+\d", re.IGNORECASE),
    "PPL": re.compile(r"(?:^|\|)\s*head\b", re.IGNORECASE),
}
_SOURCE = re.compile(r"\s*source\b", re.IGNORECASE)


def has_own_limit(text: str, language: str) -> bool:
    return _LIMIT[language].search(bare(text, language)) is not None


def names_its_source(text: str, language: str) -> bool:
    """Whether the query names its log groups: SQL does in FROM, the other languages with a SOURCE command."""
    return language == "SQL" or _SOURCE.match(bare(text, language)) is not None
