"""Metrics Insights: SELECT ... FROM ... WHERE ... GROUP BY ... ORDER BY ... LIMIT.

Docs: cloudwatch-metrics-insights-querylanguage, cloudwatch-metrics-insights-limits.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final

from lark import Token

from cloudwatch_mcp.sandbox import grammar
from cloudwatch_mcp.sandbox.grammar import Node
from cloudwatch_mcp.sandbox.metrics.aggregation import points, statistic_named
from cloudwatch_mcp.sandbox.metrics.series import REDUCTIONS, ExpressionError, Series
from cloudwatch_mcp.sandbox.metrics.store import Metric, MetricStore, Observation

MAX_SERIES: Final = 500
MAX_METRICS: Final = 10_000

_GRAMMAR = r"""
    start: "SELECT"i FUNCTION "(" name ")" "FROM"i source where? group_by? order_by? limit?
    ?source: name -> namespace | "SCHEMA"i "(" name ("," name)* ")" -> schema
    where: "WHERE"i or
    ?or: and ("OR"i and)*
    ?and: condition ("AND"i condition)*
    ?condition: name COMPARISON VALUE -> compare | "(" or ")"
    group_by: "GROUP"i "BY"i name ("," name)*
    order_by: "ORDER"i "BY"i FUNCTION "(" ")" [ASC | DESC]
    limit: "LIMIT"i INTEGER
    ?name: PLAIN | QUOTED

    FUNCTION: /(AVG|COUNT|MAX|MIN|SUM)(?=\s*\()/i
    COMPARISON: "=" | "!="
    ASC: "ASC"i
    DESC: "DESC"i
    INTEGER: /\d+/
    PLAIN: /AWS\.AccountId|(?!(SELECT|FROM|SCHEMA|WHERE|AND|OR|GROUP|BY|ORDER|ASC|DESC|LIMIT)\b)\w+/i
    QUOTED: /"(\\.|""|[^"\\])*"/
    VALUE: /'(\\.|''|[^'\\])*'/
    %ignore /\s+/
    """

_STATISTICS = {"AVG": "Average", "COUNT": "SampleCount", "MAX": "Maximum", "MIN": "Minimum", "SUM": "Sum"}
_ORDERS = {**REDUCTIONS, "COUNT": REDUCTIONS["DATAPOINT_COUNT"]}


def is_query(expression: str) -> bool:
    return re.match(r"\s*SELECT\s", expression, re.IGNORECASE) is not None


def run(expression: str, store: MetricStore, *, start: int, end: int, period: int) -> Series | list[Series]:
    """One series, or with GROUP BY one for each group that has data. `start` is the start of a period.

    A group's label is its values, joined by spaces; a metric without the dimension is in group Other.
    """
    function, name, source, *others = _parse(expression).children
    clauses: dict[str, list[Any]] = {clause.data: clause.children for clause in others}
    group_by = [_text(dimension) for dimension in clauses.get("group_by", [])]
    (limit,) = clauses.get("limit", [MAX_SERIES])
    if not 0 < int(limit) <= MAX_SERIES:
        raise ExpressionError(f"The LIMIT must be between 1 and {MAX_SERIES}")
    groups: defaultdict[tuple[str, ...], list[Observation]] = defaultdict(list)
    selected = _select(store, _text(name), source, clauses.get("where", []))
    for metric, labels in islice(selected, MAX_METRICS):
        group = tuple(labels.get(dimension, "Other") for dimension in group_by)
        groups[group].extend(store.between(metric, start, end))
    statistic = statistic_named(_STATISTICS[function.upper()])

    def series(group: tuple[str, ...]) -> Series:
        values = points(groups[group], period, statistic, start)
        return Series(dict(sorted(values.items())), period, " ".join(group))

    if not group_by:
        return series(())
    found = [one for group in sorted(groups) if (one := series(group)).points]
    return _ordered(found, *clauses.get("order_by", []))[: int(limit)]


def _parse(expression: str) -> Node:
    return grammar.parse(
        _GRAMMAR,
        expression,
        lambda error: ExpressionError(f"Invalid query syntax at line {error.line}, column {error.column}"),
    )


def _select(
    store: MetricStore, name: str, source: Node, where: Sequence[Node]
) -> Iterator[tuple[Metric, dict[str, str]]]:
    """The metrics of the clauses FROM and WHERE, with the labels that WHERE and GROUP BY can name."""
    namespace, *schema = map(_text, source.children)
    for metric in store.metrics():
        if (metric.namespace, metric.name) != (namespace, name):
            continue
        labels = dict(metric.dimensions)
        if source.data == "schema" and labels.keys() != set(schema):
            continue
        labels["AWS.AccountId"] = store.account
        if all(grammar.holds(condition, partial(_compare, labels)) for condition in where):
            yield metric, labels


def _compare(labels: Mapping[str, str], comparison: Node) -> bool:
    name, sign, value = comparison.children
    is_equal = labels.get(_text(name)) == _text(value)
    return is_equal if sign == "=" else not is_equal


def _text(token: Token) -> str:
    if token.type == "PLAIN":
        return str(token)
    quote = token[0]
    return re.sub(rf"\\(.)|{quote}{quote}", lambda match: match[1] or quote, token[1:-1])


def _ordered(series: list[Series], function: str = "", direction: str = "ASC") -> list[Series]:
    if not function:
        return series
    order = _ORDERS[function.upper()]
    return sorted(series, key=lambda one: order(list(one.points.values())), reverse=direction.upper() == "DESC")
