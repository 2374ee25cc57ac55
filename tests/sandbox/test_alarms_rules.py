"""The rules of composite alarms."""

import pytest
from moto.cloudwatch.exceptions import ValidationError

from cloudwatch_mcp.sandbox.alarms.rules import children, holds, parse

STATES = {"a": "ALARM", "b": "OK", "c": "INSUFFICIENT_DATA", "with space": "ALARM"}


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("ALARM(a)", True),
        ('ALARM("a")', True),
        ('ALARM("with space")', True),
        ('ALARM("arn:aws:cloudwatch:us-east-1:123456789012:alarm:a")', True),
        ("ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:b)", False),
        ("OK(b) AND INSUFFICIENT_DATA(c)", True),
        ("ALARM(b) OR ALARM(c)", False),
        ("ALARM(a) AND NOT ALARM(b)", True),
        ("NOT (ALARM(a) OR ALARM(b))", False),
        ("ALARM(b) AND ALARM(b) OR ALARM(a)", True),
        ("(ALARM(a) OR ALARM(b)) AND OK(b)", True),
        ("TRUE", True),
        ("false", False),
        ("ALARM(unknown)", False),
        ("ALARM ( a )\nAND TRUE", True),
    ],
)
def test_rules_are_evaluated_by_alarm_states(rule: str, *, expected: bool) -> None:
    assert holds(rule, STATES.get) is expected


def test_children_come_once_each_in_the_order_of_the_rule() -> None:
    rule = 'ALARM(b) AND (OK("a") OR NOT ALARM(arn:aws:cloudwatch:eu-west-1:123456789012:alarm:b)) AND ALARM(c)'
    assert children(rule) == ["b", "a", "c"]


@pytest.mark.parametrize("rule", ["", "ALARM", "ALARM()", "BROKEN(a)", "ALARM(a) ALARM(b)", "(ALARM(a)", " TRUE"])
def test_bad_rules_are_refused(rule: str) -> None:
    with pytest.raises(ValidationError):
        parse(rule)
