"""get_active_alarms: alarms of every kind, and what AWS answers instead of alarms."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.support.asking import Ask, Reply

pytestmark = pytest.mark.anyio


def _names(reply: Reply, table: str) -> list[str]:
    return [row["name"] for row in reply.rows(table)]


@pytest.mark.vcr
async def test_incident(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Composite alarms come first, the newest transition first in each table; an anomaly alarm shows its band."""
    reply = await ask("get_active_alarms")

    assert _names(reply, "composite_alarms") == ["shop-checkout-degraded", "shop-storefront-page"]
    assert _names(reply, "metric_alarms")[0] == "shop-orders-queue-age"
    (band,) = [row for row in reply.rows("metric_alarms") if row.get("kind") == "anomaly band"]
    assert "below ANOMALY_DETECTION_BAND(m1, 2) (lately " in band["condition"]
    assert "fired first" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
async def test_max_items(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """With fewer rows than alarms, the note counts both, and `counts` still counts every alarm."""
    reply = await ask("get_active_alarms", max_items=3)

    assert reply.data["counts"] == {"composite": 2, "metric": 6, "metric math": 1, "anomaly band": 1}
    assert "3 of 10 active alarms shown" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.settings(max_response_chars=2000)
async def test_over_the_budget(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The newest alarms are kept."""
    reply = await ask("get_active_alarms")

    assert reply.notes[-1].endswith("newest first; raise CLOUDWATCH_MCP_MAX_RESPONSE_CHARS to see more.")
    assert reply == snapshot


@pytest.mark.vcr
async def test_none(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If nothing is in ALARM, the answer names the Region."""
    reply = await ask("get_active_alarms", region="eu-west-1")

    assert reply.data["region"] == "eu-west-1"
    assert "No alarm is in ALARM in eu-west-1" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
async def test_every_kind(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Metric, math, band, PromQL, log and composite alarms each show in one phrase what they watch."""
    reply = await ask("get_active_alarms")

    metric_alarms = reply.rows("metric_alarms")
    assert [row.get("kind") for row in metric_alarms] == [None, "metric math", "anomaly band", "PromQL"]
    assert " 0 " not in metric_alarms[2]["condition"]  # DescribeAlarms gives a band's alarm a threshold of 0
    assert reply.rows("log_alarms")[0]["condition"] == "count(*) > 1 for 2 of 3 query results"
    assert reply.rows("composite_alarms")[0]["triggered_by"] == "api-errors"
    assert reply == snapshot


@pytest.mark.vcr
async def test_pages(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """All pages are read and sorted together."""
    reply = await ask("get_active_alarms")

    assert _names(reply, "metric_alarms") == ["newest", "newer", "old"]
    assert reply == snapshot


@pytest.mark.vcr
async def test_region_without_log_alarms(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A Region that does not support log alarms yet is asked for the other types."""
    reply = await ask("get_active_alarms")

    assert _names(reply, "metric_alarms") == ["api-errors"]
    assert reply == snapshot


@pytest.mark.vcr
async def test_other_profile(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A profile's own Region is used, and the answer names both."""
    reply = await ask("get_active_alarms", profile_name="shop-eu")

    assert (reply.data["profile"], reply.data["region"]) == ("shop-eu", "eu-west-1")
    assert reply == snapshot


@pytest.mark.vcr
async def test_no_region_configured(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Without a configured Region the default is us-east-1, and a note says so."""
    reply = await ask("get_active_alarms")

    assert "No region was given or configured: this is us-east-1." in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
async def test_access_denied(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A missing permission gives AWS's reason and the IAM action to allow."""
    reply = await ask("get_active_alarms")

    assert "Allow the IAM action cloudwatch:DescribeAlarms" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_expired_token(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Expired credentials are reloaded once; if they are still expired, the error says how to renew them."""
    reply = await ask("get_active_alarms", profile_name="shop-eu")

    assert "`aws sso login --profile shop-eu` for SSO" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_renewed_token(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Credentials that were renewed in the meantime are reloaded without a restart."""
    reply = await ask("get_active_alarms")

    assert reply.data["counts"] == {"metric": 1}
    assert reply == snapshot


@pytest.mark.vcr
async def test_unknown_key(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An access key that AWS does not know is reported as such."""
    reply = await ask("get_active_alarms")

    assert "AWS does not accept these credentials" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_throttled_then_answered(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A throttled call is retried."""
    reply = await ask("get_active_alarms")

    assert reply.data["counts"] == {"metric": 1}
    assert reply == snapshot


@pytest.mark.vcr
async def test_throttled_to_the_end(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A call that stays throttled ends in an error that says to wait."""
    reply = await ask("get_active_alarms")

    assert "wait some seconds" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_proxy_page(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A proxy's page with status 200 is an error, not an answer without alarms."""
    reply = await ask("get_active_alarms")

    assert "check proxies and AWS_ENDPOINT_URL" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_bad_gateway(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A proxy's page with status 502 is reported by its status, without its HTML."""
    reply = await ask("get_active_alarms")

    assert "502" in reply.error
    assert "<html" not in reply.error
    assert reply == snapshot
