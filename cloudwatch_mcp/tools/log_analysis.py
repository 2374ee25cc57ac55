"""The tool that gives a first picture of one log group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.aws.calls import Aws, settle
from cloudwatch_mcp.errors import CloudWatchError, InputError, quote
from cloudwatch_mcp.logs.anomalies import Anomalies, anomaly_rows, detector_rows, read_anomalies
from cloudwatch_mcp.logs.cost import ScanVolume, scan_volume
from cloudwatch_mcp.logs.group_arn import LogGroupArn, is_arn, is_log_group_name
from cloudwatch_mcp.logs.groups import LogGroup, find_log_group
from cloudwatch_mcp.logs.patterns import (
    CLASSES_WITHOUT_PATTERNS,
    ERROR_PATTERNS,
    TOP_PATTERNS,
    Row,
    new_patterns,
    pattern_rows,
    with_json_samples,
    without_known_samples,
)
from cloudwatch_mcp.logs.query_lifecycle import Query, run_query
from cloudwatch_mcp.logs.query_results import Results
from cloudwatch_mcp.timerange import Window, resolve_window
from cloudwatch_mcp.tools.context import Ctx, EndTime, ProfileName, Region, Runtime, StartTime, runtime

_PATTERN_SECONDS = 30


class LogGroupAnalysis(Answer):
    """Counts are of log events in the window. Patterns mark what varies as <…>; an anomaly's sample may be theirs."""

    narrow_by: ClassVar[str] = "narrow the window"

    log_group: str
    detectors: Table | None = None
    anomalies: Table | None = None
    top_patterns: Table | None = None
    error_patterns: Table | None = None
    scanned: ScanVolume | None = None


async def analyze_log_group(
    ctx: Ctx,
    log_group_arn: Annotated[str, Field(description="ARN or name of the log group.")],
    start_time: StartTime | None = None,
    end_time: EndTime = None,
    region: Region = None,
    profile_name: ProfileName = None,
) -> LogGroupAnalysis:
    """Get a first picture of one log group when you do not know yet what to look for.

    Gives its anomalies, its most common message patterns and its most common patterns with error words, each with a
    sample. Default window: the last hour. Runs two Logs Insights queries, billed by bytes scanned. Go on with
    execute_log_insights_query.
    """
    rt = runtime(ctx)
    window = resolve_window(start_time, end_time, now=rt.clock.now(), default=timedelta(hours=1))
    arn = _parsed_arn(log_group_arn, region)
    aws = await rt.clients.at(profile_name, arn.region if arn else region)
    group = LogGroup(arn.name, str(arn)) if arn else await find_log_group(aws, log_group_arn)
    findings = await _investigate(rt, aws, group, window)
    return await rt.in_thread(_answer, aws, group, window, findings, rt.settings.price_per_gb)


def _parsed_arn(group: str, region: str | None) -> LogGroupArn | None:
    """The ARN of the log group; None if it is given by its name.

    Raises:
        InputError: it is neither, or the ARN is of another Region than `region`.
    """
    if is_arn(group):
        arn = LogGroupArn.parse(group, "log_group_arn")
        if region and region != arn.region:
            raise InputError(f"region is {quote(region)}, but the ARN is of {arn.region}: leave region out.")
        return arn
    if not is_log_group_name(group):
        raise InputError(f"log_group_arn: {quote(group)} is neither the name nor the ARN of a log group.")
    return None


@dataclass(frozen=True)
class _Findings:
    """The parts of an analysis; a part is None if it failed, or if the log group's class does not support it."""

    anomalies: Anomalies | None
    top_patterns: Results | None
    error_patterns: Results | None
    failures: list[str]

    @property
    def queries(self) -> list[Results]:
        return [query for query in (self.top_patterns, self.error_patterns) if query is not None]


async def _investigate(rt: Runtime, aws: Aws, group: LogGroup, window: Window) -> _Findings:
    """Read all parts at once.

    Raises:
        CloudWatchError: all of them failed.
    """

    async def patterns(text: str) -> Results | None:
        if group.log_class in CLASSES_WITHOUT_PATTERNS:
            return None
        query = Query(text, window, identifiers=[group.arn])
        return await run_query(
            aws, rt.clock, query, rt.query_slots, max_timeout=_PATTERN_SECONDS, max_scan_bytes=rt.max_scan_bytes
        )

    parts = ("Anomalies", "Top patterns", "Error patterns")
    results = await settle(read_anomalies(aws, group.arn), patterns(TOP_PATTERNS), patterns(ERROR_PATTERNS))
    failures = {part: each for part, each in zip(parts, results, strict=True) if isinstance(each, CloudWatchError)}
    anomalies, top, errors = (None if isinstance(each, CloudWatchError) else each for each in results)
    if failures and anomalies is top is errors is None:
        raise next(iter(failures.values()))
    return _Findings(anomalies, top, errors, [f"{part} are missing: {error}" for part, error in failures.items()])


def _answer(aws: Aws, group: LogGroup, window: Window, findings: _Findings, price_per_gb: float) -> LogGroupAnalysis:
    found = findings.anomalies or Anomalies()
    anomalies = anomaly_rows(found, group.arn, window)
    top = pattern_rows(findings.top_patterns)
    errors = pattern_rows(findings.error_patterns)
    new_errors = new_patterns(errors, top)
    return LogGroupAnalysis(
        region=aws.region,
        profile=aws.profile,
        window=window.as_text(),
        notes=[
            *aws.notes,
            *findings.failures,
            *_class_notes(group),
            *_anomaly_notes(findings.anomalies, overlapping=bool(anomalies)),
            *_partial_notes("Top patterns", findings.top_patterns),
            *_partial_notes("Error patterns", findings.error_patterns),
            *_empty_notes(findings, window),
            *_repetition_notes(errors, new_errors),
        ],
        log_group=group.name,
        detectors=table(detector_rows(found)),
        anomalies=table(with_json_samples(without_known_samples(anomalies, [*top, *new_errors]))),
        top_patterns=table(with_json_samples(top)),
        error_patterns=table(with_json_samples(new_errors)),
        scanned=scan_volume(findings.queries, price_per_gb) if findings.queries else None,
    )


def _class_notes(group: LogGroup) -> list[str]:
    if group.log_class not in CLASSES_WITHOUT_PATTERNS:
        return []
    return [f"No patterns: a log group of class {group.log_class} does not support the pattern command."]


def _anomaly_notes(anomalies: Anomalies | None, *, overlapping: bool) -> list[str]:
    if anomalies is None:
        return []
    if not anomalies.detectors:
        return ["No anomaly detector watches this log group."]
    return anomalies.notes if anomalies.notes or overlapping else ["No anomaly overlaps the window."]


def _partial_notes(part: str, query: Results | None) -> list[str]:
    if query is not None and query.stopped_after is not None:
        return [f"{part} are partial: stopped at CLOUDWATCH_MCP_MAX_SCAN_GB."]
    if query is not None and not query.ended:
        rest = f"get_logs_insight_query_results with query_id {quote(query.query_id)} gives the rest"
        return [f"{part} are partial: the query was still running after {_PATTERN_SECONDS} s; {rest}."]
    return []


def _empty_notes(findings: _Findings, window: Window) -> list[str]:
    top, errors = findings.top_patterns, findings.error_patterns
    if top is not None and top.complete and not top.rows:
        return [f"No log events between {' and '.join(window.as_text())}: try {window.a_day_earlier()}."]
    if errors is not None and errors.complete and not errors.rows:
        return ["No message in the window contains an error word."]
    return []


def _repetition_notes(errors: list[Row], new_errors: list[Row]) -> list[str]:
    if len(errors) == len(new_errors):
        return []
    which = f"{len(errors) - len(new_errors)} of the {len(errors)} most common error patterns are"
    if not new_errors:
        which = "The most common error patterns are all"
    return [f"{which} among top_patterns and not repeated."]
