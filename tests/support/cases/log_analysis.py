"""A first picture of one log group: anomalies, patterns, and each part that may be missing."""

from __future__ import annotations

from tests.support.cases.case import Case

PAYMENTS = "/ecs/shop/payments"
ARN = f"arn:aws:logs:us-east-1:123456789012:log-group:{PAYMENTS}"

CASES = (
    Case(
        name="analyze_log_group/incident",
        arguments={"log_group_arn": f"{ARN}:*", "start_time": "2026-11-20T11:00:00"},
        target="sandbox",
        says="Anomalies come by priority, and an error pattern that is among the top patterns is not told twice.",
        holds=lambda reply: (
            [row["priority"] for row in reply.rows("anomalies")] == ["HIGH", "MEDIUM", "LOW"]
            and reply.rows("top_patterns")[0]["sample"]["msg"] == "payment authorized"
            and any("card gateway call timed out" in row["pattern"] for row in reply.rows("top_patterns"))
            and "2 of the 3 most common error patterns are among top_patterns and not repeated." in reply.notes
            and reply.data["scanned"]["records"] > 1_000
        ),
    ),
    Case(
        name="analyze_log_group/over_the_budget",
        arguments={"log_group_arn": "/shop/nginx/access", "start_time": "30s"},
        settings={"max_response_chars": 2_000},
        target="sandbox",
        says="An answer over the budget loses whole rows, and says so.",
        holds=lambda reply: len(reply.text) <= 2_000,
    ),
    Case(
        name="analyze_log_group/before_the_anomalies",
        arguments={"log_group_arn": PAYMENTS, "start_time": "20h", "end_time": "1195m"},
        target="sandbox",
        says="Anomalies outside the window are left out, and a note says that none overlaps it.",
        holds=lambda reply: "anomalies" not in reply.data and "No anomaly overlaps the window." in reply.notes,
    ),
    Case(
        name="analyze_log_group/without_detector",
        arguments={"log_group_arn": "/shop/deployments", "start_time": "2h"},
        target="aws",
        says="A name is looked up; a group that no detector watches says so.",
        holds=lambda reply: "No anomaly detector watches this log group." in reply.notes,
    ),
    Case(
        name="analyze_log_group/infrequent_access",
        arguments={"log_group_arn": "/shop/audit"},
        target="aws",
        says="An infrequent-access group has no patterns, and no query is billed for trying.",
        holds=lambda reply: (
            "INFREQUENT_ACCESS does not support the pattern command" in reply.notes[0] and "scanned" not in reply.data
        ),
    ),
    Case(
        name="analyze_log_group/no_events",
        arguments={"log_group_arn": "/shop/load-test"},
        target="aws",
        says="A group without events in the window says to widen it.",
        holds=lambda reply: any("No log events between" in note and "try start_time=" in note for note in reply.notes),
    ),
    Case(
        name="analyze_log_group/unknown_group",
        arguments={"log_group_arn": "/ecs/shop/paymets"},
        target="aws",
        fails=True,
        says="An unknown group is an error that names the nearest.",
        holds=lambda reply: "Did you mean '/ecs/shop/payments'?" in reply.error,
    ),
    Case(
        name="analyze_log_group/anomalies_denied",
        arguments={"log_group_arn": "arn:aws:logs:us-east-1:123456789012:log-group:/app/api"},
        target="authored",
        says="One part that fails leaves the others, and is noted with what to do.",
        holds=lambda reply: "logs:ListLogAnomalyDetectors" in reply.notes[0] and len(reply.rows("top_patterns")) == 1,
    ),
    Case(
        name="analyze_log_group/all_denied",
        arguments={"log_group_arn": "arn:aws:logs:us-east-1:123456789012:log-group:/app/api"},
        target="authored",
        fails=True,
        says="All parts failing is an error.",
        holds=lambda reply: "Allow the IAM action" in reply.error,
    ),
    Case(
        name="analyze_log_group/error_patterns_timed_out",
        arguments={"log_group_arn": "arn:aws:logs:us-east-1:123456789012:log-group:/app/api"},
        target="authored",
        says="A pattern query that timed out is told in a note, beside what the other found.",
        holds=lambda reply: any(note.startswith("Error patterns are missing: ") for note in reply.notes),
    ),
    Case(
        name="analyze_log_group/stopped_at_the_scan_limit",
        arguments={"log_group_arn": "arn:aws:logs:us-east-1:123456789012:log-group:/app/api"},
        settings={"max_scan_gb": 1.0},
        target="authored",
        says="Pattern queries that scan more than allowed are stopped, and their rows are partial.",
        holds=lambda reply: "Top patterns are partial: stopped at CLOUDWATCH_MCP_MAX_SCAN_GB." in reply.notes,
    ),
    Case(
        name="analyze_log_group/pages_of_anomalies",
        arguments={"log_group_arn": "arn:aws:logs:us-east-1:123456789012:log-group:/app/api"},
        target="authored",
        says="Detectors and anomalies are read page by page; a sample that a pattern shows already is left out.",
        holds=lambda reply: (
            len(reply.rows("detectors")) == 2
            and [row.get("sample") for row in reply.rows("anomalies")] == ["lost 1 of 9 nodes", None]
        ),
    ),
    Case(
        name="analyze_log_group/not_an_arn",
        arguments={"log_group_arn": "arn:aws:s3:::bucket"},
        target="none",
        fails=True,
        says="An ARN that is not of a log group is refused, with the form of one.",
        holds=lambda reply: "use arn:aws:logs:REGION" in reply.error,
    ),
)
