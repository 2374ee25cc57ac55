from __future__ import annotations

from typing import Any

import pytest

from cloudwatch_mcp.aws.scalars import moment_in_utc
from tests.support.frozen_time import NOW


@pytest.mark.parametrize("timestamp", [1795176000, 1795176000.0, "2026-11-20T12:00:00Z", "2026-11-20T12:00:00"])
def test_a_timestamp_in_any_format_becomes_a_moment_in_utc(timestamp: Any) -> None:
    moment = moment_in_utc(timestamp)
    assert moment == NOW
    assert moment.utcoffset() is not None
