"""execute_log_insights_query: rows, aggregates, empty results, and how queries end."""

from __future__ import annotations

from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion

from tests.support.asking import Ask
from tests.support.sandbox_process import HELD

pytestmark = pytest.mark.anyio

PAYMENTS = "/ecs/shop/payments"
ERRORS = 'filter level = "ERROR" | fields @timestamp, msg, error.type | sort @timestamp desc'


def _query(text: str, group: str = PAYMENTS, **more: Any) -> dict[str, Any]:
    return {"query_string": text, "log_group_names": [group], "start_time": "1h", **more}


def _app(text: str = "fields @message", **more: Any) -> dict[str, Any]:
    return _query(text, "/app/api", **more)


@pytest.mark.vcr
@pytest.mark.aws
async def test_rows(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Rows keep the query's order and have no @ptr; a note says that the limit is reached."""
    reply = await ask(
        "execute_log_insights_query", **_query(ERRORS, log_group_names=[PAYMENTS, "/ecs/shop/checkout"], limit=4)
    )

    times = [row["@timestamp"] for row in reply.rows("results")]
    assert times == sorted(times, reverse=True)
    assert reply.data["matched"] > 4
    assert "@ptr" not in reply.text
    assert reply.notes[0].startswith("The limit of 4 rows is reached, more may exist: raise limit")
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_aggregates(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Aggregates are numbers."""
    reply = await ask(
        "execute_log_insights_query",
        **_query("stats count(*) as events, pct(duration_ms, 99) as p99 by level | sort level"),
    )

    assert all(isinstance(row["events"], int) for row in reply.rows("results"))
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_time_bins(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Bins are shown to the second."""
    reply = await ask(
        "execute_log_insights_query", **_query("stats count(*) as events by bin(10m) as time | sort time")
    )

    assert reply.rows("results")[1]["time"].endswith("0:00")
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_json_messages(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A JSON message is shown as JSON."""
    reply = await ask(
        "execute_log_insights_query",
        **_query('filter msg = "deployment started" | fields @message', "/shop/deployments"),
    )

    assert reply.rows("results")[0]["@message"]["to"] == "2.15.0"
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
@pytest.mark.settings(max_response_chars=2000)
async def test_over_the_budget(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The note says how to get fewer rows."""
    reply = await ask(
        "execute_log_insights_query", **_query("fields @timestamp, @message | sort @timestamp desc", limit=60)
    )

    assert reply.notes[-1].endswith("select fewer fields, narrow the window, or aggregate with stats.")
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_nothing_matched(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If events were scanned and none matched, a note suggests to loosen the filter."""
    reply = await ask("execute_log_insights_query", **_query('filter msg = "no such message" | fields @message'))

    assert "none matched: loosen the filter; analyze_log_group" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_no_events(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If there was no event in the window, a note suggests another window."""
    reply = await ask("execute_log_insights_query", **_query("fields @message", "/shop/load-test"))

    assert reply.notes[0].startswith("No log event was in the window: try start_time=")
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, SOURCE",
    behaviour="A query with a SOURCE command, and any SQL query, names its log groups in its text and not in the "
    "request.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_source_command(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A query with a SOURCE command needs no log groups."""
    reply = await ask(
        "execute_log_insights_query",
        query_string="SOURCE logGroups(namePrefix: ['/ecs/shop']) | filter level = \"ERROR\""
        " | stats count(*) as errors by service | sort service",
        start_time="15m",
    )

    assert [row["service"] for row in reply.rows("results")] == ["checkout", "payments"]
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, StartQuery",
    behaviour="An ARN in logGroupIdentifiers does not end with the asterisk that DescribeLogGroups puts there.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_by_arn(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An ARN is sent without the asterisk that other APIs put at its end."""
    reply = await ask(
        "execute_log_insights_query",
        query_string="stats count(*) as events",
        log_group_identifiers=[f"arn:aws:logs:us-east-1:123456789012:log-group:{PAYMENTS}:*"],
        start_time="15m",
    )

    assert reply.rows("results")[0]["events"] > 100
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.aws
async def test_unknown_group(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """An unknown log group is an error that suggests the nearest name."""
    reply = await ask(
        "execute_log_insights_query",
        **_query("fields @message", log_group_names=["/ecs/shop/catalog", "/ecs/shop/paymets"]),
    )

    assert reply.error == "There is no log group '/ecs/shop/paymets' in us-east-1. Did you mean '/ecs/shop/payments'?"
    assert reply == snapshot


@pytest.mark.vcr
async def test_other_region(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A log group of another Region is not found."""
    reply = await ask("execute_log_insights_query", **_query("fields @message", region="eu-west-1"))

    assert "in eu-west-1" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_still_running(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A query that outlasts max_timeout keeps running; its rows are partial, and a note gives its id."""
    reply = await ask("execute_log_insights_query", **_query(f"{ERRORS} {HELD}", max_timeout=1, limit=3))

    assert reply.data["status"] == "Running"
    assert reply.data["query_id"] in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
@pytest.mark.settings(max_scan_gb=0.0001)
async def test_stopped_at_the_scan_limit(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A query that scans more than allowed is stopped, and its partial rows are kept."""
    reply = await ask("execute_log_insights_query", **_query(f"{ERRORS} {HELD}", limit=3))

    assert "more than CLOUDWATCH_MCP_MAX_SCAN_GB allows" in reply.notes[0]
    assert reply == snapshot


@pytest.mark.vcr
async def test_pages(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Results of several pages are one table."""
    reply = await ask("execute_log_insights_query", **_app("fields @message | limit 3"))

    assert [row["@message"] for row in reply.rows("results")] == ["first", "second", "third"]
    assert reply == snapshot


@pytest.mark.vcr
async def test_values_as_written(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """Values of raw events are not converted."""
    reply = await ask("execute_log_insights_query", **_app("fields price, version, id, size"))

    assert reply.rows("results") == [{"price": "1234567.89", "version": "1.10", "id": "007", "size": "42"}]
    assert reply == snapshot


@pytest.mark.vcr
async def test_sql(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """SQL is sent without log groups and without a default limit."""
    reply = await ask(
        "execute_log_insights_query",
        query_string='SELECT status, COUNT(*) AS requests FROM "/app/api" GROUP BY status',
        query_language="SQL",
        start_time="1h",
    )

    assert reply.rows("results") == [{"status": "200", "requests": 1182}, {"status": "502", "requests": 9}]
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="cloud-carbon-footprint/cloud-carbon-footprint#261",
    behaviour="StartQuery at one query too many is a LimitExceededException: Account maximum query concurrency limit "
    "reached.",
)
@pytest.mark.vcr
async def test_waits_for_a_free_query(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """At AWS's limit of concurrent queries, the query waits for a free slot."""
    reply = await ask("execute_log_insights_query", **_app())

    assert reply.data["status"] == "Complete"
    assert reply == snapshot


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="cloud-carbon-footprint/cloud-carbon-footprint#261",
    behaviour="StartQuery at one query too many is a LimitExceededException: Account maximum query concurrency limit "
    "reached.",
)
@pytest.mark.vcr
async def test_no_free_query(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """If no slot becomes free in time, the error says what to do."""
    reply = await ask("execute_log_insights_query", **_app(max_timeout=1))

    assert "cancel one or wait" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_malformed(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The error for a malformed query shows the position."""
    reply = await ask("execute_log_insights_query", **_app("fields @timestamp | count()"))

    assert "(characters 20 to 24 of the query as AWS expands it)" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_before_retention(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A window before the log group's retention is an error that says so."""
    reply = await ask("execute_log_insights_query", **_app(start_time="40d", end_time="39d"))

    assert "retention" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_failed(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A failed query is an error with its id and the next step."""
    reply = await ask("execute_log_insights_query", **_app())

    assert "ended with status Failed and no rows" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_timed_out_with_rows(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A query that AWS timed out keeps its rows, marked as partial."""
    reply = await ask("execute_log_insights_query", **_app())

    assert len(reply.rows("results")) == 1
    assert reply.notes == ["The query ended with status Timeout; the rows are partial."]
    assert reply == snapshot


@pytest.mark.vcr
async def test_polling_denied(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A query whose results cannot be read is stopped."""
    reply = await ask("execute_log_insights_query", **_app())

    assert "logs:GetQueryResults" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_access_denied(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """The error names the IAM action to allow."""
    reply = await ask("execute_log_insights_query", **_app())

    assert "logs:StartQuery" in reply.error
    assert reply == snapshot


@pytest.mark.vcr
async def test_throttled_then_answered(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A throttled StartQuery or GetQueryResults is retried, and the query is started once."""
    reply = await ask("execute_log_insights_query", **_app())

    assert reply.data["status"] == "Complete"
    assert reply == snapshot


@pytest.mark.vcr
async def test_clock_is_off(ask: Ask, snapshot: SnapshotAssertion) -> None:
    """A signature that AWS rejects for its time points to the machine's clock."""
    reply = await ask("execute_log_insights_query", **_app())

    assert "the machine's clock is right" in reply.error
    assert reply == snapshot
