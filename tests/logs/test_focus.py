from __future__ import annotations

import pytest

from cloudwatch_mcp.errors import InputError
from cloudwatch_mcp.logs.focus import DEFAULT_FOCUS, has_error_word, has_sign_of_trouble, parse_focus


@pytest.mark.parametrize(
    ("condition", "fields"),
    [
        ("status >= 500", {"status"}),
        ('level in ["WARN", "ERROR"] and not ispresent(retry.count)', {"level", "retry.count"}),
        ("@message like /timeout|refused/", {"@message"}),
        ("`x-cache` = 'a | b'", {"x-cache"}),
        ("bytes / 1024 > 8.5", {"bytes"}),
    ],
)
def test_a_condition_names_its_fields(condition: str, fields: set[str]) -> None:
    focus = parse_focus(f" {condition} ")
    assert (focus.condition, focus.opposite) == (f"({condition})", f"not ({condition})")
    assert focus.fields == fields


@pytest.mark.parametrize(
    ("condition", "problem"),
    [
        ("", "at most 500 characters"),
        ("   ", "at most 500 characters"),
        ("a" * 501, "at most 500 characters"),
        ("status >= 500 | limit 1", "has a | outside quotes"),
        ("status >= 500) or (true", "has a ) too many"),
        ("(status >= 500", "has no end of ("),
        ("level in ['a'", "has no end of ["),
        ("level in ['a')", "has a ) too many"),
        ('level = "ERROR', "has no end of"),
        ("@message like /time\\/", "has no end of"),
        ("status >= 500 # all", "has a comment"),
    ],
)
def test_what_is_not_one_condition_is_refused(condition: str, problem: str) -> None:
    with pytest.raises(InputError, match="focus: ") as refusal:
        parse_focus(condition)
    assert problem in str(refusal.value)


@pytest.mark.parametrize(
    "message",
    [
        '{"level":"WARN","msg":"slow"}',
        '{"severity": "critical"}',
        '{"level":50,"msg":"x"}',
        "level=warning msg=slow",
        "2026-11-20 WARN pool is low",
        '{"status":503}',
        '{"http":{"statusCode":"500"}}',
        "status=502 path=/cart",
        '203.0.113.5 - - "PUT /cart HTTP/1.1" 502 157',
        "connection refused by 203.0.113.7",
        '{"unprocessed":3}',
        "2 123456789012 eni-0f1e 203.0.113.9 10.0.1.7 6 1 40 REJECT OK",
        "request Timed out",
    ],
)
def test_signs_of_trouble(message: str) -> None:
    assert has_sign_of_trouble(message)


@pytest.mark.parametrize(
    "message",
    [
        '{"level":"INFO","msg":"payment authorized","status":200,"duration_ms":512}',
        '{"level":30,"status":404}',
        '203.0.113.5 - - "PUT /cart HTTP/1.1" 200 502',
        "no warnings",
    ],
)
def test_no_signs_of_trouble(message: str) -> None:
    assert not has_sign_of_trouble(message)


def test_a_warning_is_no_error() -> None:
    assert has_error_word("3 Errors")
    assert not has_error_word("level=warn")


def test_the_default_condition_and_its_opposite_read_a_field_that_every_event_has() -> None:
    assert parse_focus(None) == DEFAULT_FOCUS
    assert DEFAULT_FOCUS.condition.startswith("@message like /(?i)(")
    assert DEFAULT_FOCUS.opposite == DEFAULT_FOCUS.condition.replace("@message like", "@message not like")
