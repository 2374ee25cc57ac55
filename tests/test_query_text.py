from __future__ import annotations

import pytest

from cloudwatch_mcp.query_text import has_own_limit, names_its_source


@pytest.mark.parametrize(
    ("text", "language", "limited"),
    [
        ("fields @message | limit 5", "CWLI", True),
        ("limit 5", "CWLI", True),
        ("fields @message | sort limit", "CWLI", False),
        ('filter x = "| limit 5"', "CWLI", False),
        ("filter @message like /a | limit 5/", "CWLI", False),
        ("fields a # | limit 5", "CWLI", False),
        ("SELECT * FROM a LIMIT 5", "SQL", True),
        ("SELECT * FROM a", "SQL", False),
        ("source = a | head 5", "PPL", True),
    ],
)
def test_a_limit_counts_only_outside_quotes_and_comments(text: str, language: str, limited: bool) -> None:
    assert has_own_limit(text, language) is limited


@pytest.mark.parametrize(
    ("text", "language", "named"),
    [
        ("SOURCE logGroups(namePrefix: ['/ecs'])", "CWLI", True),
        ("# first\n  source logGroups()", "CWLI", True),
        ("fields source", "CWLI", False),
        ("SELECT * FROM a", "SQL", True),
    ],
)
def test_a_query_may_name_its_own_log_groups(text: str, language: str, named: bool) -> None:
    assert names_its_source(text, language) is named
