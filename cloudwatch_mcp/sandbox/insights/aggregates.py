"""The aggregate functions of `stats`, compiled to functions of a group's rows."""

import math
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

from lark import Token, v_args

from cloudwatch_mcp.sandbox.insights import periods
from cloudwatch_mcp.sandbox.insights.errors import QueryError
from cloudwatch_mcp.sandbox.insights.expressions import ExpressionCompiler, Node
from cloudwatch_mcp.sandbox.insights.functions import identity, numeric
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind, Read, number, sort_key

Aggregate = Callable[[Sequence[Any]], Any]


class Function(NamedTuple):
    """`summarise` gets the present values, as `reader` reads them; if `timed`, pairs of a time and a value."""

    summarise: Callable[..., Any]
    reader: Callable[[Expression], Read] = numeric
    of_nothing: Any = None
    timed: bool = False


@v_args(inline=True)
class StatsCompiler(ExpressionCompiler):
    """Compiles an expression such as `sum(bytes) / count(*)` to one over a row of aggregates, which it collects."""

    def __init__(self, rows: ExpressionCompiler) -> None:
        super().__init__(rows.text, rows.scope, rows.now)
        self._rows = rows
        self.aggregates: list[Aggregate] = []

    def field(self, name: Token) -> Expression:
        raise QueryError(f"{name} is not aggregated")

    @v_args(tree=True)
    def call(self, node: Node) -> Expression:
        name, *arguments = node.children
        key = name.lower()
        if key not in _AGGREGATES:
            expression: Expression = super().call(node)
            return expression
        if key in ("count", "count_over_time") and (not arguments or arguments[0].data == "star"):
            return self._collect(len)
        if len(arguments) != (2 if key in _PARAMETERS else 1):
            raise QueryError(f"Invalid number of arguments for function {name}: {len(arguments)}")
        operand = self._rows.timed(arguments[0])
        parameters = [self._parameter(key, argument) for argument in arguments[1:]]
        kind = Kind.COMPUTED
        if operand.kind is Kind.TIME and key in ("min", "max"):
            kind = Kind.TIME
        elif operand.kind is not Kind.TIME and key in ("earliest", "latest"):
            kind = Kind.RAW
        return self._collect(self._aggregate(_AGGREGATES[key], operand, parameters), kind)

    def _parameter(self, key: str, node: Node) -> Any:
        value = None
        if key != "rate":
            value = number(self._rows.visit(node).constant)
        elif node.data == "period":
            value = periods.milliseconds(node.children[0])
        allows, requirement = _PARAMETERS[key]
        if value is None or not allows(value):
            raise QueryError(requirement)
        return value

    def _aggregate(self, function: Function, operand: Expression, parameters: Sequence[Any]) -> Aggregate:
        read, time = function.reader(operand), self.scope.find("@timestamp").read if function.timed else None

        def aggregate(rows: Sequence[Any]) -> Any:
            if time:
                values = [(time(row), value) for row in rows if (value := read(row)) is not None]
            else:
                values = [value for value in map(read, rows) if value is not None]
            return function.summarise(values, *parameters) if values else function.of_nothing

        return aggregate

    def _collect(self, aggregate: Aggregate, kind: Kind = Kind.COMPUTED) -> Expression:
        self.aggregates.append(aggregate)
        return Expression(itemgetter(len(self.aggregates) - 1), kind)


def _sum(numbers: list[Any]) -> Any:
    """The same on every Python: since 3.12, the built-in sum of floats is a compensated one."""
    return math.fsum(numbers) if any(isinstance(number, float) for number in numbers) else sum(numbers)


def _extreme(choose: Callable[..., Any], values: list[Any]) -> Any:
    """Min and max: of the numbers if there are any, else of the texts."""
    numbers = [value for value in map(number, values) if value is not None]
    return choose(numbers or map(str, values))


def _percentile(numbers: list[Any], percent: float) -> Any:
    return sorted(numbers)[max(math.ceil(len(numbers) * percent / 100) - 1, 0)]


def _histogram(numbers: list[Any], width: float) -> dict[str, int]:
    """The number of values in each bucket, by the start of the bucket."""
    buckets = Counter(value // width * width for value in numbers)
    return {str(start): buckets[start] for start in sorted(buckets)}


def _by_time(choose: Callable[..., Any], points: list[Any]) -> Any:
    """Earliest and latest: the value of the first or last event that has the field; an integer gets a decimal."""
    _, value = choose(points, key=itemgetter(0))
    return float(value) if value.__class__ is int else value


def _rate(points: list[Any], period: int) -> float | None:
    """The change from the first to the last value, per period."""
    (start, first), (end, last) = min(points), max(points)
    return (last - first) * period / (end - start) if end > start else None


_RAW = attrgetter("read")
_AGGREGATES = {
    "count": Function(len, _RAW, of_nothing=0),
    "count_over_time": Function(len, _RAW, of_nothing=0),
    "count_distinct": Function(lambda values: len(set(values)), identity, of_nothing=0),
    "values": Function(lambda values: list(dict.fromkeys(values)), identity),
    "sum": Function(_sum),
    "sum_over_time": Function(_sum),
    "avg": Function(statistics.fmean),
    "median": Function(statistics.median),
    "stddev": Function(statistics.pstdev),
    "pct": Function(_percentile),
    "histogram": Function(_histogram),
    "min": Function(partial(_extreme, min), _RAW),
    "max": Function(partial(_extreme, max), _RAW),
    "sortsfirst": Function(partial(min, key=sort_key), _RAW),
    "sortslast": Function(partial(max, key=sort_key), _RAW),
    "earliest": Function(partial(_by_time, min), _RAW, timed=True),
    "latest": Function(partial(_by_time, max), _RAW, timed=True),
    "rate": Function(_rate, timed=True),
}
# The second argument of those that have one: its condition, and how an error words it.
_PARAMETERS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "histogram": (lambda width: width > 0, "the bucket width of histogram is a positive number"),
    "pct": (lambda percent: 0 <= percent <= 100, "the percentile of pct is a number from 0 to 100"),
    "rate": (bool, "the second argument of rate is a period"),
}
