"""The functions of Logs Insights (docs: CWL_QuerySyntax-operations-functions)."""

import hashlib
import json
import math
from base64 import b64decode, b64encode
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Any, NamedTuple
from urllib.parse import quote_plus, unquote_plus

from cloudwatch_mcp.sandbox.insights import budget, regexes
from cloudwatch_mcp.sandbox.insights.errors import QueryError
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind, Read, json_text, number, text, truth

_ANY = 99
_EARTH_RADIUS = 6371.0088  # kilometres, the mean


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


def _case(*branches: Any) -> Any:
    for condition, value in zip(branches[::2], branches[1::2], strict=False):
        if truth(condition):
            return value
    return branches[-1] if len(branches) % 2 else None


def _base64_decode(value: str) -> str | None:
    try:
        return b64decode(value, validate=True).decode()
    except ValueError:
        return None


def _haversine(latitude: float, longitude: float, other_latitude: float, other_longitude: float) -> float:
    """The distance between two points on the globe in kilometres."""
    first, second = math.radians(latitude), math.radians(other_latitude)
    east = math.radians(other_longitude - longitude)
    chord = math.sin((second - first) / 2) ** 2 + math.cos(first) * math.cos(second) * math.sin(east / 2) ** 2
    return 2 * _EARTH_RADIUS * math.asin(math.sqrt(chord))


def _is_ip(*versions: int) -> Callable[..., bool]:
    """Whether a text is an IP address of one of the versions, in the subnet if there is one."""

    def test(value: str, subnet: str | None = None) -> bool:
        try:
            address = ip_address(value)
            return address.version in versions and (subnet is None or address in ip_network(subnet, strict=False))
        except ValueError:
            return False

    return test


def _json_parse(value: str) -> Any:
    """The map or list of a JSON text; None for anything else."""
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, (dict, list)) else None


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
    "isblank": Function(lambda value: value is None or not str(value).strip(), "v", 1, 1, Kind.TRUTH),
    "coalesce": Function(
        lambda *values: next((value for value in values if value is not None), None), "v", 1, _ANY, Kind.RAW
    ),
    "if": Function(_case, "v", 3, 3, Kind.RAW),
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
    "unmask": Function(lambda value: value, "v", 1, 1, Kind.RAW),  # the sandbox masks nothing
    "jsonparse": Function(_json_parse, "t", 1, 1, Kind.STRUCTURE),
    "jsonstringify": Function(lambda value: json_text(value) if isinstance(value, (dict, list)) else None, "v", 1, 1),
    "split": Function(lambda value, by: value.split(by) if by else list(value), "t", 2, 2, Kind.LIST),
    "md5": Function(lambda value: hashlib.md5(value.encode(), usedforsecurity=False).hexdigest(), "t", 1, 1),
    "sha256": Function(lambda value: hashlib.sha256(value.encode()).hexdigest(), "t", 1, 1),
    "base64encode": Function(lambda value: b64encode(value.encode()).decode(), "t", 1, 1),
    "base64decode": Function(_base64_decode, "t", 1, 1),
    "urlencode": Function(quote_plus, "t", 1, 1),
    "urldecode": Function(unquote_plus, "t", 1, 1),
    "haversine": Function(_haversine, "n", 4, 4),
    "isvalidip": Function(_is_ip(4, 6), "t", 1, 1, Kind.TRUTH),
    "isvalidipv4": Function(_is_ip(4), "t", 1, 1, Kind.TRUTH),
    "isvalidipv6": Function(_is_ip(6), "t", 1, 1, Kind.TRUTH),
    "isipinsubnet": Function(_is_ip(4, 6), "t", 2, 2, Kind.TRUTH),
    "isipv4insubnet": Function(_is_ip(4), "t", 2, 2, Kind.TRUTH),
    "isipv6insubnet": Function(_is_ip(6), "t", 2, 2, Kind.TRUTH),
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
    gives = function.gives
    if gives is Kind.RAW and any(argument.kind is Kind.TIME for argument in arguments):
        gives = Kind.TIME
    if function.takes == "v":
        return Expression(lambda row: function.call(*[read(row) for read in readers]), gives)
    if len(readers) == 1:
        return of_one(function.call, readers[0], gives)

    def read(row: Any) -> Any:
        values = [read(row) for read in readers]
        return None if None in values else function.call(*values)

    return Expression(read, gives)


def of_one(call: Callable[[Any], Any], read_argument: Read, gives: Kind) -> Expression:
    """`call` of the argument; None for an absent one. Several times as fast as a call of any number of arguments."""

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
