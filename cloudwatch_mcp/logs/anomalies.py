"""The anomaly detectors of a log group, and the anomalies they detected."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from cloudwatch_mcp.aws.calls import Aws, settle
from cloudwatch_mcp.errors import CloudWatchError
from cloudwatch_mcp.timerange import Window, from_millis

Row = dict[str, Any]

_MAX_DETECTORS = 20  # of one log group; CloudWatch allows one or two
_MILLIS = re.compile(r"[0-9]{1,14}")
_PRIORITIES = ("HIGH", "MEDIUM", "LOW")


@dataclass(frozen=True)
class Anomalies:
    """The detectors of a log group and their anomalies, as AWS describes them; `notes` say what is missing."""

    detectors: list[dict[str, Any]] = field(default_factory=list)
    detected: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


async def read_anomalies(aws: Aws, group_arn: str) -> Anomalies:
    """The detectors of the log group, and all their anomalies that are not suppressed.

    Raises:
        AwsError: AWS refused to list the detectors, or the anomalies of every one of them.
    """
    pages = [page async for page in aws.pages("ListLogAnomalyDetectors", filterLogGroupArn=group_arn)]
    detectors = list(chain.from_iterable(page.get("anomalyDetectors", []) for page in pages))
    first = detectors[:_MAX_DETECTORS]
    listings = await settle(*(_detected_by(aws, detector["anomalyDetectorArn"]) for detector in first))
    failures = [listing for listing in listings if isinstance(listing, CloudWatchError)]
    if failures and len(failures) == len(listings):
        raise failures[0]
    notes = [f"The anomalies of a detector are missing: {failure}" for failure in failures]
    if len(detectors) > len(first):
        notes.append(f"Only the first {_MAX_DETECTORS} of {len(detectors):,} detectors were asked for anomalies.")
    read = [listing for listing in listings if not isinstance(listing, CloudWatchError)]
    return Anomalies(detectors, list(chain.from_iterable(read)), notes)


async def _detected_by(aws: Aws, detector_arn: str) -> list[dict[str, Any]]:
    pages = aws.pages("ListAnomalies", anomalyDetectorArn=detector_arn, suppressionState="UNSUPPRESSED")
    return list(chain.from_iterable([page.get("anomalies", []) async for page in pages]))


def detector_rows(anomalies: Anomalies) -> list[Row]:
    return [
        {"name": detector.get("detectorName"), "status": detector.get("anomalyDetectorStatus")}
        for detector in anomalies.detectors
    ]


def anomaly_rows(anomalies: Anomalies, group_arn: str, window: Window) -> list[Row]:
    """The anomalies of the log group that overlap the window, by priority and then the last seen first."""
    start, end = window.start.timestamp() * 1000, window.end.timestamp() * 1000
    overlapping = [
        anomaly
        for anomaly in anomalies.detected
        if group_arn in [arn.removesuffix(":*") for arn in anomaly.get("logGroupArnList", [])]
        and anomaly["firstSeen"] <= end
        and anomaly["lastSeen"] >= start
    ]
    overlapping.sort(key=lambda anomaly: (_rank(anomaly), -anomaly["lastSeen"]))
    return [_row(anomaly) for anomaly in overlapping]


def _rank(anomaly: dict[str, Any]) -> int:
    priority = anomaly.get("priority")
    return _PRIORITIES.index(priority) if priority in _PRIORITIES else len(_PRIORITIES)


def _row(anomaly: dict[str, Any]) -> Row:
    counts = {int(millis): count for millis, count in anomaly.get("histogram", {}).items() if _MILLIS.fullmatch(millis)}
    peak = max(counts, key=counts.__getitem__, default=None)
    samples = anomaly.get("logSamples", [])
    return {
        "priority": anomaly.get("priority"),
        "description": anomaly.get("description"),
        "pattern": anomaly.get("patternString"),
        "first_seen": from_millis(anomaly["firstSeen"]),
        "last_seen": from_millis(anomaly["lastSeen"]),
        "ended": True if anomaly.get("active") is False else None,
        # ListAnomalies gives the state Active to ended anomalies too; the others are Suppressed and Baseline.
        "state": None if anomaly.get("state") == "Active" else anomaly.get("state"),
        "occurrences": sum(counts.values()) or None,
        "peak": None if peak is None else counts[peak],
        "peak_at": None if peak is None else from_millis(peak),
        "sample": samples[0].get("message") if samples else None,
    }
