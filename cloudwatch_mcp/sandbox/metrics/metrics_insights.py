"""Metrics Insights: SELECT ... FROM ... WHERE ... GROUP BY ... ORDER BY ... LIMIT.

Docs: cloudwatch-metrics-insights-querylanguage, cloudwatch-metrics-insights-limits.
"""

import re
from collections import ChainMap, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any, Final

from lark import Lark, Token, Transformer, v_args
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

Labels = Mapping[str, str]
Condition = Callable[[Labels], bool]


@dataclass(frozen=True)
class MetricsInsightsQuery:
    function: str
    metric: str
    namespace: str
    schema: frozenset[str] | None
    condition: Condition = lambda _: True
    group_by: tuple[str, ...] = ()
    order_by: str | None = None
    descending: bool = False
    limit: int = MAX_SERIES


def is_query(expression: str) -> bool:
    return re.match(r"\s*SELECT\s", expression, re.IGNORECASE) is not None


@v_args(inline=True)
class _Builder(Transformer[Token, MetricsInsightsQuery]):
    """Each rule's value: names and values are text, conditions functions, clauses MetricsInsightsQuery's arguments."""

    INTEGER = int
    PLAIN = str

    def FUNCTION(self, name: Token) -> str:  # noqa: N802  # lark calls it by the terminal's name
        return name.upper()

    def QUOTED(self, text: Token) -> str:  # noqa: N802  # lark calls it by the terminal's name
        quote = text[0]
        return re.sub(rf"\\(.)|{quote}{quote}", lambda match: match[1] or quote, text[1:-1])

    VALUE = QUOTED

    def namespace(self, name: str) -> dict[str, Any]:
        return {"namespace": name, "schema": None}

    def schema(self, namespace: str, *dimensions: str) -> dict[str, Any]:
        return {"namespace": namespace, "schema": frozenset(dimensions)}

    def compare(self, name: str, sign: Token, value: str) -> Condition:
        return lambda labels: (labels.get(name) == value) == (sign == "=")

    def all(self, *parts: Condition) -> Condition:
        return lambda labels: all(part(labels) for part in parts)

    def any(self, *parts: Condition) -> Condition:
        return lambda labels: any(part(labels) for part in parts)

    def where(self, condition: Condition) -> dict[str, Any]:
        return {"condition": condition}

    def group_by(self, *dimensions: str) -> dict[str, Any]:
        return {"group_by": dimensions}

    def order_by(self, function: str, direction: Token | None = None) -> dict[str, Any]:
        return {"order_by": function, "descending": direction is not None and direction.type == "DESC"}

    def limit(self, number: int) -> dict[str, Any]:
        return {"limit": number}

    def start(self, function: str, metric: str, *clauses: dict[str, Any]) -> MetricsInsightsQuery:
        return MetricsInsightsQuery(function, metric, **dict(ChainMap(*clauses)))


@lru_cache(maxsize=256)
def parse(expression: str) -> MetricsInsightsQuery:
    try:
        query = _Builder().transform(_parser().parse(expression))
    except UnexpectedInput as error:
        raise ExpressionError(f"Invalid query syntax at line {error.line}, column {error.column}") from error
    if not 0 < query.limit <= MAX_SERIES:
        raise ExpressionError(f"The LIMIT must be between 1 and {MAX_SERIES}")
    return query


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
        if query.condition(labels):
            matches.append((labels, metric))
    return matches[:MAX_METRICS]


def _order(query: MetricsInsightsQuery, series: list[Series]) -> list[Series]:
    if query.order_by:
        order = _ORDERS[query.order_by]
        series.sort(key=lambda one: order(list(one.points.values())), reverse=query.descending)
    return series[: query.limit]
