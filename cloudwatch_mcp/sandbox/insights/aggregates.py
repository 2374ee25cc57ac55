"""The aggregate functions of `stats`, compiled to functions of a group's rows."""

import math
import statistics
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

from lark import Token, v_args

from cloudwatch_mcp.sandbox.insights import periods
from cloudwatch_mcp.sandbox.insights.errors import QueryError
from cloudwatch_mcp.sandbox.insights.expressions import ExpressionCompiler, Node
from cloudwatch_mcp.sandbox.insights.functions import identity, numeric
from cloudwatch_mcp.sandbox.insights.values import Expression, Kind, Read, number, sort_key

Aggregate = Callable[[Sequence[Any]], Any]


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
        arguments = [argument for argument in arguments if argument]
        if key in ("count", "count_over_time") and (not arguments or arguments[0].data == "star"):
            return self._collect(len)
        if len(arguments) != (2 if key in _WITH_PARAMETER else 1):
            raise QueryError(f"Invalid number of arguments for function {name}: {len(arguments)}")
        operands = [self._rows.timed(argument) for argument in arguments if argument.data != "period"]
        if key == "rate":
            if arguments[1].data != "period":
                raise QueryError("the second argument of rate is a period")
            period = periods.milliseconds(str(arguments[1].children[0]))
            return self._collect(_rate(operands[0], period, self.scope.find("@timestamp")))
        is_time = operands[0].kind is Kind.TIME
        kind = Kind.TIME if is_time and key in ("min", "max") else Kind.COMPUTED
        if key in ("earliest", "latest") and not is_time:
            operands[0] = Expression(_integer_as_float(operands[0].read), kind := Kind.RAW)
        if key in ("earliest", "latest"):
            operands.append(self.scope.find("@timestamp"))
        return self._collect(_AGGREGATES[key](*operands), kind)

    def _collect(self, aggregate: Aggregate, kind: Kind = Kind.COMPUTED) -> Expression:
        self.aggregates.append(aggregate)
        return Expression(itemgetter(len(self.aggregates) - 1), kind)


def _rate(operand: Expression, period: int, moment: Expression) -> Aggregate:
    """The change from the first to the last value, per period."""
    read, time = numeric(operand), moment.read

    def aggregate(rows: Sequence[Any]) -> Any:
        points = sorted([(time(row), value) for row in rows if (value := read(row)) is not None])
        elapsed = points[-1][0] - points[0][0] if points else 0
        return (points[-1][1] - points[0][1]) * period / elapsed if elapsed else None

    return aggregate


def _histogram(operand: Expression, width: Expression) -> Aggregate:
    """The number of values in each bucket, by the start of the bucket."""
    size = number(width.constant)
    if size is None or size <= 0:
        raise QueryError("the bucket width of histogram is a positive number")

    def counts(numbers: list[Any]) -> dict[str, int]:
        buckets = Counter(value // size * size for value in numbers)
        return {str(start): buckets[start] for start in sorted(buckets)}

    return _over_numbers(counts)(operand)


def _integer_as_float(read: Read) -> Read:
    def read_float(row: Any) -> Any:
        value = read(row)
        return float(value) if value.__class__ is int else value

    return read_float


def _raw(operand: Expression) -> Read:
    return operand.read


def _over_values(
    summarise: Callable[[list[Any]], Any], reader: Callable[[Expression], Read] = _raw
) -> Callable[[Expression], Aggregate]:
    """The aggregate that summarises the values that are present."""

    def compile_aggregate(operand: Expression) -> Aggregate:
        read = reader(operand)
        return lambda rows: summarise([value for value in map(read, rows) if value is not None])

    return compile_aggregate


def _over_numbers(summarise: Callable[[list[Any]], Any]) -> Callable[[Expression], Aggregate]:
    return _over_values(lambda numbers: summarise(numbers) if numbers else None, numeric)


def _sum(numbers: list[Any]) -> Any:
    """The same on every Python: since 3.12, the built-in sum of floats is a compensated one."""
    return math.fsum(numbers) if any(isinstance(number, float) for number in numbers) else sum(numbers)


def _percentile(operand: Expression, percent: Expression) -> Aggregate:
    rank = number(percent.constant)
    if rank is None or not 0 <= rank <= 100:
        raise QueryError("the percentile of pct is a number from 0 to 100")

    def nearest(numbers: list[Any]) -> Any:
        return sorted(numbers)[max(math.ceil(len(numbers) * rank / 100) - 1, 0)]

    return _over_numbers(nearest)(operand)


def _extreme(choose: Callable[..., Any], values: list[Any]) -> Any:
    """Min and max: of the numbers if there are any, else of the texts."""
    numbers = [value for value in map(number, values) if value is not None]
    return choose(numbers or map(str, values), default=None)


def _by_time(choose: Callable[..., Any]) -> Callable[[Expression, Expression], Aggregate]:
    """Earliest and latest: the value of the first or last event that has the field."""

    def compile_aggregate(operand: Expression, moment: Expression) -> Aggregate:
        read, time = operand.read, moment.read

        def aggregate(rows: Sequence[Any]) -> Any:
            present = [row for row in rows if read(row) is not None]
            return read(choose(present, key=time)) if present else None

        return aggregate

    return compile_aggregate


_WITH_PARAMETER = ("histogram", "pct", "rate")
_AGGREGATES: dict[str, Callable[..., Aggregate]] = {
    "count": _over_values(len),
    "count_over_time": _over_values(len),
    "histogram": _histogram,
    "rate": _rate,
    "sum_over_time": _over_numbers(sum),
    "values": _over_values(lambda values: list(dict.fromkeys(values)) or None, identity),
    "count_distinct": _over_values(lambda values: len(set(values)), identity),
    "sum": _over_numbers(_sum),
    "avg": _over_numbers(statistics.fmean),
    "min": _over_values(partial(_extreme, min)),
    "max": _over_values(partial(_extreme, max)),
    "median": _over_numbers(statistics.median),
    "pct": _percentile,
    "stddev": _over_numbers(statistics.pstdev),
    "earliest": _by_time(min),
    "latest": _by_time(max),
    "sortsfirst": _over_values(partial(min, key=sort_key, default=None)),
    "sortslast": _over_values(partial(max, key=sort_key, default=None)),
}
