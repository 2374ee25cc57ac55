from __future__ import annotations

from datetime import datetime, timezone
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cloudwatch_mcp.logs.query_text import has_own_limit, names_its_source
from cloudwatch_mcp.sandbox.insights import Query

NOW = datetime(2026, 11, 20, 12, tzinfo=timezone.utc)


@pytest.mark.aws_behaviour(
    evidence="assumed",
    source="superplanehq/superplane#6650, a review that states it",
    behaviour="The limit command of a query has precedence over the limit of the request.",
)
@pytest.mark.parametrize(
    ("text", "language", "limited"),
    [
        ("fields @message | limit 5", "CWLI", True),
        ("limit 5", "CWLI", True),
        ("fields @message | LIMIT\n 5", "CWLI", True),
        ("fields @message | limit any 5", "CWLI", True),
        ("fields @message | # at most\n limit # how many\n 5", "CWLI", True),
        ("fields @message | sort limit", "CWLI", False),
        ('filter x = "| limit 5"', "CWLI", False),
        (r'filter x = "\" | limit 5"', "CWLI", False),
        ('filter x = "it\'s" | limit 5', "CWLI", True),
        ("filter `a | limit 5` = 1", "CWLI", False),
        ("fields `it's` | limit 5", "CWLI", True),
        ("filter @message like /a | limit 5/", "CWLI", False),
        ("filter @message not like /a | limit 5/", "CWLI", False),
        ("filter @message =~ /a | limit 5/", "CWLI", False),
        (r"filter @message like /\/ | limit 5/", "CWLI", False),
        ("filter @message like /[/] | limit 5/", "CWLI", False),
        ("filter @message like /it's/ | limit 5 | filter x like /'/", "CWLI", True),
        ("parse @message /a | limit 5/", "CWLI", False),
        ("parse `a b` /a | limit 5/", "CWLI", False),
        ("parse items[0].sku /a | limit 5/", "CWLI", False),
        ("fields regex_replace(a, /b | limit 5/, 'c')", "CWLI", False),
        ("fields a/1024 as kb | limit 500 | filter kb > b/2", "CWLI", True),
        ("fields a.b/1024 | limit 500 | fields c/2", "CWLI", True),
        ("fields items[0]/1024 | limit 500 | fields c/2", "CWLI", True),
        ("fields `a`/1024 | limit 500 | fields c/2", "CWLI", True),
        ("fields 7 / a | limit 500 | fields c / 2", "CWLI", True),
        ("fields (a + b) / 2 | limit 500 | fields c / 2", "CWLI", True),
        ("stats sum(a)/count(*) as r by b | limit 500 | sort r / 2", "CWLI", True),
        ("fields a / # per | limit 5\n 2 | limit 500 | fields c / 2", "CWLI", True),
        ("fields a # | limit 5", "CWLI", False),
        ("fields a # it's\n | limit 5", "CWLI", True),
        ("filter a like 'x' # / \n | limit 5 # /", "CWLI", True),
        ("SELECT * FROM a LIMIT 5", "SQL", True),
        ("SELECT * FROM a", "SQL", False),
        ("SELECT a/1024 FROM b LIMIT 5 -- c/2", "SQL", True),
        ("SELECT * FROM a -- LIMIT 5", "SQL", False),
        ("SELECT * /* LIMIT 5 */ FROM a", "SQL", False),
        ("SELECT a FROM b WHERE c = 'LIMIT 5'", "SQL", False),
        ("source = a | head 5", "PPL", True),
        ("source = a | eval b = c / 2 | head 5 | eval d = e / 2", "PPL", True),
    ],
)
def test_a_limit_counts_only_outside_quotes_comments_and_regular_expressions(
    text: str, language: str, limited: bool
) -> None:
    assert has_own_limit(text, language) is limited


COMMANDS = [
    "fields a/1024 as kb",
    "fields a / b / c, 'x | limit 1' as d",
    "fields (a) / 2",
    "fields `a / b` / 2",
    'filter a/2 > 1 and @message like "/"',
    "filter @message like /x | limit 1/ or b/2 = 1",
    "filter @message not like /[/]'\"#/",
    r"filter @message like /\/`/",
    "parse @message /a(?<n>\\d) | limit 1/",
    "parse @message '*/*' as f, g",
    "fields a # | limit 1 / '\n",
    "sort a/2 desc",
    "limit 500",
]


@given(st.lists(st.sampled_from(COMMANDS), min_size=1, max_size=6))
def test_a_limit_is_found_where_the_sandbox_parser_finds_one(commands: list[str]) -> None:
    text = " | ".join(commands)
    assert has_own_limit(text, "CWLI") is ("limit 500" in commands)
    assert Query(text, NOW).limited is ("limit 500" in commands)


HOSTILE = ['"', "'", "`", "/", "\\/", '\\"', '"\\', "/[", "=/\\", "| ", "limit ", "#", "a/", "/*", "--", "source "]


@pytest.mark.parametrize("language", ["CWLI", "SQL", "PPL"])
@pytest.mark.parametrize("piece", HOSTILE)
def test_the_longest_query_is_scanned_in_less_than_half_a_second(piece: str, language: str) -> None:
    text = (piece * 10_000)[:10_000]
    begun = process_time()
    has_own_limit(text, language)
    names_its_source(text, language)
    assert process_time() - begun < 0.5


@given(st.text("\"'`/\\#[]|(ab \n", max_size=40), st.sampled_from(["CWLI", "SQL", "PPL"]))
def test_any_text_can_be_scanned(text: str, language: str) -> None:
    assert has_own_limit(f"{text}\n", language) in (True, False)
    assert not names_its_source(f"x{text}", "CWLI")


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch Logs User Guide, SOURCE",
    behaviour="A query with a SOURCE command, and any SQL query, names its log groups in its text and not in the "
    "request.",
)
@pytest.mark.parametrize(
    ("text", "language", "named"),
    [
        ("SOURCE logGroups(namePrefix: ['/ecs'])", "CWLI", True),
        ("# first\n  source logGroups()", "CWLI", True),
        ("# it's first\n# and / second\nsource logGroups()", "CWLI", True),
        ("fields source", "CWLI", False),
        ("`source` = 1", "CWLI", False),
        ("'source' source", "CWLI", False),
        ("source = a/b | head 1", "PPL", True),
        ("SELECT * FROM a", "SQL", True),
    ],
)
def test_a_query_may_name_its_log_groups_itself(text: str, language: str, named: bool) -> None:
    assert names_its_source(text, language) is named
