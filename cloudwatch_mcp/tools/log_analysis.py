"""The tool that gives a first picture of one log group."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, ClassVar

from pydantic import Field

from cloudwatch_mcp.answers.answer import Answer
from cloudwatch_mcp.answers.table import Table, table
from cloudwatch_mcp.aws.calls import Aws
from cloudwatch_mcp.aws.console import query_links
from cloudwatch_mcp.errors import InputError, quote
from cloudwatch_mcp.logs.analysis import Analysis, Question, comparison_window, is_whole, read_analysis
from cloudwatch_mcp.logs.analysis_notes import analysis_notes
from cloudwatch_mcp.logs.anomalies import Anomalies, anomaly_rows, detector_rows
from cloudwatch_mcp.logs.cost import ScanVolume, scan_volume
from cloudwatch_mcp.logs.focus import parse_focus
from cloudwatch_mcp.logs.group_arn import LogGroupArn, is_arn, is_log_group_name
from cloudwatch_mcp.logs.groups import LogGroup, find_log_group
from cloudwatch_mcp.logs.pattern_changes import compare
from cloudwatch_mcp.logs.patterns import (
    PATTERNS,
    SHOWN,
    Pattern,
    patterns_of_trouble,
    read_patterns,
    with_json_samples,
    without_known_samples,
)
from cloudwatch_mcp.logs.query_lifecycle import Query, run_query
from cloudwatch_mcp.logs.query_results import Results
from cloudwatch_mcp.logs.samples import difference_rows
from cloudwatch_mcp.timerange import Window, resolve_window
from cloudwatch_mcp.tools.context import Ctx, EndTime, ProfileName, Region, StartTime, runtime

DEFAULT_WINDOW = timedelta(hours=1)
_QUERY_SECONDS = 30


class LogGroupAnalysis(Answer):
    """Counts are of log events in the window, `before` in the earlier one. <*> varies; `values` has its few values.

    `differs` tells the events in question from the others by the shares that meet a condition; `median` is others →
    in question.
    """

    narrow_by: ClassVar[str] = "narrow the window"

    log_group: str
    window_before: list[str] | None = None
    detectors: Table | None = None
    anomalies: Table | None = None
    differs: Table | None = None
    top_patterns: Table | None = None
    error_patterns: Table | None = None
    changed_patterns: Table | None = None
    scanned: ScanVolume | None = None


async def analyze_log_group(
    ctx: Ctx,
    log_group_arn: Annotated[str, Field(description="ARN or name of the log group.")],
    start_time: StartTime | None = None,
    end_time: EndTime = None,
    focus: Annotated[
        str | None,
        Field(description='Filter condition of the events in question, like "status >= 500". Default: trouble.'),
    ] = None,
    compare_to: Annotated[
        str | None, Field(description="Earlier window for patterns: 1h, 1d, 7d; default: the one before; none.")
    ] = None,
    region: Region = None,
    profile_name: ProfileName = None,
) -> LogGroupAnalysis:
    """Get a first picture of one log group: what is wrong, what changed, and which events it affects.

    Gives anomalies; common, error and changed message patterns; and the fields whose values tell the events in question
    (by default warnings, errors, refusals, status 5xx) from the others, such as a host or a version. Default window:
    the last hour. Runs up to four Logs Insights queries, billed by bytes scanned.
    """
    rt = runtime(ctx)
    now = rt.clock.now()
    window = resolve_window(start_time, end_time, now=now, default=DEFAULT_WINDOW)
    earlier, in_question = comparison_window(window, compare_to), parse_focus(focus)
    arn = _parsed_arn(log_group_arn, region)
    aws = await rt.clients.at(profile_name, arn.region if arn else region)
    group = LogGroup(arn.name, str(arn)) if arn else await find_log_group(aws, log_group_arn)

    async def run(text: str, during: Window) -> Results:
        query = Query(text, during, identifiers=[group.arn])
        return await run_query(
            aws, rt.clock, query, rt.query_slots, max_timeout=_QUERY_SECONDS, max_scan_bytes=rt.max_scan_bytes
        )

    question = Question(group, window, earlier, in_question, group.beginning(now))
    analysis = await read_analysis(aws, run, question)
    answer: LogGroupAnalysis = await rt.in_thread(_answer, aws, analysis, rt.settings.price_per_gb)
    return answer.with_links(query_links(aws, PATTERNS, window, [group.arn]) if question.has_patterns else [])


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


def _answer(aws: Aws, analysis: Analysis, price_per_gb: float) -> LogGroupAnalysis:
    question = analysis.question
    window, earlier = question.window, question.earlier
    before = analysis.patterns_before if analysis.is_comparable else None
    found = analysis.anomalies or Anomalies()
    anomalies = anomaly_rows(found, question.group.arn, window)
    differs = difference_rows(analysis.samples, question.focus)
    patterns = read_patterns(analysis.patterns)
    comparison = compare(patterns, read_patterns(before), complete=is_whole(before))
    if not is_whole(analysis.patterns):
        comparison.gone.clear()
    top, troubled = patterns[:SHOWN], patterns_of_trouble(patterns)
    errors = [pattern for pattern in troubled if pattern not in top][:SHOWN]
    rest = [pattern for pattern in patterns if pattern not in [*top, *errors]]
    samples = [pattern.sample for pattern in [*top, *errors] if pattern.sample]

    def rows(shown: list[Pattern]) -> Table | None:
        return table(with_json_samples([pattern.row(window) | comparison.of(pattern) for pattern in shown]))

    return LogGroupAnalysis(
        region=aws.region,
        profile=aws.profile,
        window=window.as_text(),
        notes=[
            *aws.notes,
            *analysis_notes(analysis, anomalies=bool(anomalies), differs=bool(differs)),
            *_repetition_notes(len(troubled), sum(pattern in top for pattern in troubled)),
        ],
        log_group=question.group.name,
        window_before=earlier.as_text() if earlier and before else None,
        detectors=table(detector_rows(found)),
        anomalies=table(with_json_samples(without_known_samples(anomalies, samples))),
        differs=table(differs),
        top_patterns=rows(top),
        error_patterns=rows(errors),
        changed_patterns=table(comparison.changed(rest, window, earlier or window)),
        scanned=scan_volume(analysis.queries, price_per_gb) if analysis.queries else None,
    )


def _repetition_notes(troubled: int, among_top: int) -> list[str]:
    if not among_top:
        return []
    return [f"{among_top} of {troubled} patterns with signs of trouble are among top_patterns and not repeated."]
