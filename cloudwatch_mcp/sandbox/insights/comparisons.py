"""Comparisons: numeric when both sides are numbers or numerals, else of text.

An absent field is neither equal to, less than nor greater than anything, so it passes `!=` and `not like`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from cloudwatch_mcp.sandbox.insights.functions import textual
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind, Read, number


def equals(left: Expression, right: Expression) -> Read:
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

    def equals_number(row: Any) -> bool:
        value = read(row)
        return bool((number(value) if value.__class__ is str else value) == expected)

    return equals_number


def _equal(left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    left_number, right_number = number(left), number(right)
    if left_number is None or right_number is None:
        return str(left) == str(right)
    return left_number == right_number


def ordered(left: Expression, right: Expression, holds: Callable[[Any, Any], bool]) -> Read:
    read, other = left.read, right.read
    bound = None if right.constant is None else number(right.constant)
    if bound is not None:

        def within(row: Any) -> bool:
            value = number(read(row))
            return value is not None and holds(value, bound)

        return within

    def test(row: Any) -> bool:
        first, second = read(row), other(row)
        if first is None or second is None:
            return False
        numbers = number(first), number(second)
        if None not in numbers:
            return holds(*numbers)
        # There is no order between a number and a text.
        return numbers == (None, None) and holds(str(first), str(second))

    return test


def like(left: Expression, holds: Callable[[str], bool]) -> Read:
    read = textual(left)

    def test(row: Any) -> bool:
        value = read(row)
        return value is not None and holds(value)

    return test


def member(left: Expression, options: Sequence[Expression]) -> Read:
    tests = [equals(left, option) for option in options]
    return lambda row: any(test(row) for test in tests)
