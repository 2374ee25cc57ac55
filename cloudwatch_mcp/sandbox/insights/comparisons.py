"""Comparisons: numeric when both sides are numbers or numerals, else of text.

An absent field is neither equal to, less than nor greater than anything, so it passes `!=` and `not like`.
"""

import operator
from collections.abc import Callable, Sequence
from typing import Any

from cloudwatch_mcp.sandbox.insights import regexes
from cloudwatch_mcp.sandbox.insights.functions import textual
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind, Read, number

_ORDERINGS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


def compare(left: Expression, sign: str, right: Expression) -> Expression:
    if sign in _ORDERINGS:
        return Expression(_ordered(left, _ORDERINGS[sign], right), Kind.TRUTH)
    equals = _equals(left, right)
    if sign == "!=":
        return Expression(lambda row: not equals(row), Kind.TRUTH)
    return Expression(equals, Kind.TRUTH)


def _equals(left: Expression, right: Expression) -> Read:
    if left.constant is not None:
        left, right = right, left
    read, constant = left.read, right.constant
    if constant is None:
        other = right.read
        return lambda row: _equal(read(row), other(row))
    expected = number(constant)
    if expected is None and left.kind is Kind.RAW:
        return lambda row: read(row) == constant
    if expected is None:
        read_text = textual(left)
        return lambda row: read_text(row) == constant

    def equals(row: Any) -> bool:
        value = read(row)
        return bool((number(value) if value.__class__ is str else value) == expected)

    return equals


def _equal(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    left_number, right_number = number(left), number(right)
    if left_number is None or right_number is None:
        return str(left) == str(right)
    return left_number == right_number


def _ordered(left: Expression, ordered: Callable[[Any, Any], bool], right: Expression) -> Read:
    read, other = left.read, right.read
    bound = None if right.constant is None else number(right.constant)
    if bound is not None:

        def within(row: Any) -> bool:
            value = number(read(row))
            return value is not None and ordered(value, bound)

        return within

    def test(row: Any) -> bool:
        first, second = read(row), other(row)
        if first is None or second is None:
            return False
        first_number, second_number = number(first), number(second)
        if first_number is not None and second_number is not None:
            return ordered(first_number, second_number)
        if first_number is None and second_number is None:
            return ordered(str(first), str(second))
        return False  # there is no order between a number and a text

    return test


def contains(left: Expression, part: str) -> Read:
    read = textual(left)

    def test(row: Any) -> bool:
        value = read(row)
        return value is not None and part in value

    return test


def matches(left: Expression, literal: str) -> Read:
    read, has_match = textual(left), regexes.test_of(literal)

    def test(row: Any) -> bool:
        value = read(row)
        return value is not None and has_match(value)

    return test


def member(left: Expression, options: Sequence[Expression]) -> Read:
    tests = [_equals(left, option) for option in options]
    return lambda row: any(test(row) for test in tests)
