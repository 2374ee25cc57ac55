from __future__ import annotations

import pytest

from cloudwatch_mcp.aws.embedded_json import mapping, mappings, numbers, parse_json, parsed


def test_json_that_is_nested_too_deeply_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 100_000)


def test_an_integer_of_thousands_of_digits_is_infinite() -> None:
    assert parse_json("[" + "9" * 10_000 + "]") == [float("inf")]


def test_equal_short_texts_are_one_object() -> None:
    first, second = parse_json('[{"field": "@message"}, {"field": "@message"}]')
    assert first["field"] is second["field"]


def test_text_that_is_not_json_has_no_value() -> None:
    assert parsed("not JSON") is None
    assert mapping("not JSON") == {}


def test_members_of_a_wrong_type_are_skipped() -> None:
    assert mapping("[1]") == {}
    assert mappings([{"a": 1}, 2, None]) == [{"a": 1}]
    assert mappings("none") == []
    assert numbers([1, 2.5, "3", None, True, float("inf")]) == [1, 2.5]
