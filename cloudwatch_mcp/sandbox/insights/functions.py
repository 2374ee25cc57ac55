"""The functions of Logs Insights (docs: CWL_QuerySyntax-operations-functions)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

from cloudwatch_mcp.sandbox.insights import budget, regexes
from cloudwatch_mcp.sandbox.insights.errors import QueryError
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind, Read, number, text, truth

_ANY = 99


class Function(NamedTuple):
    """`takes` has a letter for each argument, the last one for the rest: number, text or any value."""

    call: Callable[..., Any]
    takes: str
    least: int
    most: int
    gives: Kind = Kind.COMPUTED


def _substr(value: str, start: float, length: float = math.inf) -> str:
    begin = max(int(start), 0)
    return value[begin:] if math.isinf(length) else value[begin : begin + int(length)]


def _round(value: float, digits: float = 0) -> float:
    scale: float = 10 ** max(min(int(digits), 15), -15)
    return math.floor(value * scale + 0.5) / scale


def _concat(*parts: str) -> str:
    budget.check_length(sum(map(len, parts)))
    return "".join(parts)


def _replace(value: str, old: str, new: str) -> str:
    budget.check_length(len(value) + value.count(old) * len(new))
    return value.replace(old, new)


def _coalesce(*values: Any) -> Any:
    return next((value for value in values if value is not None), None)


def _case(*branches: Any) -> Any:
    for condition, value in zip(branches[::2], branches[1::2], strict=False):
        if truth(condition):
            return value
    return branches[-1] if len(branches) % 2 else None


def _is_blank(value: Any) -> bool:
    return value is None or not str(value).strip()


FUNCTIONS = {
    "abs": Function(abs, "n", 1, 1),
    "ceil": Function(math.ceil, "n", 1, 1),
    "floor": Function(math.floor, "n", 1, 1),
    "round": Function(_round, "n", 1, 2),
    "log": Function(lambda value: math.log(value) if value > 0 else None, "n", 1, 1),
    "sqrt": Function(lambda value: math.sqrt(value) if value >= 0 else None, "n", 1, 1),
    "greatest": Function(max, "n", 1, _ANY),
    "least": Function(min, "n", 1, _ANY),
    "tonumber": Function(lambda value: value, "n", 1, 1),
    "todouble": Function(float, "n", 1, 1),
    "toint": Function(int, "n", 1, 1),
    "tolong": Function(int, "n", 1, 1),
    "frommillis": Function(int, "n", 1, 1, Kind.TIME),
    "tomillis": Function(int, "n", 1, 1),
    "ispresent": Function(lambda value: value is not None, "v", 1, 1, Kind.TRUTH),
    "isempty": Function(lambda value: value is None or value == "", "v", 1, 1, Kind.TRUTH),
    "isblank": Function(_is_blank, "v", 1, 1, Kind.TRUTH),
    "coalesce": Function(_coalesce, "v", 1, _ANY, Kind.RAW),
    "if": Function(lambda condition, yes, no: yes if truth(condition) else no, "v", 3, 3, Kind.RAW),
    "case": Function(_case, "v", 2, _ANY, Kind.RAW),
    "concat": Function(_concat, "t", 1, _ANY),
    "ltrim": Function(str.lstrip, "t", 1, 2),
    "rtrim": Function(str.rstrip, "t", 1, 2),
    "trim": Function(str.strip, "t", 1, 2),
    "strlen": Function(len, "t", 1, 1),
    "toupper": Function(str.upper, "t", 1, 1),
    "tolower": Function(str.lower, "t", 1, 1),
    "substr": Function(_substr, "tn", 2, 3),
    "replace": Function(_replace, "t", 3, 3),
    "regex_replace": Function(regexes.replace, "t", 3, 3),
    "startswith": Function(str.startswith, "t", 2, 2, Kind.TRUTH),
    "endswith": Function(str.endswith, "t", 2, 2, Kind.TRUTH),
    # On AWS the documented third argument, to ignore case, has no effect.
    "strcontains": Function(lambda value, part, _=None: part in value, "t", 2, 3, Kind.TRUTH),
}
_SPELLINGS = {"regexreplace": "regex_replace"}


def apply(name: str, arguments: list[Expression]) -> Expression:
    """The call of a function, as an expression.

    Raises:
        QueryError: the function does not exist, or has the wrong number of arguments.
    """
    key = name.lower()
    function = FUNCTIONS.get(_SPELLINGS.get(key, key))
    if function is None:
        raise QueryError(f"Unknown function: {name}")
    if not function.least <= len(arguments) <= function.most:
        raise QueryError(f"Invalid number of arguments for function {name}: {len(arguments)}")
    takes = function.takes.ljust(len(arguments), function.takes[-1])
    readers = [_READERS[letter](argument) for letter, argument in zip(takes, arguments, strict=False)]
    call = function.call
    gives = function.gives
    if gives is Kind.RAW and any(argument.kind is Kind.TIME for argument in arguments):
        gives = Kind.TIME
    if function.takes == "v":
        return Expression(lambda row: call(*[read(row) for read in readers]), gives)
    if len(readers) == 1:
        return of_one(call, readers[0], gives)

    def read(row: Any) -> Any:
        values = [read(row) for read in readers]
        return None if None in values else call(*values)

    return Expression(read, gives)


def of_one(call: Callable[[Any], Any], read_argument: Read, gives: Kind) -> Expression:
    """`call` of the argument; None for an absent one."""

    def read(row: Any) -> Any:
        value = read_argument(row)
        return None if value is None else call(value)

    return Expression(read, gives)


def numeric(expression: Expression) -> Read:
    read = expression.read
    return lambda row: number(read(row))


def textual(expression: Expression) -> Read:
    read, kind = expression.read, expression.kind

    def read_text(row: Any) -> str | None:
        value = read(row)
        return value if value.__class__ is str else text(value, kind)

    return read_text


def identity(expression: Expression) -> Read:
    """A key for equality: the text of a value, so that 500 and "500" are equal; times stay times."""
    return expression.read if expression.kind is Kind.TIME else textual(expression)


_READERS: dict[str, Callable[[Expression], Read]] = {
    "n": numeric,
    "t": textual,
    "v": lambda expression: expression.read,
}
