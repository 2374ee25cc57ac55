"""The metrics that an account has in a Region, as ListMetrics gives them, summed up as rows of tables."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import chain, zip_longest
from typing import Any, NamedTuple

from cloudwatch_mcp.answers.text import clip
from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.metrics import catalog

LISTED = "CloudWatch lists metrics that had data in the last 2 weeks"
MAX_METRICS = 10_000  # of one listing: 20 pages
MAX_COMBINATIONS = 10  # of one metric, in an answer
_VALUES = 3  # of a dimension, in a row
_VALUES_CHARS = 400

Combination = tuple[tuple[str, str], ...]


class ListedMetric(NamedTuple):
    namespace: str
    name: str
    combination: Combination

    @property
    def dimensions(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.combination)


class Inventory(NamedTuple):
    """Metrics of an account, and whether there are `more`."""

    metrics: list[ListedMetric]
    more: bool

    def notes(self) -> list[str]:
        if not self.more:
            return []
        return [f"More than {MAX_METRICS:,} metrics match; {MAX_METRICS:,} were read, in CloudWatch's own order."]


async def read_inventory(aws: Aws, namespace: str | None, metric_name: str | None) -> Inventory:
    """Up to 10,000 metrics of this namespace and name.

    Raises:
        AwsError: as `Aws.pages`.
    """
    metrics: list[ListedMetric] = []
    async for page in aws.pages("ListMetrics", Namespace=namespace, MetricName=metric_name):
        metrics += [_listed(metric) for metric in page.get("Metrics", [])]
        if len(metrics) >= MAX_METRICS:
            return Inventory(metrics[:MAX_METRICS], bool(page.get("NextToken")) or len(metrics) > MAX_METRICS)
    return Inventory(metrics, more=False)


def _listed(metric: dict[str, Any]) -> ListedMetric:
    pairs = {(dimension["Name"], dimension["Value"]) for dimension in metric.get("Dimensions", [])}
    return ListedMetric(metric.get("Namespace", ""), metric.get("MetricName", ""), tuple(sorted(pairs)))


def namespace_rows(metrics: Iterable[ListedMetric]) -> list[dict[str, Any]]:
    """A row per namespace: custom ones first, then those that AWS publishes."""
    names: defaultdict[str, set[str]] = defaultdict(set)
    combinations: Counter[str] = Counter()
    for metric in metrics:
        names[metric.namespace].add(metric.name)
        combinations[metric.namespace] += 1
    published = set(catalog.namespaces())
    in_order = sorted(names, key=lambda namespace: (namespace in published, namespace))
    return [{"namespace": each, "metrics": len(names[each]), "combinations": combinations[each]} for each in in_order]


def metric_rows(metrics: Iterable[ListedMetric]) -> list[dict[str, Any]]:
    """A row per set of dimensions, with the metrics that have the same combinations of values of them."""
    combinations: defaultdict[tuple[str, tuple[str, ...]], set[Combination]] = defaultdict(set)
    for metric in metrics:
        combinations[metric.name, metric.dimensions].add(metric.combination)
    alike: defaultdict[tuple[tuple[str, ...], frozenset[Combination]], list[str]] = defaultdict(list)
    for (name, dimensions), existing in sorted(combinations.items()):
        alike[dimensions, frozenset(existing)].append(name)
    return [
        {
            "metrics": ", ".join(names),
            "dimensions": ", ".join(dimensions) or "none",
            "combinations": len(existing),
            "values": clip(_values(dimensions, sorted(existing)), _VALUES_CHARS),
        }
        for (dimensions, existing), names in alike.items()
    ]


def combination_rows(metrics: Sequence[ListedMetric]) -> tuple[list[dict[str, str]], list[str]]:
    """Up to ten combinations of one metric, of each set of dimensions in turn, and notes on the others."""
    by_dimensions: defaultdict[tuple[str, ...], list[Combination]] = defaultdict(list)
    for metric in sorted(set(metrics)):
        by_dimensions[metric.dimensions].append(metric.combination)
    notes = []
    bare = by_dimensions.pop((), None)
    if bare:
        notes.append("It exists without dimensions" + (", too." if by_dimensions else "."))
    in_turn = [each for each in chain.from_iterable(zip_longest(*by_dimensions.values())) if each]
    if len(in_turn) > MAX_COMBINATIONS:
        counts = "; ".join(f"{len(each):,} of {', '.join(names)}" for names, each in by_dimensions.items())
        notes.append(f"{MAX_COMBINATIONS} of {len(in_turn):,} combinations are shown: {counts}.")
    return [dict(each) for each in in_turn[:MAX_COMBINATIONS]], notes


def _values(dimensions: Sequence[str], combinations: Sequence[Combination]) -> str:
    texts = []
    for position, dimension in enumerate(dimensions):
        values = list(dict.fromkeys(combination[position][1] for combination in combinations))
        more = f" (+{len(values) - _VALUES:,})" if len(values) > _VALUES else ""
        texts.append(f"{dimension}: {', '.join(values[:_VALUES])}{more}")
    return "; ".join(texts)
