"""Logs Insights queries over HTTP: starting, polling, stopping, refusals."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from cloudwatch_mcp.sandbox.clock import Clock
from cloudwatch_mcp.sandbox.direct import clients
from cloudwatch_mcp.sandbox.logs import install
from cloudwatch_mcp.sandbox.server import Application, Server
from tests.support.sandbox_clients import client_of

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)
END = int(NOW.timestamp())
START = END - 3600
ACCOUNT = "123456789012"
LINKED = "111122223333"


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture(scope="module")
def server(clock: Clock) -> Iterator[Server]:
    install(clock)
    server = Server(Application())
    yield server
    server.stop()


@pytest.fixture(scope="module")
def shared_client(server: Server) -> Any:
    return client_of("logs", server.endpoint_url)


@pytest.fixture
def logs(shared_client: Any, clock: Clock) -> Any:
    """A client of CloudWatch Logs with two log groups; the first has ten events, six minutes apart."""
    install(clock, linked_accounts=[LINKED])
    writer, _ = clients("us-east-1")
    create(writer, "/app/checkout", *[f"INFO order {number}" for number in range(9)], "ERROR timeout")
    create(writer, "/app/empty")
    return shared_client


def create(logs: Any, name: str, *messages: str, **options: Any) -> None:
    logs.create_log_group(logGroupName=name, **options)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    if messages:
        first = END - 360 * (len(messages) - 1)
        events = [{"timestamp": (first + 360 * i) * 1000, "message": each} for i, each in enumerate(messages)]
        logs.put_log_events(logGroupName=name, logStreamName="s", logEvents=events)


def start(logs: Any, query: str = "fields @message", **options: Any) -> str:
    selected = {"logGroupName": "/app/checkout"} if "SOURCE" not in query else {}
    if any(name.startswith("logGroup") for name in options):
        selected = {}
    parameters = {"startTime": START, "endTime": END, **selected, **options}
    answer: dict[str, str] = logs.start_query(queryString=query, **parameters)
    return answer["queryId"]


def messages(answer: dict[str, Any]) -> list[str]:
    return [cell["value"] for row in answer["results"] for cell in row if cell["field"] == "@message"]


def complete(logs: Any, query: str = "fields @message", **options: Any) -> dict[str, Any]:
    query_id = start(logs, query, **options)
    answers = [logs.get_query_results(queryId=query_id) for _ in range(3)]
    answer: dict[str, Any] = answers[-1]
    assert answer["status"] == "Complete"
    return answer


def refused(logs: Any, query: str = "fields @message", **options: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as raised:
        start(logs, query, **options)
    response: dict[str, Any] = raised.value.response
    return response


def test_a_query_is_scheduled_then_running_then_complete(logs: Any) -> None:
    query_id = start(logs)

    answers = [logs.get_query_results(queryId=query_id) for _ in range(4)]

    assert [answer["status"] for answer in answers] == ["Scheduled", "Running", "Complete", "Complete"]
    assert [len(answer["results"]) for answer in answers] == [0, 5, 10, 10]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, GetQueryResults",
    behaviour="GetQueryResults returns partial rows and statistics while a query runs.",
)
def test_a_running_query_has_partial_statistics(logs: Any) -> None:
    query_id = start(logs, "filter @message like 'order' | stats count(*) as n")

    _, running, _ = [logs.get_query_results(queryId=query_id) for _ in range(3)]

    assert running["results"] == [[{"field": "n", "value": "4"}]]
    assert running["statistics"]["recordsScanned"] == 5.0


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch",
    behaviour="The statistics of GetQueryResults have a resultCount, since between February and September 2026.",
)
def test_a_complete_query_has_its_statistics(logs: Any) -> None:
    answer = complete(logs, "filter @message like 'ERROR'")

    assert answer["statistics"] == {
        "recordsMatched": 1.0,
        "recordsScanned": 10.0,
        "estimatedRecordsSkipped": 0.0,
        "bytesScanned": 9 * 12.0 + 13 + 10 * 26,
        "estimatedBytesSkipped": 0.0,
        "logGroupsScanned": 1.0,
        "resultCount": 1.0,
    }


@pytest.mark.parametrize(
    ("polls", "statuses"),
    [
        (0, ["Complete"]),
        (1, ["Scheduled", "Complete"]),
        (3, ["Scheduled", "Running", "Running", "Complete"]),
        (None, ["Scheduled", "Running", "Running", "Running", "Running"]),
    ],
)
def test_the_number_of_polls_before_completion_can_be_set(
    logs: Any, clock: Clock, polls: int | None, statuses: list[str]
) -> None:
    install(clock, polls_to_complete=polls)
    create(logs, "/app/checkout", "m")

    query_id = start(logs)

    assert [logs.get_query_results(queryId=query_id)["status"] for _ in statuses] == statuses


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, GetQueryResults",
    behaviour="A query that StopQuery ended has the status Cancelled.",
)
def test_a_stopped_query_is_cancelled(logs: Any) -> None:
    query_id = start(logs)
    logs.get_query_results(queryId=query_id)

    answer = logs.stop_query(queryId=query_id)

    assert answer["success"] is True
    assert logs.get_query_results(queryId=query_id)["status"] == "Cancelled"


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, StopQuery",
    behaviour="StopQuery on a query that has ended is an error that says so.",
)
def test_a_complete_query_cannot_be_stopped(logs: Any) -> None:
    query_id = start(logs)
    for _ in range(3):
        logs.get_query_results(queryId=query_id)

    with pytest.raises(ClientError) as raised:
        logs.stop_query(queryId=query_id)

    assert raised.value.response["Error"] == {
        "Code": "InvalidParameterException",
        "Message": "Query is not running",
    }


@pytest.mark.parametrize("operation", ["get_query_results", "stop_query"])
def test_an_unknown_query_is_not_found(logs: Any, operation: str) -> None:
    with pytest.raises(logs.exceptions.ResourceNotFoundException):
        getattr(logs, operation)(queryId="00000000-0000-0000-0000-000000000000")


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, StartQuery",
    behaviour="Both ends of a query's window are inclusive, in whole seconds.",
)
def test_both_ends_of_the_time_range_are_included(logs: Any) -> None:
    answer = complete(logs, startTime=END - 720, endTime=END - 360)

    assert messages(answer) == ["INFO order 8", "INFO order 7"]


def test_log_groups_can_be_names_or_arns(logs: Any) -> None:
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/app/checkout"

    selections: list[dict[str, Any]] = [
        {"logGroupNames": ["/app/checkout", "/app/empty"]},
        {"logGroupIdentifiers": ["/app/checkout"]},
        {"logGroupIdentifiers": [arn]},
    ]
    for selection in selections:
        assert len(complete(logs, **selection)["results"]) == 10


def test_events_of_several_groups_are_merged_newest_first(logs: Any) -> None:
    create(logs, "/app/other", "older", "newer")

    answer = complete(logs, "fields @message | limit 4", logGroupNames=["/app/checkout", "/app/other"])

    assert set(messages(answer)[:2]) == {"ERROR timeout", "newer"}
    assert set(messages(answer)[2:]) == {"INFO order 8", "older"}
    assert answer["statistics"]["logGroupsScanned"] == 2.0


def test_a_linked_account_is_queried_by_arn(logs: Any, server: Server) -> None:
    theirs = client_of("logs", server.endpoint_url)
    theirs.meta.events.register(
        "before-sign.logs", lambda request, **_: request.headers.add_header("x-moto-account-id", LINKED)
    )
    create(theirs, "/theirs", "hello")

    answer = complete(
        logs,
        "fields @log",
        logGroupIdentifiers=[f"arn:aws:logs:us-east-1:{LINKED}:log-group:/theirs"],
    )

    assert answer["results"][0][0] == {"field": "@log", "value": f"{LINKED}:/theirs"}


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, StartQuery",
    behaviour="An ARN in logGroupIdentifiers does not end with the asterisk that DescribeLogGroups puts there.",
)
def test_an_arn_with_a_star_is_refused(logs: Any) -> None:
    answer = refused(logs, logGroupIdentifiers=[f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/app/checkout:*"])

    assert answer["Error"]["Code"] == "InvalidParameterException"
    assert "at 'logGroupIdentifiers.1.member' failed to satisfy constraint" in answer["Error"]["Message"]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/logs/test_logs_events.snapshot.json",
    behaviour="Logs refuses a missing log group with a ResourceNotFoundException.",
)
def test_an_unknown_log_group_is_named_with_its_account(logs: Any) -> None:
    assert refused(logs, logGroupNames=["/app/none"])["Error"] == {
        "Code": "ResourceNotFoundException",
        "Message": f"Log group '/app/none' does not exist for account ID '{ACCOUNT}'",
    }


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, StartQuery",
    behaviour="A query reads at most 50 log groups that are listed in the request.",
)
def test_more_than_fifty_log_groups_are_refused(logs: Any) -> None:
    answer = refused(logs, logGroupNames=[f"/g/{number}" for number in range(51)])

    assert answer["Error"]["Code"] == "InvalidParameterException"
    assert "Member must have length less than or equal to 50" in answer["Error"]["Message"]


def test_only_one_log_group_parameter_is_allowed(logs: Any) -> None:
    answer = refused(logs, logGroupName="/app/checkout", logGroupNames=["/app/empty"])

    assert answer["Error"]["Code"] == "InvalidParameterException"


def test_a_query_without_log_groups_is_refused(logs: Any) -> None:
    assert refused(logs, logGroupNames=[])["Error"]["Code"] == "InvalidParameterException"


def test_source_selects_log_groups_by_prefix_and_class(logs: Any) -> None:
    create(logs, "/app/rare", "rare", logGroupClass="INFREQUENT_ACCESS")

    standard = complete(logs, "SOURCE logGroups(namePrefix: ['/app']) | stats count(*) as n")
    rare = complete(logs, "SOURCE logGroups(class: ['INFREQUENT_ACCESS']) | fields @message")

    assert standard["results"] == [[{"field": "n", "value": "10"}]]
    assert messages(rare) == ["rare"]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, SOURCE",
    behaviour="A query with a SOURCE command, and any SQL query, names its log groups in its text and not in the "
    "request.",
)
def test_source_and_log_group_parameters_exclude_each_other(logs: Any) -> None:
    answer = refused(logs, "SOURCE logGroups() | limit 1", logGroupName="/app/checkout")

    assert answer["Error"]["Code"] == "InvalidParameterException"


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, StartQuery",
    behaviour="A MalformedQueryException has the character offsets of the error in queryCompileError.",
    service="CloudWatch Logs",
)
def test_a_malformed_query_has_the_location_of_its_error(logs: Any) -> None:
    answer = refused(logs, "fields @timestamp | stat count(*)")

    assert answer["Error"]["Code"] == "MalformedQueryException"
    assert answer["queryCompileError"]["location"] == {"startCharOffset": 20, "endCharOffset": 24}


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides",
    behaviour="The position in a syntax error counts the SOURCE prefix that AWS puts before the query.",
)
def test_a_position_counts_the_prefix_of_aws(logs: Any) -> None:
    prefix = f"SOURCE '/app/checkout' START={START} END={END} |"

    message = refused(logs, "fields @timestamp | stat count(*)")["Error"]["Message"]

    assert message.startswith(f"unexpected symbol found stat at line 1 and position {20 + len(prefix)} (")


def test_a_position_on_a_later_line_does_not_count_the_prefix(logs: Any) -> None:
    message = refused(logs, "fields @timestamp\n| stat count(*)")["Error"]["Message"]

    assert message.startswith("unexpected symbol found stat at line 2 and position 2 (")


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="boto/boto3#3450",
    behaviour="The message of a MalformedQueryException ends with the service, the status code, the error code and the "
    "request id.",
)
def test_a_malformed_query_message_ends_with_the_request_id(logs: Any) -> None:
    message = refused(logs, "fields foo(1)")["Error"]["Message"]

    assert re.fullmatch(
        r"Unknown function: foo \(Service: AWSLogs; Status Code: 400; Error Code: MalformedQueryException; "
        r"Request ID: [0-9a-f-]{36}; Proxy: null\)",
        message,
    )


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="messages that users quote; no recording is public",
    behaviour="A window that ends before the log group's oldest event is a MalformedQueryException that ends with two "
    "numbers in brackets.",
)
def test_a_range_before_the_log_group_existed_is_malformed(logs: Any) -> None:
    answer = refused(logs, startTime=START - 20 * 86_400, endTime=START - 3 * 86_400)

    assert answer["Error"]["Code"] == "MalformedQueryException"
    assert answer["Error"]["Message"].startswith(
        "Query's end date and time is either before the log groups creation time or exceeds the log groups log "
        "retention settings ([0,3]) ("
    )


def test_events_older_than_the_retention_are_not_queried(logs: Any, clock: Clock) -> None:
    logs.put_retention_policy(logGroupName="/app/checkout", retentionInDays=1)
    clock.travel(NOW + timedelta(hours=23, minutes=50))
    try:
        assert messages(complete(logs)) == ["ERROR timeout", "INFO order 8"]
    finally:
        clock.resume()


def test_a_range_that_ends_before_it_starts_is_refused(logs: Any) -> None:
    assert refused(logs, startTime=END, endTime=START)["Error"]["Code"] == "InvalidParameterException"


@pytest.mark.parametrize("language", ["SQL", "PPL"])
def test_another_query_language_is_refused_by_name(logs: Any, language: str) -> None:
    error = refused(logs, queryLanguage=language)["Error"]

    assert error["Code"] == "InvalidParameterException"
    assert error["Message"].startswith(f"The sandbox lacks the query language {language};")


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, Log classes",
    behaviour="The pattern and diff commands are refused on log groups of the class Infrequent Access.",
)
def test_pattern_is_refused_on_an_infrequent_access_group(logs: Any) -> None:
    create(logs, "/app/rare", "m", logGroupClass="INFREQUENT_ACCESS")

    error = refused(logs, "pattern @message", logGroupName="/app/rare")["Error"]

    assert error["Code"] == "InvalidParameterException"
    assert "pattern command is not supported" in error["Message"]


def test_a_limit_above_one_hundred_thousand_is_refused(logs: Any) -> None:
    error = refused(logs, limit=100_001)["Error"]

    assert "at 'limit' failed to satisfy constraint" in error["Message"]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, GetQueryResults",
    behaviour="GetQueryResults returns at most 10,000 rows and a nextToken for the next ones.",
)
def test_results_come_ten_thousand_a_page(logs: Any) -> None:
    events = [{"timestamp": END * 1000, "message": str(number)} for number in range(10_000)]
    for batch in (events, events[:300]):
        logs.put_log_events(logGroupName="/app/empty", logStreamName="s", logEvents=batch)
    query_id = start(logs, "fields @message | limit 10200", logGroupName="/app/empty")
    for _ in range(2):
        logs.get_query_results(queryId=query_id, maxItems=1)

    first = logs.get_query_results(queryId=query_id)
    second = logs.get_query_results(queryId=query_id, nextToken=first["nextToken"])

    assert [len(first["results"]), len(second["results"])] == [10_000, 200]
    assert "nextToken" not in second


def test_queries_are_described_newest_first(logs: Any) -> None:
    first, second = start(logs, "fields @message"), start(logs, "fields @log")

    queries = logs.describe_queries(logGroupName="/app/checkout")["queries"]

    assert [query["queryId"] for query in queries] == [second, first]
    assert queries[0]["status"] == "Scheduled"


def test_queries_run_side_by_side(logs: Any) -> None:
    with ThreadPoolExecutor(8) as threads:
        counts = list(
            threads.map(
                lambda _: complete(logs, "parse @message 'INFO order *' as n | stats sum(n) as s")["results"],
                range(24),
            )
        )

    assert counts == [[[{"field": "s", "value": "36"}]]] * 24


def rows(answer: dict[str, Any]) -> list[list[str]]:
    return [[cell["value"] for cell in row if cell["field"] != "@ptr"] for row in answer["results"]]


def test_a_subquery_reads_the_log_group_of_its_source(logs: Any) -> None:
    create(logs, "/app/database", '{"id": 7}')
    create(logs, "/app/web", '{"id": 7}', '{"id": 8}')
    query = "filter id in (SOURCE '/app/database' | fields id) | display id"

    assert rows(complete(logs, query, logGroupName="/app/web")) == [["7"]]


def test_a_subquery_of_an_unknown_log_group_is_refused(logs: Any) -> None:
    answer = refused(logs, "filter id in (SOURCE '/no/such' | fields id)", logGroupName="/app/checkout")

    assert answer["Error"]["Code"] == "ResourceNotFoundException"


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, Compare (diff) with previous time ranges",
    behaviour="The diff command compares the patterns with those of the preceding window of the same length.",
)
def test_diff_compares_with_the_preceding_window(logs: Any) -> None:
    shown = "display @pattern, @sampleCount, @differenceCount, @differenceDescription | sort @pattern asc"

    answer = complete(logs, f"pattern @message | diff | {shown}", startTime=END - 1800)

    assert rows(answer) == [
        ["ERROR timeout", "1", "1", "New pattern"],
        ["INFO order <*>", "5", "1", "25% more events"],
    ]


def test_diff_with_the_previous_day_reads_that_day(logs: Any, clock: Clock) -> None:
    clock.travel(NOW + timedelta(days=1))
    try:
        window = {"startTime": START + 86_400, "endTime": END + 86_400}
        answer = complete(
            logs, "pattern @message | diff previousDay | display @pattern, @differenceDescription", **window
        )
    finally:
        clock.resume()

    assert sorted(rows(answer)) == [
        ["ERROR timeout", "Pattern no longer found"],
        ["INFO order <*>", "Pattern no longer found"],
    ]
