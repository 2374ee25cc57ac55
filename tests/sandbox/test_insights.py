"""The Logs Insights language: commands, expressions, rows."""

from __future__ import annotations

from typing import Any

import pytest

from cloudwatch_mcp.sandbox.insights import EventLog, Query
from tests.support.sandbox_insights import MINUTE, NOW, NOW_MS, events, malformed, run, values


def matching(condition: str, messages: list[Any]) -> list[str]:
    """The `id`s that pass the filter, in the order of the messages."""
    return [row["id"] for row in run(f"filter {condition} | sort id asc | display id", messages)]


ORDERS: list[Any] = [
    {"id": "a", "level": "INFO", "status": 200, "ms": 12.5, "user": {"name": "ann"}},
    {"id": "b", "level": "ERROR", "status": 504, "ms": 3000, "error": {"type": "Timeout"}},
    {"id": "c", "level": "ERROR", "status": "500", "ms": 900, "error": {"type": "Refused"}},
    {"id": "d", "level": "WARN", "ms": 40, "user": {"name": ""}},
]


def test_without_fields_a_row_is_the_timestamp_and_the_message() -> None:
    assert run("limit 1", ["hello"]) == [{"@timestamp": "2026-11-20 12:00:00.000", "@message": "hello"}]


def test_rows_come_newest_first() -> None:
    assert values("display @message", ["one", "two", "three"]) == ["three", "two", "one"]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/3b1ce3b7a103.json",
    behaviour="A row of log events ends with @ptr, whatever fields the query selects.",
)
def test_a_raw_row_ends_with_its_pointer() -> None:
    log = EventLog("123456789012", "/a")
    log.put("s", events(["m"], NOW_MS), NOW_MS)

    (row,) = Query("fields @message", NOW).run(log.between(0, NOW_MS)).rows

    assert [cell["field"] for cell in row] == ["@message", "@ptr"]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/8f1a2be3fe64.json",
    behaviour="A row leaves out the fields without a value.",
)
def test_a_field_without_a_value_is_left_out_of_the_row() -> None:
    assert run("fields id, error.type | filter id = 'a'", ORDERS) == [{"id": "a"}]


def test_system_fields_name_the_log_its_stream_and_the_ingestion() -> None:
    assert run("fields @log, @logStream, @ingestionTime", ["m"]) == [
        {
            "@log": "123456789012:/app/checkout",
            "@logStream": "stream-1",
            "@ingestionTime": "2026-11-20 12:00:00.000",
        }
    ]


def test_the_limit_of_the_request_applies_to_a_query_without_one() -> None:
    assert values("display @message", ["one", "two", "three"], limit=2) == ["three", "two"]


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="superplanehq/superplane#6650, a review that states it",
    behaviour="The limit command of a query has precedence over the limit of the request.",
)
def test_the_limit_of_the_query_overrides_that_of_the_request() -> None:
    assert values("display @message | limit 1", ["one", "two", "three"], limit=2) == ["three"]


def test_a_query_without_any_limit_returns_ten_thousand_rows() -> None:
    assert len(run("display @message", ["m"] * 10_005)) == 10_000


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/3b1ce3b7a103.json",
    behaviour="recordsMatched counts the events that the filter let through.",
)
def test_matches_are_counted_after_the_filter_and_before_the_limit() -> None:
    log = EventLog("123456789012", "/a")
    log.put("s", events(ORDERS, NOW_MS - 10 * MINUTE), NOW_MS)

    results = Query("filter level = 'ERROR' | limit 1", NOW).run(log.between(0, NOW_MS))

    assert (len(results.rows), results.matched) == (1, 2)


def test_members_of_objects_and_arrays_are_addressed_by_dots() -> None:
    message = {"a": {"b": [{"c": "deep"}]}}

    assert run("fields a.b.0.c, a.b[0].c as bracketed", [message]) == [{"a.b.0.c": "deep", "bracketed": "deep"}]


def test_backquotes_enclose_a_name_with_other_characters() -> None:
    assert run("fields `my-field`, x.`y-z`", [{"my-field": 1, "x": {"y-z": 2}}]) == [{"my-field": "1", "x.y-z": "2"}]


def test_booleans_are_1_or_0() -> None:
    assert run("fields yes, no", [{"yes": True, "no": False}]) == [{"yes": "1", "no": "0"}]


def test_objects_and_nulls_have_no_value() -> None:
    assert run("fields id, error, user", [{"id": 1, "error": {"type": "x"}, "user": None}]) == [{"id": "1"}]


def test_large_floats_are_in_javas_notation() -> None:
    assert run("fields size", [{"size": 128000000.0}]) == [{"size": "1.28E8"}]


def test_a_line_that_is_not_json_has_no_fields() -> None:
    assert run("fields level, @message", ['not {"level": "INFO"}']) == [{"@message": 'not {"level": "INFO"}'}]


def test_lambda_logs_have_the_fields_of_the_first_embedded_json_object() -> None:
    line = '2026-11-20T12:00:00.000Z 7c4a INFO {"level": "INFO"} done'

    assert values("display level", [line], group="/aws/lambda/pay") == ["INFO"]


def test_the_report_line_of_lambda_has_its_figures_as_fields() -> None:
    line = (
        "REPORT RequestId: 7c4a-11\tDuration: 507.04 ms\tBilled Duration: 508 ms\t"
        "Memory Size: 256 MB\tMax Memory Used: 98 MB\tInit Duration: 1075.35 ms\t\n"
    )
    query = "display @type, @requestId, @duration, @billedDuration, @memorySize, @maxMemoryUsed, @initDuration"

    assert run(query, [line], group="/aws/lambda/pay") == [
        {
            "@type": "REPORT",
            "@requestId": "7c4a-11",
            "@duration": "507.04",
            "@billedDuration": "508.0",
            "@memorySize": "2.56E8",
            "@maxMemoryUsed": "9.8E7",
            "@initDuration": "1075.35",
        }
    ]


@pytest.mark.parametrize(
    ("condition", "passed"),
    [
        ('level = "ERROR"', "bc"),
        ("level == 'ERROR'", "bc"),
        ('level != "ERROR"', "ad"),
        ("status = 500", "c"),
        ('status = "504"', "b"),
        ("status >= 500", "bc"),
        ("ms < 40", "a"),
        ("ms <= 40", "ad"),
        ("ms > 40 and ms < 1000", "c"),
        ("level = 'WARN' or status = 200", "ad"),
        ("not level = 'ERROR'", "ad"),
        ("not (level = 'ERROR' or level = 'WARN')", "a"),
        ("level = 'ERROR' and (ms > 1000 or error.type = 'Refused')", "bc"),
        ('error.type like "ime"', "b"),
        ("error.type like /^Re/", "c"),
        ("error.type like /(?i)TIMEOUT/", "b"),
        ("error.type like /TIMEOUT/i", "b"),
        ("error.type =~ /out$/", "b"),
        (r"error.type like /^\p{Lu}\w+(?<=fus{1,2}ed)$/", "c"),
        ("error.type not like /out/", "acd"),
        ('level in ["INFO", "WARN"]', "ad"),
        ("level not in ['INFO', 'WARN']", "bc"),
        ("status in [200, 500]", "ac"),
        ("ispresent(error.type)", "bc"),
        ("isPresent(status) and not ispresent(error.type)", "a"),
        ("isempty(user.name)", "bcd"),
        ("isblank(user.name)", "bcd"),
        ("strlen(level) = 4", "ad"),
        ("status - 500 = 4", "b"),
        ("level > 'INFO'", "d"),
        ("level < 5", ""),
        ("missing = ''", ""),
        ('missing != "x"', "abcd"),
    ],
)
def test_a_condition_selects_events(condition: str, passed: str) -> None:
    assert "".join(matching(condition, ORDERS)) == passed


def test_keywords_ignore_case() -> None:
    query = "FILTER level LIKE 'ERR' AND NOT status = 504 | DISPLAY id"

    assert values(query, ORDERS) == ["c"]


def test_fields_may_be_named_like_commands() -> None:
    assert values("filter limit > 4 | display sort", [{"limit": 5, "sort": "x"}]) == ["x"]


def test_a_pipe_and_a_hash_within_a_text_or_a_pattern_are_part_of_it() -> None:
    messages = ["a|b#c", "other"]

    assert values('filter @message like "a|b#" | display @message', messages) == ["a|b#c"]
    assert values("filter @message like /other|#never/ | display @message", messages) == ["other"]


def test_comments_run_to_the_end_of_the_line() -> None:
    query = "fields @message # everything | nothing\n| limit 1 # of them"

    assert values(query, ["one", "two"]) == ["two"]


def test_a_text_keeps_its_escaped_quotes() -> None:
    assert values(r'filter @message like "\"level\": \"E" | display id', ORDERS) == ["c", "b"]


def test_a_slash_divides_where_no_pattern_is_allowed() -> None:
    assert values("display a / b / 2", [{"a": 20, "b": 5}]) == ["2"]


def test_an_alias_names_an_expression_and_can_be_used_after() -> None:
    query = "fields ms / 1000 as seconds, level | filter seconds > 1 | sort seconds desc"

    assert run(query, ORDERS) == [{"seconds": "3", "level": "ERROR"}]


def test_an_expression_without_an_alias_is_named_by_its_text() -> None:
    assert run("fields abs(a - b)", [{"a": 1, "b": 4}]) == [{"abs(a - b)": "3"}]


@pytest.mark.aws_behaviour(
    evidence="pasted",
    source="trade-tariff/trade-tariff-backend#3464",
    behaviour="The stats command refuses a field that one fields command selects and a later one redefines.",
)
def test_stats_refuses_a_redefined_field() -> None:
    error = malformed("fields level | fields toupper(level) as level | stats count(*) by level")

    assert error.message == "Unknown symbols found in or after stats: level"


def test_an_alias_defined_once_can_be_used_in_stats() -> None:
    query = "fields tolower(level) as level | stats count(*) as n by level | filter n > 1"

    assert run(query, ORDERS) == [{"level": "error", "n": "2"}]


def test_display_shows_its_fields_only() -> None:
    assert run("fields @timestamp, id | filter id = 'a' | display level", ORDERS) == [{"level": "INFO"}]


def test_a_second_fields_command_adds_to_the_first() -> None:
    assert run("fields id | fields level | filter id = 'a'", ORDERS) == [{"id": "a", "level": "INFO"}]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("strlen('héllo')", "5"),
        ("toupper('abc')", "ABC"),
        ("tolower('ABC')", "abc"),
        ("concat('a', 1, 'b')", "a1b"),
        ("trim('  a ')", "a"),
        ("trim('xyZfooxyZ', 'xyZ')", "foo"),
        ("ltrim('xyZfooxyZ', 'xyZ')", "fooxyZ"),
        ("rtrim('xyZfooxyZ', 'xyZ')", "xyZfoo"),
        ("substr('xyZfooxyZ', 3, 3)", "foo"),
        ("substr('xyZfoo', 3)", "foo"),
        ("replace('foo', 'o', '0')", "f00"),
        ("strcontains('GET /', 'GET')", "1"),
        ("strcontains('GET /', 'get', true)", "0"),
        ("startsWith('abc', 'ab')", "1"),
        ("abs(-3)", "3"),
        ("ceil(1.2)", "2"),
        ("floor(1.8)", "1"),
        ("round(2.5)", "3"),
        ("greatest(1, 3, 2)", "3"),
        ("least(1, 3, 2)", "1"),
        ("sqrt(16)", "4"),
        ("log(1)", "0"),
        ("2 ^ 3", "8"),
        ("10 % 3", "1"),
        ("1 + 2 * 3", "7"),
        ("(1 + 2) * 3", "9"),
        ("1 / 3", "0.3333"),
        ("1 / 0", None),
        ("toNumber('12')", "12"),
        ("coalesce(missing, other, 'x')", "x"),
        ("if(1 < 2, 'yes', 'no')", "yes"),
        ("case(1 > 2, 'a', 2 > 1, 'b', 'c')", "b"),
        ("@timestamp", "2026-11-20 12:00:00.000"),
        ("toMillis(@timestamp)", str(NOW_MS)),
        ("fromMillis(1000)", "1970-01-01 00:00:01.000"),
        ("datefloor(@timestamp, 1d)", "2026-11-20 00:00:00.000"),
        ("dateceil(@timestamp, 1h)", "2026-11-20 13:00:00.000"),
        ("datefloor(@timestamp, 1mo)", "2026-11-01 00:00:00.000"),
        ("datefloor(@timestamp, 1w)", "2026-11-16 00:00:00.000"),
        ("bin(5 minutes)", "2026-11-20 12:00:00.000"),
        ("now()", str(NOW_MS // 1000)),
        ("strlen(missing)", None),
        ("missing + 1", None),
    ],
)
def test_an_expression_has_its_documented_value(expression: str, value: str | None) -> None:
    assert values(f"display {expression} as x", ["m"]) == [value]


def test_a_glob_extracts_the_text_of_its_wildcards() -> None:
    query = 'parse @message "user=*, method:*, latency := *" as user, method, latency | display user, method, latency'

    assert run(query, ["user=ann, method:GET, latency := 12"]) == [{"user": "ann", "method": "GET", "latency": "12"}]


def test_a_regular_expression_extracts_its_named_groups() -> None:
    query = r"parse @message /status=(?<status>\d+) in (?<ms>\d+)/ | stats max(ms) by status"

    assert run(query, ["status=200 in 7", "status=200 in 30"]) == [{"status": "200", "max(ms)": "30"}]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/54f23cf5ae9a.json",
    behaviour="The parse command ignores the unnamed groups of a regular expression that has named ones.",
)
def test_unnamed_groups_beside_named_ones_are_not_extracted() -> None:
    query = r"parse @message /^(?<route>\/[a-z]+)(\/[^\/]+)?(?<tail>\/[a-z]+)?$/ | display route, tail"

    assert run(query, ["/orders/17/items"]) == [{"route": "/orders", "tail": "/items"}]


def test_aliases_name_plain_groups() -> None:
    assert run(r"parse @message /(\w+)@(\w+)/ as name, host | display name, host", ["ann@home"]) == [
        {"name": "ann", "host": "home"}
    ]


def test_extracted_fields_come_after_the_fields_of_the_query() -> None:
    assert run('fields @message | parse @message "a*c" as b', ["abc"]) == [{"@message": "abc", "b": "b"}]


def test_a_text_that_does_not_match_has_no_extracted_fields() -> None:
    assert run('fields @message | parse @message "x*y" as b', ["abc"]) == [{"@message": "abc"}]


def test_the_numbers_of_wildcards_and_aliases_must_agree() -> None:
    assert "1 wildcards and 2 aliases" in malformed('parse @message "a*" as b, c').message


def test_text_sorts_before_numbers_and_in_natural_order() -> None:
    mixed = ["3", "111A", "A9", "5A", "10", "a12", "2", "@"]
    messages = [{"v": value} for value in mixed]

    ascending = values("display v | sort v asc", messages)

    assert ascending == ["5A", "111A", "@", "A9", "a12", "2", "3", "10"]
    assert values("display v | sort v desc", messages) == ascending[::-1]


def test_absent_values_sort_lowest() -> None:
    assert values("display id | sort status asc | limit 1", ORDERS) == ["d"]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides",
    behaviour="The sort command takes field names: a function call such as bin(5m) is refused at its parenthesis.",
)
def test_sort_refuses_a_function_call() -> None:
    error = malformed("stats count(*) by bin(5m) | sort bin(5m)")

    assert error.message == "unexpected symbol found ( at line 1 and position 36"


def test_several_keys_sort_one_after_the_other() -> None:
    assert values("display id | sort level asc, ms desc", ORDERS) == ["b", "c", "a", "d"]


def test_all_aggregates_of_a_column() -> None:
    messages = [{"n": n} for n in (1, 2, 3, 4, 10)]
    query = (
        "stats count(*), count(n), sum(n), avg(n), min(n), max(n), pct(n, 90) as p90, median(n), "
        "stddev(n), count_distinct(n), earliest(n), latest(n)"
    )

    assert run(query, messages) == [
        {
            "count(*)": "5",
            "count(n)": "5",
            "sum(n)": "20",
            "avg(n)": "4",
            "min(n)": "1",
            "max(n)": "10",
            "p90": "10",
            "median(n)": "3",
            "stddev(n)": "3.1623",
            "count_distinct(n)": "5",
            "earliest(n)": "1.0",
            "latest(n)": "10.0",
        }
    ]


def test_numerals_count_as_numbers() -> None:
    assert run("stats sum(n), max(n)", [{"n": "9"}, {"n": 10}, {"n": "x"}]) == [{"sum(n)": "19", "max(n)": "10"}]


def test_groups_come_before_their_aggregates() -> None:
    query = "stats count(*) as n, max(ms) as slowest by level | sort n desc, level asc"

    assert run(query, ORDERS) == [
        {"level": "ERROR", "n": "2", "slowest": "3000"},
        {"level": "INFO", "n": "1", "slowest": "12.5"},
        {"level": "WARN", "n": "1", "slowest": "40"},
    ]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/aff6864860a7.json",
    behaviour="A bin is its start in UTC with milliseconds; without an alias its column is called bin(5m), and comes "
    "first.",
)
def test_a_bin_is_the_start_of_its_period() -> None:
    assert run("stats count(*) as n by bin(5m)", ["m"] * 7) == [
        {"bin(5m)": "2026-11-20 12:00:00.000", "n": "1"},
        {"bin(5m)": "2026-11-20 11:55:00.000", "n": "5"},
        {"bin(5m)": "2026-11-20 11:50:00.000", "n": "1"},
    ]


def test_a_bin_has_an_alias_and_groups_with_a_field() -> None:
    query = "filter level = 'ERROR' | stats count(*) as n by bin(1h) as hour, error.type | sort error.type asc"

    assert run(query, ORDERS) == [
        {"hour": "2026-11-20 11:00:00.000", "error.type": "Refused", "n": "1"},
        {"hour": "2026-11-20 11:00:00.000", "error.type": "Timeout", "n": "1"},
    ]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/8f1a2be3fe64.json",
    behaviour="Events without a field that stats groups by make a group whose row leaves the field out.",
)
def test_events_without_the_group_field_make_a_group_without_it() -> None:
    assert run("stats count(*) as n by error.type | sort n desc | limit 1", ORDERS) == [{"n": "2"}]


def test_a_number_and_its_numeral_are_one_group_and_one_distinct_value() -> None:
    messages = [{"status": 500}, {"status": "500"}]

    assert run("stats count(*) as n, count_distinct(status) as values by status", messages) == [
        {"status": "500", "n": "2", "values": "1"}
    ]


def test_arithmetic_works_on_aggregates() -> None:
    query = "stats sum(strcontains(level, 'ERROR')) / count(*) * 100 as percent, max(ms) - min(ms)"

    assert run(query, ORDERS) == [{"percent": "50", "max(ms) - min(ms)": "2987.5"}]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch/9750f24c4e0b.json",
    behaviour="min and max of @timestamp are dates; earliest and latest of it are milliseconds since the epoch.",
)
def test_extreme_times_are_dates_and_first_and_last_times_are_milliseconds() -> None:
    query = "stats min(@timestamp) as oldest, max(@timestamp) as newest, earliest(@timestamp) as first"

    assert run(query, ["m", "m"]) == [
        {
            "oldest": "2026-11-20 11:59:00.000",
            "newest": "2026-11-20 12:00:00.000",
            "first": str(NOW_MS - MINUTE),
        }
    ]


@pytest.mark.aws_behaviour(
    evidence="recorded",
    source="using-system/oddyssey tests/skills/observability-cli-guides/fixtures/cloudwatch",
    behaviour="earliest and latest of an integer field have a decimal; min, max and sum of it do not.",
)
def test_first_and_last_integers_have_a_decimal() -> None:
    query = "stats earliest(n), latest(n), min(n), sum(n)"

    assert run(query, [{"n": 2}, {"n": 30}]) == [
        {"earliest(n)": "2.0", "latest(n)": "30.0", "min(n)": "2", "sum(n)": "32"}
    ]


def test_a_filter_after_stats_sees_the_aggregates() -> None:
    assert run("stats count(*) as n by level | filter n > 1", ORDERS) == [{"level": "ERROR", "n": "2"}]


def test_an_aggregate_without_an_alias_is_filtered_by_its_text() -> None:
    assert values("stats count(*) by level | filter count(*) > 1 | display level", ORDERS) == ["ERROR"]


def test_stats_of_stats() -> None:
    query = "stats count(*) as n by level, error.type | stats max(n) as most, count(*) as groups"

    assert run(query, ORDERS) == [{"most": "1", "groups": "4"}]


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="a lab report that shows it; no recording is public",
    behaviour="A stats command over no events has no rows if it groups.",
)
def test_stats_of_nothing_is_zero_without_groups_and_empty_with_groups() -> None:
    assert run("filter id = 'z' | stats count(*) as n", ORDERS) == [{"n": "0"}]
    assert run("filter id = 'z' | stats count(*) as n by level", ORDERS) == []


def test_dedup_keeps_the_newest_event_of_each_value() -> None:
    assert values("fields id | dedup level", ORDERS) == ["d", "c", "a"]


def test_dedup_keeps_events_without_the_field() -> None:
    assert values("fields id | dedup error.type", ORDERS) == ["d", "c", "b", "a"]


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, dedup",
    behaviour="Only the limit command may follow dedup.",
)
def test_only_limit_can_follow_dedup() -> None:
    assert malformed("dedup a | sort b").message == "unexpected symbol found sort at line 1 and position 10"


@pytest.mark.parametrize(
    ("query", "symbol", "line", "position"),
    [
        ("stat count(*)", "stat", 1, 0),
        ("fields @timestamp | count()", "count", 1, 20),
        ("fields @timestamp |", "<EOF>", 1, 19),
        ("fields a\n| filter b =", "<EOF>", 2, 12),
        ("fields a\n| filter = 3", "=", 2, 9),
        ("filter a like b", "b", 1, 14),
        ("fields a limit 3", "limit", 1, 9),
        ('filter level = "ERROR', '"', 1, 15),
        ("stats count(* by a", "by", 1, 14),
        ("", "<EOF>", 1, 0),
    ],
)
def test_a_syntax_error_names_the_symbol_and_its_position(query: str, symbol: str, line: int, position: int) -> None:
    assert malformed(query).message == f"unexpected symbol found {symbol} at line {line} and position {position}"


def test_a_syntax_error_has_the_location_of_the_symbol() -> None:
    error = malformed("fields a\n| filter = 3")

    assert (error.start, error.end) == (18, 19)


@pytest.mark.parametrize(
    ("query", "message", "part"),
    [
        ("stats count(*) by a | sort b", "Unknown symbols found in or after stats: b", "b"),
        ("fields foo(1)", "Unknown function: foo", "foo(1)"),
        ("fields strlen(a, b)", "Invalid number of arguments for function strlen: 2", "strlen(a, b)"),
        ("stats level by a", "level is not aggregated", "level"),
        ("filter a like /(/", "Invalid regular expression", "a like /(/"),
        ("fields a | limit 200000", "limit must be from 1 to 100000", "limit 200000"),
    ],
)
def test_a_semantic_error_has_a_location(query: str, message: str, part: str) -> None:
    error = malformed(query)

    assert error.message.startswith(message)
    assert query[error.start : error.end] == part


def test_source_has_options() -> None:
    query = Query("SOURCE logGroups(namePrefix: ['/app', '/aws'], class: ['STANDARD']) | limit 1", NOW)

    assert query.source == {"namePrefix": ["/app", "/aws"], "class": ["STANDARD"]}


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs API Reference, StartQuery",
    behaviour="Both ends of a query's window are inclusive, in whole seconds.",
)
def test_both_ends_of_the_window_are_inclusive() -> None:
    log = EventLog("123456789012", "/a")
    log.put("s1", events(["1", "3"], NOW_MS - 4 * MINUTE), 0)
    log.put("s2", events(["0", "2"], NOW_MS - 5 * MINUTE), 0)

    found = log.between(NOW_MS - 5 * MINUTE, NOW_MS - 4 * MINUTE)

    assert [event.message for event in found] == ["0", "1", "2"]
