"""analyze_log_group: anomalies and patterns of one log group."""

from __future__ import annotations

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.support.asking import Ask

pytestmark = pytest.mark.anyio

PAYMENTS = "/ecs/shop/payments"
APP = "arn:aws:logs:us-east-1:123456789012:log-group:/app/api"


@pytest.mark.vcr
async def test_incident(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Anomalies are ordered by priority, and the wait for the pool tells the slow events from the others."""
    reply = await ask(
        "analyze_log_group",
        log_group_arn=f"arn:aws:logs:us-east-1:123456789012:log-group:{PAYMENTS}:*",
        start_time="2026-11-20T11:00:00",
        end_time="2026-11-20T11:10:00",
        focus="duration_ms > 250",
    )

    assert [row["priority"] for row in reply.rows("anomalies")] == ["HIGH", "MEDIUM", "LOW"]
    assert reply.rows("top_patterns")[0]["sample"]["msg"] == "payment authorized"
    assert any("card gateway call timed out" in row["pattern"] for row in reply.rows("top_patterns"))
    assert any("are among top_patterns and not repeated" in note for note in reply.notes)
    assert reply.rows("differs")[0]["field"] == "pool.wait_ms"
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.settings(max_response_chars=2000)
async def test_over_the_budget(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The note says how to get fewer rows."""
    reply = await ask("analyze_log_group", log_group_arn="/ecs/shop/checkout", start_time="30s")

    assert reply.notes[-1].endswith("narrow the window.")
    assert reply == snapshot


@pytest.mark.vcr
async def test_before_the_anomalies(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Anomalies outside the window are left out, and a note says so."""
    reply = await ask("analyze_log_group", log_group_arn=PAYMENTS, start_time="20h", end_time="1195m")

    assert "anomalies" not in reply.data
    assert "No anomaly overlaps the window." in reply.notes
    assert reply == snapshot


@pytest.mark.vcr
async def test_without_detector(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A log group can be given by name; a note says that no anomaly detector watches it."""
    reply = await ask("analyze_log_group", log_group_arn="/shop/deployments", start_time="2h")

    assert "No anomaly detector watches this log group." in reply.notes
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_infrequent_access(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A log group of the infrequent-access class supports no patterns, and no query is started and billed."""
    reply = await ask("analyze_log_group", log_group_arn="/shop/audit")

    assert "INFREQUENT_ACCESS does not support the pattern command" in reply.notes[0]
    assert "scanned" not in reply.data
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_no_events(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If there are no events in the window, a note suggests a longer one."""
    reply = await ask("analyze_log_group", log_group_arn="/shop/load-test")

    assert any("No log events between" in note and "try start_time=" in note for note in reply.notes)
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_unknown_group(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An unknown log group is an error that suggests the nearest name."""
    reply = await ask("analyze_log_group", log_group_arn="/ecs/shop/paymets")

    assert "Did you mean '/ecs/shop/payments'?" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_anomalies_denied(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If one part fails, the others are shown, and a note says what to do."""
    reply = await ask("analyze_log_group", log_group_arn=APP)

    assert "logs:ListLogAnomalyDetectors" in reply.notes[0]
    assert len(reply.rows("top_patterns")) == 1
    assert reply == snapshot


@pytest.mark.vcr
async def test_all_denied(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If all parts fail, the answer is an error."""
    reply = await ask("analyze_log_group", log_group_arn=APP)

    assert "Allow the IAM action" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_patterns_before_timed_out(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A pattern query that timed out is noted, and the other's result is shown."""
    reply = await ask("analyze_log_group", log_group_arn=APP)

    assert any(note.startswith("Patterns before are missing: ") for note in reply.notes)
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.settings(max_scan_gb=1.0)
async def test_stopped_at_the_scan_limit(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Pattern queries that scan more than allowed are stopped, and their rows are marked as partial."""
    reply = await ask("analyze_log_group", log_group_arn=APP)

    assert "Patterns are partial: stopped at CLOUDWATCH_MCP_MAX_SCAN_GB." in reply.notes
    assert reply == snapshot


@pytest.mark.vcr
async def test_pages_of_anomalies(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """All pages of detectors and anomalies are read; a sample that a pattern already shows is left out."""
    reply = await ask("analyze_log_group", log_group_arn=APP)

    assert len(reply.rows("detectors")) == 2
    assert [row.get("sample") for row in reply.rows("anomalies")] == ["lost 1 of 9 nodes", None]
    assert reply == snapshot
