"""The metrics that ListMetrics and a SEARCH expression find (docs: search-expression-syntax)."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedInput

from cloudwatch_mcp.sandbox.metrics.series import ExpressionError
from cloudwatch_mcp.sandbox.metrics.store import MAX_AGE, Metric, MetricStore
from cloudwatch_mcp.sandbox.next_token import page

PAGE = 500

_RECENT = 3 * 3600
MAX_RESULTS = 500

_GRAMMAR = r"""
    start: [schema] [or]
    schema: "{" (QUOTED | WORD) ("," (QUOTED | WORD))* "}"
    or: and (_OR and)*
    and: not (_AND? not)*
    ?not: _NOT not -> negated | term
    term: [KEY] (QUOTED | WORD | "(" or ")")

    _OR.2: /OR\b/
    _AND.2: /AND\b/
    _NOT.2: /NOT\b/
    KEY.1: /("[^"]+"|[:\w.-]+)\s*=/
    QUOTED: /"[^"]*"/
    WORD: /[^\s"(){},=]+/
    %ignore /\s+/
    """
_parser = cache(partial(Lark, _GRAMMAR, parser="lalr"))
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

Node = Tree[Token]


def list_metrics(request: Mapping[str, Any], store: MetricStore, now: datetime, account: str) -> dict[str, Any]:
    oldest = now.timestamp() - (_RECENT if "RecentlyActive" in request else MAX_AGE)
    metrics = [
        metric
        for metric in store.metrics(since=oldest)
        if request.get("OwningAccount", account) == account and _has(metric, request)
    ]
    shown, token = page(metrics, PAGE, request)
    answer: dict[str, Any] = {"Metrics": [metric.description for metric in shown], "NextToken": token}
    if request.get("IncludeLinkedAccounts"):
        answer["OwningAccounts"] = [account] * len(shown)
    return answer


def _has(metric: Metric, request: Mapping[str, Any]) -> bool:
    dimensions = dict(metric.dimensions)
    return (
        request.get("Namespace", metric.namespace) == metric.namespace
        and request.get("MetricName", metric.name) == metric.name
        and all(
            each["Name"] in dimensions and each.get("Value", dimensions[each["Name"]]) == dimensions[each["Name"]]
            for each in request.get("Dimensions") or ()
        )
    )


@lru_cache(maxsize=256)
def _parse(expression: str) -> Node:
    try:
        return _parser().parse(expression)
    except UnexpectedInput as error:
        raise ExpressionError(f"Invalid search expression at position {error.pos_in_stream}") from error


def found_metrics(expression: str, metrics: Iterable[Metric]) -> list[Metric]:
    schema, condition = _parse(expression).children
    if schema is None and condition is None:
        raise ExpressionError("A search needs a metric schema or a search term")
    names = [str(name).strip('"') for name in schema.children] if isinstance(schema, Tree) else []
    matches = [
        metric
        for metric in metrics
        if (not names or (metric.namespace == names[0] and {name for name, _ in metric.dimensions} == {*names[1:]}))
        and (not isinstance(condition, Tree) or _holds(condition, metric, None))
    ]
    return matches[:MAX_RESULTS]


def _holds(node: Node, metric: Metric, key: str | None) -> bool:
    parts = (_holds(child, metric, key) for child in node.children if isinstance(child, Tree))
    match node.data:
        case "or":
            return any(parts)
        case "and":
            return all(parts)
        case "negated":
            return not next(parts)
    name, value = node.children
    key = str(name).rstrip("= \t").strip('"') if name else key
    if isinstance(value, Tree):
        return _holds(value, metric, key)
    return any(_matches(str(value), text) for text in _texts(metric, key))


def _texts(metric: Metric, key: str | None) -> list[str]:
    """The texts that a term with this designator is compared with."""
    texts = {"Namespace": metric.namespace, "MetricName": metric.name, **dict(metric.dimensions)}
    if key is None:
        return [*texts.values(), *(name for name, _ in metric.dimensions)]
    return [texts[key]] if key in texts else []


def _matches(term: str, text: str) -> bool:
    if term.startswith('"'):
        return term[1:-1] == text
    return term.lower() == text.lower() or _tokens(term) <= _tokens(text)


def _tokens(text: str) -> set[str]:
    """A text's parts between other characters than letters and digits, and their words in camel case."""
    parts = re.split(r"[^A-Za-z0-9]+", text)
    return {token.lower() for part in parts for token in (part, *_WORDS.findall(part)) if token}
