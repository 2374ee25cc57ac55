"""What CloudWatch Logs answers to queries and listings, as the sandbox answers and as an AWS account can confirm."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cloudwatch_mcp.recording import Recorder, Replay
from tests.support.asking import Ask
from tests.support.cassettes import answers

pytestmark = pytest.mark.anyio

PAYMENTS = "/ecs/shop/payments"
DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}")
Rows = list[list[dict[str, str]]]


async def results(ask: Ask, vcr: Replay | Recorder, query: str) -> dict[str, Any]:
    """The last answer of GetQueryResults."""
    reply = await ask(
        "execute_log_insights_query", query_string=query, log_group_names=[PAYMENTS], start_time="15m", limit=3
    )
    assert not reply.failed, reply.text
    answer: dict[str, Any] = answers(vcr, "GetQueryResults")[-1]
    return answer


async def rows(ask: Ask, vcr: Replay | Recorder, query: str) -> list[dict[str, str]]:
    found: Rows = (await results(ask, vcr, query))["results"]
    return [{cell["field"]: cell["value"] for cell in row} for row in found]


async def refusal(ask: Ask, vcr: Replay | Recorder, query: str, **more: Any) -> dict[str, Any]:
    """The error of StartQuery."""
    window = {"start_time": "15m", **more}
    reply = await ask("execute_log_insights_query", query_string=query, log_group_names=[PAYMENTS], **window)
    assert reply.failed
    (error,) = answers(vcr, "StartQuery")
    assert error["__type"] == "MalformedQueryException"
    return dict(error)


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/3b1ce3b7a103.json",
    behaviour="A row of log events ends with @ptr, whatever fields the query selects.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_pointer(ask: Ask, vcr: Replay | Recorder) -> None:
    found = await rows(ask, vcr, "fields level, msg | filter ispresent(msg)")
    assert [list(row) for row in found] == [["level", "msg", "@ptr"]] * 3


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/8f1a2be3fe64.json",
    behaviour="A row leaves out the fields without a value.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_absent_field(ask: Ask, vcr: Replay | Recorder) -> None:
    found = await rows(ask, vcr, "fields nothing, @timestamp")
    assert [list(row) for row in found] == [["@timestamp", "@ptr"]] * 3


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/8f1a2be3fe64.json",
    behaviour="Events without a field that stats groups by make a group whose row leaves the field out.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_group_without_the_field(ask: Ask, vcr: Replay | Recorder) -> None:
    found = await rows(ask, vcr, "stats count(*) as events by error.type")
    assert ["events"] in [list(row) for row in found]
    assert ["error.type", "events"] in [list(row) for row in found]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/aff6864860a7.json",
    behaviour="Every value of a query's row is text, counts included.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_texts(ask: Ask, vcr: Replay | Recorder) -> None:
    (row,) = await rows(ask, vcr, "stats count(*) as events, avg(duration_ms) as mean")
    assert [type(value) for value in row.values()] == [str, str]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/aff6864860a7.json",
    behaviour="A bin is its start in UTC with milliseconds; without an alias its column is called bin(5m), and comes "
    "first.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_bin(ask: Ask, vcr: Replay | Recorder) -> None:
    for row in await rows(ask, vcr, "stats count(*) as events by bin(5m)"):
        assert list(row) == ["bin(5m)", "events"]
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d[05]:00\.000", row["bin(5m)"])


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="a lab report that shows it; no recording is public",
    behaviour="A stats command over no events has no rows if it groups.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_groups_of_nothing(ask: Ask, vcr: Replay | Recorder) -> None:
    assert await rows(ask, vcr, 'filter msg = "no such message" | stats count(*) as events by level') == []


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/3b1ce3b7a103.json",
    behaviour="recordsMatched counts the events that the filter let through.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_matched(ask: Ask, vcr: Replay | Recorder) -> None:
    answer = await results(ask, vcr, 'filter level = "ERROR" | stats count(*) as events')
    ((cell,),) = answer["results"]
    assert answer["statistics"]["recordsMatched"] == int(cell["value"]) < answer["statistics"]["recordsScanned"]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch",
    behaviour="The statistics of GetQueryResults have a resultCount, since between February and September 2026.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_result_count(ask: Ask, vcr: Replay | Recorder) -> None:
    answer = await results(ask, vcr, "fields @timestamp")
    assert answer["statistics"]["resultCount"] == 3


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch",
    behaviour="earliest and latest of an integer field have a decimal; min, max and sum of it do not.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_integers(ask: Ask, vcr: Replay | Recorder) -> None:
    functions = ("earliest", "latest", "min", "max", "sum")
    columns = ", ".join(f"{name}(pool.max) as {name}_" for name in functions)
    (row,) = await rows(ask, vcr, f"filter ispresent(pool.max) | stats {columns}")
    assert ["." in value for value in row.values()] == [True, True, False, False, False]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/9750f24c4e0b.json",
    behaviour="min and max of @timestamp are dates; earliest and latest of it are milliseconds since the epoch.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_times(ask: Ask, vcr: Replay | Recorder) -> None:
    columns = "min(@timestamp) as a, max(@timestamp) as b, earliest(@timestamp) as c, latest(@timestamp) as d"
    (row,) = await rows(ask, vcr, f"stats {columns}")
    assert [bool(DATE.fullmatch(value)) for value in row.values()] == [True, True, False, False]
    assert float(row["c"]) <= float(row["d"])


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/54f23cf5ae9a.json",
    behaviour="The parse command ignores the unnamed groups of a regular expression that has named ones.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_unnamed_groups(ask: Ask, vcr: Replay | Recorder) -> None:
    parse = r'parse @message /"level":"(?<word>(ERR|INF|WAR)[A-Z]+)"/'
    found = await rows(ask, vcr, f"{parse} | filter ispresent(word) | display word")
    assert {tuple(row) for row in found} == {("word", "@ptr")}
    assert {row["word"] for row in found} <= {"ERROR", "INFO", "WARN"}


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, subqueries",
    behaviour="A subquery in a filter runs by itself, and its first column gives the values for in.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_subquery(ask: Ask, vcr: Replay | Recorder) -> None:
    query = 'filter level in (filter level = "ERROR" | fields level) | stats count(*) as events by level'
    (row,) = await rows(ask, vcr, query)
    assert row["level"] == "ERROR"


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, unnest",
    behaviour="The unnest command makes a record of each item of a list, with all other fields of the original record.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_unnest(ask: Ask, vcr: Replay | Recorder) -> None:
    query = """fields level, jsonParse('["a","b"]') as letters | filter ispresent(level) | unnest letters into letter
        | stats count(*) as events by letter, ispresent(level) as kept"""
    found = await rows(ask, vcr, query)
    assert {row["letter"] for row in found} == {"a", "b"}
    assert {(row["kept"], row["events"]) for row in found} == {("1", found[0]["events"])}


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="notes of live tests; no recording is public",
    behaviour="A member of a parsed map is absent in the fields command that defines the map.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_member_of_a_new_map(ask: Ask, vcr: Replay | Recorder) -> None:
    found = await rows(ask, vcr, "fields jsonParse(@message) as event, event.msg as text | display text, @timestamp")
    assert [list(row) for row in found] == [["@timestamp", "@ptr"]] * 3


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="what public readers of such responses expect; no public source has one whole",
    behaviour="A pattern row has ten columns: a wildcard <*> for each token that varies, and tokens, samples, related "
    "patterns and a count by time as JSON.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_pattern(ask: Ask, vcr: Replay | Recorder) -> None:
    (row, *_) = await rows(ask, vcr, 'filter level = "ERROR" | pattern @message | limit 1')
    assert sorted(row) == [
        "@PatternId",
        "@logSamples",
        "@pattern",
        "@ratio",
        "@regexString",
        "@relatedPattern",
        "@sampleCount",
        "@severityLabel",
        "@tokens",
        "@visualization",
    ]
    assert "<*>" in row["@pattern"]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, dedup",
    behaviour="Only the limit command may follow dedup.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_sort_after_dedup(ask: Ask, vcr: Replay | Recorder) -> None:
    assert "sort" in (await refusal(ask, vcr, "fields level | dedup level | sort level"))["message"]


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="notes of live tests; no recording is public",
    behaviour="The diff command is refused without a pattern command before it.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_diff_alone(ask: Ask, vcr: Replay | Recorder) -> None:
    assert "after Pattern" in (await refusal(ask, vcr, "fields @message | diff"))["message"]


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="notes of live tests; no recording is public",
    behaviour="The unnest command refuses the list of split.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_unnest_of_split(ask: Ask, vcr: Replay | Recorder) -> None:
    await refusal(ask, vcr, "fields split(msg, ' ') as words | unnest words into word")


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides",
    behaviour="The sort command takes field names: a function call such as bin(5m) is refused at its parenthesis.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_sort_by_a_call(ask: Ask, vcr: Replay | Recorder) -> None:
    error = await refusal(ask, vcr, "stats count(*) as events by bin(5m) | sort bin(5m)")
    assert "unexpected symbol found ( " in error["message"]


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="trade-tariff/trade-tariff-backend#3464",
    behaviour="The stats command refuses a field that one fields command selects and a later one redefines.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_redefined_field(ask: Ask, vcr: Replay | Recorder) -> None:
    query = "fields level | fields toupper(level) as level | stats count(*) by level"
    assert "level" in (await refusal(ask, vcr, query))["message"]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, StartQuery",
    behaviour="A MalformedQueryException has the character offsets of the error in queryCompileError.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_error_location(ask: Ask, vcr: Replay | Recorder) -> None:
    location = (await refusal(ask, vcr, "fields level | filter = 3"))["queryCompileError"]["location"]
    assert 0 <= location["startCharOffset"] < location["endCharOffset"]


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="boto/boto3#3450",
    behaviour="The message of a MalformedQueryException ends with the service, the status code, the error code and the "
    "request id.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_error_message(ask: Ask, vcr: Replay | Recorder) -> None:
    details = r"\(Service: AWSLogs; Status Code: 400; Error Code: MalformedQueryException; Request ID: [0-9a-f-]{36}"
    assert re.search(details, (await refusal(ask, vcr, "filter = 3"))["message"])


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides",
    behaviour="The position in a syntax error counts the SOURCE prefix that AWS puts before the query.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_error_position(ask: Ask, vcr: Replay | Recorder) -> None:
    query = "filter = 3"
    position = re.search(r"at line 1 and position (\d+)", (await refusal(ask, vcr, query))["message"])
    assert position
    assert int(position[1]) > query.index("=") + len("SOURCE ''")


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="messages that users quote; no recording is public",
    behaviour="A window that ends before the log group's oldest event is a MalformedQueryException that ends with two "
    "numbers in brackets.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_window_before_retention(ask: Ask, vcr: Replay | Recorder) -> None:
    error = await refusal(ask, vcr, "fields @message", start_time="900d", end_time="899d")
    assert re.search(r"\(\[\d+,-?\d+\]\)", error["message"])


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, Log classes",
    behaviour="The pattern and diff commands are refused on log groups of the class Infrequent Access.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_pattern_on_infrequent_access(ask: Ask, vcr: Replay | Recorder) -> None:
    for query in ("pattern @message | limit 1", "pattern @message | diff | limit 1"):
        await ask("execute_log_insights_query", query_string=query, log_group_names=["/shop/audit"], start_time="15m")
    assert ["__type" in answer for answer in answers(vcr, "StartQuery")] == [True, True]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="localstack/localstack tests/aws/services/logs/test_logs_events.snapshot.json",
    behaviour="Logs refuses a missing log group with a ResourceNotFoundException.",
)
@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="older scripts that quote the message; localstack/localstack tests/aws/services/logs has the newer code "
    "only",
    behaviour="A missing log group is a ResourceNotFoundException of StartQuery; it was an InvalidParameterException "
    "in older responses.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_missing_log_group(ask: Ask, vcr: Replay | Recorder) -> None:
    missing = ["/ecs/shop/nothing"]
    await ask("execute_log_insights_query", query_string="limit 1", log_group_names=missing, start_time="15m")
    assert [error["__type"] for error in answers(vcr, "StartQuery")] == ["ResourceNotFoundException"]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/130dfaa00861.json",
    behaviour="DescribeLogGroups returns deletionProtectionEnabled and bearerTokenAuthenticationEnabled.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_log_group(ask: Ask, vcr: Replay | Recorder) -> None:
    await ask("describe_log_groups", log_group_name_prefix=PAYMENTS)
    (group,) = answers(vcr, "DescribeLogGroups")[0]["logGroups"]
    assert {"deletionProtectionEnabled", "bearerTokenAuthenticationEnabled"} <= group.keys()


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, DescribeLogGroups",
    behaviour="With logGroupNamePattern, log groups have only arn, creationTime and logGroupName.",
)
@pytest.mark.vcr
@pytest.mark.aws
async def test_log_groups_by_part(ask: Ask, vcr: Replay | Recorder) -> None:
    await ask("describe_log_groups", log_group_name_pattern="shop/payments")
    for group in answers(vcr, "DescribeLogGroups")[0]["logGroups"]:
        assert sorted(group) == ["arn", "creationTime", "logGroupName"]
