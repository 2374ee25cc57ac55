from __future__ import annotations

import pytest

from cloudwatch_mcp.errors import nearest, quote


def test_nearest_returns_similar_names_best_first() -> None:
    known = ["/ecs/shop/payments", "/ecs/shop/catalog", "/ecs/shop/payment-worker"]
    assert nearest("/ecs/shop/paymets", known)[0] == "/ecs/shop/payments"
    assert "/ecs/shop/catalog" not in nearest("/ecs/shop/paymets", known)
    assert nearest("zzz", known) == []


def test_nearest_ignores_names_that_are_too_long_to_compare() -> None:
    assert nearest("alarm" + "x" * 1_000_000, ["alarm", "y" * 1_000_000]) == []
    assert nearest("alrm", ["alarm", "y" * 1_000_000]) == ["alarm"]


@pytest.mark.parametrize("text", ["a'b", 'a"b', "a\nb", "a" * 500, "\\" * 500, "\u202eb", "\ud800"])
def test_quoted_text_cannot_close_its_quotes(text: str) -> None:
    shown = quote(text)
    assert shown[0] in "'\""
    assert len(shown) <= 200
    assert "\n" not in shown
    assert shown.isprintable()
    assert shown[0] not in shown[1:-1].replace("\\" + shown[0], "")
    assert shown[-1] == shown[0]
