"""CloudWatch metric math: its grammar and operators (docs: using-metric-math)."""

import operator
from collections.abc import Callable
from functools import cache, lru_cache, partial

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from cloudwatch_mcp.sandbox.metrics.functions import call
from cloudwatch_mcp.sandbox.metrics.series import Argument, ExpressionError, Scope, Series, Value, combine

_GRAMMAR = r"""
    ?start: or
    ?or: and (("OR" | "||") and)*
    ?and: comparison (("AND" | "&&") comparison)*
    ?comparison: sum (COMPARISON sum)?
    ?sum: product (SUM_SIGN product)*
    ?product: negated (PRODUCT_SIGN negated)*
    ?negated: "-" negated -> negative | power
    ?power: atom ("^" negated)?
    ?atom: NUMBER | ID | STRING | call | WORD | "[" [or ("," or)*] "]" -> array | "(" or ")"
    call: WORD "(" [or ("," or)*] ")"

    COMPARISON: "==" | "!=" | "<=" | ">=" | "<" | ">"
    SUM_SIGN: "+" | "-"
    PRODUCT_SIGN: "*" | "/"
    ID: /[a-z][a-zA-Z0-9_]*/
    WORD: /[A-Z][A-Z0-9_]*/
    STRING: /"[^"]*"/ | /'[^']*'/
    NUMBER: /\d+(\.\d*)?([eE][+-]?\d+)?|\.\d+([eE][+-]?\d+)?/
    %ignore /\s+/
    """
_parser = cache(partial(Lark, _GRAMMAR, parser="lalr", maybe_placeholders=False))

_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / right if right else float("nan"),
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "<=": lambda left, right: float(left <= right),
    ">=": lambda left, right: float(left >= right),
    "<": lambda left, right: float(left < right),
    ">": lambda left, right: float(left > right),
}
_LOGIC: dict[str, Callable[[float, float], float]] = {
    "and": lambda left, right: float(bool(left and right)),
    "or": lambda left, right: float(bool(left or right)),
}


def evaluate(expression: str, scope: Scope) -> Series | list[Series]:
    value = _evaluate(_parse(expression), scope)
    if isinstance(value, (str, float)):
        raise ExpressionError("The expression must return a time series or an array of time series")
    return value


@lru_cache(maxsize=256)
def _parse(expression: str) -> Tree[Token] | Token:
    try:
        return _parser().parse(expression)
    except UnexpectedInput as error:
        raise ExpressionError(f"Invalid syntax at position {error.pos_in_stream}") from error


def _evaluate(node: Tree[Token] | Token, scope: Scope) -> Argument:
    if isinstance(node, Token):
        return _leaf(node, scope)
    if node.data == "call":
        return call(scope, str(node.children[0]), [_evaluate(child, scope) for child in node.children[1:]])
    values = [_evaluate(child, scope) for child in node.children if not _is_sign(child)]
    if node.data == "array":
        return _array(values)
    return _operation(node, [_operand(value) for value in values])


def _operation(node: Tree[Token], operands: list[Value]) -> Value:
    match node.data:
        case "negative":
            return combine(operator.mul, -1.0, operands[0])
        case "power":
            return combine(_power, *operands)
        case "and" | "or":
            return _fold([_LOGIC[node.data]] * (len(operands) - 1), operands)
    return _fold([_OPERATORS[str(child)] for child in node.children if _is_sign(child)], operands)


def _leaf(token: Token, scope: Scope) -> Argument:
    match token.type:
        case "NUMBER":
            return float(token)
        case "ID":
            return scope.value_of(str(token))
        case "STRING":
            return str(token[1:-1])
    return str(token)


def _is_sign(node: Tree[Token] | Token) -> bool:
    return isinstance(node, Token) and node.type in {"COMPARISON", "SUM_SIGN", "PRODUCT_SIGN"}


def _operand(value: Argument) -> Value:
    if isinstance(value, str):
        raise ExpressionError(f"'{value}' is not a time series or a number")
    return value


def _array(values: list[Argument]) -> list[Series]:
    array: list[Series] = []
    for value in values:
        if isinstance(value, (str, float)):
            raise ExpressionError("An array can hold time series only")
        array.extend(value if isinstance(value, list) else [value])
    return array


def _fold(operations: list[Callable[[float, float], float]], operands: list[Value]) -> Value:
    result = operands[0]
    for operation, operand in zip(operations, operands[1:], strict=True):
        result = combine(operation, result, operand)
    return result


def _power(base: float, exponent: float) -> float:
    try:
        result = base**exponent
    except (ZeroDivisionError, OverflowError):
        return float("nan")
    return result if isinstance(result, float) else float("nan")
