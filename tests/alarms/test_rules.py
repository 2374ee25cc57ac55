from __future__ import annotations

import pytest

from cloudwatch_mcp.alarms.rules import RuleError, component_names


@pytest.mark.aws_behaviour(
    evidence="documented",
    source="Amazon CloudWatch API Reference, PutCompositeAlarm",
    behaviour="A rule names alarms by name or ARN, with or without double quotes.",
)
@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ('ALARM("a")', ["a"]),
        ("ALARM(a)", ["a"]),
        ("OK(b) AND ALARM(a)", ["b", "a"]),
        ('ALARM("a") OR (NOT OK("b") AND INSUFFICIENT_DATA("c"))', ["a", "b", "c"]),
        ('ALARM("prod (eu) cpu")', ["prod (eu) cpu"]),
        ('ALARM("say \\"hi\\"")', ['say "hi"']),
        ('ALARM("arn:aws:cloudwatch:us-east-1:123456789012:alarm:high, cpu")', ["high, cpu"]),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:cpu)", ["cpu"]),
        ('ALARM("a") AND ALARM("b") AND ALARM("a")', ["a", "b"]),
        ("TRUE", []),
        ("NOT FALSE", []),
        ('alarm("a") or ok("b")', ["a", "b"]),
        ('ALARM(\n  "a"\n)\n OR\n OK ( "b" )', ["a", "b"]),
        ('AT_LEAST(2, ALARM, ("a", b, "c"))', ["a", "b", "c"]),
        ("AT_LEAST(50%, OK, (a, b)) AND ALARM(d)", ["a", "b", "d"]),
        ('ALARM("ALARM") OR OK("NOT (x)")', ["ALARM", "NOT (x)"]),
        ("ALARM(größe-日本)", ["größe-日本"]),
    ],
)
def test_the_alarms_of_a_rule_are_in_the_order_of_first_mention(rule: str, names: list[str]) -> None:
    assert component_names(rule) == names


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "ALARM",
        "ALARM(",
        "ALARM()",
        'ALARM("a"',
        'ALARM("a") AND',
        '"a"',
        "BROKEN(a)",
        'ALARM("a) OR OK(b)',
        "((",
        ")",
    ],
)
def test_a_text_that_is_not_a_rule_is_an_error(rule: str) -> None:
    with pytest.raises(RuleError):
        component_names(rule)


def test_a_rule_of_2_000_nots_is_read() -> None:
    assert component_names("NOT " * 2_000 + "ALARM(a)") == ["a"]


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("(" * 2_000 + "ALARM(a)" + ")" * 2_000, "nested too deeply"),
        ("ALARM(a) AND " * 5_000 + "ALARM(a)", "more than 10,240 characters"),
        ("(" * 200_000, "more than 10,240 characters"),
        ('"' + "\\" * 9_999, "unreadable at character 0"),
    ],
)
def test_an_endless_rule_is_refused(rule: str, reason: str) -> None:
    with pytest.raises(RuleError, match=reason):
        component_names(rule)
