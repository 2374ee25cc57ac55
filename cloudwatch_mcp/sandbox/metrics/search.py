"""The metrics that ListMetrics and a SEARCH expression find (docs: search-expression-syntax)."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from cloudwatch_mcp.sandbox import grammar
from cloudwatch_mcp.sandbox.grammar import Node
from cloudwatch_mcp.sandbox.metrics.series import ExpressionError
from cloudwatch_mcp.sandbox.metrics.store import MAX_AGE, Metric, MetricStore
from cloudwatch_mcp.sandbox.next_token import page

PAGE = 500

_RECENT = 3 * 3600
MAX_RESULTS = 500

_GRAMMAR = r"""
    start: schema? or?
    schema: "{" (QUOTED | WORD) ("," (QUOTED | WORD))* "}"
    ?or: and (_OR and)*
    ?and: negated (_AND? negated)*
    ?negated: _NOT negated -> not | KEY? (QUOTED | WORD | "(" or ")") -> term

    _OR.2: /OR\b/
    _AND.2: /AND\b/
    _NOT.2: /NOT\b/
    KEY.1: /("[^"]+"|[:\w.-]+)\s*=/
    QUOTED: /"[^"]*"/
    WORD: /[^\s"(){},=]+/
    %ignore /\s+/
    """
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def list_metrics(request: Mapping[str, Any], store: MetricStore, now: datetime) -> dict[str, Any]:
    oldest = now.timestamp() - (_RECENT if "RecentlyActive" in request else MAX_AGE)
    is_owner = request.get("OwningAccount", store.account) == store.account
    metrics = [each.description for each in store.metrics(since=oldest) if is_owner and _has(each, request)]
    answer = page(request, "Metrics", metrics, PAGE)
    if request.get("IncludeLinkedAccounts"):
        answer["OwningAccounts"] = [store.account] * len(answer["Metrics"])
    return answer


def _has(metric: Metric, request: Mapping[str, Any]) -> bool:
    dimensions = dict(metric.dimensions)
    asked = [(each["Name"], each.get("Value")) for each in request.get("Dimensions") or ()]
    return (
        request.get("Namespace", metric.namespace) == metric.namespace
        and request.get("MetricName", metric.name) == metric.name
        and all(name in dimensions and value in (None, dimensions[name]) for name, value in asked)
    )


def found_metrics(expression: str, metrics: Iterable[Metric]) -> list[Metric]:
    invalid = "Invalid search expression at position"
    tree = grammar.parse(_GRAMMAR, expression, lambda error: ExpressionError(f"{invalid} {error.pos_in_stream}"))
    if not tree.children:
        raise ExpressionError("A search needs a metric schema or a search term")
    matches = [metric for metric in metrics if all(_matches(part, metric) for part in tree.children)]
    return matches[:MAX_RESULTS]


def _matches(part: Node, metric: Metric) -> bool:
    if part.data != "schema":
        return grammar.holds(part, partial(_has_term, metric, None))
    namespace, *dimensions = (str(name).strip('"') for name in part.children)
    return metric.namespace == namespace and {name for name, _ in metric.dimensions} == set(dimensions)


def _has_term(metric: Metric, key: str | None, term: Node) -> bool:
    *keys, value = term.children
    if keys:
        key = str(keys[0]).rstrip("= \t").strip('"')
    if not isinstance(value, str):
        return grammar.holds(value, partial(_has_term, metric, key))
    return any(_is_in(value, text) for text in _texts(metric, key))


def _texts(metric: Metric, key: str | None) -> list[str]:
    """The texts that a term with this designator is compared with."""
    texts = {"Namespace": metric.namespace, "MetricName": metric.name, **dict(metric.dimensions)}
    if key is None:
        return [*texts.values(), *(name for name, _ in metric.dimensions)]
    return [texts[key]] if key in texts else []


def _is_in(term: str, text: str) -> bool:
    if term.startswith('"'):
        return term[1:-1] == text
    return term.lower() == text.lower() or _tokens(term) <= _tokens(text)


def _tokens(text: str) -> set[str]:
    """A text's parts between other characters than letters and digits, and their words in camel case."""
    parts = re.split(r"[^A-Za-z0-9]+", text)
    return {token.lower() for part in parts for token in (part, *_WORDS.findall(part)) if token}
