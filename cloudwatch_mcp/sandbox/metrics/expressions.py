"""CloudWatch metric math: its grammar and operators (docs: using-metric-math)."""

import math
import operator
from collections.abc import Callable

from lark import Token

from cloudwatch_mcp.sandbox import grammar
from cloudwatch_mcp.sandbox.grammar import Node
from cloudwatch_mcp.sandbox.metrics.functions import array_of, call
from cloudwatch_mcp.sandbox.metrics.series import Argument, ExpressionError, Scope, Series, Value, combine

_GRAMMAR = r"""
    ?start: or
    ?or: and (OR and)*
    ?and: comparison (AND comparison)*
    ?comparison: sum (COMPARISON sum)?
    ?sum: product (SUM_SIGN product)*
    ?product: negated (PRODUCT_SIGN negated)*
    ?negated: "-" negated -> negative | power
    ?power: atom (POWER negated)?
    ?atom: NUMBER | ID | STRING | call | WORD | "[" [or ("," or)*] "]" -> array | "(" or ")"
    call: WORD "(" [or ("," or)*] ")"

    OR: "OR" | "||"
    AND: "AND" | "&&"
    COMPARISON: "==" | "!=" | "<=" | ">=" | "<" | ">"
    SUM_SIGN: "+" | "-"
    PRODUCT_SIGN: "*" | "/"
    POWER: "^"
    ID: /[a-z][a-zA-Z0-9_]*/
    WORD: /[A-Z][A-Z0-9_]*/
    STRING: /"[^"]*"/ | /'[^']*'/
    NUMBER: /\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?/
    %ignore /\s+/
    """


def _power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except (ValueError, OverflowError):
        return math.nan


_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / right if right else math.nan,
    "^": _power,
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "<=": lambda left, right: float(left <= right),
    ">=": lambda left, right: float(left >= right),
    "<": lambda left, right: float(left < right),
    ">": lambda left, right: float(left > right),
    **dict.fromkeys(("AND", "&&"), lambda left, right: float(bool(left and right))),
    **dict.fromkeys(("OR", "||"), lambda left, right: float(bool(left or right))),
}


def evaluate(expression: str, scope: Scope) -> Series | list[Series]:
    invalid = "Invalid syntax at position"
    tree = grammar.parse(_GRAMMAR, expression, lambda error: ExpressionError(f"{invalid} {error.pos_in_stream}"))
    value = _evaluate(tree, scope)
    if isinstance(value, (str, float)):
        raise ExpressionError("The expression must return a time series or an array of time series")
    return value


def _evaluate(node: Node, scope: Scope) -> Argument:
    if isinstance(node, Token):
        return _leaf(node, scope)
    first, *others = node.children
    match node.data:
        case "call":
            return call(scope, str(first), [_evaluate(argument, scope) for argument in others])
        case "array":
            return [series for child in node.children for series in array_of(_evaluate(child, scope))]
        case "negative":
            return combine(operator.mul, -1.0, _operand(first, scope))
    result = _operand(first, scope)
    for sign, operand in zip(others[::2], others[1::2], strict=True):
        result = combine(_OPERATORS[sign], result, _operand(operand, scope))
    return result


def _leaf(token: Token, scope: Scope) -> Argument:
    match token.type:
        case "NUMBER":
            return float(token)
        case "ID":
            return scope.value_of(str(token))
        case "STRING":
            return str(token[1:-1])
    return str(token)


def _operand(node: Node, scope: Scope) -> Value:
    value = _evaluate(node, scope)
    if isinstance(value, str):
        raise ExpressionError(f"'{value}' is not a time series or a number")
    return value
