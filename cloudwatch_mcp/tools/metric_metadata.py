"""The tool that says what metrics mean, and which of them the account has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import Field

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.errors import CloudWatchError, InputError
from cloudwatch_mcp.metrics import catalog
from cloudwatch_mcp.metrics.absence import unknown_name_note
from cloudwatch_mcp.metrics.catalog import PublishedMetric
from cloudwatch_mcp.metrics.inventory import (
    LISTED,
    Inventory,
    combination_rows,
    metric_rows,
    namespace_rows,
    read_inventory,
)
from cloudwatch_mcp.metrics.lookup import look_up
from cloudwatch_mcp.metrics.requests import Metric
from cloudwatch_mcp.tools.context import Ctx, ProfileName, Region, runtime

Namespace = Annotated[
    str | None, Field(min_length=1, max_length=255, description='Like "AWS/Lambda". Default: list all.')
]
MetricName = Annotated[str | None, Field(description="Default: list those of the namespace.")]
_MAX_DESCRIBED = 20  # metrics of a listing; more are listed by name
_MAX_NAMED = 10  # in a note


class MetricMetadata(Answer):
    """`has_recommended_alarms` true: get_recommended_metric_alarms has some.

    `namespaces`, `in_account` and `combinations` (of dimensions) are what the account has; the rest is the catalogue's.
    """

    narrow_by: ClassVar[str] = "give namespace or metric_name"

    found: bool
    namespace: str | None = None
    metric_name: str | None = None
    description: str | None = None
    unit: str | None = None
    statistics: list[str] = []
    dimensions: list[str] = []
    has_recommended_alarms: bool | None = None
    metrics: Table | None = None
    namespaces: Table | None = None
    in_account: Table | None = None
    combinations: Table | None = None


async def get_metric_metadata(
    ctx: Ctx,
    namespace: Namespace = None,
    metric_name: MetricName = None,
    region: Region = None,
    profile_name: ProfileName = None,
) -> MetricMetadata:
    """Look up what metrics mean, and which ones this account has, before you read or alarm on them.

    Returns description, unit, useful statistics and whether alarms are recommended (built in), and the namespaces,
    metrics and dimension values that exist, custom ones too.
    """
    rt = runtime(ctx)
    known = await rt.in_thread(_known, namespace, metric_name)
    if known.namespace is None and len(catalog.find_namespaces(namespace or "")) > 1:
        return known
    try:
        aws = await rt.clients.at(profile_name, region)
        inventory = await read_inventory(aws, known.namespace or namespace, known.metric_name or metric_name)
        answer = await rt.in_thread(_with_account, known, namespace, metric_name, inventory, aws.region)
        if namespace and metric_name and not answer.found and known.namespace is None:
            answer.notes = [*known.notes, await unknown_name_note(aws, Metric(namespace, metric_name, []))]
    except CloudWatchError as error:
        if isinstance(error, InputError) and (region or profile_name):
            raise
        known.notes = [*known.notes, f"What the account has is unknown: {error}"]
        return known
    answer.notes = [*aws.notes, *answer.notes, *inventory.notes()]
    return answer.model_copy(update={"region": aws.region, "profile": aws.profile})


def _known(namespace: str | None, metric_name: str | None) -> MetricMetadata:
    """What the catalogue has."""
    if namespace is None:
        names = catalog.namespaces_with(metric_name) if metric_name else catalog.namespaces()
        return MetricMetadata(found=bool(names), namespaces=table([{"namespace": name} for name in names]))
    namespaces = catalog.find_namespaces(namespace)
    if metric_name is None and len(namespaces) == 1:
        return _listing(namespaces[0])
    lookup = look_up(namespace, metric_name)
    metric = lookup.metric
    if metric is None:
        candidates = _described(lookup.candidates, lookup.namespace)
        return MetricMetadata(found=False, namespace=lookup.namespace, notes=[lookup.note], metrics=candidates)
    return MetricMetadata(
        found=True,
        namespace=metric.namespace,
        metric_name=metric.name,
        description=metric.description,
        unit=metric.unit,
        statistics=metric.statistics,
        dimensions=metric.dimensions,
        has_recommended_alarms=bool(metric.alarms),
        notes=["Its unit and statistics are not in the catalogue."] if metric.source == "name" else [],
    )


def _listing(namespace: str) -> MetricMetadata:
    metrics = list(catalog.metrics_of(namespace).values())
    listing = MetricMetadata(found=True, namespace=namespace, dimensions=catalog.dimensions_of(namespace))
    if len(metrics) <= _MAX_DESCRIBED:
        listing.metrics = _described(metrics, namespace)
        return listing
    names: dict[str | None, list[str]] = {}
    for metric in metrics:
        names.setdefault(metric.unit, []).append(metric.name)
    listing.metrics = table([{"unit": unit, "metrics": ", ".join(those)} for unit, those in names.items()])
    listing.notes = [f"{len(metrics)} metrics: pass a word as metric_name to describe those whose names contain it."]
    return listing


def _described(metrics: Sequence[PublishedMetric], namespace: str | None) -> Table | None:
    """A row per metric, with its namespace unless all are of `namespace`."""
    return table(
        [
            {
                "namespace": None if namespace else metric.namespace,
                "metric": metric.name,
                "unit": metric.unit,
                "description": metric.description,
            }
            for metric in metrics
        ]
    )


def _with_account(
    known: MetricMetadata, namespace: str | None, metric_name: str | None, inventory: Inventory, region: str
) -> MetricMetadata:
    """The catalogue's answer with what the account has; a listing of the account takes the place of a catalogue's."""
    existing = bool(inventory.metrics)
    if namespace is None:
        rows = namespace_rows(inventory.metrics)
        note = f"The account has no {'such metric' if metric_name else 'metrics'} in {region} ({LISTED})."
        return MetricMetadata(
            found=existing or bool(metric_name and known.found),
            namespaces=table(rows) if existing else known.namespaces if metric_name else None,
            notes=[] if existing else [note],
        )
    if not existing:
        if known.found or metric_name is None:
            known.notes = [*known.notes, f"The account has none in {region} ({LISTED})."]
        return known
    if metric_name is None:
        return MetricMetadata(
            found=True,
            namespace=known.namespace or namespace,
            in_account=table(metric_rows(inventory.metrics)),
            notes=_unused_note(known.namespace, {metric.name for metric in inventory.metrics}),
        )
    rows, notes = combination_rows(inventory.metrics)
    if not known.found:
        unknown = "The catalogue does not have this metric; the account does."
        known = MetricMetadata(found=True, namespace=namespace, metric_name=metric_name, notes=[unknown])
    return known.model_copy(update={"combinations": table(rows), "notes": [*known.notes, *notes]})


def _unused_note(namespace: str | None, names: set[str]) -> list[str]:
    """A note on the metrics that AWS publishes in the namespace and the account does not have."""
    others = [name for name in catalog.metrics_of(namespace) if name not in names] if namespace else []
    if not others:
        return []
    more = f" and {len(others) - _MAX_NAMED} more" if len(others) > _MAX_NAMED else ""
    return [f"AWS also publishes {', '.join(others[:_MAX_NAMED])}{more}; metric_name describes one."]
