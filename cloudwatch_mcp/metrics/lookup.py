"""A metric of the catalogue by what people call it, or a note that helps to find it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cloudwatch_mcp.errors import quote
from cloudwatch_mcp.metrics import catalog
from cloudwatch_mcp.metrics.catalog import PublishedMetric

_MAX_CANDIDATES = 8
_MAX_NAMESPACES = 10  # in a note


class Lookup(NamedTuple):
    """The metric, or a note and `candidates` to choose from.

    `namespace` is None where it is unknown or can mean several.
    """

    namespace: str | None
    metric: PublishedMetric | None = None
    note: str = ""
    candidates: Sequence[PublishedMetric] = ()


def look_up(namespace: str, metric_name: str | None) -> Lookup:
    """The metric of this name; of several namespaces with one nickname, the one that has it."""
    namespaces = catalog.find_namespaces(namespace)
    only = namespaces[0] if len(namespaces) == 1 else None
    if not namespaces:
        return Lookup(None, note=_unknown_namespace(namespace))
    if metric_name is None:
        return Lookup(only, note=f"{quote(namespace)} can mean {', '.join(namespaces)}: pass one of them.")
    matches = [metric for each in namespaces if (metric := catalog.find_metric(each, metric_name))]
    if len(matches) == 1:
        return Lookup(matches[0].namespace, metric=matches[0])
    if matches:
        note = f"{quote(namespace)} can mean {', '.join(namespaces)}; pass one of them. Metrics of this name:"
        return Lookup(only, note=note, candidates=matches)
    note, candidates = _unknown_metric(namespaces, metric_name)
    return Lookup(only, note=note, candidates=candidates)


def _unknown_namespace(namespace: str) -> str:
    near = catalog.nearest_namespaces(namespace)
    hint = f" Nearest: {', '.join(near)}." if near else ""
    return f"The catalogue has no namespace {quote(namespace)}.{hint} get_metric_data reads any, custom ones too."


def _unknown_metric(namespaces: Sequence[str], metric_name: str) -> tuple[str, Sequence[PublishedMetric]]:
    note = f"The catalogue has no metric {quote(metric_name)} in {', '.join(namespaces)}"
    if containing := [metric for each in namespaces for metric in catalog.metrics_containing(each, metric_name)]:
        some = f"{_MAX_CANDIDATES} of {len(containing)} " if len(containing) > _MAX_CANDIDATES else ""
        return f"{note}; {some}names that contain it:", containing[:_MAX_CANDIDATES]
    if elsewhere := catalog.namespaces_with(metric_name):
        more = f" and {len(elsewhere) - _MAX_NAMESPACES} more" if len(elsewhere) > _MAX_NAMESPACES else ""
        return f"{note}; it is in {', '.join(elsewhere[:_MAX_NAMESPACES])}{more}.", []
    if near := [metric for each in namespaces for metric in catalog.nearest_metrics(each, metric_name)]:
        return f"{note}. Nearest:", near[:_MAX_CANDIDATES]
    return f"{note}. get_metric_metadata without metric_name lists its metrics.", []
