from __future__ import annotations

from typing import Any

import pytest

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.errors import AwsError


@pytest.mark.anyio
async def test_an_endless_listing_fails_after_300_pages() -> None:
    requests = 0

    async def send(*_: Any) -> dict[str, Any]:
        nonlocal requests
        requests += 1
        return {"Metrics": [], "NextToken": f"token-{requests}"}

    with pytest.raises(AwsError, match="it did not end after 300 pages"):
        async for _ in Aws(send, "us-east-1", None).pages("ListMetrics"):
            pass
    assert requests == 300


@pytest.mark.anyio
async def test_a_listing_that_repeats_a_page_token_fails() -> None:
    async def send(*_: Any) -> dict[str, Any]:
        return {"Metrics": [], "NextToken": "again"}

    with pytest.raises(AwsError, match="AWS repeated a page token"):
        async for _ in Aws(send, "us-east-1", None).pages("ListMetrics"):
            pass
