"""Compiles a query's expressions into functions of a row."""

import math
import operator
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import reduce
from typing import Any

from lark import Token, v_args
from lark.visitors import Interpreter

from cloudwatch_mcp.sandbox.insights import budget, events, functions, periods, regexes
from cloudwatch_mcp.sandbox.insights.errors import QueryError
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind, Read, number, text, truth

_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "^": math.pow,
}
_COMPARISONS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_LARGEST_INTEGER = 2**63
# A lark.Tree. The grammar says which of its children are trees, tokens or None; the types do not.
Node = Any

# The number of their arguments, the last of which is a period.
_TIME_FUNCTIONS = {"bin": 1, "datefloor": 2, "dateceil": 2}


class Scope:
    """The names that an expression can use: defined ones and, before `stats`, any field."""

    def __init__(self, names: Mapping[str, Expression] | None = None, *, closed: bool = False) -> None:
        self.names = dict(names or {})
        self.closed = closed
        self.field: Callable[[str], Expression] = events.field

    def find(self, name: str) -> Expression:
        if name in self.names:
            return self.names[name]
        for position, character in enumerate(name):
            structure = self.names.get(name[:position]) if character == "." else None
            if structure and structure.kind in (Kind.STRUCTURE, Kind.LIST):
                return _member(structure, name[position + 1 :])
        if self.closed:
            raise QueryError(f"Unknown symbols found in or after stats: {name}")
        return self.field(str(name))  # a lark.Token is a slow key

    def nest(self) -> None:
        """Read all names from the first item of a row, which is a pair after this."""
        field = self.field
        self.field = lambda name: first_item(field(name))
        self.names = {name: first_item(expression) for name, expression in self.names.items()}


def first_item(expression: Expression) -> Expression:
    read = expression.read
    return expression._replace(read=lambda pair: read(pair[0]))


def _member(structure: Expression, path: str) -> Expression:
    """The member at a path such as `users.1.action`."""
    read, parts = structure.read, path.split(".")

    def read_member(row: Any) -> Any:
        value = events.walk(read(row), parts)
        return int(value) if isinstance(value, bool) else value

    return Expression(read_member, Kind.STRUCTURE)


@v_args(inline=True)
class ExpressionCompiler(Interpreter[Token, Expression]):
    """Each method compiles a rule of the grammar; `text` is the query, which names the columns."""

    def __init__(self, text: str, scope: Scope, now: datetime) -> None:
        self.text = text
        self.scope = scope
        self.now = now

    def visit(self, node: Node) -> Expression:
        """Compile a node; an error without a location gets the node's."""
        try:
            return super().visit(node)
        except QueryError as error:
            if not error.end:
                error.start, error.end = node.meta.start_pos, node.meta.end_pos
            raise

    def timed(self, node: Node) -> Expression:
        """The expression, checked against the query's time limit at each row."""
        expression = self.visit(node)
        read = expression.read

        def read_in_time(row: Any) -> Any:
            budget.check()
            return read(row)

        return expression._replace(read=read_in_time)

    def text_of(self, node: Node) -> str:
        return self.text[node.meta.start_pos : node.meta.end_pos]

    def field(self, name: Token) -> Expression:
        return self.scope.find(name)

    def number(self, numeral: Token) -> Expression:
        return _constant(number(str(numeral)))

    def string(self, literal: Token) -> Expression:
        return _constant(str(literal))

    def boolean(self, literal: Token) -> Expression:
        return _constant(int(literal.lower() == "true"))

    @v_args(tree=True)
    def call(self, node: Node) -> Expression:
        column = self.scope.names.get(self.text_of(node))
        if column:
            return column
        name, *arguments = node.children
        if name.lower() == "now":
            seconds = int(self.now.timestamp())
            return Expression(lambda _: seconds, Kind.COMPUTED)
        if name.lower() in _TIME_FUNCTIONS:
            return self._time_function(name, arguments)
        return functions.apply(name, [self.visit(argument) for argument in arguments])

    def _time_function(self, name: str, arguments: list[Any]) -> Expression:
        key = name.lower()
        if len(arguments) != _TIME_FUNCTIONS[key] or arguments[-1].data != "period":
            raise QueryError(f"Invalid arguments for function {name}")
        *moments, period = arguments
        moment = self.visit(moments[0]) if moments else self.scope.find("@timestamp")
        rounded = periods.rounding(period.children[0], up=key == "dateceil")
        return functions.of_one(rounded, functions.numeric(moment), Kind.TIME)

    def period(self, _: Token) -> Expression:
        raise QueryError("a period is an argument of bin, datefloor and dateceil only")

    def star(self, _: Token) -> Expression:
        raise QueryError("* is an argument of count only")

    def negate(self, _: Token, condition: Node) -> Expression:
        return _truth(self.test(condition), negated=True)

    def either(self, *conditions: Node) -> Expression:
        return _truth(reduce(_or, map(self.test, conditions)))

    def both(self, *conditions: Node) -> Expression:
        return _truth(reduce(_and, map(self.test, conditions)))

    def compare(self, left: Node, sign: Token, right: Node) -> Expression:
        holds = _COMPARISONS.get(sign, operator.eq)
        return _truth(_comparison(self.visit(left), self.visit(right), holds), negated=sign == "!=")

    def like(self, left: Node, *negated_pattern: Any) -> Expression:
        *negated, pattern = negated_pattern
        read, matches = functions.textual(self.visit(left)), _test_of(pattern)

        def test(row: Any) -> bool:
            value = read(row)
            return value is not None and matches(value)

        return _truth(test, negated=any(negated))

    def member(self, left: Node, negated: Token | None, *options: Node) -> Expression:
        value = self.visit(left)
        tests = [_comparison(value, self.visit(option), operator.eq) for option in options]
        return _truth(lambda row: any(test(row) for test in tests), negated=negated)

    def member_of_subquery(self, left: Node, negated: Token | None, query: Node) -> Expression:
        read, subquery = functions.textual(self.visit(left)), self.subquery(query)
        return _truth(lambda row: read(row) in subquery.values, negated=negated)

    @v_args(tree=True)
    def subquery(self, node: Node) -> Any:
        raise QueryError(f"{self.text_of(node)} is a subquery outside of a filter")

    def arithmetic(self, left: Node, sign: Token, right: Node) -> Expression:
        calculate = _ARITHMETIC[sign]
        read_left, read_right = functions.numeric(self.visit(left)), functions.numeric(self.visit(right))

        def read(row: Any) -> int | float | None:
            first, second = read_left(row), read_right(row)
            if first is None or second is None:
                return None
            try:
                result: int | float = calculate(first, second)
                return result if abs(result) < _LARGEST_INTEGER else float(result)
            except (ArithmeticError, ValueError):  # such as a division by zero
                return None

        return Expression(read, Kind.COMPUTED)

    def negative(self, _: Token, operand: Node) -> Expression:
        return functions.of_one(operator.neg, functions.numeric(self.visit(operand)), Kind.COMPUTED)

    def test(self, node: Node) -> Read:
        """The expression as a condition."""
        expression = self.timed(node)
        read = expression.read
        return read if expression.kind is Kind.TRUTH else lambda row: truth(read(row))


def _constant(value: Any) -> Expression:
    return Expression(lambda _: value, Kind.RAW, value)


def _comparison(left: Expression, right: Expression, holds: Callable[[Any, Any], Any]) -> Read:
    """Numeric when both sides are numbers or numerals, else of text; there is no order between a number and a text.

    An absent field is neither equal to, less than nor greater than anything, so it passes `!=` and `not like`.
    """
    read, other, constant, equality = left.read, right.read, right.constant, holds is operator.eq
    expected = number(constant)
    if expected is not None:
        return lambda row: (value := number(read(row))) is not None and holds(value, expected)
    if constant is not None and equality:
        read_text = functions.textual(left)
        return lambda row: read_text(row) == constant

    def test(row: Any) -> Any:
        first, second = read(row), other(row)
        if first is None or second is None:
            return False
        first_number, second_number = number(first), number(second)
        if first_number is not None and second_number is not None:
            return holds(first_number, second_number)
        comparable = equality or first_number is second_number
        return comparable and holds(text(first, left.kind), text(second, right.kind))

    return test


def _test_of(pattern: Token) -> Callable[[str], bool]:
    if pattern.type == "REGEX":
        return regexes.test_of(str(pattern))
    return lambda text: pattern in text


def _or(first: Read, second: Read) -> Read:
    return lambda row: first(row) or second(row)


def _and(first: Read, second: Read) -> Read:
    return lambda row: first(row) and second(row)


def _truth(test: Read, *, negated: object = None) -> Expression:
    return Expression((lambda row: not test(row)) if negated else test, Kind.TRUTH)
