"""Metrics Insights: SELECT ... FROM ... WHERE ... GROUP BY ... ORDER BY ... LIMIT.

Docs: cloudwatch-metrics-insights-querylanguage, cloudwatch-metrics-insights-limits.
"""

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any, Final

from lark import Lark, Token
from lark.exceptions import UnexpectedInput

from cloudwatch_mcp.sandbox.metrics.aggregation import points, statistic_named
from cloudwatch_mcp.sandbox.metrics.series import REDUCTIONS, ExpressionError, Series
from cloudwatch_mcp.sandbox.metrics.store import Metric, MetricStore, Observation

MAX_SERIES: Final = 500
MAX_METRICS: Final = 10_000

_GRAMMAR = r"""
    start: "SELECT"i FUNCTION "(" name ")" "FROM"i source where? group_by? order_by? limit?
    ?source: name -> namespace | "SCHEMA"i "(" name ("," name)* ")" -> schema
    where: "WHERE"i or
    ?or: and ("OR"i and)* -> any
    ?and: condition ("AND"i condition)* -> all
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
_parser = cache(partial(Lark, _GRAMMAR, parser="lalr", maybe_placeholders=False))

_STATISTICS = {"AVG": "Average", "COUNT": "SampleCount", "MAX": "Maximum", "MIN": "Minimum", "SUM": "Sum"}
_ORDERS = {**REDUCTIONS, "COUNT": REDUCTIONS["DATAPOINT_COUNT"]}

# A lark.Tree. The grammar says which of its children are trees or tokens; the types do not.
Node = Any


@dataclass(frozen=True)
class MetricsInsightsQuery:
    function: str
    metric: str
    namespace: str
    schema: frozenset[str] | None
    condition: Node
    group_by: tuple[str, ...]
    order_by: str | None
    descending: bool
    limit: int


def is_query(expression: str) -> bool:
    return re.match(r"\s*SELECT\s", expression, re.IGNORECASE) is not None


@lru_cache(maxsize=256)
def parse(expression: str) -> MetricsInsightsQuery:
    try:
        tree: Node = _parser().parse(expression)
    except UnexpectedInput as error:
        raise ExpressionError(f"Invalid query syntax at line {error.line}, column {error.column}") from error
    function, metric, source, *others = tree.children
    namespace, *schema = map(_text, source.children)
    clauses: dict[str, list[Any]] = {clause.data: clause.children for clause in others}
    order_by, *direction = clauses.get("order_by", [None])
    (limit,) = clauses.get("limit", [MAX_SERIES])
    if not 0 < int(limit) <= MAX_SERIES:
        raise ExpressionError(f"The LIMIT must be between 1 and {MAX_SERIES}")
    return MetricsInsightsQuery(
        function=function.upper(),
        metric=_text(metric),
        namespace=namespace,
        schema=frozenset(schema) if source.data == "schema" else None,
        condition=clauses.get("where", [None])[0],
        group_by=tuple(map(_text, clauses.get("group_by", []))),
        order_by=order_by and order_by.upper(),
        descending=any(word.type == "DESC" for word in direction),
        limit=int(limit),
    )


def _text(token: Token) -> str:
    if token.type == "PLAIN":
        return str(token)
    quote = token[0]
    return re.sub(rf"\\(.)|{quote}{quote}", lambda match: match[1] or quote, token[1:-1])


def _holds(condition: Node, labels: Mapping[str, str]) -> bool:
    if condition.data == "compare":
        name, sign, value = condition.children
        is_equal = labels.get(_text(name)) == _text(value)
        return is_equal if sign == "=" else not is_equal
    parts = (_holds(part, labels) for part in condition.children)
    return all(parts) if condition.data == "all" else any(parts)


def run(
    query: MetricsInsightsQuery, store: MetricStore, *, start: int, end: int, period: int, account: str
) -> Series | list[Series]:
    """One series, or with GROUP BY one for each group that has data. `start` is the start of a period.

    A group's label is its values, joined by spaces; a metric without the dimension is in group Other.
    """
    groups: defaultdict[tuple[str, ...], list[Observation]] = defaultdict(list)
    for labels, metric in _matching(query, store, account):
        group = tuple(labels.get(dimension, "Other") for dimension in query.group_by)
        groups[group].extend(store.between(metric, start, end))
    function = statistic_named(_STATISTICS[query.function])

    def series(group: tuple[str, ...]) -> Series:
        values = points(groups[group], period, function, start)
        return Series(dict(sorted(values.items())), period, " ".join(group))

    if not query.group_by:
        return series(())
    return _order(query, [one for group in sorted(groups) if (one := series(group)).points])


def _matching(query: MetricsInsightsQuery, store: MetricStore, account: str) -> list[tuple[dict[str, str], Metric]]:
    matches = []
    for metric in store.metrics():
        if (metric.namespace, metric.name) != (query.namespace, query.metric):
            continue
        labels = dict(metric.dimensions)
        if query.schema is not None and query.schema != labels.keys():
            continue
        labels["AWS.AccountId"] = account
        if query.condition is None or _holds(query.condition, labels):
            matches.append((labels, metric))
    return matches[:MAX_METRICS]


def _order(query: MetricsInsightsQuery, series: list[Series]) -> list[Series]:
    if query.order_by:
        order = _ORDERS[query.order_by]
        series.sort(key=lambda one: order(list(one.points.values())), reverse=query.descending)
    return series[: query.limit]
