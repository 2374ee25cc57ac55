"""The pattern command: texts that differ only in their variable parts."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from cloudwatch_mcp.sandbox.insights import EventLog, Query

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
NOW_MS = int(NOW.timestamp() * 1000)


def patterns(messages: list[str], query: str = "pattern @message") -> list[dict[str, str]]:
    log = EventLog("123456789012", "/app/checkout")
    log.put("s", [{"timestamp": NOW_MS, "message": message} for message in messages], NOW_MS)
    rows = Query(query, NOW).run(log.between(0, NOW_MS)).rows
    return [{cell["field"]: cell["value"] for cell in row} for row in rows]


def shown(messages: list[str]) -> list[str]:
    return [row["@pattern"] for row in patterns(messages)]


def test_variable_parts_are_wildcards() -> None:
    messages = [
        "2026-11-20T12:00:00Z [INFO] Calling DynamoDB for resource 12342342k124-12345 from 10.0.0.1",
        "2026-11-20T12:00:01Z [INFO] Calling DynamoDB for resource 324892398123-12345 from 10.0.0.2",
    ]

    assert shown(messages) == ["<*> [INFO] Calling DynamoDB for resource <*> from <*>"]


def test_a_number_that_never_varies_is_no_variable() -> None:
    assert shown(["retry 1 of 3", "retry 2 of 3"]) == ["retry <*> of 3"]


def test_words_that_vary_become_tokens() -> None:
    assert shown(["user ann logged in", "user bob logged in"]) == ["user <*> logged in"]


def test_texts_with_different_words_are_different_patterns() -> None:
    messages = ["Order placed successfully", "Payment provider refused", "Order placed successfully"]

    assert shown(messages) == ["Order placed successfully", "Payment provider refused"]


def test_different_severities_are_different_patterns() -> None:
    assert len(shown(["ERROR payment of order 1 done", "INFO payment of order 2 done"])) == 2


def test_json_messages_are_grouped_by_message_and_not_by_values() -> None:
    def message(level: str, text: str, customer: str, order: int) -> str:
        return json.dumps({"level": level, "message": text, "customer": customer, "order": f"o-{order}"})

    messages = [
        message("INFO", "order placed", "ann", 1),
        message("INFO", "order placed", "bob", 2),
        message("INFO", "cart emptied", "ann", 3),
    ]

    assert shown(messages) == [
        '{"level": "INFO", "message": "order placed", "customer": "<*>", "order": "<*>"}',
        '{"level": "INFO", "message": "cart emptied", "customer": "ann", "order": "<*>"}',
    ]


def test_compact_json_has_patterns_like_spaced_json() -> None:
    messages = [
        '{"level":"ERROR","ms":3000,"event":"payment_timeout","city":"Oslo"}',
        '{"level":"ERROR","ms":3001,"event":"payment_timeout","city":"New York"}',
        '{"level":"ERROR","ms":3001,"event":"refused","city":"Oslo"}',
    ]

    assert shown(messages) == [
        '{"level":"ERROR","ms":<*>,"event":"payment_timeout","city":"<*>"}',
        '{"level":"ERROR","ms":<*>,"event":"refused","city":"Oslo"}',
    ]


def test_counts_ratios_and_severities_come_with_the_pattern() -> None:
    messages = ["ERROR code 1", "ERROR code 2", "ERROR code 3", "warn low disk"]

    rows = [{name: row[name] for name in ("@sampleCount", "@ratio", "@severityLabel")} for row in patterns(messages)]

    assert rows == [
        {"@sampleCount": "3", "@ratio": "0.75", "@severityLabel": "Error"},
        {"@sampleCount": "1", "@ratio": "0.25", "@severityLabel": "Warning"},
    ]


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="what public readers of such responses expect; no public source has one whole",
    behaviour="A pattern row has ten columns: a wildcard <*> for each token that varies, and tokens, samples, related "
    "patterns and a count by time as JSON.",
)
def test_a_row_has_the_columns_of_get_query_results() -> None:
    (row,) = patterns(["took 1 ms", "took 2 ms"])

    assert list(row) == [
        "@visualization",
        "@ratio",
        "@relatedPattern",
        "@PatternId",
        "@regexString",
        "@sampleCount",
        "@tokens",
        "@logSamples",
        "@pattern",
        "@severityLabel",
    ]


def test_a_pattern_has_a_regular_expression() -> None:
    (row,) = patterns(["took 1 ms", "took 2 ms"])

    assert row["@regexString"] == r"\Qtook \E.*\Q ms\E"


def test_tokens_samples_and_a_histogram_are_json() -> None:
    (row,) = patterns(["took 1 ms", "took 2 ms"])

    tokens: list[dict[str, Any]] = json.loads(row["@tokens"])
    assert tokens[1] == {
        "dynamicTokenPosition": 1,
        "tokenType": "DYNAMIC",
        "tokenString": "<*>",
        "isNumeric": True,
        "isErrorCode": False,
        "enumerations": {"1": 1, "2": 1},
        "inferredTokenName": "Number",
    }
    assert json.loads(row["@logSamples"]) == [
        {"timestamp": NOW_MS, "logEvent": "took 1 ms"},
        {"timestamp": NOW_MS, "logEvent": "took 2 ms"},
    ]
    assert json.loads(row["@visualization"]) == {"timeWindowCountMapping": {str(NOW_MS): 2}}


def test_the_same_pattern_keeps_its_id() -> None:
    first = patterns(["took 1 ms", "took 2 ms"])
    second = patterns(["took 7 ms", "took 9 ms"])

    assert first[0]["@PatternId"] == second[0]["@PatternId"]


@pytest.mark.parametrize(
    ("rest", "rows"),
    [
        ("sort @sampleCount asc | display @sampleCount", ["1", "2"]),
        ("limit 1 | display @sampleCount", ["2"]),
        ("filter @severityLabel = 'Error' | display @sampleCount", ["1"]),
    ],
)
def test_commands_after_pattern_see_its_columns(rest: str, rows: list[str]) -> None:
    messages = ["INFO started 1", "INFO started 2", "ERROR failed"]

    assert [row["@sampleCount"] for row in patterns(messages, f"pattern @message | {rest}")] == rows


def test_pattern_takes_an_extracted_field() -> None:
    query = 'parse @message "said: *" as said | pattern said'

    assert [row["@pattern"] for row in patterns(["1 said: hi 4", "2 said: hi 5"], query)] == ["hi <*>"]
