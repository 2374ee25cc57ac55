"""The volume that Logs Insights queries scan, and its cost."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from cloudwatch_mcp.config import GIGABYTE
from cloudwatch_mcp.logs.query_results import Results


class ScanVolume(BaseModel):
    """Log records and bytes scanned; the cost in US dollars is estimated by the configured price per GB."""

    records: int
    bytes: int
    estimated_cost_usd: float


def scan_volume(queries: Sequence[Results], price_per_gb: float) -> ScanVolume:
    """The volume that the queries scanned together."""
    size = sum(query.scanned_bytes for query in queries)
    return ScanVolume(
        records=sum(query.scanned_records for query in queries),
        bytes=size,
        estimated_cost_usd=round(size / GIGABYTE * price_per_gb, 4),
    )
