"""Exports the SDK's spans with OpenTelemetry (extra `otel`), as the standard OTEL_ variables say.

A span has the tool, the Region, the number of AWS calls, the outcome and the size of the answer: never arguments,
answers or messages. The SDK's spans have some of these, so a span is exported with the listed attributes only.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from threading import Thread

from opentelemetry import trace
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SpanExporter, SpanExportResult
from opentelemetry.trace import Status

from cloudwatch_mcp import __version__
from cloudwatch_mcp.server.tracing import ANSWER_CHARACTERS, AWS_CALLS, OUTCOME, REGION
from cloudwatch_mcp.tools import TOOLS

_FLUSH_SECONDS = 0.3  # at the end of the process, for the spans that are not exported yet
_SDK = "mcp-python-sdk"  # the name of its tracer
_METHOD, _TOOL = "mcp.method.name", "gen_ai.tool.name"
_KEPT = frozenset(
    {
        _METHOD,
        "mcp.protocol.version",
        "gen_ai.operation.name",
        "error.type",
        "rpc.response.status_code",
        REGION,
        AWS_CALLS,
        OUTCOME,
        ANSWER_CHARACTERS,
    }
)
_TOOLS = frozenset(entry.function.__name__ for entry in TOOLS)


class ExporterMissing(ImportError):
    """An exporter that the variables ask for is not installed."""


def export_spans(environment: Mapping[str, str]) -> Callable[[], None]:
    """Export all spans from now on; the function returned ends that, within 0.3 s.

    Raises:
        ExporterMissing: an exporter is not installed.
        ValueError: a variable is invalid.
    """
    provider = provider_of(_exporters(environment))
    trace.set_tracer_provider(provider)
    return lambda: shut_down(provider)


def provider_of(exporters: Sequence[SpanExporter]) -> TracerProvider:
    defaults = Resource({"service.name": "cloudwatch-mcp", "service.version": __version__})
    resource = Resource.create(defaults.merge(OTELResourceDetector().detect()).attributes)
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(Reducing(exporter)))
    return provider


def shut_down(provider: TracerProvider) -> None:
    """Export what is left, unless the collector takes too long: a client does not wait for it."""
    thread = Thread(target=provider.shutdown, daemon=True)
    thread.start()
    thread.join(_FLUSH_SECONDS)


class Reducing(SpanExporter):
    """Exports the spans of the SDK without arguments, names that a client made up, messages and exceptions."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        ours = [span for span in spans if span.instrumentation_scope and span.instrumentation_scope.name == _SDK]
        return self._exporter.export([_reduced(span) for span in ours])

    def shutdown(self) -> None:
        self._exporter.shutdown()


def _reduced(span: ReadableSpan) -> ReadableSpan:
    attributes = dict(span.attributes or {})
    kept = {name: value for name, value in attributes.items() if name in _KEPT}
    if (tool := attributes.get(_TOOL)) in _TOOLS:
        kept[_TOOL] = tool
    return ReadableSpan(
        name=" ".join(str(kept[part]) for part in (_METHOD, _TOOL) if part in kept),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=kept,
        links=span.links,
        kind=span.kind,
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _exporters(environment: Mapping[str, str]) -> list[SpanExporter]:
    names = environment.get("OTEL_TRACES_EXPORTER") or "otlp"
    return [_exporter(name.strip(), environment) for name in names.split(",")]


def _exporter(name: str, environment: Mapping[str, str]) -> SpanExporter:
    """By the name in OTEL_TRACES_EXPORTER."""
    if name == "console":
        return ConsoleSpanExporter(out=sys.stderr)  # stdout belongs to the protocol
    if name == "otlp":
        protocols = (environment.get(f"OTEL_EXPORTER_OTLP_{part}PROTOCOL") for part in ("TRACES_", ""))
        name = "otlp_proto_grpc" if next(filter(None, protocols), "") == "grpc" else "otlp_proto_http"
    for entry_point in entry_points(group="opentelemetry_traces_exporter", name=name):
        exporter: SpanExporter = entry_point.load()()
        return exporter
    raise ExporterMissing(f"no package has the exporter {name}")
