"""The notes of an analysis: what is missing, partial or empty, what was looked for, and why."""

from __future__ import annotations

from cloudwatch_mcp.errors import quote
from cloudwatch_mcp.logs.analysis import Analysis, Question
from cloudwatch_mcp.logs.patterns import MAX_PATTERNS
from cloudwatch_mcp.logs.query_results import Results
from cloudwatch_mcp.logs.samples import sample_notes


def analysis_notes(analysis: Analysis, *, anomalies: bool, differs: bool) -> list[str]:
    """The notes; `anomalies` and `differs` say whether there are any to show."""
    return [
        *analysis.failures,
        *_class_notes(analysis.question),
        *_anomaly_notes(analysis, shown=anomalies),
        *_partial_notes("Patterns", analysis.patterns),
        *_partial_notes("Patterns before", analysis.patterns_before),
        *_age_notes(analysis.question),
        *_event_notes(analysis, differs=differs),
    ]


def _class_notes(question: Question) -> list[str]:
    if question.has_patterns:
        return []
    return [f"No patterns: a log group of class {question.group.log_class} does not support the pattern command."]


def _anomaly_notes(analysis: Analysis, *, shown: bool) -> list[str]:
    if analysis.anomalies is None:
        return []
    if not analysis.anomalies.detectors:
        return ["No anomaly detector watches this log group."]
    return analysis.anomalies.notes if analysis.anomalies.notes or shown else ["No anomaly overlaps the window."]


def _partial_notes(part: str, query: Results | None) -> list[str]:
    if query is None:
        return []
    if query.stopped_after is not None:
        return [f"{part} are partial: stopped at CLOUDWATCH_MCP_MAX_SCAN_GB."]
    if not query.ended:
        rest = f"get_logs_insight_query_results with query_id {quote(query.query_id)} gives the rest"
        return [f"{part} are partial: the query was still running; {rest}."]
    if len(query.rows) >= MAX_PATTERNS:
        return [f"{part} are the {MAX_PATTERNS} most common ones; rarer ones are not counted. Narrow the window."]
    return []


def _age_notes(question: Question) -> list[str]:
    beginning, first = question.beginning, question.earlier or question.window
    if beginning is None or beginning.time <= first.start:
        return []
    part = "the window" if beginning.time > question.window.start else "the window before"
    return [f"The log group {beginning.reason}: {part} begins earlier."]


def _event_notes(analysis: Analysis, *, differs: bool) -> list[str]:
    patterns, samples, window = analysis.patterns, analysis.samples, analysis.question.window
    no_pattern = patterns is not None and patterns.complete and not patterns.rows
    no_sample = samples is not None and samples.complete and not samples.events
    if no_pattern or no_sample:
        return [f"No log events between {' and '.join(window.as_text())}: try {window.a_day_earlier()}."]
    return sample_notes(samples, analysis.question.focus, differ=differs)
