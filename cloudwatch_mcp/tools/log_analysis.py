"""The tool that says what stands out in one log group."""

from __future__ import annotations

import re
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import chain
from typing import Annotated, Any, ClassVar

from pydantic import Field

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.aws.calls import Aws, settle
from cloudwatch_mcp.errors import CloudWatchError, InputError, quote
from cloudwatch_mcp.logs import query_lifecycle
from cloudwatch_mcp.logs.cost import Scanned, scanned
from cloudwatch_mcp.logs.groups import no_such_group
from cloudwatch_mcp.logs.patterns import not_among, pattern_rows, with_json, without_known_samples
from cloudwatch_mcp.timerange import Window, from_millis, resolve_window
from cloudwatch_mcp.tools.context import Ctx, EndTime, ProfileName, Region, Runtime, StartTime, runtime

_ARN = re.compile(r"(arn:[\w-]+:logs:(?P<region>[\w-]+):\d{12}:log-group:[\w./#-]{1,512})(?::\*)?")
_NAME = re.compile(r"[\w./#-]{1,512}")
_MILLIS = re.compile(r"[0-9]{1,14}")
_PATTERNS = 5
_DETECTORS = 20  # of one log group; CloudWatch allows one or two
_PATTERN_SECONDS = 30
_TOP = f"pattern @message | sort @sampleCount desc | limit {_PATTERNS}"
_ERRORS = f"filter @message like /(?i)(error|exception|fail|timeout|timed out|fatal)/ | {_TOP}"
_WITHOUT_PATTERNS = ("INFREQUENT_ACCESS", "DELIVERY")  # docs: CWL_AnalyzeLogData_Classes
_PRIORITIES = ("HIGH", "MEDIUM", "LOW")


class LogGroupAnalysis(Answer):
    """Counts are of log events in the window. Patterns mark what varies as <…>; an anomaly's sample may be theirs."""

    narrow_by: ClassVar[str] = "narrow the window"

    log_group: str
    detectors: Table | None = None
    anomalies: Table | None = None
    top_patterns: Table | None = None
    error_patterns: Table | None = None
    scanned: Scanned | None = None


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
    aws = await rt.clients.at(profile_name, _region_for(log_group_arn, region))
    arn, log_class = await _look_up(aws, log_group_arn)
    wanted: dict[str, Coroutine[Any, Any, Any]] = {"Anomalies": _read_anomalies(rt, aws, arn, window)}
    if log_class not in _WITHOUT_PATTERNS:
        wanted["Top patterns"] = _patterns(rt, aws, _TOP, arn, window)
        wanted["Error patterns"] = _patterns(rt, aws, _ERRORS, arn, window)
    results = dict(zip(wanted, await settle(*wanted.values()), strict=True))
    failures = [error for error in results.values() if isinstance(error, CloudWatchError)]
    if len(failures) == len(results):
        raise failures[0]
    shaped = await rt.in_thread(_shaped, results)
    queries = [result for result in results.values() if isinstance(result, query_lifecycle.Results)]
    return shaped.model_copy(
        update={
            "region": aws.region,
            "profile": aws.profile,
            "window": window.as_text(),
            "notes": [*aws.notes, *_notes(results, log_class, window), *shaped.notes],
            "log_group": arn.rsplit(":log-group:", 1)[-1],
            "scanned": scanned(queries, rt.settings.price_per_gb) if queries else None,
        }
    )


def _shaped(results: Mapping[str, Any]) -> LogGroupAnalysis:
    """The tables of what was read, and a note on what they do not repeat."""
    queries = {part: result for part, result in results.items() if isinstance(result, query_lifecycle.Results)}
    found = results["Anomalies"] if isinstance(results["Anomalies"], _Anomalies) else _Anomalies()
    top = pattern_rows(queries.get("Top patterns"))
    errors, notes = not_among(top, pattern_rows(queries.get("Error patterns")))
    return LogGroupAnalysis(
        notes=notes,
        log_group="",
        detectors=table(
            [
                {"name": each.get("detectorName"), "status": each.get("anomalyDetectorStatus")}
                for each in found.detectors
            ]
        ),
        anomalies=table(with_json(without_known_samples(list(map(_anomaly_row, found.anomalies)), [*top, *errors]))),
        top_patterns=table(with_json(top)),
        error_patterns=table(with_json(errors)),
    )


def _region_for(group: str, region: str | None) -> str | None:
    """The Region to ask: an ARN's own; a plain name leaves it to `region`."""
    if not group.startswith("arn:"):
        if not _NAME.fullmatch(group):
            raise InputError(f"log_group_arn: {quote(group)} is neither a log group's name nor an ARN.")
        return region
    arn = _ARN.fullmatch(group)
    if arn is None:
        form = "arn:aws:logs:REGION:ACCOUNT:log-group:NAME"
        raise InputError(f"log_group_arn: {quote(group)} is not a log group's ARN, which reads {form}.")
    if region and region != arn["region"]:
        raise InputError(f"region is {quote(region)}, but the ARN is of {arn['region']}: leave region out.")
    return arn["region"]


async def _look_up(aws: Aws, group: str) -> tuple[str, str | None]:
    """The ARN, without `:*`, and the class of a group; an ARN is taken as it is, its class unknown."""
    if arn := _ARN.fullmatch(group):
        return arn[1], None
    page = await aws.call("DescribeLogGroups", logGroupNamePrefix=group)
    known = {found["logGroupName"]: found for found in page.get("logGroups", [])}
    if group not in known:
        raise await no_such_group(aws, group)
    found = known[group]
    return (found.get("logGroupArn") or found.get("arn") or group).removesuffix(":*"), found.get("logGroupClass")


@dataclass
class _Anomalies:
    """A log group's detectors, their anomalies by priority and age, and what is missing."""

    detectors: list[dict[str, Any]] = field(default_factory=list)
    anomalies: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def _read_anomalies(rt: Runtime, aws: Aws, arn: str, window: Window) -> _Anomalies:
    """The group's detectors, and their unsuppressed anomalies that overlap the window."""
    pages = [page async for page in aws.pages("ListLogAnomalyDetectors", filterLogGroupArn=arn)]
    detectors = list(chain.from_iterable(page.get("anomalyDetectors", []) for page in pages))
    asked = detectors[:_DETECTORS]
    listings = await settle(*(_anomalies_of(aws, detector["anomalyDetectorArn"]) for detector in asked))
    failures = [listing for listing in listings if isinstance(listing, CloudWatchError)]
    if failures and len(failures) == len(listings):
        raise failures[0]
    notes = [f"The anomalies of a detector are missing: {failure}" for failure in failures]
    if len(detectors) > len(asked):
        notes.append(f"Only the first {_DETECTORS} of {len(detectors):,} detectors were asked for anomalies.")
    read = [listing for listing in listings if not isinstance(listing, CloudWatchError)]
    return _Anomalies(detectors, await rt.in_thread(_overlapping, read, arn, window), notes)


def _overlapping(listings: list[list[dict[str, Any]]], arn: str, window: Window) -> list[dict[str, Any]]:
    start, end = window.start.timestamp() * 1000, window.end.timestamp() * 1000
    found = [
        anomaly
        for anomaly in chain.from_iterable(listings)
        if arn in [group.removesuffix(":*") for group in anomaly.get("logGroupArnList", [])]
        and anomaly["firstSeen"] <= end
        and anomaly["lastSeen"] >= start
    ]
    return sorted(found, key=lambda anomaly: (_rank(anomaly), -anomaly["lastSeen"]))


def _rank(anomaly: dict[str, Any]) -> int:
    priority = anomaly.get("priority")
    return _PRIORITIES.index(priority) if priority in _PRIORITIES else len(_PRIORITIES)


async def _anomalies_of(aws: Aws, detector: str) -> list[dict[str, Any]]:
    pages = aws.pages("ListAnomalies", anomalyDetectorArn=detector, suppressionState="UNSUPPRESSED")
    return list(chain.from_iterable([page.get("anomalies", []) async for page in pages]))


def _anomaly_row(anomaly: dict[str, Any]) -> dict[str, Any]:
    histogram = {
        int(millis): count for millis, count in anomaly.get("histogram", {}).items() if _MILLIS.fullmatch(millis)
    }
    peak = max(histogram, key=histogram.__getitem__, default=None)
    samples = anomaly.get("logSamples", [])
    return {
        "priority": anomaly.get("priority"),
        "description": anomaly.get("description"),
        "pattern": anomaly.get("patternString"),
        "first_seen": from_millis(anomaly["firstSeen"]),
        "last_seen": from_millis(anomaly["lastSeen"]),
        "occurrences": sum(histogram.values()) or None,
        "peak": None if peak is None else histogram[peak],
        "peak_at": None if peak is None else from_millis(peak),
        "sample": samples[0].get("message") if samples else None,
    }


async def _patterns(rt: Runtime, aws: Aws, text: str, arn: str, window: Window) -> query_lifecycle.Results:
    return await query_lifecycle.run(
        aws,
        rt.clock,
        query_lifecycle.Query(text, window, identifiers=[arn]),
        rt.query_slots,
        max_timeout=_PATTERN_SECONDS,
        max_scan_bytes=rt.max_scan_bytes,
    )


def _notes(results: Mapping[str, Any], log_class: str | None, window: Window) -> list[str]:
    notes = [f"{part} are missing: {error}" for part, error in results.items() if isinstance(error, CloudWatchError)]
    if log_class in _WITHOUT_PATTERNS:
        notes.append(f"No patterns: a log group of class {log_class} does not support the pattern command.")
    if isinstance(found := results["Anomalies"], _Anomalies):
        notes += found.notes
        if not found.detectors:
            notes.append("No anomaly detector watches this log group.")
        elif not found.anomalies and not found.notes:
            notes.append("No anomaly overlaps the window.")
    queries = {part: result for part, result in results.items() if isinstance(result, query_lifecycle.Results)}
    for part, query in queries.items():
        if query.stopped_after is not None:
            notes.append(f"{part} are partial: stopped at CLOUDWATCH_MCP_MAX_SCAN_GB.")
        elif not query.ended:
            notes.append(
                f"{part} are partial: the query still ran after {_PATTERN_SECONDS} s; "
                f"get_logs_insight_query_results with query_id {quote(query.query_id)} gives the rest."
            )
    top = queries.get("Top patterns")
    if top is not None and top.status == "Complete" and not top.rows:
        notes.append(f"No log events between {' and '.join(window.as_text())}: try {window.a_day_earlier()}.")
    elif (errors := queries.get("Error patterns")) is not None and errors.status == "Complete" and not errors.rows:
        notes.append("No message in the window has an error word in it.")
    return notes
