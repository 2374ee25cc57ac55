"""analyze_log_group: what changed, which fields tell the events in question apart, and what was looked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest

from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.aws.sending import Sender
from cloudwatch_mcp.config import Settings
from cloudwatch_mcp.errors import AwsError
from cloudwatch_mcp.server.tool_calls import CloudWatchServer, build_server
from tests.support.asking import Connected, Reply, asking
from tests.support.frozen_time import NOW, Time
from tests.support.log_answers import group, results

pytestmark = pytest.mark.anyio

ARN = "arn:aws:logs:us-east-1:123456789012:log-group:/app/api"
START = int(NOW.timestamp()) - 3_600


def pattern(text: str, count: int, **more: str) -> dict[str, str]:
    return {"@pattern": text, "@sampleCount": str(count), "@logSamples": json.dumps([{"logEvent": text}]), **more}


class Logs:
    """An AWS with one log group: its queries answer with patterns, patterns of the window before, and events."""

    def __init__(self, in_question: Iterable[str] = (), others: Iterable[str] = ()) -> None:
        self.patterns, self.patterns_before = [pattern("a request", 100)], [pattern("a request", 100)]
        self.events = {True: list(in_question), False: list(others)}
        self.group = group("/app/api")
        self.queries: dict[str, Mapping[str, Any]] = {}
        self.refused: tuple[str, ...] = ()

    @property
    def texts(self) -> list[str]:
        return [query["queryString"] for query in self.queries.values()]

    async def send(self, _: Aws, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if operation == "StartQuery":
            return self._start(parameters)
        if operation == "GetQueryResults":
            return self._results(self.queries[parameters["queryId"]])
        return {"DescribeLogGroups": {"logGroups": [self.group]}}.get(operation, {"anomalyDetectors": []})

    def _start(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        if any(part in parameters["queryString"] for part in self.refused):
            raise AwsError("unexpected symbol found", code="MalformedQueryException", operation="StartQuery")
        query_id = f"q{len(self.queries)}"
        self.queries[query_id] = parameters
        return {"queryId": query_id}

    def _results(self, query: Mapping[str, Any]) -> dict[str, Any]:
        text = query["queryString"]
        if text.startswith("pattern"):
            return results("Complete", *(self.patterns if query["startTime"] == START else self.patterns_before))
        events = self.events["filter not (" not in text and "not like" not in text]
        return results("Complete", *({"@message": event} for event in events[:2_000]), matched=len(events))


@pytest.fixture
def analyze(server: CloudWatchServer, monkeypatch: pytest.MonkeyPatch) -> Any:
    async def ask(logs: Logs, on: CloudWatchServer = server, **arguments: Any) -> Reply:
        monkeypatch.setattr(Sender, "send", logs.send)
        async with asking(on) as ask_tool:
            return await ask_tool("analyze_log_group", **{"log_group_arn": ARN, **arguments})

    return ask


def on_hosts(*hosts: str, count: int = 60, **more: Any) -> list[str]:
    return [json.dumps({"host": hosts[n % len(hosts)], "took": n % 7, **more}) for n in range(count)]


async def test_a_field_that_tells_the_events_in_question_has_its_shares(analyze: Any) -> None:
    logs = Logs(on_hosts("web-3"), on_hosts("web-1", "web-2", "web-3"))
    reply = await analyze(logs, focus="status >= 500")
    (row,) = reply.rows("differs")
    assert row == {"field": "host", "condition": '= "web-3"', "in_question": 1, "elsewhere": 0.333}
    assert "In question: 60 of 120 events, those that meet (status >= 500)." in reply.notes


async def test_a_number_that_tells_them_has_its_medians(analyze: Any) -> None:
    slow = [json.dumps({"pieces": 40 + n % 9}) for n in range(50)]
    fast = [json.dumps({"pieces": 1 + n % 9}) for n in range(50)]
    (row,) = (await analyze(Logs(slow, fast))).rows("differs")
    assert (row["condition"], row["median"]) == ("> 9", "5 → 44")


async def test_the_fields_of_the_focus_tell_nothing(analyze: Any) -> None:
    logs = Logs(on_hosts("web-3"), on_hosts("web-1"))
    reply = await analyze(logs, focus="host = 'web-3'")
    assert "differs" not in reply.data
    assert "No field tells them from the other events." in reply.notes


async def test_samples_larger_than_a_query_returns_are_counted(analyze: Any) -> None:
    logs = Logs(on_hosts("web-3"), on_hosts("web-1", count=3_000))
    assert "differs compares samples: 60 in question, 2,000 others." in (await analyze(logs)).notes


@pytest.mark.parametrize(
    ("in_question", "others", "reason"),
    [
        (3, 60, "Fewer than 10 are too few to say what sets them apart."),
        (60, 3, "Fewer than 10 others are too few to compare with."),
    ],
)
async def test_a_handful_of_events_proves_nothing(analyze: Any, in_question: int, others: int, reason: str) -> None:
    reply = await analyze(Logs(on_hosts("web-3", count=in_question), on_hosts("web-1", count=others)))
    assert "differs" not in reply.data
    assert any(note.startswith(reason) for note in reply.notes)


async def test_without_a_sign_of_trouble_the_notes_say_what_was_looked_for(analyze: Any) -> None:
    (note,) = [note for note in (await analyze(Logs([], on_hosts("web-1")))).notes if note.startswith("None of")]
    assert note.startswith("None of 60 events has severity WARN or worse, status 5xx, error words")
    assert "unprocessed" in note
    assert note.endswith("Give focus another condition, such as duration_ms > 250, to put other events in question.")


async def test_no_event_meets_a_focus(analyze: Any) -> None:
    notes = (await analyze(Logs([], on_hosts("web-1")), focus="status >= 500")).notes
    assert any(note.startswith("None of 60 events meets (status >= 500).") for note in notes)


async def test_the_samples_are_sorted_by_a_hash(analyze: Any) -> None:
    await analyze(logs := Logs(), focus="status >= 500")
    order = "fields md5(concat(@timestamp, @message)) as sample_order | sort sample_order | limit 2000"
    assert f"fields @timestamp, @message | filter (status >= 500) | {order}" in logs.texts
    assert f"fields @timestamp, @message | filter not (status >= 500) | {order}" in logs.texts


async def test_if_aws_refuses_the_hash_the_samples_are_the_newest_events(analyze: Any) -> None:
    logs = Logs(on_hosts("web-3"), on_hosts("web-1"))
    logs.refused = ("md5",)
    reply = await analyze(logs)
    assert reply.rows("differs")[0]["condition"] == '= "web-3"'
    assert any(note.startswith("The samples are the newest events") for note in reply.notes)
    assert len(logs.queries) == 4


async def test_a_focus_that_aws_cannot_parse_leaves_the_patterns(analyze: Any) -> None:
    logs = Logs()
    logs.refused = ("status >",)
    reply = await analyze(logs, focus="status >")
    assert reply.notes[0].startswith("Differences are missing: AWS cannot parse focus as a filter condition.")
    assert reply.rows("top_patterns")[0]["count"] == 100
    assert len(logs.queries) == 2


async def test_other_refusals_are_not_asked_again(analyze: Any) -> None:
    class Denied(Logs):
        def _start(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
            self.queries[f"q{len(self.queries)}"] = parameters
            raise AwsError("denied", code="AccessDeniedException", operation="StartQuery")

    reply = await analyze(logs := Denied())
    assert len(logs.queries) == 4
    assert "Differences are missing: denied" in reply.notes


async def test_a_bad_focus_costs_nothing(analyze: Any) -> None:
    assert "focus: " in (await analyze(logs := Logs(), focus="a | b")).error
    assert logs.queries == {}


async def test_patterns_have_the_change_since_the_window_before(analyze: Any) -> None:
    logs = Logs()
    logs.patterns = [pattern("grown", 120), pattern("an error", 9), pattern("steady", 9)]
    logs.patterns_before = [pattern("grown", 10), pattern("steady", 8), pattern("it went", 30)]
    reply = await analyze(logs)
    assert reply.data["window_before"] == ["2026-11-20T10:00:00Z", "2026-11-20T11:00:00Z"]
    found = {row["pattern"]: (row.get("before"), row.get("change")) for row in reply.rows("top_patterns")}
    assert found == {"grown": (10, "×12"), "an error": (0, "new"), "steady": (8, None)}
    (gone,) = reply.rows("changed_patterns")
    assert (gone["pattern"], gone["count"], gone["change"]) == ("it went", 0, "gone")


async def test_compare_to_names_another_window(analyze: Any) -> None:
    reply = await analyze(logs := Logs(), compare_to="1d")
    assert reply.data["window_before"] == ["2026-11-19T11:00:00Z", "2026-11-19T12:00:00Z"]
    assert START - 86_400 in [query["startTime"] for query in logs.queries.values()]


async def test_compare_to_none_leaves_out_the_window_before(analyze: Any) -> None:
    reply = await analyze(logs := Logs(), compare_to="none")
    assert {query["startTime"] for query in logs.queries.values()} == {START}
    assert len(logs.queries) == 3
    assert "window_before" not in reply.data
    assert "before" not in reply.rows("top_patterns")[0]


@pytest.mark.parametrize(
    ("compare_to", "complaint"),
    [("10m", "would overlap"), ("yesterday", "cannot read 'yesterday' as a length of time")],
)
async def test_a_window_that_cannot_be_compared_costs_nothing(analyze: Any, compare_to: str, complaint: str) -> None:
    assert complaint in (await analyze(logs := Logs(), compare_to=compare_to)).error
    assert logs.queries == {}


async def test_if_there_are_more_patterns_than_are_read_none_is_new_or_gone(analyze: Any) -> None:
    logs = Logs()
    logs.patterns = [pattern(f"now {number}", 300 - number) for number in range(200)]
    logs.patterns_before = [pattern(f"before {number}", 300 - number) for number in range(200)]
    reply = await analyze(logs)
    assert "changed_patterns" not in reply.data
    assert "Patterns before are the 200 most common ones; rarer ones are not counted. Narrow the window." in reply.notes


async def test_rare_errors_are_not_lost_among_frequent_warnings(analyze: Any) -> None:
    logs = Logs()
    logs.patterns = [pattern(f"level=warn {'abcdefghijkl'[n]}", 500 - n) for n in range(12)] + [pattern("it failed", 1)]
    reply = await analyze(logs)
    assert [row["pattern"] for row in reply.rows("error_patterns")][:2] == ["it failed", "level=warn f"]
    assert "5 of 13 patterns with signs of trouble are among top_patterns and not repeated." in reply.notes


async def test_the_volume_is_that_of_all_four_queries(analyze: Any) -> None:
    reply = await analyze(logs := Logs(on_hosts("a"), on_hosts("b")))
    assert len(logs.queries) == 4
    assert reply.data["scanned"]["bytes"] == 4_000


async def test_samples_of_a_query_that_was_stopped_are_not_compared(analyze: Any, time: Time) -> None:
    class Slow(Logs):
        def _results(self, query: Mapping[str, Any]) -> dict[str, Any]:
            return {**super()._results(query), "status": "Running", "statistics": {"bytesScanned": 2e9}}

    on = build_server(Settings(max_scan_gb=1.0), {"AWS_REGION": "us-east-1"}, clock=time.clock())
    reply = await analyze(Slow(on_hosts("web-3"), on_hosts("web-1")), on)
    assert "differs" not in reply.data
    assert "Patterns are partial: stopped at CLOUDWATCH_MCP_MAX_SCAN_GB." in reply.notes
    assert any(note.startswith("differs is missing: the sample queries") for note in reply.notes)


@pytest.mark.parametrize("running", [START, START - 3_600])
async def test_counts_that_are_not_final_are_not_compared(analyze: Any, running: int) -> None:
    class Slow(Logs):
        def _results(self, query: Mapping[str, Any]) -> dict[str, Any]:
            status = "Running" if query["startTime"] == running else "Complete"
            return super()._results(query) | {"status": status}

    logs = Slow()
    logs.patterns_before = [pattern("a request", 5)]
    reply = await analyze(logs)
    assert "window_before" not in reply.data
    assert "before" not in reply.rows("top_patterns")[0]
    assert any(" are partial: the query was still running; get_logs_insight" in note for note in reply.notes)


@pytest.mark.parametrize(
    ("age", "note", "queries"),
    [
        (timedelta(minutes=30), "2026-11-20T11:30:00Z: the window begins earlier.", 3),
        (timedelta(minutes=90), "2026-11-20T10:30:00Z: the window before begins earlier.", 4),
    ],
)
async def test_a_young_group_is_not_compared_with_a_time_before_it(
    analyze: Any, age: timedelta, note: str, queries: int
) -> None:
    logs = Logs()
    logs.group = group("/app/api", creationTime=int((NOW - age).timestamp() * 1000), retentionInDays=30)
    reply = await analyze(logs, log_group_arn="/app/api")
    assert f"The log group was created at {note}" in reply.notes
    assert len(logs.queries) == queries


async def test_retention_limits_a_group_too(analyze: Any) -> None:
    logs = Logs()
    logs.group = group("/app/api", creationTime=1, retentionInDays=1)
    reply = await analyze(logs, log_group_arn="/app/api", start_time="25h", compare_to="none")
    since = "2026-11-19T12:00:00Z: the window begins earlier."
    assert f"The log group has retentionInDays 1 and keeps no event before {since}" in reply.notes


async def test_in_the_incident_the_size_of_the_pool_distinguishes_the_slow_payments(connected: Connected) -> None:
    async with connected() as ask:
        reply = await ask("analyze_log_group", log_group_arn="/ecs/shop/payments", focus="duration_ms > 250")
    assert reply.rows("differs")[0] == {
        "field": "pool.wait_ms",
        "condition": "> 0",
        "in_question": 1,
        "elsewhere": 0,
        "median": "0 → 5000",
    }
    timeouts = next(row for row in reply.rows("top_patterns") if "card gateway call timed out" in row["pattern"])
    assert (timeouts["before"], timeouts["change"], timeouts["severity"]) == (0, "new", "Error")
    authorized = next(row for row in reply.rows("top_patterns") if "payment authorized" in row["pattern"])
    assert authorized["values"]["version"] == {"2.15.0": 0.79, "2.14.0": 0.21}
