"""Traces with OpenTelemetry: what a span says about a tool call, and whether spans are exported at all."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping

from opentelemetry.trace import get_current_span

REGION, OUTCOME = "cloud.region", "cloudwatch_mcp.outcome"
AWS_CALLS, ANSWER_CHARACTERS = "cloudwatch_mcp.aws_calls", "cloudwatch_mcp.answer_characters"
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def describe_call(region: str | None, outcome: str, aws_calls: int, answer_characters: int) -> None:
    """Add this to the current span, if spans are recorded."""
    span = get_current_span()
    if span.is_recording():
        span.set_attributes({OUTCOME: outcome, AWS_CALLS: aws_calls, ANSWER_CHARACTERS: answer_characters})
        if region:
            span.set_attribute(REGION, region)


def start_tracing(environment: Mapping[str, str]) -> Callable[[], None]:
    """Export spans if OpenTelemetry's variables ask for it; the function returned ends that, within 0.3 s.

    Otherwise OpenTelemetry's SDK is not even imported. What prevents the export is one line on stderr.
    """
    if not _is_wanted(environment):
        return lambda: None
    try:
        from cloudwatch_mcp.server.span_export import export_spans  # needs the extra `otel`

        return export_spans(environment)
    except ImportError as error:
        reason = f"install cloudwatch-mcp[otel] ({error})"
    except Exception as error:  # noqa: BLE001 - an exporter refuses its variables with any kind of error
        reason = str(error)
    sys.stderr.write(f"cloudwatch-mcp: the OTEL_ variables ask for traces, but none are exported: {reason}\n")
    return lambda: None


def _is_wanted(environment: Mapping[str, str]) -> bool:
    exporter = environment.get("OTEL_TRACES_EXPORTER", "").strip()
    is_disabled = environment.get("OTEL_SDK_DISABLED", "").strip().lower() == "true"
    is_asked = exporter != "none" if exporter else any(environment.get(name) for name in _ENDPOINTS)
    return is_asked and not is_disabled
