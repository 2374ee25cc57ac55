"""What a Logs Insights query read, and what that costs."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel

from cloudwatch_mcp.logs.query_lifecycle import GIGABYTE, Results


class Scanned(BaseModel):
    """Log records and bytes read; the cost is an estimate in US dollars at the configured price a GB."""

    records: int
    bytes: int
    estimated_cost_usd: float


def scanned(results: Iterable[Results], price_per_gb: float) -> Scanned:
    queries = list(results)
    size = sum(query.scanned_bytes for query in queries)
    return Scanned(
        records=sum(query.scanned_records for query in queries),
        bytes=size,
        estimated_cost_usd=round(size / GIGABYTE * price_per_gb, 4),
    )
