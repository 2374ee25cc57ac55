"""Logs Insights queries: rows, aggregates, nothing, part of it, and how they end."""

from __future__ import annotations

from typing import Any

from tests.support.asking import Reply
from tests.support.cases.case import Case

PAYMENTS = "/ecs/shop/payments"
ARN = f"arn:aws:logs:us-east-1:123456789012:log-group:{PAYMENTS}"
ERRORS = 'filter level = "ERROR" | fields @timestamp, msg, error.type | sort @timestamp desc'
QUERY = "execute_log_insights_query"


def _query(text: str, group: str = PAYMENTS, **more: Any) -> dict[str, Any]:
    return {"query_string": text, "log_group_names": [group], "start_time": "1h", **more}


def _app(text: str = "fields @message", **more: Any) -> dict[str, Any]:
    """Of authored cassettes."""
    return _query(text, "/app/api", **more)


def _times(reply: Reply) -> list[str]:
    return [row["@timestamp"] for row in reply.rows("results")]


CASES = (
    Case(
        name=f"{QUERY}/rows",
        arguments=_query(ERRORS, log_group_names=[PAYMENTS, "/ecs/shop/checkout"], limit=4),
        target="aws",
        says="Rows come in the order asked for, without pointers; that the limit is reached is noted.",
        holds=lambda reply: (
            _times(reply) == sorted(_times(reply), reverse=True)
            and reply.data["matched"] > 4
            and "@ptr" not in reply.text
            and reply.notes[0].startswith("The limit of 4 rows is reached, more may exist: raise limit")
        ),
    ),
    Case(
        name=f"{QUERY}/aggregates",
        arguments=_query("stats count(*) as events, pct(duration_ms, 99) as p99 by level | sort level"),
        target="aws",
        says="Aggregates are numbers.",
        holds=lambda reply: all(isinstance(row["events"], int) for row in reply.rows("results")),
    ),
    Case(
        name=f"{QUERY}/time_bins",
        arguments=_query("stats count(*) as events by bin(10m) as time | sort time"),
        target="aws",
        says="Bins are told to the second.",
        holds=lambda reply: reply.rows("results")[1]["time"].endswith("0:00"),
    ),
    Case(
        name=f"{QUERY}/json_messages",
        arguments=_query('filter msg = "deployment started" | fields @message', "/shop/deployments"),
        target="aws",
        says="A message that is JSON is told as JSON.",
        holds=lambda reply: reply.rows("results")[0]["@message"]["to"] == "2.15.0",
    ),
    Case(
        name=f"{QUERY}/over_the_budget",
        arguments=_query("fields @timestamp, msg | sort @timestamp desc", limit=60),
        settings={"max_response_chars": 2_000},
        target="aws",
        says="An answer over the budget loses whole rows from the end, and says how many there were.",
        holds=lambda reply: len(reply.text) <= 2_000 and "of 60 kept" in reply.notes[-1],
    ),
    Case(
        name=f"{QUERY}/nothing_matched",
        arguments=_query('filter msg = "no such message" | fields @message'),
        target="aws",
        says="No row although events were read: the filter is at fault, and a note says what to call.",
        holds=lambda reply: "none matched: loosen the filter; analyze_log_group" in reply.notes[0],
    ),
    Case(
        name=f"{QUERY}/no_events",
        arguments=_query("fields @message", "/shop/load-test"),
        target="aws",
        says="No row as there was no event: the window is at fault, and a note says what to try.",
        holds=lambda reply: reply.notes[0].startswith("No log event was in the window: try start_time="),
    ),
    Case(
        name=f"{QUERY}/source_command",
        arguments={
            "query_string": "SOURCE logGroups(namePrefix: ['/ecs/shop']) | filter level = \"ERROR\""
            " | stats count(*) as errors by service | sort service",
            "start_time": "15m",
        },
        target="sandbox",
        says="A query that names its own source needs no log groups.",
        holds=lambda reply: [row["service"] for row in reply.rows("results")] == ["checkout", "payments"],
    ),
    Case(
        name=f"{QUERY}/by_arn",
        arguments={
            "query_string": "stats count(*) as events",
            "log_group_identifiers": [f"{ARN}:*"],
            "start_time": "15m",
        },
        target="sandbox",
        says="An ARN is sent as AWS wants it, without the asterisk.",
        holds=lambda reply: reply.rows("results")[0]["events"] > 100,
    ),
    Case(
        name=f"{QUERY}/unknown_group",
        arguments=_query("fields @message", log_group_names=["/ecs/shop/catalog", "/ecs/shop/paymets"]),
        target="aws",
        fails=True,
        says="An unknown log group is an error that names it and the nearest.",
        holds=lambda reply: (
            reply.error == "There is no log group '/ecs/shop/paymets' in us-east-1. Did you mean '/ecs/shop/payments'?"
        ),
    ),
    Case(
        name=f"{QUERY}/other_region",
        arguments=_query("fields @message", region="eu-west-1"),
        target="sandbox",
        fails=True,
        says="A log group of another Region is not found in this one.",
        holds=lambda reply: "in eu-west-1" in reply.error,
    ),
    Case(
        name=f"{QUERY}/still_running",
        arguments=_query(ERRORS, max_timeout=1, limit=3),
        target="sandbox",
        hold_queries=True,
        says="A query that outlasts max_timeout goes on; its rows are partial, and the note names it.",
        holds=lambda reply: reply.data["status"] == "Running" and reply.data["query_id"] in reply.notes[0],
    ),
    Case(
        name=f"{QUERY}/stopped_at_the_scan_limit",
        arguments=_query(ERRORS, limit=3),
        settings={"max_scan_gb": 0.000_1},
        target="sandbox",
        hold_queries=True,
        says="A query that scans more than allowed is stopped, and its partial rows are kept.",
        holds=lambda reply: "more than CLOUDWATCH_MCP_MAX_SCAN_GB allows" in reply.notes[0],
    ),
    Case(
        name=f"{QUERY}/pages",
        arguments=_app("fields @message | limit 3"),
        target="authored",
        says="Results of several pages are one table.",
        holds=lambda reply: [row["@message"] for row in reply.rows("results")] == ["first", "second", "third"],
    ),
    Case(
        name=f"{QUERY}/values_as_written",
        arguments=_app("fields price, version, id, size"),
        target="authored",
        says="Values of raw events stay as they were written.",
        holds=lambda reply: (
            reply.rows("results") == [{"price": "1234567.89", "version": "1.10", "id": "007", "size": "42"}]
        ),
    ),
    Case(
        name=f"{QUERY}/sql",
        arguments={
            "query_string": 'SELECT status, COUNT(*) AS requests FROM "/app/api" GROUP BY status',
            "query_language": "SQL",
            "start_time": "1h",
        },
        target="authored",
        says="SQL is sent as such, with neither log groups nor a limit of ours.",
        holds=lambda reply: (
            reply.rows("results") == [{"status": "200", "requests": 1182}, {"status": "502", "requests": 9}]
        ),
    ),
    Case(
        name=f"{QUERY}/waits_for_a_free_query",
        arguments=_app(),
        target="authored",
        says="While AWS runs as many queries as it allows, the query waits its turn.",
        holds=lambda reply: reply.data["status"] == "Complete",
    ),
    Case(
        name=f"{QUERY}/no_free_query",
        arguments=_app(max_timeout=1),
        target="authored",
        fails=True,
        says="Where no query ends in time, the error says what to do.",
        holds=lambda reply: "cancel one or wait" in reply.error,
    ),
    Case(
        name=f"{QUERY}/malformed",
        arguments=_app("fields @timestamp | count()"),
        target="authored",
        fails=True,
        says="A malformed query is an error with the position.",
        holds=lambda reply: "(characters 20 to 24 of the query as AWS expands it)" in reply.error,
    ),
    Case(
        name=f"{QUERY}/before_retention",
        arguments=_app(start_time="40d", end_time="39d"),
        target="authored",
        fails=True,
        says="A window before the group's retention is told as such.",
        holds=lambda reply: "retention" in reply.error,
    ),
    Case(
        name=f"{QUERY}/failed",
        arguments=_app(),
        target="authored",
        fails=True,
        says="A query that failed is an error with its id and the next step.",
        holds=lambda reply: "ended with status Failed and no rows" in reply.error,
    ),
    Case(
        name=f"{QUERY}/timed_out_with_rows",
        arguments=_app(),
        target="authored",
        says="A query that AWS timed out keeps its partial rows, and says that they are partial.",
        holds=lambda reply: (
            len(reply.rows("results")) == 1
            and reply.notes == ["The query ended with status Timeout; the rows are partial."]
        ),
    ),
    Case(
        name=f"{QUERY}/polling_denied",
        arguments=_app(),
        target="authored",
        fails=True,
        says="A query whose results may not be read is stopped, since nobody will read it.",
        holds=lambda reply: "logs:GetQueryResults" in reply.error,
    ),
    Case(
        name=f"{QUERY}/no_log_group",
        arguments={"query_string": "fields @message", "start_time": "1h"},
        target="none",
        fails=True,
        says="A query of no log group is refused, with the tool that lists them.",
        holds=lambda reply: "describe_log_groups lists them" in reply.error,
    ),
)
